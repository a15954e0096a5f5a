"""Claims and leases: one worker at a time, and none without it."""

from collections.abc import Iterator

from support.contract import EXIT_DONE, EXIT_NOT_CLAIMED, SCHEDULED, TERMINAL
from support.history.history import History
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


@rule("R-40", SAFETY, "C-CLAIM-1", thai="claim ได้เฉพาะ run ที่ scheduled หรือที่ lease หมดอายุแล้ว")
def granted_only_when_free(history: History) -> Iterator[Ruling]:
    """A claim is granted only for a run that is scheduled, or running with a lease that has run out."""
    granted = sorted((one for one in history.calls if one.is_granted_claim), key=lambda call: call.arrived)
    for call in granted:
        before = call.row_before
        if before is None:
            continue
        alone = not any(one is not call and one.arrived <= (call.answered or one.arrived) and (one.answered or call.arrived) >= call.arrived for one in granted)
        free = before.status == SCHEDULED or (before.status not in TERMINAL and not before.lease_alive)
        holds = free if alone or not free else None
        yield ruling(
            holds if not (before.status not in TERMINAL and before.lease_alive and before.seconds_left < 0.05) else None,
            f"{call.worker} was granted a run that was {before.status}, its lease alive for {before.seconds_left:.3f} s more",
            "the SaaS API", call.answered,
        )


@rule("R-41", SAFETY, "C-CLAIM-2", thai="คำขอ claim พร้อมกันหลายคำขอ ต้องมีผู้ได้เพียงรายเดียว")
def one_of_many(history: History) -> Iterator[Ruling]:
    """Of claims that meet exactly one is granted."""
    claims = [one for one in history.calls if one.kind == "claim" and one.answered]
    for first in claims:
        met = [one for one in claims if one is not first and one.worker != first.worker and one.arrived < first.answered and first.arrived < one.answered and first.arrived <= one.arrived]  # type: ignore[operator]
        if met:
            won = [one for one in (first, *met) if one.is_granted_claim]
            yield ruling(len(won) == 1, f"{len(won)} of {len(met) + 1} claims that met were granted", "the SaaS API", first.answered)


@rule("R-42", SAFETY, "C-CLAIM-3", thai="ทุก claim ที่ได้ 200 ต้องมีแถวใน execution_claims")
def every_claim_is_on_record(history: History) -> Iterator[Ruling]:
    """Every claim that was granted has its row in execution_claims, and there are no others."""
    granted = [one for one in history.calls if one.is_granted_claim]
    if granted or history.claims:
        sent = {one.request_json.get("worker_id") for one in granted} - {None}
        missing = sent - {row["worker_id"] for row in history.claims}
        yield ruling(
            len(granted) == len(history.claims) and not missing,
            f"{len(granted)} claims were granted, {len(history.claims)} are on record for {', '.join(str(row['worker_id']) for row in history.claims) or 'nobody'}",
            "the SaaS API", granted[0].answered if granted else None,
        )


@rule("R-43", SAFETY, "C-EXIT-1", thai="exit status 0 เมื่อทำ run จนจบ, 3 เมื่อไม่ได้ claim, นอกนั้นไม่ใช่ 0 หรือ 3")
def exit_statuses(history: History) -> Iterator[Ruling]:
    """A worker exits with 0 only if it brought the run to a terminal state, and with 3 only if it did not get the claim."""
    for worker in history.participants.values():
        status = worker.exit_status
        if status is None or worker.killed:
            continue
        ended = any(one.reports_an_end and one.status == 200 for one in worker.calls)
        told = any(one.reports_an_end for one in worker.calls)
        refused = [one for one in worker.calls_of("claim") if one.status == 409]
        got = bool(worker.granted)
        if status == EXIT_DONE:
            holds = ended or told
        elif status == EXIT_NOT_CLAIMED:
            holds = bool(refused) and not got
        else:
            holds = not ended and not (refused and not got)
        yield ruling(
            holds,
            f"{worker} exited with {status}; claims: {', '.join(one.answer for one in worker.calls_of('claim')) or 'none'}; an end was reported: {'yes' if ended else 'no'}",
            str(worker), worker.ended,
        )
