"""Who got the run, as the wire, the table of claims and the process show it."""

import json
from http import HTTPStatus

from support.contract import COMPLETED, ROLLED_BACK, CallKind
from support.history.calls import Call
from support.history.history import History, Participant
from support.history.statements import as_sent
from support.judgement.fields.registry import YES_OR_NO, Seen, observation, observations, yes_or_no

ANSWERS = tuple(f"{status.value} {status.phrase}" for status in HTTPStatus)

HARMLESS: tuple[CallKind, ...] = ("run", "audit", "other")
"""Calls that a worker without the claim may make: looking, and saying that it did not get it."""


def _participant(history: History, number: int) -> Participant:
    if number not in history.participants:
        raise LookupError(f"worker {number} was never started")
    return history.participants[number]


def _claim_answer(history: History, number: int) -> Seen:
    if claim := _participant(history, number).claim:
        return Seen(claim.answer, f"its first claim, answered at {claim.answered:%H:%M:%S.%f}")
    return Seen("no claim was made")


def _name_sent(claim: Call) -> str | None:
    """The worker's own name in its claim, which it may leave out."""
    try:
        name = json.loads(claim.request_body).get("worker_id")
    except (ValueError, AttributeError):
        return None
    return name if name is None else str(name)


observations(
    {
        "Worker 2 HTTP Response": lambda history: _claim_answer(history, 2),
        # The answers to the claims made while the lease of worker 1 was still alive
        "Claim before the lease ended": lambda history: Seen(
            ", ".join(sorted({call.answer for call in history.calls_before_takeover})) or "no claim was made"
        ),
    },
    *ANSWERS,
    "no claim was made",
)
observations(
    {
        # By contract 0 when it brought the run to an end
        "Worker 1 exit status": lambda history: Seen(str(_participant(history, 1).exit_status)),
        # By contract 3 when it did not get the claim
        "Worker 2 exit status": lambda history: Seen(str(_participant(history, 2).exit_status)),
    },
    "#",
)
observations(
    {
        "Worker 1 claimed successfully": lambda history: yes_or_no(
            _claim_answer(history, 1).actual == "200 OK", _claim_answer(history, 1).actual
        ),
    },
    *YES_OR_NO,
)
observations(
    {
        # The answer to a second request for a run of the same id: an id that is taken is not given to another run
        "Same run scheduled again": lambda history: Seen(history.answer_to_same_id or "it was not scheduled again"),
    },
    *ANSWERS,
    "it was not scheduled again",
)


@observation("Worker 1 HTTP Response", *ANSWERS, "no claim was made")
def worker_1_http_response(history: History) -> Seen:
    """The answer to worker 1's claim, if the claims on record are as many as were granted, and name who named himself."""
    granted = [call for one in history.participants.values() for call in one.calls_of("claim") if call.status == 200]
    if len(granted) != len(history.claims):
        return Seen(
            f"disputed: {len(granted)} claims answered 200, {len(history.claims)} on record in execution_claims"
        )
    on_record = {row.get("worker_id") for row in history.claims}
    missing = [name for name in map(_name_sent, granted) if name and name not in on_record]
    if missing:
        return Seen(f"disputed: granted to {missing[0]}, on record for {', '.join(map(str, on_record))}")
    return _claim_answer(history, 1)


@observation("Only 1 worker executed", *YES_OR_NO)
def only_one_worker_executed(history: History) -> Seen:
    """The server was sent one ADD INDEX, and whoever did not get the claim did nothing more."""
    if len(history.adds) != 1:
        return Seen("No", f"the server was sent {len(history.adds)} ADD INDEX: {as_sent(history.adds)}")
    for one in history.participants.values():
        if one.claim is None or one.claim.status == 200:
            continue
        later = [call for call in one.calls if call.arrived > one.claim.arrived and call.kind not in HARMLESS]
        if later:
            return Seen("No", f"worker {one.number} went on without the claim: {later[0].method} {later[0].path}")
    return Seen("Yes", f"counted on the server: {as_sent(history.adds)}")


@observation("Worker 1 crashed", "Yes (simulated)", "No", "No, it had finished")
def worker_1_crashed(history: History) -> Seen:
    """Worker 1 was ended by kill -9 before it reported an end of the run."""
    one = _participant(history, 1)
    if one.killed is None or one.exit_status != -9:
        return Seen("No", f"its exit status is {one.exit_status}")
    reported = [call for call in one.calls if call.reports_an_end and call.status == 200]
    if reported:
        return Seen("No, it had finished", f"it had reported: {reported[0].request_body}")
    return Seen("Yes (simulated)", f"kill -9 at {one.killed:%H:%M:%S.%f}")


@observation("Lease expired", *YES_OR_NO)
def lease_expired(history: History) -> Seen:
    """By the database's clock the lease of worker 1 had run out when the run was claimed again."""
    end, again = history.lease_end_before_takeover, (history.row or {}).get("claimed_at")
    if (history.row or {}).get("claimed_by") == _participant(history, 1).worker_id:
        return Seen("unknown", f"lease end {end}; nobody but worker 1 has claimed the run: see short_lease_seconds")
    if end is None or again is None:
        return Seen("unknown", f"lease end {end}, claimed again at {again}")
    return yes_or_no(again >= end, f"lease end {end}, claimed again at {again}, both by the database's clock")


@observation("Worker 2 claimed successfully", "Yes (after lease expiry)", "Yes (before lease expiry)", "No")
def worker_2_claimed(history: History) -> Seen:
    """Worker 2's claim was granted, after the lease of worker 1 had ended and not before."""
    claims = _participant(history, 2).calls_of("claim")
    answers = f"answers to its claims: {', '.join(call.answer for call in claims) or 'none'}"
    if not claims or claims[-1].status != 200:
        return Seen("No", answers)
    expired = lease_expired(history)
    if expired.actual != "Yes":
        return Seen("Yes (before lease expiry)", expired.because)
    return Seen("Yes (after lease expiry)", answers)


@observation("Last report sent again", *YES_OR_NO)
def last_report_sent_again(history: History) -> Seen:
    """Worker 1's first report of the end failed, and the same report was sent until there was an answer.

    That may be 409: by the contract an API need not know a report again that it has carried out.
    """
    reports = [call for call in _participant(history, 1).calls if call.reports_an_end]
    if not reports or not reports[0].fault:
        return Seen("No", "its first report did not fail")
    told_so = [f"{call.request_body}: {call.answer}" for call in reports]
    same = {call.request_body for call in reports} == {reports[0].request_body}
    return yes_or_no(same and reports[-1].status in (200, 409) and not reports[-1].fault, "; ".join(told_so))


@observation("Index taken for the run's own", *YES_OR_NO, "nobody else made one")
def index_taken_for_the_runs_own(history: History) -> Seen:
    """The run ended as if the index that somebody else made were the one it was to add."""
    if history.index_before is None:
        return Seen("nobody else made one")
    taken = history.ended_as(COMPLETED, ROLLED_BACK)
    return yes_or_no(
        taken or history.drops, f"the run is {history.status}; {history.index_before}; {as_sent(history.drops)}"
    )


@observation("Index found and not added again", *YES_OR_NO)
def index_found_and_not_added_again(history: History) -> Seen:
    """The index that the crashed worker's ALTER left was kept: one ADD INDEX was ever sent, none dropped it."""
    if len(history.adds) != 1 or history.drops:
        return Seen("No", f"the server was sent: {as_sent(history.changes)}")
    return yes_or_no(history.added and history.index, as_sent(history.adds))


@observation("Done by worker 1 after the takeover", "Nothing", "no takeover")
def done_after_the_takeover(history: History) -> Seen:
    """What the API let worker 1 write, and what the server was sent over its connection, after worker 2 had the run."""
    taken = next((call.answered for call in _participant(history, 2).calls_of("claim") if call.status == 200), None)
    if taken is None:
        return Seen("no takeover", "no claim of worker 2 was granted")
    late = [
        call
        for call in _participant(history, 1).calls
        if call.method != "GET" and call.kind != "claim" and call.answered and call.answered > taken
    ]
    first = _participant(history, 1)
    sent = [one for one in history.by(first, history.changes) if one.started > taken]
    done = [f"{call.method} {call.path} was answered {call.answer}" for call in late if (call.status or 0) < 300]
    calls = "; ".join(f"{call.method} {call.path}: {call.answer}" for call in late) or "none"
    return Seen("; ".join(done + ([as_sent(sent)] if sent else [])) or "Nothing", f"its late calls: {calls}")
