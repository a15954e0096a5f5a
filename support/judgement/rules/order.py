"""Order: what a worker may do only after something else has happened."""

from collections.abc import Iterator

from support.history.history import History
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


@rule(
    "R-01",
    SAFETY,
    "C-ORDER-1",
    thai="worker ส่งคำสั่งเปลี่ยน schema ได้ต่อเมื่อ claim ของตนได้รับอนุมัติแล้วเท่านั้น",
)
def no_change_without_a_claim(history: History) -> Iterator[Ruling]:
    """A worker sends a schema change only after its own claim was granted."""
    for worker in history.participants.values():
        claimed = min((call.answered for call in worker.granted if call.answered), default=None)
        for change in history.changes_by(worker):
            holds = history.before(claimed, change.started) if claimed else False
            when = f"its claim was granted at {claimed:%H:%M:%S.%f}" if claimed else "no claim of it was granted"
            yield ruling(holds, f"{worker} sent {change.brief}; {when}", str(worker), change.started)


@rule("R-02", SAFETY, "C-ORDER-2", thai="หลังรายงานสถานะสุดท้ายแล้ว ต้องไม่มีใครส่งคำสั่งเปลี่ยน schema ของ run นั้นอีก")
def nothing_after_the_end(history: History) -> Iterator[Ruling]:
    """After the run has come to a terminal state nobody sends a schema change for it."""
    end = history.ended_at
    if end is None:
        return
    late = [change for change in history.changes if history.before(end, change.started)]
    for change in late:
        yield ruling(
            False,
            f"{change.sender} sent {change.brief} after the run had ended at {end:%H:%M:%S.%f}",
            change.sender,
            change.started,
        )
    if not late:
        yield ruling(True, "")


@rule("R-03", SAFETY, "C-LEASE-6", thai="worker ที่เสีย lease แล้ว (ได้ 409) ต้องไม่ส่งคำสั่งเปลี่ยน schema อีก")
def nothing_after_a_lost_lease(history: History) -> Iterator[Ruling]:
    """A worker that was told that its lease is lost sends no further schema change."""
    for worker in history.participants.values():
        lost = next((call for call in worker.writes if call.status == 409 and call.answered and worker.granted), None)
        if lost is None or lost.answered is None:
            continue
        late = [one for one in history.changes_by(worker) if history.before(lost.answered, one.started)]
        because = f"{worker} was told 409 ({lost.method} {lost.path}) and then sent {late[0].brief if late else 'nothing'}"
        yield ruling(not late, because, str(worker), late[0].started if late else lost.answered)
