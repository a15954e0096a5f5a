"""The outcome: what the run is reported to have come to is true, and is one that the contract allows for what happened."""

from collections.abc import Iterator

from support.contract import COMPLETED, FAIL_REASONS, FAILED, REQUIRES_MANUAL, ROLLED_BACK, TERMINAL
from support.history.history import History
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

_REASONS = {
    COMPLETED: (None,),
    FAILED: FAIL_REASONS,
    ROLLED_BACK: ("kill_switch", "verification_failed"),
    REQUIRES_MANUAL: ("execution_error", "verification_failed", "kill_switch"),
}


@rule("R-30", SAFETY, "C-END-1", thai="completed หมายถึง run นี้สร้าง index สำเร็จและ index ยังอยู่ตามที่อนุมัติ")
def completed_is_true(history: History) -> Iterator[Ruling]:
    """A run is completed only if the server made its index and the index is there as approved."""
    if not history.ended_as(COMPLETED):
        return
    there = history.index is not None and list(history.index.columns) == history.run.columns
    dropped = history.dropped is not None
    yield ruling(
        bool(history.added and there and not dropped),
        f"the run is completed; the server was sent: {history.told(history.changes)}; there is {history.index or 'no such index'}",
        history.ended_by, history.ended_at,
    )


@rule("R-31", SAFETY, "C-END-2", thai="rolled_back หมายถึง DROP INDEX สำเร็จก่อนรายงาน และไม่มี index เหลืออยู่")
def rolled_back_is_true(history: History) -> Iterator[Ruling]:
    """A run is rolled back only if the server made its index and took it away again before that was reported."""
    if not history.ended_as(ROLLED_BACK):
        return
    drop, end = history.dropped, history.ended_at
    in_time = history.before(drop.ended, end) is not False if drop and drop.ended and end else drop is not None
    yield ruling(
        bool(history.added and drop and in_time and history.index is None),
        f"the run is rolled_back; the server was sent: {history.told(history.changes)}; there is {history.index or 'no such index'}",
        history.ended_by, end,
    )


@rule("R-32", SAFETY, "C-END-3", thai="ADD INDEX ที่ล้มเหลวต้องจบเป็น failed หรือ requires_manual และบันทึก error ของ server")
def a_refused_add_is_no_success(history: History) -> Iterator[Ruling]:
    """A run whose ADD INDEX failed ends as failed or requires_manual, with the server's error recorded."""
    refused = [one for one in history.adds if one.errno]
    if not refused or history.added or not history.ended_at or history.row is None:
        return
    error, recorded = refused[-1], history.said("error_message")
    known = str(error.errno) in recorded or (bool(error.message) and error.message in recorded)
    yield ruling(
        history.ended_as(FAILED, REQUIRES_MANUAL) and known,
        f"the server answered error {error.errno} ({error.message}); the run is {history.status}, error_message: {recorded}",
        error.sender, history.ended_at,
    )


@rule("R-33", SAFETY, "C-END-4", thai="fail_reason ต้องเป็นค่าที่ contract กำหนดสำหรับสถานะนั้น")
def the_reason_fits_the_status(history: History) -> Iterator[Ruling]:
    """The fail_reason is one that the contract has for the status; a completed run has none."""
    status = history.row["status"] if history.row else None
    if status not in TERMINAL:
        return
    reason = history.row["fail_reason"] if history.row else None
    yield ruling(reason in _REASONS[status], f"the run is {status} with fail_reason {reason}", history.ended_by, history.ended_at)


@rule("R-34", SAFETY, "C-END-5", thai="หลัง run จบแล้วหรือ worker ตายแล้ว ต้องไม่มี index ค้างจาก run ที่รายงานว่า failed โดยไม่ได้บันทึกไว้")
def failed_leaves_nothing_unsaid(history: History) -> Iterator[Ruling]:
    """A failed run whose index is still there has a failed rollback on record: nobody is left to guess."""
    if not history.ended_as(FAILED) or history.added is None or history.dropped is not None:
        return
    if history.index is None or history.index == history.index_before:
        return
    statuses = [str(row["status"]) for row in history.rollbacks]
    yield ruling("failed" in statuses, f"index {history.index} is there; rollbacks: {', '.join(statuses) or 'none'}", history.ended_by, history.ended_at)


@rule("R-35", SAFETY, "C-STATUS-1", thai="สถานะของ run เปลี่ยนได้เฉพาะ scheduled → running → สถานะสุดท้าย และสถานะสุดท้ายไม่เปลี่ยนอีก")
def states_in_their_order(history: History) -> Iterator[Ruling]:
    """A run goes from scheduled to running to one terminal state, and a terminal state never changes again."""
    seen = history.states
    for (_, old), (when, new) in zip(seen, seen[1:], strict=False):
        legal = (old.status == "scheduled" and new.status in ("running", *TERMINAL)) or (
            old.status == "running" and new.status in TERMINAL
        )
        if old.status == new.status:
            legal = old.status not in TERMINAL or old.outcome == new.outcome
        yield ruling(legal, f"{old.status} {old.outcome} became {new.status} {new.outcome}", "the SaaS API", when)
