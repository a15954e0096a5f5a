"""The rollback: the record of it, and the DROP INDEX the server saw."""

from support.contract import ROLLBACK_PENDING
from support.judgement.observations.index import told
from support.judgement.observations.registry import Seen, observation, yes_or_no
from support.judgement.world import World


def _statuses(world: World) -> str:
    return ", ".join(str(row["status"]) for row in world.rollbacks) or "no record"


@observation("Rollback executed")
def rollback_executed(world: World) -> Seen:
    """The server dropped the index, and the rollback is on record."""
    if world.dropped and not world.rollbacks:
        return Seen("Yes, but not recorded", "the server dropped the index, and the table rollbacks has no row")
    if world.rollbacks and not world.dropped:
        return Seen(
            "No",
            f"a rollback is on record ({_statuses(world)}), but the server carried out no DROP INDEX: {told(world.drops)}",
        )
    return yes_or_no(world.dropped, f"the server was sent: {told(world.drops)}; rollbacks: {_statuses(world)}")


@observation("Rollback attempted")
def rollback_attempted(world: World) -> Seen:
    """The server was sent a DROP INDEX of the run's index."""
    return yes_or_no(world.drops, f"the server was sent: {told(world.drops)}")


@observation("Rollback failed")
def rollback_failed(world: World) -> Seen:
    """Every DROP INDEX that the server was sent ended in an error."""
    if not world.drops:
        return Seen("No", "none was attempted")
    return yes_or_no(all(statement.errno for statement in world.drops), told(world.drops))


@observation("Rollback performed")
def rollback_performed(world: World) -> Seen:
    """Anything of a rollback, tried or recorded."""
    return yes_or_no(
        world.drops or world.rollbacks, f"the server was sent: {told(world.drops)}; rollbacks: {_statuses(world)}"
    )


@observation("Rollback record status")
def rollback_record_status(world: World) -> Seen:
    """The status in the table rollbacks; a row that was `pending` before the outcome was known does not count."""
    statuses = [str(row["status"]) for row in world.rollbacks]
    final = [status for status in statuses if status != ROLLBACK_PENDING] or statuses
    return Seen(", ".join(final) or "no record", f"rollbacks: {_statuses(world)}")


@observation("Measure named by the rollback")
def measure_named(world: World) -> Seen:
    """The measures that got worse by the server's count and that the rollback's reason names."""
    reasons = " ".join(str(row.get("trigger_reason") or "") for row in world.rollbacks).lower()
    words = {"latency": "latency", "rows examined": "rows", "full scans": "scan"}
    named = [measure for measure in world.worse() if words[measure] in reasons]
    return Seen(", ".join(named) or "none", f"trigger_reason: {reasons or 'none'}")
