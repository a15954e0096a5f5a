"""Order: what a worker may send to the server only as long as the run is its own."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from support.history.calls import Call
from support.history.history import History, Participant
from support.judgement.rules.claims import MARGIN_SECONDS
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

REPORTS = ("status", "rollback", "audit")
GOODBYES = ("commit", "rollback")
"""What a client may send by itself before it leaves: the end of a transaction in which nothing was done."""


@rule("R-01", SAFETY, "C-ORDER-1", thai="worker ส่งคำสั่งเปลี่ยน schema ได้หลังจาก claim ของตนได้รับอนุมัติแล้วเท่านั้น")
def no_change_without_a_claim(history: History) -> Iterator[Ruling]:
    """A worker sends a schema change only after its own claim was granted."""
    for worker in history.participants.values():
        claimed = min((call.answered for call in worker.granted if call.answered), default=None)
        when = f"granted at {claimed:%H:%M:%S.%f}" if claimed else "never granted"
        for change in history.by(worker, history.changes):
            holds = history.before(claimed, change.started) if claimed else False
            yield ruling(holds, f"{worker} sent {change.brief}; its claim was {when}", str(worker), change.started)


@rule(
    "R-02",
    SAFETY,
    "C-ORDER-2",
    thai="หลังรายงานสถานะสุดท้ายแล้ว worker นั้นต้องไม่ส่งอะไรไปยัง server หรือบันทึกอะไรอีก และ worker อื่นต้องไม่เปลี่ยน schema หรืออ่าน metrics",
)
def nothing_after_the_end(history: History) -> Iterator[Ruling]:
    """After the terminal report its worker sends the server nothing and records nothing, and no other one changes or measures."""
    report = history.end_report
    if report is None:
        return
    end = f"the report of the end came at {report.arrived:%H:%M:%S.%f}"
    for worker in history.participants.values():
        for one in history.by(worker, history.statements):
            others = one.changes_schema or one.reads_metrics
            if others or (str(worker) == report.worker and one.kind not in GOODBYES):
                late = history.before(report.arrived, one.started)
                holds = None if late is None else not late
                yield ruling(holds, f"{end}; then {worker} sent {one.brief}", str(worker), one.started)
        for call in worker.writes if str(worker) == report.worker else []:
            if call.kind in ("rollback", "audit"):
                because = f"{end}; then {worker} sent {call.method} {call.path}"
                yield ruling(call.arrived < report.arrived, because, str(worker), call.arrived)


@rule(
    "R-03",
    SAFETY,
    "C-LEASE-5",
    thai="worker ที่เสีย lease แล้ว (ได้ 409 หรือ lease หมดอายุ) ต้องไม่ส่งคำสั่งเปลี่ยน schema หรือรายงานใหม่อีก",
)
def nothing_after_a_lost_lease(history: History) -> Iterator[Ruling]:
    """A worker whose lease ran out, or was refused, sends no further schema change, and no new report or record."""
    for worker in history.participants.values():
        if not worker.granted:
            continue
        lost = next((call for call in worker.writes if call.status == 409 and call.answered), None)
        for one in history.by(worker, history.changes):
            if lost and lost.answered:
                late = history.before(lost.answered, one.started)
                because = f"{worker} was answered 409 to {lost.method} {lost.path}; then it sent: {one.brief}"
                yield ruling(None if late is None else not late, because, str(worker), one.started)
            over = _lease_end(history, worker, one.started)
            if over:
                seconds = (one.started - over).total_seconds()
                holds = None if abs(seconds) < MARGIN_SECONDS else seconds < 0
                because = f"{worker} sent {one.brief} {seconds:.3f} s after the end of its lease"
                yield ruling(holds, because, str(worker), one.started)
        if lost and lost.answered:
            for call in (one for one in worker.writes if one.kind in REPORTS and one.arrived > lost.answered):
                because = (
                    f"{worker} was answered 409 to {lost.method} {lost.path}; then it sent {call.method} {call.path}"
                )
                yield ruling(_sent_before(worker, call, lost.arrived), because, str(worker), call.arrived)
        for call in (one for one in worker.writes if one.kind in REPORTS):
            over = _lease_end(history, worker, call.arrived)
            seconds = (call.arrived - over).total_seconds() if over else 0.0
            if over and seconds > MARGIN_SECONDS + history.apart:
                because = f"{worker} sent {call.method} {call.path} {seconds:.3f} s after the end of its lease"
                yield ruling(_sent_before(worker, call, over), because, str(worker), call.arrived)


def _sent_before(worker: Participant, call: Call, moment: datetime) -> bool:
    """It is no new one: what is kept is sent again until it is answered."""
    return any(one.kind == call.kind and one.says_the_same(call) and one.arrived <= moment for one in worker.writes)


def _lease_end(history: History, worker: Participant, moment: datetime) -> datetime | None:
    """When the worker's lease ended, as far as it was seen by then; None if it never was."""
    names = {call.row_after.claimed_by for call in worker.granted if call.row_after}
    ends = [
        row.at + timedelta(seconds=row.lease_seconds)
        for row in history.states
        if row.lease_seconds is not None and row.claimed_by in names and row.at <= moment
    ]
    return max(ends, default=None)


@rule("R-04", SAFETY, "C-REPORT-3", thai="เมื่อรายงานถูกปฏิเสธด้วย 4xx อื่นที่ไม่ใช่ 409 ต้องไม่รายงานผลแบบอื่นอีก")
def no_other_outcome_after_a_refused_one(history: History) -> Iterator[Ruling]:
    """After a report that is refused with a 4xx other than 409 no other outcome is reported."""
    for worker in history.participants.values():
        reports = [call for call in worker.calls if call.reports_an_end]
        for number, refused in enumerate(reports):
            if refused.status and 400 <= refused.status < 500 and refused.status not in (408, 409, 429):
                other = [one for one in reports[number + 1 :] if not one.says_the_same(refused)]
                because = f"{worker}'s report was answered {refused.answer}; then it reported {[o.request_body for o in other]}"
                yield ruling(not other, because, str(worker), refused.answered)
