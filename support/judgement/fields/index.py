"""Whether the index was made or taken back, and is there: the schema, the records, and the server's count of statements."""

from support.contract import FAILED, REQUIRES_MANUAL, ROLLBACK_PENDING
from support.judgement.fields.registry import Seen, observation, observations, told, yes_or_no
from support.judgement.world import World


def _there(world: World) -> str:
    return f"information_schema shows {world.index or 'no index ' + world.run.index_name}"


def _statuses(world: World) -> str:
    return ", ".join(str(row["status"]) for row in world.rollbacks) or "no record"


observations(
    {
        # The server carried an ADD INDEX of this index out
        "ADD INDEX successful": lambda world: yes_or_no(world.added, f"the server was sent: {told(world.adds)}"),
        # The index is there now
        "Index exists after rollback": lambda world: yes_or_no(world.index, _there(world)),
        # The server was sent a DROP INDEX of the run's index
        "Rollback attempted": lambda world: yes_or_no(world.drops, f"the server was sent: {told(world.drops)}"),
        # Every DROP INDEX that the server was sent ended in an error
        "Rollback failed": lambda world: yes_or_no(
            world.drops and all(statement.errno for statement in world.drops),
            told(world.drops) if world.drops else "none was attempted",
        ),
        # Anything of a rollback, tried or recorded
        "Rollback performed": lambda world: yes_or_no(
            world.drops or world.rollbacks, f"the server was sent: {told(world.drops)}; rollbacks: {_statuses(world)}"
        ),
    }
)


@observation("ADD INDEX statements sent")
def add_index_statements_sent(world: World) -> Seen:
    """How many ADD INDEX of this index the server was sent, whatever became of them."""
    return Seen(str(len(world.adds)), told(world.adds))


@observation("Index created")
def index_created(world: World) -> Seen:
    """The run made its index, even if it was taken back later."""
    if world.added and world.index is None:
        return Seen("Yes, and dropped again", f"the server was sent: {told(world.statements)}")
    made = world.index is not None and world.index != world.index_before
    return yes_or_no(made or world.added, _there(world))


@observation("Index still exists")
def index_still_exists(world: World) -> Seen:
    """The index the run made is there now, with the approved columns."""
    if world.index is not None and list(world.index.columns) != world.run.columns:
        return Seen("No", f"there is another one of that name: {world.index}")
    return yes_or_no(world.index, _there(world))


@observation("ADD INDEX carried out")
def add_index_carried_out(world: World) -> Seen:
    """How many times the server made this index."""
    count = sum(statement.succeeded for statement in world.adds)
    return Seen({0: "never", 1: "once"}.get(count, f"{count} times"), told(world.adds))


@observation("Schema changes tried after the refusal")
def tried_after_refusal(world: World) -> Seen:
    """What the server was sent after it had refused an ALTER: a fallback to COPY or a stronger lock would be here."""
    refused = next((n for n, statement in enumerate(world.statements) if statement.errno), None)
    if refused is None:
        return Seen("nothing was refused", told(world.statements))
    later = world.statements[refused + 1 :]
    return Seen(told(later) if later else "None")


@observation("MySQL error detected")
@observation("Duplicate key error detected")
def error_detected(world: World) -> Seen:
    """The error the server gave to the ADD INDEX, if the executor recorded that very one."""
    failed = [statement for statement in world.adds if statement.errno]
    if not failed:
        return Seen("none", f"the server refused no ADD INDEX; it was sent: {told(world.adds)}")
    numbers = sorted({statement.errno for statement in failed})
    recorded = world.said("error_message")
    if len(numbers) > 1:
        return Seen(f"Errors {', '.join(map(str, numbers))}", told(failed))
    if str(numbers[0]) not in recorded and failed[0].message not in recorded:
        return Seen(f"Error {numbers[0]}, not recorded", f"the run's error_message is: {recorded}")
    return Seen(f"Error {numbers[0]}", f"{told(failed)}; error_message: {recorded}")


@observation("Error message recorded")
def error_message_recorded(world: World) -> Seen:
    """The run's error_message says what the server said."""
    recorded = world.said("error_message")
    failed = [statement for statement in world.statements if statement.errno]
    matches = any(str(statement.errno) in recorded or statement.message in recorded for statement in failed)
    return yes_or_no(matches, f"error_message: {recorded}; the server said: {told(failed)}")


@observation("Execution aborted")
def execution_aborted(world: World) -> Seen:
    """After the refused ADD INDEX nothing more was tried, and the run ended without a completion."""
    if not world.adds or world.added:
        return Seen("No", f"the ADD INDEX was not refused: {told(world.adds)}")
    later = [statement for statement in world.statements if statement.started > world.adds[0].started]
    if later:
        return Seen("No", f"the executor went on: {told(later)}")
    return yes_or_no(world.ended_as(FAILED, REQUIRES_MANUAL), f"the run is {world.status}")


@observation("Index that was there before")
def index_that_was_there_before(world: World) -> Seen:
    """The index of that name which was not the run's is the same as before."""
    if world.index_before is None:
        return Seen("there was none")
    if world.index != world.index_before:
        return Seen("changed", f"before: {world.index_before}; now: {world.index}")
    if world.drops:
        return Seen("changed", f"it was dropped on the way: {told(world.drops)}")
    return Seen("unchanged", str(world.index))


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
