"""Claims: one worker at a time, on record, and the exit status that says whether there was one."""

from collections.abc import Iterator

from support.contract import EXIT_DONE, EXIT_NOT_CLAIMED, SCHEDULED, TERMINAL
from support.history.calls import Call, RunRow
from support.history.history import History
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

API = "the SaaS API"

MARGIN_SECONDS = 0.05
"""How much of a lease may be left, when a call goes to the API, for it to be over when the API looks."""


def _meet(one: Call, other: Call) -> bool:
    """Both were at the API at some moment."""
    spans = [(call.row_before.at, call.row_after.at) for call in (one, other) if call.row_before and call.row_after]
    return len(spans) == 2 and spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1]


def _was_free(row: RunRow) -> bool | None:
    """Whether the run could be claimed; None if its lease was about to end."""
    if row.status == SCHEDULED:
        return True
    if row.status in TERMINAL or row.lease_seconds is None:
        return row.status not in TERMINAL
    return None if 0 < row.lease_seconds < MARGIN_SECONDS else row.lease_seconds <= 0


@rule("R-40", SAFETY, "C-CLAIM-1", thai="claim ได้เฉพาะ run ที่ scheduled หรือที่ lease หมดอายุแล้ว")
def granted_only_when_free(history: History) -> Iterator[Ruling]:
    """A claim is granted only for a run that is scheduled, or running with a lease that has run out."""
    granted = [one for one in history.calls if one.is_granted_claim]
    for call in granted:
        row = call.row_before
        if row is None or any(other is not call and _meet(call, other) for other in granted):
            continue  # of those that meet R-41 speaks
        lease = f"a lease of {row.lease_seconds:.3f} s more" if row.lease_seconds is not None else "no lease"
        yield ruling(
            _was_free(row), f"{call.worker} was granted a run that was {row.status} with {lease}", API, call.answered
        )


@rule("R-41", SAFETY, "C-CLAIM-2", thai="คำขอ claim พร้อมกันหลายคำขอ ต้องมีผู้ได้เพียงรายเดียว")
def one_of_many(history: History) -> Iterator[Ruling]:
    """Of claims that meet no two are granted."""
    claims = [one for one in history.calls if one.kind == "claim" and one.reached_the_api]
    for number, first in enumerate(claims):
        for second in claims[number + 1 :]:
            if first.worker != second.worker and _meet(first, second):
                both = first.is_granted_claim and second.is_granted_claim
                because = f"the claims of {first.worker} and {second.worker} met, and both were granted"
                yield ruling(not both, because, API, second.answered)


@rule("R-42", SAFETY, "C-CLAIM-8", thai="ทุก claim ที่ได้ 200 ต้องมีแถวใน execution_claims")
def every_claim_is_on_record(history: History) -> Iterator[Ruling]:
    """Every claim that was granted has its row in execution_claims, and no other has one."""
    granted = [one for one in history.calls if one.is_granted_claim]
    if not granted and not history.claims:
        return
    on_record = [str(row["worker_id"]) for row in history.claims]
    unnamed = {str(one.request_json["worker_id"]) for one in granted if one.request_json.get("worker_id")} - set(
        on_record
    )
    because = f"{len(granted)} claims were granted; on record are those of {', '.join(on_record) or 'nobody'}"
    yield ruling(len(granted) == len(on_record) and not unnamed, because, API, granted[0].answered if granted else None)


@rule("R-43", SAFETY, "C-EXIT-1", "C-EXIT-2", thai="exit status 0 เมื่อทำ run จนจบ และ 3 เมื่อไม่ได้ claim เท่านั้น")
def exit_statuses(history: History) -> Iterator[Ruling]:
    """A worker exits with 0 exactly if it ended the run, and with 3 exactly if it did not get the claim."""
    for worker in history.participants.values():
        if worker.exit_status is None or worker.killed:
            continue
        reports = [one for one in worker.calls if one.reports_an_end]
        ended = any(one.status == 200 for one in reports)
        refused = any(one.status == 409 for one in worker.calls_of("claim")) and not worker.granted
        holds = {EXIT_DONE: bool(reports), EXIT_NOT_CLAIMED: refused}.get(worker.exit_status, not ended and not refused)
        claims = ", ".join(one.answer for one in worker.calls_of("claim")) or "none"
        end = "ended" if ended else "did not end"
        because = f"{worker} exited with {worker.exit_status}; its claims: {claims}; it {end} the run"
        yield ruling(holds, because, str(worker), worker.ended)
