"""The outcome: what a run is reported to have come to is true, and stays so."""

from collections.abc import Iterator

from support.contract import (
    COMPLETED,
    EXECUTION_ERROR,
    FAILED,
    NOT_ENDED,
    OUT_OF_SCOPE,
    ROLLED_BACK,
    RUNNING,
    SCHEDULED,
    TERMINAL,
    VALIDATION_ERROR,
)
from support.history.calls import Call, RunRow
from support.history.history import History
from support.history.statements import as_sent
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
    taken_back,
)
from support.judgement.rules.switch import looks_of

TURNED_DOWN = (VALIDATION_ERROR, OUT_OF_SCOPE)
GONE = 1091
ENDED_FROM_OUTSIDE = (1053, 1317, 1927, 3168, 4031)
"""What the server notes of a statement whose connection was ended; the client has another number for it."""


def stands(history: History) -> str:
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
        yield ruling(holds, stands(history), history.ended_by, history.ended_at)


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
        yield ruling(holds, stands(history), history.ended_by, history.ended_at)


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
    for call in history.calls:
        first, after = call.is_granted_claim, call.row_after
        if after and call.status == 200 and call.fault is None and (first or call.reports_an_end):
            done = after.status not in ((SCHEDULED,) if first else NOT_ENDED)
            because = f"{call.worker}: {call.method} {call.path} was answered {call.answer}, and the run is {after}"
            yield ruling(done, because, API, call.answered)
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
        told = history.end_report and history.end_report.request_json.get("message")
        yield ruling(
            bool(message),
            f"the run is {history.status}, message: {message or 'none'}",
            API if told else history.ended_by,
            history.ended_at,
        )


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
