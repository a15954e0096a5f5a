"""The outcome: what a run is reported to have come to is true, and is one that the contract allows for what happened."""

import re
from collections.abc import Iterator

from support.contract import (
    ADD_INDEX,
    COMPLETED,
    DUPLICATE_NAME,
    EXECUTION_ERROR,
    FAIL_REASONS,
    FAILED,
    KILL_SWITCH_REASON,
    LOCK_NONE_REFUSED,
    OUT_OF_SCOPE,
    REQUIRES_MANUAL,
    ROLLED_BACK,
    RUNNING,
    SCHEDULED,
    TERMINAL,
    VALIDATION_ERROR,
    VERIFICATION_FAILED,
)
from support.history.calls import Call, RunRow
from support.history.history import History
from support.history.statements import Statement, as_sent
from support.judgement.rules.approved import is_approved
from support.judgement.rules.claims import API, MARGIN_SECONDS
from support.judgement.rules.registry import RECORD, SAFETY, Ruling, rule, ruling
from support.judgement.rules.sent import (
    adds,
    all_of,
    by_workers,
    drops,
    is_own,
    made,
    of_the_name,
    participant,
    predecessors,
    taken_back,
)
from support.judgement.rules.switch import looks_of

TURNED_DOWN = (VALIDATION_ERROR, OUT_OF_SCOPE)
GONE = 1091
ENDED_FROM_OUTSIDE = (1053, 1317, 1927, 3168, 4031)
"""What the server notes of a statement whose connection was ended; the client has another number for it."""

_REASONS = {
    COMPLETED: (None,),
    ROLLED_BACK: (KILL_SWITCH_REASON, VERIFICATION_FAILED),
    FAILED: (KILL_SWITCH_REASON, EXECUTION_ERROR, *TURNED_DOWN),
    REQUIRES_MANUAL: (EXECUTION_ERROR,),
}


def _stands(history: History) -> str:
    """How things stand at the end, in words."""
    there = history.index or f"no index {history.run.index_name}"
    return f"the run is {history.status}; the server was sent: {as_sent(history.changes)}; there is {there}"


def _touched_after(history: History) -> bool:
    """Somebody else made, dropped or renamed an index of this name after the run's end."""
    end = history.ended_at
    late = [one for one in of_the_name(history) if end and one.started > end]
    return len(by_workers(history, late)) < len(late)


@rule(
    "R-30",
    SAFETY,
    "C-OWN-2",
    "C-OWN-4",
    "C-END-11",
    thai="completed หมายถึง run นี้สร้าง index สำเร็จ และ index ยังอยู่ตามที่อนุมัติ",
)
def completed_is_true(history: History) -> Iterator[Ruling]:
    """A run is completed only if it made its index, nobody dropped, renamed or made it anew, and it is there as approved."""
    if history.ended_as(COMPLETED):
        report = history.end_report
        own = is_own(history, report.answered if report else None)
        there = history.index is not None and is_approved(history.index, history.run)
        holds = all_of([own, None if _touched_after(history) else there])
        yield ruling(holds, _stands(history), history.ended_by, history.ended_at)


@rule(
    "R-31", SAFETY, "C-ROLLBACK-4", "C-OWN-4", thai="rolled_back หมายถึง DROP INDEX สำเร็จก่อนรายงาน และไม่มี index นั้นเหลืออยู่"
)
def rolled_back_is_true(history: History) -> Iterator[Ruling]:
    """A run is rolled back only if it made its index and a worker's DROP INDEX was carried out before that was reported."""
    if history.ended_as(ROLLED_BACK):
        drop, report = taken_back(history), history.end_report
        in_time = history.done_before(drop, report.arrived) if drop and report else None
        named = of_the_name(history)
        gone = history.index is None or bool(named and named[-1] not in (*adds(history), *drops(history)))
        holds = all_of([made(history) is not None, drop is not None, in_time, gone])
        yield ruling(holds, _stands(history), history.ended_by, history.ended_at)


@rule(
    "R-32", SAFETY, "C-RUN-5", "C-END-4", "C-END-5", "C-END-15", "C-END-16", "C-END-18",
    thai="ADD INDEX ที่ล้มเหลว หรือการเชื่อมต่อที่ถูกปฏิเสธ ต้องจบเป็น failed หรือ requires_manual ตาม error นั้น และบันทึก error ของ server",
)  # fmt: skip
def a_failed_add_is_no_success(history: History) -> Iterator[Ruling]:
    """A run whose ADD INDEX failed, or whose worker MySQL let not in, ends as the contract says, with the error recorded."""
    failed = [one for one in adds(history) if one.errno and one.owner == history.ended_by]
    if not (failed or history.no_entry) or made(history) or not history.end_report or not history.row:
        return
    recorded, worker = history.said("error_message"), participant(history, history.ended_by)
    allowed: tuple[str, ...] = (FAILED, REQUIRES_MANUAL)
    if not failed:
        said, is_recorded = f"the server answered error {history.no_entry}", str(history.no_entry) in recorded
    else:
        error = failed[-1]
        if error.errno in LOCK_NONE_REFUSED:
            allowed = (REQUIRES_MANUAL,)
        elif error.errno == DUPLICATE_NAME and worker and not predecessors(history, worker):
            allowed = (FAILED,)
        said, is_recorded = f"the server answered error {error.errno} ({error.message})", _is_in(error, recorded)
    because = f"{said}; the run is {history.status}, {history.said('fail_reason')}, error_message: {recorded}"
    right = history.ended_as(*allowed) and history.said("fail_reason") == EXECUTION_ERROR
    yield ruling(right and is_recorded, because, history.ended_by, history.ended_at)


def _is_in(error: Statement, recorded: str) -> bool:
    """The error is what is recorded; of a connection that was ended the two sides have each a number of their own."""
    if error.errno in ENDED_FROM_OUTSIDE:
        return bool(re.search(r"\d", recorded))
    return bool(re.search(rf"\b{error.errno}\b", recorded)) and error.message.rstrip(". …") in recorded


@rule("R-33", SAFETY, "C-RUN-4", thai="fail_reason ต้องเป็นค่าที่ contract กำหนดสำหรับสถานะนั้น")
def the_reason_fits_the_status(history: History) -> Iterator[Ruling]:
    """A run that ended has a reason that the contract has for this status; a completed one has none."""
    if history.row and history.row["status"] in TERMINAL:
        status, reason = history.row["status"], history.row["fail_reason"]
        allowed: tuple[str | None, ...] = _REASONS[status]
        if status in (FAILED, REQUIRES_MANUAL) and history.index and history.index == history.index_before:
            allowed = FAIL_REASONS  # somebody else's index has the name: the contract leaves the reason open
        because = f"the run is {status} with fail_reason {reason}"
        yield ruling(reason in allowed, because, history.ended_by, history.ended_at)


@rule(
    "R-34",
    SAFETY,
    "C-END-10",
    "C-END-18",
    thai="run ที่ failed แต่ index ยังอยู่ ต้องมีบันทึก rollback ที่ failed หรือ error ที่เป็นเหตุ",
)
def what_is_left_is_on_record(history: History) -> Iterator[Ruling]:
    """A failed run whose own index is still there has on record what failed: the rollback that was due, or the error."""
    if history.ended_as(FAILED) and history.index and is_own(history):
        statuses = [str(row["status"]) for row in history.rollbacks]
        there = [one for by in history.participants.values() for one in looks_of(history, by) if one.after_index]
        due = bool(drops(history)) or any(one.inactive is False for one in there)
        due = due or history.said("fail_reason") != EXECUTION_ERROR
        recorded = "failed" in statuses if due else history.said("error_message") not in ("NULL", "")
        error = history.said("error_message")
        because = (
            f"{history.index} is there; rollbacks on record: {', '.join(statuses) or 'none'}; error_message: {error}"
        )
        yield ruling(recorded, because, history.ended_by, history.ended_at)


@rule(
    "R-35",
    SAFETY,
    "C-RUN-1",
    "C-RUN-2",
    "C-RUN-3",
    thai="สถานะไปจาก scheduled → running → สถานะสุดท้าย และสถานะสุดท้ายไม่เปลี่ยนอีก",
)
def states_in_their_order(history: History) -> Iterator[Ruling]:
    """A run goes from scheduled to running to one terminal state, which never changes again; unclaimed it is only turned down."""
    seen: list[tuple[RunRow, Call]] = [
        (row, one) for one in history.calls for row in (one.row_before, one.row_after) if row
    ]
    seen.sort(key=lambda pair: pair[0].at)
    for (old, its_call), (new, call) in zip(seen, seen[1:], strict=False):
        holds: bool | None = _may_become(old, new)
        if not holds and call is not its_call and (new.at - old.at).total_seconds() < MARGIN_SECONDS:
            holds = None  # two looks at once: which was first nobody can say
        because = f"the run was {old} and then {new}"
        yield ruling(holds, because, API, new.at)
    if seen and history.row and seen[-1][0].status in TERMINAL:
        last = seen[-1][0]
        same = (last.status, last.fail_reason) == (history.row["status"], history.row["fail_reason"])
        yield ruling(
            same, f"the run was {last.status} ({last.fail_reason}) and is {history.status}", API, history.ended_at
        )


@rule("R-36", RECORD, "C-RUN-6", thai="message ต้องบอกเป็นคำว่าทำไม run จึงจบเช่นนั้น")
def the_message_says_why(history: History) -> Iterator[Ruling]:
    """The message of a run that ended says something."""
    if history.row and history.row["status"] in TERMINAL:
        message = str(history.row.get("message") or "").strip()
        yield ruling(
            bool(message),
            f"the run is {history.status}, message: {message or 'none'}",
            history.ended_by,
            history.ended_at,
        )


End = tuple[str, str | None]
"""A status and its reason."""

_NOT_DONE: set[End] = {(FAILED, EXECUTION_ERROR), (REQUIRES_MANUAL, EXECUTION_ERROR)}


def allowed_ends(history: History) -> set[End]:
    """Status and reason of every end that the contract allows for what the workers did on the server."""
    if history.run.action != ADD_INDEX:
        return {(FAILED, OUT_OF_SCOPE)}
    if made(history):
        if taken_back(history):
            return {(ROLLED_BACK, KILL_SWITCH_REASON), (ROLLED_BACK, VERIFICATION_FAILED), *_NOT_DONE}
        if any(one.errno not in (0, GONE) for one in drops(history)):
            return {(FAILED, EXECUTION_ERROR)}
        return _NOT_DONE if drops(history) else {(COMPLETED, None), *_NOT_DONE}
    refused = [one.errno for one in adds(history) if one.errno and one.owner == history.ended_by]
    if refused and refused[-1] in LOCK_NONE_REFUSED:
        return {(REQUIRES_MANUAL, EXECUTION_ERROR)}
    if refused:
        return {(FAILED, EXECUTION_ERROR)} if refused[-1] == DUPLICATE_NAME else _NOT_DONE
    if history.no_entry:
        return _NOT_DONE
    return {*((FAILED, reason) for reason in (KILL_SWITCH_REASON, *TURNED_DOWN)), *_NOT_DONE}


@rule(
    "R-37", SAFETY, "C-END-1", "C-END-3", "C-END-10", "C-END-11", "C-END-12", "C-END-13",
    thai="run ต้องจบด้วยสถานะและ fail_reason ที่ contract อนุญาตสำหรับสิ่งที่เกิดขึ้นจริง",
)  # fmt: skip
def the_end_is_one_of_those_allowed(history: History) -> Iterator[Ruling]:
    """A run ends with a status and a reason that the contract allows for what its workers did on the server."""
    if history.row and history.end_report:
        status, reason = history.row["status"], history.row["fail_reason"]
        allowed = allowed_ends(history)
        words = ", ".join(sorted(f"{one} ({why or 'no reason'})" for one, why in allowed))
        because = f"{_stands(history)}; fail_reason: {reason or 'none'}; allowed: {words}"
        yield ruling((status, reason) in allowed, because, history.ended_by, history.ended_at)


def _may_become(old: RunRow, new: RunRow) -> bool:
    if old.status == SCHEDULED:
        return new.status in (SCHEDULED, RUNNING) or (new.status == FAILED and new.fail_reason in TURNED_DOWN)
    if old.status == RUNNING:
        return new.status in (RUNNING, *TERMINAL)
    kept = [(row.status, row.fail_reason, row.claimed_by, row.rest) for row in (old, new)]
    same = kept[0] == kept[1]
    if old.lease_seconds is None or new.lease_seconds is None:
        return same and old.lease_seconds == new.lease_seconds
    moved = new.lease_seconds - old.lease_seconds + (new.at - old.at).total_seconds()
    return same and abs(moved) < 10 * MARGIN_SECONDS
