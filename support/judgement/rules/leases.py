"""Leases: kept alive by who works, and worth nothing beyond their end."""

from collections.abc import Iterator

from support.contract import FAILED, OUT_OF_SCOPE, RUNNING, SCHEDULED, TERMINAL, VALIDATION_ERROR
from support.history.calls import UNDER_A_LEASE, Call
from support.history.history import History, Participant
from support.judgement.rules.claims import API, MARGIN_SECONDS, granted_once, length_granted
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

SLACK_SECONDS = 0.5
"""How long what comes between a call and the look at what it did may take on a busy machine."""


@rule("R-50", SAFETY, "C-LEASE-4", thai="worker ที่ยังทำงานอยู่ต้องไม่ปล่อยให้ lease ของตนหมดอายุ")
def kept_alive(history: History) -> Iterator[Ruling]:
    """While a worker lives and the API answers it, its lease does not run out."""
    for worker in history.participants.values():
        if worker.killed or worker.frozen or not worker.granted:
            continue
        names = {call.row_after.claimed_by for call in worker.granted if call.row_after}
        for call in history.calls:
            row = call.row_before
            if row is None or row.status != RUNNING or row.lease_seconds is None or row.claimed_by not in names:
                continue
            if (worker.ended and row.at > worker.ended) or row.at < worker.granted[0].arrived:
                continue
            over = f"its lease had run out {-row.lease_seconds:.3f} s before {call.worker}'s {call.kind} call"
            holds = row.lease_alive or (None if _was_not_answered(worker, call) else False)
            yield ruling(holds, f"{worker}: {over}", _to_blame(worker, call), call.arrived)


def _to_blame(worker: Participant, until: Call) -> str:
    """The API, if what it left in the row as it last granted or renewed the lease is less than what it granted."""
    given = [one for one in worker.calls if one.kind in ("claim", "heartbeat") and one.arrived < until.arrived]
    given = [one for one in given if one.status == 200 and not one.fault and one.row_after]
    claims = [one for one in given if one.kind == "claim"]
    granted = length_granted(claims[-1]) if claims else None
    left = given[-1].row_after.lease_seconds if given and given[-1].row_after else None
    if granted is None or left is None or (granted > 0 and left + SLACK_SECONDS >= granted):
        return str(worker)
    return API


def _was_not_answered(worker: Participant, until: Call) -> bool:
    """The API failed it after it had last been granted or renewed the lease."""
    failed = False
    for call in worker.calls:
        if call.arrived < until.arrived and call.kind in ("claim", "heartbeat"):
            failed = call.status is None or call.status >= 500 or call.fault is not None
    return failed


@rule("R-51", SAFETY, "C-CLAIM-6", "C-CLAIM-7", thai="lease ที่หมดอายุแล้ว หรือ claim ที่มีผู้อื่นได้ไปแล้ว ต่ออายุหรือใช้เขียนไม่ได้อีก")
def nothing_under_a_lease_that_is_over(history: History) -> Iterator[Ruling]:
    """A lease that has run out is not renewed, and nothing is written under it, nor without the run's last claim."""
    granted = granted_once(history.all_calls)
    for call in history.all_calls:
        row = call.row_before
        if call.kind not in UNDER_A_LEASE or not call.reached_the_api or row is None or row.status in TERMINAL:
            continue
        if call.uninvited or call.database_away:
            continue  # it is refused for another reason
        accepted = call.status is not None and call.status < 300
        what = f"{call.worker}: {call.method} {call.path} was answered {call.answer}"
        earlier = [one for one in granted if one.about == call.about and one.row_after and one.row_after.at < row.at]
        if row.status == SCHEDULED:
            if not _turns_down(call):  # for which no claim is needed
                yield ruling(not accepted, f"{what} without a claim", API, call.answered)
        elif earlier and earlier[-1].worker != call.worker:
            because = f"{what} when {earlier[-1].worker} had the run"
            yield ruling(not accepted, because, API, call.answered)
        elif earlier and call.token_sent is not None and call.token_sent not in _tokens(history, earlier[-1]):
            sent = "with the token of another claim" if call.token_sent else "without a token"
            yield ruling(not accepted, f"{what} {sent}", API, call.answered)
        elif row.lease_seconds is not None and row.lease_seconds < MARGIN_SECONDS:
            near = abs(row.lease_seconds) < MARGIN_SECONDS
            over = f"{-row.lease_seconds:.3f} s after the end of the lease"
            yield ruling(True if not accepted else (None if near else False), f"{what} {over}", API, call.answered)


def _tokens(history: History, claim: Call) -> set[str | None]:
    """What its worker may send as the claim's token: what it was answered, also when it sent the claim again, or chose."""
    mine = [one for one in history.all_calls if (one.worker, one.about) == (claim.worker, claim.about)]
    again = [one for one in mine if one.is_granted_claim and one.arrived >= claim.arrived]
    return {token for one in again for token in (one.claim_token, one.request_json.get("claim_token"))}


def _turns_down(call: Call) -> bool:
    """It reports that the run is one to be turned down."""
    said = call.request_json
    return said.get("status") == FAILED and said.get("fail_reason") in (VALIDATION_ERROR, OUT_OF_SCOPE)


@rule(
    "R-52", SAFETY, "C-LEASE-2", "C-LEASE-3", thai="heartbeat เลื่อนเวลาสิ้นสุด lease ไปเท่ากับความยาวที่ได้ตอน claim นับจากตอนนั้น"
)
def a_heartbeat_renews_the_granted_length(history: History) -> Iterator[Ruling]:
    """A heartbeat that is answered 200 moves the end of the lease to the granted length from now."""
    for call in (one for one in history.calls if one.kind == "heartbeat"):
        row, before, worker = call.row_after, call.row_before, call.worker
        mine = [one for one in history.calls if one.worker == call.worker and one.is_granted_claim]
        claims = [(one.row_before, one.row_after) for one in mine if one.arrived < call.arrived]
        first, last = claims[-1] if claims else (None, None)
        granted = last.lease_seconds if last else None
        if call.status != 200 or row is None or before is None or row.lease_seconds is None or granted is None:
            continue
        slack = (row.at - before.at).total_seconds() + SLACK_SECONDS  # each look comes a little after what it is to see
        later = (last.at - first.at).total_seconds() if first and last else 0.0
        holds = granted - slack <= row.lease_seconds <= granted + later + slack
        because = f"{worker} was granted {granted:.3f} s; after its heartbeat {row.lease_seconds:.3f} s were left"
        yield ruling(holds, because, API, call.answered)


@rule(
    "R-46",
    SAFETY,
    "C-LEASE-1",
    thai="claim ที่ไม่ระบุ lease_seconds ได้ lease ยาวเท่า EXECUTION_LEASE_TIMEOUT_SECONDS ของ API",
)
def the_length_of_a_lease_that_nobody_asked_for(history: History) -> Iterator[Ruling]:
    """A claim that asks for no length is granted the API's own EXECUTION_LEASE_TIMEOUT_SECONDS."""
    for call in granted_once(history.all_calls):
        row, before, own = call.row_after, call.row_before, history.api_leases.get(call.api)
        if "lease_seconds" in call.request_json or own is None or row is None or before is None:
            continue
        left = row.lease_seconds or 0.0
        slack = (row.at - before.at).total_seconds() + MARGIN_SECONDS
        because = f"{call.worker} asked for no length; {left:.3f} s were granted, and the API's own lease is {own:g} s"
        yield ruling(own - slack <= left <= own + MARGIN_SECONDS, because, API, call.answered)


@rule("R-55", SAFETY, "C-CLAIM-5", thai="ทุกคำขอที่เขียนหลัง claim ต้องมี claim token จากคำตอบของ claim นั้น")
def the_token_of_the_claim_is_carried(history: History) -> Iterator[Ruling]:
    """Every heartbeat, report and record of a worker carries the claim token that the answer to its claim gave it."""
    for worker in history.participants.values():
        for call in worker.writes:
            if call.token_fits is not None and call.status is not None and not call.fault:
                because = f"{worker} sent {call.method} {call.path} without the token that its claim was answered with"
                yield ruling(call.token_fits, because, str(worker), call.arrived)


@rule("R-53", SAFETY, "C-REPORT-5", thai="สถานะสุดท้ายเดิมที่รายงานซ้ำได้ 200 รายงานอื่นหลัง run จบได้ 409")
def what_is_reported_after_the_end(history: History) -> Iterator[Ruling]:
    """The end that a run has, reported again under its claim, is answered 200; any other report on an ended run 409."""
    end = history.end_report
    for call in history.calls:
        row = call.row_before
        if end is None or call.kind != "status" or call is end or call.status is None or row is None:
            continue
        if row.status not in TERMINAL or not call.reached_the_api or call.uninvited:
            continue
        same_claim = call.worker == end.worker and call.token_sent == end.token_sent
        again = same_claim and call.request_json.get("status") == row.status
        because = f"the run was {row.status}; {call.worker} reported {call.request_json.get('status')}: {call.answer}"
        yield ruling(call.status == (200 if again else 409) or call.status >= 500, because, API, call.answered)
