"""Whether the index was made, and whether it is there: the schema and the server's own count of statements."""

from support.contract import FAILED, LOCK_NONE_REFUSED, REQUIRES_MANUAL
from support.judgement.observations.registry import Seen, observation, yes_or_no
from support.judgement.world import World
from support.mysql.statements import Statement


def told(statements: list[Statement]) -> str:
    """Statements and their ends, in one line."""
    return "; ".join(f"{statement.text} → {statement.outcome}" for statement in statements) or "no statement"


@observation("ADD INDEX successful")
def add_index_successful(world: World) -> Seen:
    """The server carried an ADD INDEX of this index out."""
    return yes_or_no(world.added, f"the server was sent: {told(world.adds)}")


@observation("Index created")
def index_created(world: World) -> Seen:
    """The run made its index, even if it was taken back later."""
    if world.added and world.index is None:
        return Seen("Yes, and dropped again", f"the server was sent: {told(world.statements)}")
    made = world.index is not None and world.index != world.index_before
    return yes_or_no(made or world.added, _there(world))


@observation("Index exists after rollback")
def index_exists_after_rollback(world: World) -> Seen:
    """The index is there now."""
    return yes_or_no(world.index, _there(world))


@observation("Index still exists")
def index_still_exists(world: World) -> Seen:
    """The index the run made is there now, with the approved columns."""
    if world.index is not None and list(world.index.columns) != world.run.columns:
        return Seen("No", f"there is another one of that name: {world.index}")
    return yes_or_no(world.index, _there(world))


@observation("ADD INDEX statements sent")
def add_index_statements_sent(world: World) -> Seen:
    """How many ADD INDEX of this index the server was sent, whatever became of them."""
    return Seen(str(len(world.adds)), told(world.adds))


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


@observation(
    "MySQL error detected", similar={"Error 1846 หรือ similar": tuple(f"Error {errno}" for errno in LOCK_NONE_REFUSED)}
)
def mysql_error_detected(world: World) -> Seen:
    """The error the server gave to the ADD INDEX, if the executor recorded that very one."""
    return _error_given(world)


@observation("Duplicate key error detected")
def duplicate_key_error_detected(world: World) -> Seen:
    """As above: the server's own refusal, and the executor's record of it."""
    return _error_given(world)


def _error_given(world: World) -> Seen:
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


def _there(world: World) -> str:
    return f"information_schema shows {world.index or 'no index ' + world.run.index_name}"
