"""Leases: kept alive by who works, and worth nothing beyond their end."""

from collections.abc import Iterator

from support.contract import TERMINAL
from support.history.calls import UNDER_A_LEASE
from support.history.history import History
from support.judgement.rules.claims import API
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


@rule("R-50", SAFETY, "C-LEASE-4", thai="worker ที่ยังทำงานอยู่ต้องไม่ปล่อยให้ lease ของตนหมดอายุ")
def kept_alive(history: History) -> Iterator[Ruling]:
    """While a worker works its lease does not run out."""
    for worker in history.participants.values():
        if worker.killed or worker.frozen or not worker.granted:
            continue
        for call in worker.writes:
            row = call.row_before
            if row is None or row.status in TERMINAL or row.claimed_by != worker.name or row.lease_seconds is None:
                continue
            late = f"its lease had run out {-row.lease_seconds:.3f} s before its {call.kind} call"
            yield ruling(row.lease_alive, f"{worker}: {late}", str(worker), call.arrived)


@rule("R-51", SAFETY, "C-CLAIM-7", thai="lease ที่หมดอายุแล้วต่ออายุหรือใช้เขียนไม่ได้อีก")
def nothing_under_a_lease_that_is_over(history: History) -> Iterator[Ruling]:
    """A lease that has run out is not renewed, and nothing is written under it."""
    for call in history.calls:
        row = call.row_before
        if call.kind not in UNDER_A_LEASE or not call.reached_the_api or row is None or row.lease_seconds is None:
            continue
        if row.status in TERMINAL or row.lease_seconds > 0:
            continue
        accepted = call.status is not None and call.status < 300
        over = f"{-row.lease_seconds:.3f} s after the end of the lease"
        yield ruling(
            not accepted,
            f"{call.worker}: {call.method} {call.path} was answered {call.answer} {over}",
            API,
            call.answered,
        )
