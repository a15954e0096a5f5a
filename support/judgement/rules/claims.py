"""Claims: one worker at a time, on record, and the exit status that says whether there was one."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from support.contract import EXIT_DONE, EXIT_NOT_CLAIMED, SCHEDULED, TERMINAL
from support.history.calls import Call, RunRow
from support.history.history import History, Participant
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

API = "the SaaS API"

MARGIN_SECONDS = 0.05
"""How near to the end of a lease a call has to be for nobody to say on which side the API saw it."""

ROUNDED_SECONDS = 1.0
"""By how much two notes of one time may differ: a column may be without parts of a second."""


def _meet(one: Call, other: Call) -> bool:
    """Both were at the API at some moment."""
    spans = [(call.row_before.at, call.row_after.at) for call in (one, other) if call.row_before and call.row_after]
    return len(spans) == 2 and spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1]


def _token(call: Call) -> str | None:
    """What an agent may send to make its claim known when it is sent again."""
    return call.request_json.get("claim_token") or None


def _is_again(call: Call, earlier: Call) -> bool:
    """The same claim, sent again: it is answered once more, and is no second one."""
    one = (call.about, call.worker) == (earlier.about, earlier.worker)
    return one and _token(call) is not None and _token(call) == _token(earlier)


def granted_once(calls: list[Call]) -> list[Call]:
    """The claims that were granted, each once."""
    granted = [one for one in calls if one.is_granted_claim]
    return [
        one for number, one in enumerate(granted) if not any(_is_again(one, earlier) for earlier in granted[:number])
    ]


def _was_free(call: Call) -> bool | None:
    """Whether the run could be claimed when the API had the call; None if its lease ended about then."""
    row, after = call.row_before, call.row_after
    if row is None or row.status == SCHEDULED:
        return True
    if row.status in TERMINAL or row.lease_seconds is None:
        return row.status not in TERMINAL
    if row.lease_seconds <= 0:  # the API looks later
        return True
    took = (after.at - row.at).total_seconds() if after else 0.0
    return None if row.lease_seconds < took + MARGIN_SECONDS else False


@rule("R-40", SAFETY, "C-CLAIM-1", "C-CLAIM-3", thai="claim ได้เฉพาะ run ที่ scheduled หรือที่ lease หมดอายุแล้ว")
def granted_only_when_free(history: History) -> Iterator[Ruling]:
    """A claim is granted only for a run that is scheduled, or running with a lease that has run out."""
    claims = [one for one in history.calls if one.kind == "claim" and one.reached_the_api]
    for call in granted_once(history.calls):
        row = call.row_before
        again = any(_is_again(call, one) for one in claims if one.arrived < call.arrived)
        if row is None or again or any(one.is_granted_claim and _meet(call, one) for one in claims if one is not call):
            continue  # of those that meet R-41 speaks
        lease = f"a lease of {row.lease_seconds:.3f} s more" if row.lease_seconds is not None else "no lease"
        because = f"{call.worker} was granted a run that was {row.status} with {lease}"
        yield ruling(_was_free(call), because, API, call.answered)


@rule("R-41", SAFETY, "C-CLAIM-2", "C-CLAIM-3", thai="คำขอ claim พร้อมกันหลายคำขอ ต้องมีผู้ได้เพียงรายเดียว")
def one_of_many(history: History) -> Iterator[Ruling]:
    """Of claims that meet no two are granted."""
    claims = [one for one in history.calls if one.kind == "claim" and one.reached_the_api]
    for number, first in enumerate(claims):
        for second in claims[number + 1 :]:
            if _meet(first, second) and not _is_again(second, first):
                both = first.is_granted_claim and second.is_granted_claim
                if not both and history.claims_met is False:
                    continue  # the API lets them in one after the other
                because = f"the claims of {first.worker} and {second.worker} met, and both were granted"
                yield ruling(not both, because, API, second.answered)


@rule(
    "R-42",
    SAFETY,
    "C-CLAIM-8",
    "C-TABLE-2",
    thai="ทุก claim ที่ได้ 200 ต้องมีแถวใน execution_claims ของ worker นั้น พร้อม lease ที่ได้",
)
def every_claim_is_on_record(history: History) -> Iterator[Ruling]:
    """Every claim that was granted has its row in execution_claims, with the lease as granted, and no other has one."""
    granted = granted_once(history.calls)
    lost = [one for one in history.calls if one.kind == "claim" and one.status is None and one.reached_the_api]
    if not (granted or lost or history.claims):
        return
    on_record = Counter(str(row["worker_id"]) for row in history.claims)
    named = Counter(str(one.request_json["worker_id"]) for one in granted if one.request_json.get("worker_id"))
    leases = [row["lease_expires_at"] for row in history.claims if row.get("lease_expires_at")]
    first = min(len(history.claims), len(granted) - 1)  # of those that have no row
    at = granted[first].answered if granted else None
    because = f"{len(granted)} claims were granted; on record are those of {', '.join(on_record) or 'nobody'}"
    enough = len(granted) <= len(history.claims) <= len(granted) + len(lost) and not named - on_record
    yield ruling(enough, because, API, at)
    for call in granted:
        end = time_told(call.response_json.get("lease_expires_at"))
        if end and leases and len(leases) == len(history.claims):
            near = min(abs((end - utc(one)).total_seconds()) for one in leases)
            because = f"{call.worker} was granted a lease until {end}; on record are {', '.join(map(str, leases))}"
            yield ruling(near <= ROUNDED_SECONDS, because, API, call.answered)


def utc(time: datetime | str) -> datetime:
    """A time of the database, or of the text that a kept history has of it."""
    found = datetime.fromisoformat(time) if isinstance(time, str) else time
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def time_told(said: object) -> datetime | None:
    """A time in an answer; None for what is none."""
    try:
        return utc(said) if isinstance(said, str) else None
    except ValueError:
        return None


def length_granted(claim: Call) -> float | None:
    """The seconds of the lease that the answer to a claim grants; None if it does not say."""
    begin, end = (time_told(claim.response_json.get(name)) for name in ("claimed_at", "lease_expires_at"))
    return (end - begin).total_seconds() if begin and end else None


@rule("R-44", SAFETY, "C-API-13", thai="คำขอที่ถูกปฏิเสธต้องไม่เปลี่ยนอะไร")
def a_refused_call_changes_nothing(history: History) -> Iterator[Ruling]:
    """A call that the API refuses changes nothing of the run, nor of what is recorded for it."""
    for call in history.all_calls:
        before, after = call.row_before, call.row_after
        if call.status is None or not 400 <= call.status < 500 or call.fault or before is None or after is None:
            continue
        holds: bool | None = _all_but_the_lease(before) == _all_but_the_lease(after) and not _moved(before, after)
        if not holds and any(_meet(call, one) for one in history.all_calls if one is not call):
            holds = None  # it may have been the other one's doing
        because = (
            f"{call.worker}: {call.method} {call.path} was answered {call.answer}; before: {before}; after: {after}"
        )
        yield ruling(holds, because, API, call.answered)


def _all_but_the_lease(row: RunRow) -> tuple[str | None, ...]:
    return row.status, row.fail_reason, row.claimed_by, row.rest, row.records


def _moved(before: RunRow, after: RunRow) -> bool:
    """The end of the lease is another one."""
    if before.lease_seconds is None or after.lease_seconds is None:
        return before.lease_seconds != after.lease_seconds
    passed = (after.at - before.at).total_seconds()
    return abs(after.lease_seconds - before.lease_seconds + passed) > 2 * MARGIN_SECONDS


@rule("R-45", SAFETY, "C-CLAIM-4", thai="คำตอบของ claim ต้องมี claim_token ที่เป็นของ claim นั้นเท่านั้น")
def every_claim_has_a_token_of_its_own(history: History) -> Iterator[Ruling]:
    """The answer to a claim carries a claim_token that no other claim has."""
    known: dict[str, Call] = {}
    for call in granted_once(history.all_calls):
        token = str(call.response_json.get("claim_token") or "")
        if token.strip("*") or not token:
            yield ruling(bool(token) and token not in known, f"{call.worker}'s claim was answered without a token of its own",
                         API, call.answered)  # fmt: skip
        else:
            yield ruling(None, "the token is masked", API, call.answered)
        known[token] = call


@rule("R-43", SAFETY, "C-EXIT-1", "C-EXIT-2", thai="exit status 0 เมื่อทำ run จนจบ และ 3 เมื่อไม่ได้ claim เท่านั้น")
def exit_statuses(history: History) -> Iterator[Ruling]:
    """A worker exits with 0 exactly if it ended the run, and with 3 exactly if it did not get the claim."""
    for worker in history.participants.values():
        if worker.exit_status is None or worker.killed:
            continue
        claims = ", ".join(one.answer for one in worker.calls_of("claim")) or "none"
        end = "was told that its report was taken" if _told(worker) else "was not told that a report of it was taken"
        because = f"{worker} exited with {worker.exit_status}; its claims: {claims}; it {end}"
        yield ruling(_fits(worker), because, str(worker), worker.ended)


def _told(worker: Participant) -> bool:
    return any(one.status == 200 for one in worker.calls if one.reports_an_end)


def _fits(worker: Participant) -> bool:
    """Its exit status says what became of its claim and its report."""
    reports = [one for one in worker.calls if one.reports_an_end]
    claims = [one.status for one in worker.calls_of("claim")]
    if worker.exit_status == EXIT_DONE:
        return _told(worker) or any(one.row_ended for one in reports if one.reached_the_api)
    if worker.exit_status == EXIT_NOT_CLAIMED:  # which it may know from a look at the run, too
        return bool(worker.calls) and not worker.granted and (not claims or claims[-1] == 409)
    return not _told(worker) and (bool(worker.granted) or 409 not in claims)
