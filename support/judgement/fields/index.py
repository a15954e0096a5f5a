"""Whether the index was made or taken back, and is there: the schema, the records, and the server's count of statements."""

from support.contract import COMPLETED, FAILED, REQUIRES_MANUAL, ROLLBACK_PENDING, VALIDATION_ERROR
from support.history.history import History
from support.history.statements import as_sent
from support.judgement.fields.registry import MEASURES, YES_OR_NO, Seen, observation, observations, yes_or_no
from support.judgement.rules.approved import is_approved
from support.judgement.rules.reasons import names


def _there(history: History) -> str:
    return f"information_schema shows {history.index or 'no index ' + history.run.index_name}"


def _statuses(history: History) -> str:
    return ", ".join(str(row["status"]) for row in history.rollbacks) or "no record"


observations(
    {
        # The server carried an ADD INDEX of this index out
        "ADD INDEX successful": lambda history: yes_or_no(
            history.added, f"the server was sent: {as_sent(history.adds)}"
        ),
        # The index is there now
        "Index exists after rollback": lambda history: yes_or_no(history.index, _there(history)),
        # The server was sent a DROP INDEX of the run's index
        "Rollback attempted": lambda history: yes_or_no(
            history.drops, f"the server was sent: {as_sent(history.drops)}"
        ),
        # Every DROP INDEX that the server was sent ended in an error
        "Rollback failed": lambda history: yes_or_no(
            history.drops and all(statement.errno for statement in history.drops),
            as_sent(history.drops) if history.drops else "none was attempted",
        ),
        # Anything of a rollback, tried or recorded
        "Rollback performed": lambda history: yes_or_no(
            history.drops or history.rollbacks,
            f"the server was sent: {as_sent(history.drops)}; rollbacks: {_statuses(history)}",
        ),
    },
    *YES_OR_NO,
)


@observation("ADD INDEX statements sent", "#")
def add_index_statements_sent(history: History) -> Seen:
    """How many ADD INDEX of this index the server was sent, whatever became of them."""
    return Seen(str(len(history.adds)), as_sent(history.adds))


@observation("Index created", *YES_OR_NO, "Yes, and dropped again")
def index_created(history: History) -> Seen:
    """The run made its index, even if it was taken back later."""
    if history.added and history.index is None:
        return Seen("Yes, and dropped again", f"the server was sent: {as_sent(history.changes)}")
    made = history.index is not None and history.index != history.index_before
    return yes_or_no(made or history.added, _there(history))


@observation("Index name taken as it is, or turned down", *YES_OR_NO)
def name_taken_or_turned_down(history: History) -> Seen:
    """The run completed with an index of exactly this name, or was turned down before anything was sent."""
    if history.ended_as(COMPLETED):
        return yes_or_no(history.index, _there(history))
    down = history.turned_down or (history.ended_as(FAILED) and history.said("fail_reason") == VALIDATION_ERROR)
    return yes_or_no(down and not history.changes, f"the run is {history.status}; sent: {as_sent(history.changes)}")


@observation("Index still exists", *YES_OR_NO)
def index_still_exists(history: History) -> Seen:
    """The index the run made is there now, with the approved columns."""
    if history.index is not None and is_approved(history.index, history.run) is False:
        return Seen("No", f"there is another one of that name: {history.index}")
    return yes_or_no(history.index, _there(history))


@observation("ADD INDEX carried out", "never", "once", "# times")
def add_index_carried_out(history: History) -> Seen:
    """How many times the server made this index."""
    count = sum(statement.succeeded for statement in history.adds)
    return Seen({0: "never", 1: "once"}.get(count, f"{count} times"), as_sent(history.adds))


@observation("Schema changes tried after the refusal", "None", "nothing was refused")
def tried_after_refusal(history: History) -> Seen:
    """What the server was sent after it had refused an ALTER: a fallback to COPY or a stronger lock would be here."""
    refused = next((n for n, statement in enumerate(history.changes) if statement.errno), None)
    if refused is None:
        return Seen("nothing was refused", as_sent(history.changes))
    later = history.changes[refused + 1 :]
    return Seen(as_sent(later) if later else "None")


@observation("MySQL error detected", "Error #", "none")
@observation("Duplicate key error detected", "Error #", "none")
def error_detected(history: History) -> Seen:
    """The error the server gave to the ADD INDEX, if the executor recorded that very one."""
    failed = [statement for statement in history.adds if statement.errno]
    if not failed:
        return Seen("none", f"the server refused no ADD INDEX; it was sent: {as_sent(history.adds)}")
    numbers = sorted({statement.errno for statement in failed})
    recorded = history.said("error_message")
    if len(numbers) > 1:
        return Seen(f"Errors {', '.join(map(str, numbers))}", as_sent(failed))
    if str(numbers[0]) not in recorded and failed[0].message not in recorded:
        return Seen(f"Error {numbers[0]}, not recorded", f"the run's error_message is: {recorded}")
    return Seen(f"Error {numbers[0]}", f"{as_sent(failed)}; error_message: {recorded}")


@observation("Error message recorded", *YES_OR_NO)
def error_message_recorded(history: History) -> Seen:
    """The run's error_message says what the server said."""
    recorded = history.said("error_message")
    failed = [statement for statement in history.changes if statement.errno]
    matches = any(str(statement.errno) in recorded or statement.message in recorded for statement in failed)
    return yes_or_no(matches, f"error_message: {recorded}; the server said: {as_sent(failed)}")


@observation("Execution aborted", *YES_OR_NO)
def execution_aborted(history: History) -> Seen:
    """After the refused ADD INDEX nothing more was tried, and the run ended without a completion."""
    if not history.adds or history.added:
        return Seen("No", f"the ADD INDEX was not refused: {as_sent(history.adds)}")
    later = [statement for statement in history.changes if statement.started > history.adds[0].started]
    if later:
        return Seen("No", f"the executor went on: {as_sent(later)}")
    return yes_or_no(history.ended_as(FAILED, REQUIRES_MANUAL), f"the run is {history.status}")


@observation("Index that was there before", "unchanged", "changed", "there was none")
def index_that_was_there_before(history: History) -> Seen:
    """The index of that name which was not the run's is the same as before."""
    if history.index_before is None:
        return Seen("there was none")
    if history.index != history.index_before:
        return Seen("changed", f"before: {history.index_before}; now: {history.index}")
    if history.drops:
        return Seen("changed", f"it was dropped on the way: {as_sent(history.drops)}")
    return Seen("unchanged", str(history.index))


@observation("Rollback executed", *YES_OR_NO, "Yes, but not recorded")
def rollback_executed(history: History) -> Seen:
    """The server dropped the index, and the rollback is on record."""
    if history.dropped and not history.rollbacks:
        return Seen("Yes, but not recorded", "the server dropped the index, and the table rollbacks has no row")
    if history.rollbacks and not history.dropped:
        return Seen(
            "No",
            f"a rollback is on record ({_statuses(history)}), but the server carried out no DROP INDEX: {as_sent(history.drops)}",
        )
    return yes_or_no(history.dropped, f"the server was sent: {as_sent(history.drops)}; rollbacks: {_statuses(history)}")


@observation("Rollback record status", "pending", "completed", "failed", "no record")
def rollback_record_status(history: History) -> Seen:
    """The status in the table rollbacks; a row that was `pending` before the outcome was known does not count."""
    statuses = [str(row["status"]) for row in history.rollbacks]
    final = [status for status in statuses if status != ROLLBACK_PENDING] or statuses
    return Seen(", ".join(final) or "no record", f"rollbacks: {_statuses(history)}")


@observation("Measure named by the rollback", "none", *MEASURES)
def measure_named(history: History) -> Seen:
    """The measures that got worse by the server's count and that the rollback's reason names."""
    reasons = " ".join(str(row.get("trigger_reason") or "") for row in history.rollbacks)
    named = [measure for measure in history.worse() if names(reasons, measure)]
    return Seen(", ".join(named) or "none", f"trigger_reason: {reasons or 'none'}")
