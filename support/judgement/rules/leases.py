"""Leases: kept alive by who works, and not beyond their end."""

from collections.abc import Iterator

from support.contract import TERMINAL
from support.history.history import History
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


@rule("R-50", SAFETY, "C-LEASE-1", thai="worker ที่ยังทำงานอยู่ต้องไม่ปล่อยให้ lease ของตนหมดอายุ")
def kept_alive(history: History) -> Iterator[Ruling]:
    """While a worker works its lease never runs out."""
    for worker in history.participants.values():
        if worker.killed or worker.stopped or not worker.granted:
            continue
        for call in worker.writes:
            row = call.row_before
            if row is None or row.status in TERMINAL or row.claimed_by_other_than(worker.name):
                continue
            yield ruling(
                row.lease_alive, f"{worker}: its lease had run out {-row.seconds_left:.3f} s before its {call.kind} call", str(worker), call.arrived
            )


@rule("R-51", SAFETY, "C-LEASE-2", thai="lease ที่หมดอายุแล้วต่ออายุหรือใช้เขียนไม่ได้อีก")
def not_renewed_when_over(history: History) -> Iterator[Ruling]:
    """A lease that has run out is not renewed, and nothing is written under it."""
    for call in history.calls:
        row = call.row_before
        if call.kind not in ("heartbeat", "status", "rollback", "audit") or row is None or not call.reached_the_api or row.status in TERMINAL:
            continue
        if row.lease_alive:
            if row.seconds_left > 0.05 and call.kind == "heartbeat" and call.status and call.status < 300 and call.row_after:
                yield ruling(True, "")
            continue
        accepted = call.status is not None and call.status < 300
        yield ruling(
            not accepted if row.seconds_left < -0.05 else None,
            f"{call.worker}: {call.method} {call.path} was answered {call.answer} although the lease had run out {-row.seconds_left:.3f} s before",
            "the SaaS API", call.answered,
        )
