"""Order: what a worker may send to the server only as long as the run is its own."""

from collections.abc import Iterator

from support.history.history import History
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


@rule("R-01", SAFETY, "C-ORDER-1", thai="worker ส่งคำสั่งเปลี่ยน schema ได้หลังจาก claim ของตนได้รับอนุมัติแล้วเท่านั้น")
def no_change_without_a_claim(history: History) -> Iterator[Ruling]:
    """A worker sends a schema change only after its own claim was granted."""
    for worker in history.participants.values():
        claimed = min((call.answered for call in worker.granted if call.answered), default=None)
        when = f"granted at {claimed:%H:%M:%S.%f}" if claimed else "never granted"
        for change in history.by(worker, history.changes):
            holds = history.before(claimed, change.started) if claimed else False
            yield ruling(holds, f"{worker} sent {change.brief}; its claim was {when}", str(worker), change.started)


@rule("R-02", SAFETY, "C-ORDER-2", thai="หลังรายงานสถานะสุดท้ายแล้ว ต้องไม่มีใครส่งคำสั่งเปลี่ยน schema ของ run นั้นอีก")
def nothing_after_the_end(history: History) -> Iterator[Ruling]:
    """After the run has come to its end no worker sends a schema change for it."""
    end = history.ended_at
    if end is None:
        return
    late = [one for one in history.changes if one.owner and history.before(end, one.started)]
    because = f"the run ended at {end:%H:%M:%S.%f}; then came: {'; '.join(one.brief for one in late)}"
    yield ruling(not late, because, late[0].sender if late else "", late[0].started if late else end)


@rule("R-03", SAFETY, "C-LEASE-5", thai="worker ที่เสีย lease แล้ว (ได้ 409) ต้องไม่ส่งคำสั่งเปลี่ยน schema อีก")
def nothing_after_a_lost_lease(history: History) -> Iterator[Ruling]:
    """A worker that was told that its lease is lost sends no further schema change."""
    for worker in history.participants.values():
        lost = next((call for call in worker.writes if call.status == 409 and call.answered), None)
        if lost is None or lost.answered is None or not worker.granted:
            continue
        late = [one for one in history.by(worker, history.changes) if history.before(lost.answered, one.started)]
        because = f"{worker} was answered 409 to {lost.method} {lost.path}; then it sent: {'; '.join(one.brief for one in late)}"
        yield ruling(not late, because, str(worker), late[0].started if late else lost.answered)
