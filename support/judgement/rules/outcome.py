"""The outcome: what a run is reported to have come to is true, and is one that the contract allows for what happened."""

from collections.abc import Iterator

from support.contract import (
    ADD_INDEX,
    COMPLETED,
    FAIL_REASONS,
    FAILED,
    LOCK_NONE_REFUSED,
    REQUIRES_MANUAL,
    ROLLED_BACK,
    RUNNING,
    SCHEDULED,
    TERMINAL,
)
from support.history.history import History
from support.history.statements import as_sent
from support.judgement.rules.claims import API
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

DUPLICATE_NAME = 1061


def _stands(history: History) -> str:
    """How things stand at the end, in words."""
    there = history.index or f"no index {history.run.index_name}"
    return f"the run is {history.status}; the server was sent: {as_sent(history.changes)}; there is {there}"


@rule("R-30", SAFETY, "C-OWN-2", "C-END-11", thai="completed หมายถึง run นี้สร้าง index สำเร็จ และ index ยังอยู่ตามที่อนุมัติ")
def completed_is_true(history: History) -> Iterator[Ruling]:
    """A run is completed only if it made its index, did not drop it, and the index is there as approved."""
    if history.ended_as(COMPLETED):
        there = history.index is not None and list(history.index.columns) == history.run.columns
        holds = bool(history.added and there and not history.dropped)
        yield ruling(holds, _stands(history), history.ended_by, history.ended_at)


@rule("R-31", SAFETY, "C-ROLLBACK-4", thai="rolled_back หมายถึง DROP INDEX สำเร็จก่อนรายงาน และไม่มี index นั้นเหลืออยู่")
def rolled_back_is_true(history: History) -> Iterator[Ruling]:
    """A run is rolled back only if it made its index and the server dropped it before that was reported."""
    if history.ended_as(ROLLED_BACK):
        drop, end = history.dropped, history.ended_at
        in_time = bool(drop and drop.ended and end and history.before(drop.ended, end) is not False)
        holds = bool(history.added and in_time and history.index is None)
        yield ruling(holds, _stands(history), history.ended_by, end)


@rule(
    "R-32", SAFETY, "C-RUN-5", "C-END-5", "C-END-15",
    thai="ADD INDEX ที่ล้มเหลวต้องจบเป็น failed หรือ requires_manual และบันทึก error ของ server",
)  # fmt: skip
def a_failed_add_is_no_success(history: History) -> Iterator[Ruling]:
    """A run whose ADD INDEX failed ends as failed or requires_manual, with the server's error recorded."""
    failed = [one for one in history.adds if one.errno and one.owner == history.ended_by]
    if failed and not history.added and history.end_report:
        error, recorded = failed[-1], history.said("error_message")
        known = str(error.errno) in recorded or bool(error.message and error.message in recorded)
        said = f"the server answered error {error.errno} ({error.message})"
        because = f"{said}; the run is {history.status}, error_message: {recorded}"
        yield ruling(history.ended_as(FAILED, REQUIRES_MANUAL) and known, because, history.ended_by, history.ended_at)


@rule("R-33", SAFETY, "C-RUN-4", thai="fail_reason ต้องเป็นค่าที่ contract กำหนดสำหรับสถานะนั้น")
def the_reason_fits_the_status(history: History) -> Iterator[Ruling]:
    """A run that ended has one of the contract's reasons; a completed one has none."""
    if history.row and history.row["status"] in TERMINAL:
        status, reason = history.row["status"], history.row["fail_reason"]
        allowed = (None,) if status == COMPLETED else FAIL_REASONS
        yield ruling(
            reason in allowed, f"the run is {status} with fail_reason {reason}", history.ended_by, history.ended_at
        )


@rule("R-34", SAFETY, "C-END-10", thai="run ที่ failed แต่ index ยังอยู่ ต้องมีบันทึก rollback ที่ failed")
def what_is_left_is_on_record(history: History) -> Iterator[Ruling]:
    """A failed run whose own index is still there has a failed rollback on record: nobody is left to guess."""
    if history.ended_as(FAILED) and history.added and not history.dropped and history.index:
        statuses = [str(row["status"]) for row in history.rollbacks]
        because = f"{history.index} is there; rollbacks on record: {', '.join(statuses) or 'none'}"
        yield ruling("failed" in statuses, because, history.ended_by, history.ended_at)


@rule("R-35", SAFETY, "C-RUN-1", "C-RUN-2", thai="สถานะไปจาก scheduled → running → สถานะสุดท้าย และสถานะสุดท้ายไม่เปลี่ยนอีก")
def states_in_their_order(history: History) -> Iterator[Ruling]:
    """A run goes from scheduled to running to one terminal state, which never changes again."""
    legal = {SCHEDULED: (SCHEDULED, RUNNING, FAILED), RUNNING: (RUNNING, *TERMINAL)}
    seen = history.states
    for old, new in zip(seen, seen[1:], strict=False):
        if old.status in TERMINAL:
            holds = (old.status, old.fail_reason) == (new.status, new.fail_reason)
        else:
            holds = new.status in legal[old.status]
        because = f"the run was {old.status} ({old.fail_reason}) and then {new.status} ({new.fail_reason})"
        yield ruling(holds, because, API, new.at)


End = tuple[str, str | None]
"""A status and its reason."""

_NOT_DONE: set[End] = {(FAILED, "execution_error"), (REQUIRES_MANUAL, "execution_error")}


def allowed_ends(history: History) -> set[End]:
    """Status and reason of every end that the contract allows for what the server and the kill switch did."""
    if history.run.action != ADD_INDEX:
        return {(FAILED, "out_of_scope")}
    if history.dropped and history.added:
        return {(ROLLED_BACK, "kill_switch"), (ROLLED_BACK, "verification_failed")}
    if history.added:
        return {(FAILED, "execution_error")} if history.drops else {(COMPLETED, None), *_NOT_DONE}
    refused = [one.errno for one in history.adds if one.errno and one.owner == history.ended_by]
    if refused and refused[-1] in LOCK_NONE_REFUSED:
        return {(REQUIRES_MANUAL, "execution_error")}
    if refused:
        return {(FAILED, "execution_error")} if refused[-1] == DUPLICATE_NAME else _NOT_DONE
    return {(FAILED, "kill_switch"), (FAILED, "validation_error"), (FAILED, "out_of_scope"), *_NOT_DONE}


@rule(
    "R-36", SAFETY, "C-END-1", "C-END-4", "C-END-5", "C-END-10", "C-END-12", "C-END-15",
    thai="run ต้องจบด้วยสถานะและ fail_reason ที่ contract อนุญาตสำหรับสิ่งที่เกิดขึ้นจริง",
)  # fmt: skip
def the_end_is_one_of_those_allowed(history: History) -> Iterator[Ruling]:
    """A run ends with a status and a reason that the contract allows for what happened."""
    if history.row and history.end_report:
        end, allowed = (history.row["status"], history.row["fail_reason"]), allowed_ends(history)
        words = ", ".join(sorted(f"{status} ({reason or 'no reason'})" for status, reason in allowed))
        because = f"{_stands(history)}; fail_reason: {end[1] or 'none'}; allowed: {words}"
        yield ruling(end in allowed, because, history.ended_by, history.ended_at)
