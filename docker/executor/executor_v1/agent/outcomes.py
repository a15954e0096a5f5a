"""How a run ends: the status report, and which error leads to which."""

from dataclasses import dataclass
from typing import Any

from executor_v1 import vocabulary

from . import errors
from .change import ChangeRefused, IndexChange
from .errors import ServerError

LONGEST_TEXT = 8000


@dataclass(frozen=True)
class Outcome:
    status: str
    message: str
    fail_reason: str | None = None
    error_message: str | None = None

    def report(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "fail_reason": self.fail_reason,
            "message": clip(self.message),
            "error_message": None if self.error_message is None else clip(self.error_message),
        }


def clip(text: str) -> str:
    """`text`, or its start if it is longer than the tables hold."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def refused(error: ChangeRefused) -> Outcome:
    return Outcome(vocabulary.FAILED, str(error), error.fail_reason)


def stopped_by_switch(reason: str) -> Outcome:
    return Outcome(vocabulary.FAILED, f"not started: {reason}", vocabulary.KILL_SWITCH)


def failed(message: str, error: str | None = None) -> Outcome:
    """`error` is what the server said, if it said something."""
    return Outcome(vocabulary.FAILED, message, vocabulary.EXECUTION_ERROR, error or message)


def no_longer_possible(why: str) -> Outcome:
    """The table is not what it was when the change was approved."""
    return failed(f"no statement was sent: {why}", why)


def requires_manual(message: str, error: str | None = None) -> Outcome:
    """`error` is what the server said, if it said something."""
    return Outcome(vocabulary.REQUIRES_MANUAL, message, vocabulary.EXECUTION_ERROR, error or message)


def add_refused(change: IndexChange, error: ServerError) -> Outcome:
    """The server answered ADD INDEX with an error and so made no index; nothing is tried again, least of all with a
    stronger lock."""
    if errors.needs_manual_work(error):
        return requires_manual(
            f"index {change.index} was not created: the server can't add it to {change.table} without blocking,"
            " a person has to decide",
            str(error),
        )
    hint = {
        errors.DUPLICATE_KEY_NAME: "an index of that name existed before and was left as it is",
        errors.LOCK_WAIT_TIMEOUT: "another session held a lock on the table for longer than lock_wait_timeout",
        errors.ONLINE_LOG_TOO_BIG: "more was written meanwhile than innodb_online_alter_log_max_size allows",
    }.get(error.errno, "the server refused the statement")
    return failed(f"index {change.index} was not created: {hint}", str(error))


def not_prepared(phase: str | None, error: Exception) -> Outcome:
    """The database could not be worked with. Nothing was sent if no worker had come as far as the ALTER."""
    if phase is None:
        return failed("no statement was sent: the database session could not be prepared or used", str(error))
    return requires_manual(f"the state of the index is unknown after phase {phase}: a person has to look", str(error))
