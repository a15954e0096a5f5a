"""How a run ends: the contract's table of ends, as a function of what its workers did and met on the server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from support.contract import (
    ADD_INDEX,
    COMPLETED,
    DUPLICATE_NAME,
    EXECUTION_ERROR,
    FAIL_REASONS,
    FAILED,
    INCONCLUSIVE,
    KILL_SWITCH_REASON,
    LOCK_NONE_REFUSED,
    OUT_OF_SCOPE,
    REQUIRES_MANUAL,
    ROLLED_BACK,
    TERMINAL,
    VALIDATION_ERROR,
    VERIFICATION_FAILED,
)
from support.history.history import History, Participant
from support.history.statements import Statement
from support.judgement.rules.outcome import ENDED_FROM_OUTSIDE, GONE, stands
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling
from support.judgement.rules.sent import (
    adds,
    by_workers,
    drops,
    is_own,
    made,
    participant,
    predecessors,
    taken_back,
    was_meddled_with,
)
from support.judgement.rules.switch import looks_of

End = tuple[str, str | None]
"""A status and its reason."""

_NOT_DONE: set[End] = {(FAILED, EXECUTION_ERROR), (REQUIRES_MANUAL, EXECUTION_ERROR)}
_STOPPED: set[End] = {(FAILED, KILL_SWITCH_REASON)}
_TURNED_DOWN: set[End] = {(FAILED, VALIDATION_ERROR), (FAILED, OUT_OF_SCOPE)}
_TAKEN_BACK: set[End] = {(ROLLED_BACK, KILL_SWITCH_REASON), (ROLLED_BACK, VERIFICATION_FAILED)}
_OPEN: set[End] = {(status, reason) for status in (FAILED, REQUIRES_MANUAL) for reason in FAIL_REASONS}
_ANY: set[End] = {(COMPLETED, None), *_NOT_DONE, *_STOPPED, *_TURNED_DOWN, *_TAKEN_BACK}

_NUMBER = re.compile(r"\b[1-5]\d{3}\b")
"""That of an error of MySQL's, the server's or the client's."""


@dataclass(frozen=True)
class Row:
    """What the contract's table says of a run: ``of`` are the ids of the rows, ``ends`` all that they allow."""

    of: tuple[str, ...]
    ends: set[End]


def allowed_ends(history: History) -> Row:
    """Status and reason of every end that the contract allows for what the workers did and met on the server.

    Only what has happened counts: that an error was planned for the situation makes no end legal.
    """
    worker, reason = participant(history, history.ended_by), history.said("fail_reason")
    if worker is None:
        return Row(("C-RUN-4",), _ANY)
    refused = [one.errno for one in history.by(worker, adds(history)) if one.errno]
    failed = _NOT_DONE if _may_have_failed(history, worker) else set()
    looks = [look for one in history.participants.values() for look in looks_of(history, one)]
    taken_over = bool(predecessors(history, worker))
    if history.run.action != ADD_INDEX:
        return Row(("C-END-12",), {(FAILED, OUT_OF_SCOPE)})
    if history.unfit:
        return Row(("C-END-18",), _NOT_DONE)
    if made(history) and taken_back(history):
        return Row(("C-END-9" if reason == VERIFICATION_FAILED else "C-END-3",), _TAKEN_BACK | failed)
    if made(history) and was_meddled_with(history, history.ended_at):
        return Row(("C-END-17",), _NOT_DONE)
    if made(history) and any(one.errno not in (0, GONE) for one in drops(history)):
        return Row(("C-END-10",), {(FAILED, EXECUTION_ERROR)})
    if made(history) and drops(history):
        return Row(("C-END-17",), _NOT_DONE)
    if made(history):
        why = "C-END-8" if INCONCLUSIVE in history.said("message").lower() else "C-END-11"
        return Row(("C-END-17", "C-END-18") if reason == EXECUTION_ERROR else (why,), {(COMPLETED, None)} | failed)
    if taken_over and history.index and not is_own(history):
        return Row(("C-END-14",), _OPEN)
    if refused and refused[-1] in LOCK_NONE_REFUSED:
        return Row(("C-END-4",), {(REQUIRES_MANUAL, EXECUTION_ERROR)})
    if refused and refused[-1] == DUPLICATE_NAME and not taken_over:
        return Row(("C-END-5",), {(FAILED, EXECUTION_ERROR)})
    if refused:
        return Row(("C-END-16",) if refused[-1] in ENDED_FROM_OUTSIDE else ("C-END-15",), _NOT_DONE)
    if any(look.inactive is False for look in looks):
        on = any(call.says_active for look in looks for call in look.tries)
        return Row(("C-END-1" if on else "C-END-2",), _STOPPED | _TURNED_DOWN | failed)
    if history.no_entry:
        return Row(("C-END-18",), _NOT_DONE)
    # that a run which was stopped has a look that says so is for R-15
    return Row(("C-END-13" if reason == VALIDATION_ERROR else "C-END-18",), _STOPPED | _TURNED_DOWN | _NOT_DONE)


def _may_have_failed(history: History, worker: Participant) -> bool:
    """Something has happened that a run may fail for: a statement that failed or has not ended, somebody else's change, a
    predecessor, which may have left anything; or an error of MySQL's is on record, for not every one reaches the server.
    """
    own, maker = history.by(worker, history.statements), made(history)
    unknown = bool(predecessors(history, worker)) and (maker is None or maker.owner != str(worker))
    seen = any(one.errno or one.ended is None or one.hidden for one in own)
    foreign = history.meddled or len(by_workers(history, history.changes)) < len(history.changes)
    on_record = _NUMBER.search(history.said("error_message"))
    return bool(seen or foreign or unknown or on_record or history.no_entry)


@rule(
    "R-37", SAFETY, "C-RUN-4", "C-END-1", "C-END-2", "C-END-3", "C-END-4", "C-END-5", "C-END-8", "C-END-9", "C-END-10",
    "C-END-11", "C-END-12", "C-END-13", "C-END-14", "C-END-15", "C-END-16", "C-END-17", "C-END-18",
    thai="run ต้องจบด้วยสถานะและ fail_reason ที่ contract อนุญาตสำหรับสิ่งที่เกิดขึ้นจริง",
)  # fmt: skip
def the_end_is_one_of_those_allowed(history: History) -> Iterator[Ruling]:
    """A run ends with a status and a reason that the contract allows for what its workers did on the server."""
    if history.row and history.row["status"] in TERMINAL:
        status, reason = history.row["status"], history.row["fail_reason"]
        table = allowed_ends(history)
        words = ", ".join(sorted(f"{one} ({why or 'no reason'})" for one, why in table.ends))
        because = f"{stands(history)}; fail_reason: {reason or 'none'}; allowed: {words}"
        holds, of = (status, reason) in table.ends, ("C-RUN-4", *table.of)
        yield ruling(holds, because, history.ended_by, history.ended_at, of)


@rule(
    "R-32", SAFETY, "C-RUN-5", "C-END-4", "C-END-5", "C-END-15", "C-END-16", "C-END-18",
    thai="run ที่ ADD INDEX ล้มเหลว หรือทำไม่ได้เพราะ server หรือตาราง ต้องบันทึก error ที่เป็นเหตุ",
)  # fmt: skip
def the_error_of_a_failed_add_is_on_record(history: History) -> Iterator[Ruling]:
    """A run whose ADD INDEX failed, or could not be tried for the server or the table, has the error on record."""
    failed = [one for one in adds(history) if one.errno and one.owner == history.ended_by]
    stopped = history.said("fail_reason") == EXECUTION_ERROR
    if made(history) or not history.end_report or not history.row:
        return
    recorded = history.said("error_message")
    if failed:
        error = failed[-1]
        because = f"the server answered error {error.errno} ({error.message}); error_message: {recorded}"
        yield ruling(_is_in(error, recorded), because, history.ended_by, history.ended_at)
    elif history.no_entry and stopped:
        because = f"the server answered error {history.no_entry}; error_message: {recorded}"
        yield ruling(str(history.no_entry) in recorded, because, history.ended_by, history.ended_at)
    elif history.unfit and stopped:
        because = f"{history.unfit}; error_message: {recorded}"
        yield ruling(recorded.strip() not in ("", "NULL"), because, history.ended_by, history.ended_at, ("C-END-18",))


def _is_in(error: Statement, recorded: str) -> bool:
    """The error is what is recorded; of a connection that was ended the two sides have each a number of their own."""
    if error.errno in ENDED_FROM_OUTSIDE:
        return bool(re.search(r"\d", recorded))
    return bool(re.search(rf"\b{error.errno}\b", recorded)) and error.message.rstrip(". …") in recorded
