"""Undoing what the run made, and only that; recorded first, so that a successor can finish it."""

from executor_v1 import logs, vocabulary

from . import change, errors, schema
from .errors import ServerError
from .fencing import FencingFailed
from .job import Job
from .outcomes import Outcome, clip
from .session import SessionRefused


class IndexLost(Exception):
    """The index that the run made was dropped, renamed or replaced by somebody else; nothing is dropped for it."""


def roll_back(job: Job, fail_reason: str, trigger: str) -> Outcome:
    """Drop the run's index because of `trigger`. Raises LeaseLost, ApiUnavailable or ApiRefused."""
    job.record(vocabulary.ROLLING_BACK, rollback={"fail_reason": fail_reason, "trigger_reason": clip(trigger)})
    return finish(job)


def finish(job: Job) -> Outcome:
    """Do what `job.progress` says has to be undone, also in the place of a worker that died over it."""
    try:
        was_there = drop(job)
        unchanged = definition_is_as_before(job)
    except (ServerError, SessionRefused, FencingFailed, IndexLost) as error:
        return not_undone(job, error)
    return undone(job, was_there, unchanged)


def drop(job: Job) -> bool:
    """Drop the index; False if an earlier worker had done it. Only another's lock is a reason for a further attempt.

    Raises ServerError, IndexLost, LeaseLost, SessionRefused or FencingFailed.
    """
    attempt = 0
    while is_there(job):
        attempt += 1
        job.record_rollback("pending", change.drop_statement(job.change), trigger(job))
        job.lease.check()
        look_again(job)
        try:
            job.session.ddl(change.drop_statement(job.change))
            return True
        except ServerError as error:
            logs.warning("rollback_unsure", attempt=attempt, error=str(error))
            if was_carried_out(job, error):
                return True
            if not may_try_again(error, attempt, job.config.rollback_attempts):
                raise
    if attempt or job.phase_found != vocabulary.ROLLING_BACK:
        raise gone(job)
    return False


def look_again(job: Job) -> None:
    """Calls lie between the first look and the statement, and the statement goes by the name alone."""
    if not is_there(job):
        raise gone(job)


def was_carried_out(job: Job, error: ServerError) -> bool:
    """Whether a DROP that ended in `error` took the index away all the same, which a lost answer can hide.

    Raises what `job.connect` and `is_there` raise.
    """
    if not errors.lost_connection(error):
        return False
    job.connect()
    return not is_there(job)


def gone(job: Job) -> IndexLost:
    return IndexLost(f"index {job.change.index} {schema.what_became(job.session, job.change)}")


def may_try_again(error: ServerError, attempt: int, attempts: int) -> bool:
    """Whether a DROP that failed for the `attempt`th time is sent once more."""
    return errors.is_retryable_drop(error) and attempt < attempts


def is_there(job: Job) -> bool:
    """Whether the index of the run is there. Raises IndexLost if it is another one, or has another name."""
    found = schema.find_index(job.session, job.change.table, job.change.index)
    if found is None:
        if schema.other_name(job.session, job.change):
            raise gone(job)
        return False
    differs = schema.difference(job.change, found, schema.columns(job.session, job.change.table))
    if differs:
        raise IndexLost(f"index {job.change.index} was replaced by somebody else and is left alone: {differs}")
    return True


def definition_is_as_before(job: Job) -> bool:
    """Whether SHOW CREATE TABLE says what it said before the run; unknown if that was not recorded."""
    before = job.progress.get("create_table")
    try:
        return before is None or schema.create_table(job.session, job.change.table) == before
    except ServerError as error:
        logs.warning("definition_unreadable", error=str(error))
        job.notes.append(f"the table's definition could not be read after the rollback: {error}")
        return True


def undone(job: Job, was_there: bool, unchanged: bool) -> Outcome:
    if not was_there:
        job.notes.append("the index was already gone")
    if not unchanged:
        job.notes.append("the table's definition is not what it was before the run")
    statement = change.drop_statement(job.change)
    job.record_rollback("completed", statement, trigger(job))
    details = {"trigger_reason": trigger(job), "rollback_sql": statement, "definition_as_before": unchanged}
    job.audit("rollback_completed", vocabulary.ROLLED_BACK, details)
    message = f"index {job.change.index} was rolled back: {trigger(job)}"
    return Outcome(vocabulary.ROLLED_BACK, message, job.progress["rollback"]["fail_reason"])


def not_undone(job: Job, error: Exception) -> Outcome:
    statement = change.drop_statement(job.change)
    logs.error("rollback_failed", error=str(error))
    job.record_rollback("failed", statement, trigger(job))
    details = {"trigger_reason": trigger(job), "rollback_sql": statement, "error": str(error)}
    job.audit("rollback_failed", vocabulary.FAILED, details)
    message = f"the rollback of index {job.change.index} failed: {error}; it was due to {trigger(job)}"
    return Outcome(vocabulary.FAILED, message, vocabulary.EXECUTION_ERROR, str(error))


def trigger(job: Job) -> str:
    reason: str = job.progress["rollback"]["trigger_reason"]
    return reason
