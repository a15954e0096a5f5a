"""The cause: the earliest event of a history that the contract did not expect, in one sentence for people."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from support.clock import now
from support.contract import EXIT_DONE, EXIT_NOT_CLAIMED, NOT_ENDED, SCHEDULED, TERMINAL
from support.errors import WrongAnswer
from support.history.calls import Call
from support.history.history import History
from support.history.statements import CANNOT_BE_PREPARED, Statement
from support.judgement.rules import RULES
from support.judgement.rules.claims import API
from support.judgement.rules.outcome import ENDED_FROM_OUTSIDE
from support.judgement.rules.registry import BROKEN
from support.record.evidence import Cause, Judged, Observation

LONGEST = 300
"""Characters of what somebody else said that a sentence quotes."""

MOST_LINES = 8
"""Lines under a cause, but for last words."""

RULE_BROKEN, WRONG_ANSWER = "rule broken", "wrong answer"

NO_SUCH_CALL = (404, 405, 501)
"""What an API answers to a call that it does not have; those that the contract does not ask for are optional."""

_CALLS = {
    "rollback": "rollback record",
    "audit": "audit entry",
    "status": "report",
    "run": "question for the run",
    "kill switch": "question for the kill switch",
    "other": "call",
}


_MUST_NOT_BE_SENT = ("R-01", "R-24")
"""Rules of statements that had no business there at all: whether the server carried them out says less."""

_SAY_MORE = ("R-10", "R-21", "R-25", "R-41", "R-30", "R-31", "R-13", "R-51", "R-37")
"""Of several rules that one call or statement breaks these name the deed, and the others what goes with it."""

_OUTCOME = ("Final execution_run Status", "fail_reason")
"""Fields that any trouble shows in: another row tells more."""

_OF_THE_API = (
    "Same run scheduled again", "Worker 1 HTTP Response", "Worker 2 HTTP Response", "Claim before the lease ended",
    "Lease expired",
)  # fmt: skip
"""Fields of what the API alone answers and keeps."""

_OF_THE_SWITCH = ("Kill switch detected", "Kill switch detected after ADD")

ANSWERS = {"claim": 200, "heartbeat": 200, "status": 200, "run": 200, "kill switch": 200, "rollback": 201, "audit": 201}
"""What the API answers to each call that it does not refuse."""


def cause_of(
    history: History | None,
    rules: Sequence[Judged],
    observations: Sequence[Observation],
    further: Sequence[Cause] = (),
) -> Cause | None:
    """The first divergence; the first row that differs, if no event tells more; None if nothing differs.

    Of what was one call or statement it is the one that says most. ``further`` are divergences that are not in the history.
    """
    events = [*further, *(_events(history) if history else []), *_breaches(rules)]
    timed = sorted((one for one in events if one.at), key=lambda one: one.at.timestamp() if one.at else 0.0)
    if timed:
        moments = _moments_of(history, timed[0].at) if history else [timed[0].at]
        return min((one for one in timed if one.at in moments), key=_rank)
    if events:
        return events[0]
    wrong = sorted((row for row in observations if row.differs), key=lambda row: row.field in _OUTCOME)
    return _of_row(wrong[0], history) if wrong else None


def of_answer(error: WrongAnswer) -> Cause:
    """What the API answered to the suite itself."""
    sentence = str(error)
    return Cause(API, WRONG_ANSWER, str(error.status), f"{sentence[0].upper()}{sentence[1:]}", now())


def of_records(rules: Sequence[Judged]) -> Cause | None:
    """The cause of a scenario that passed with a mere record that is not as it should be, if one is."""
    return min(_breaches(rules), key=lambda one: (one.at is None, one.at and one.at.timestamp()), default=None)


def _events(history: History) -> list[Cause]:
    return [*_refusals(history), *_wrong_answers(history), *_failures(history), *_exits(history)]


def _moments_of(history: History, at: datetime | None) -> list[datetime | None]:
    """The beginning and the end of the call of which this is one of both; else the moment itself."""
    calls = [call for call in history.calls if at in (call.arrived, call.answered)]
    return [at, *(time for call in calls for time in (call.arrived, call.answered))]


def _rank(cause: Cause) -> int:
    if cause.number in _MUST_NOT_BE_SENT:
        return 0
    if cause.kind != RULE_BROKEN:
        return 1
    return 2 if cause.number in _SAY_MORE else 3


def _of_row(row: Observation, history: History | None) -> Cause:
    looks = [call for call in history.calls if call.kind == "kill switch"] if history else []
    told_inactive = bool(looks) and all(call.says_inactive for call in looks)
    of_api = row.field in _OF_THE_API or (row.field in _OF_THE_SWITCH and told_inactive)
    because = f": {row.because}" if row.because else ""
    said = f"{row.field} should be {row.expected!r} and is {row.actual!r}{because}"
    return Cause(API if of_api else "the executor", "row", row.field, said[:LONGEST])


def by_cause(causes: Sequence[Cause]) -> list[tuple[int, Cause]]:
    """Causes with how often each came, the most frequent first; the sentence is that of the first of its kind."""
    keys = [(one.who, one.kind, one.number) for one in causes]
    first = dict(reversed(list(zip(keys, causes, strict=True))))
    return [(count, first[key]) for key, count in Counter(keys).most_common()]


def _refusals(history: History) -> Iterator[Cause]:
    """Calls that the API turned down although the contract allows them there."""
    for call in history.calls:
        if call.by_the_suite or call.fault or call.status is None or call.status < 400 or _is_expected(call, history):
            continue
        what = f"{call.worker}'s {_CALLS.get(call.kind, call.kind)}"
        sentence = f"The SaaS API refused {what} ({call.method} {call.path}) with {call.status}: {_detail(call)}"
        yield Cause(API, "call refused", str(call.status), sentence, call.answered)


def _wrong_answers(history: History) -> Iterator[Cause]:
    """Calls that the API took, and answered otherwise than by contract, or did nothing about."""
    for call in history.calls:
        status, after = call.status, call.row_after
        if call.fault or status is None or not 200 <= status < 300 or call.kind not in ANSWERS:
            continue
        what = f"The SaaS API answered {call.worker}'s {_CALLS.get(call.kind, call.kind)} ({call.method} {call.path}) with {status}"
        if status != ANSWERS[call.kind]:
            sentence = f"{what} instead of {ANSWERS[call.kind]}"
        elif call.reports_an_end and after and after.status in NOT_ENDED:
            sentence = f"{what}, and the run is still {after.status}"
        else:
            continue
        yield Cause(API, WRONG_ANSWER, str(status), sentence, call.answered)
    again = history.answer_to_same_id
    if again and not again.startswith("409"):
        sentence = f"The SaaS API answered the POST of a run whose id is taken with {again} instead of 409"
        yield Cause(API, WRONG_ANSWER, again.partition(" ")[0], sentence)


def _is_expected(call: Call, history: History) -> bool:
    if call.kind == "other" and call.status in NO_SUCH_CALL:
        return True
    rows = [row for row in (call.row_before, call.row_after) if row]
    if call.status != 409 or not rows:
        return False
    ended = any(row.status in TERMINAL for row in rows)
    alive = any(row.lease_alive for row in rows)
    if call.kind == "claim":
        return ended or alive
    end = history.end_report
    if ended and end and end is not call and end.worker == call.worker and end.says_the_same(call):
        return False  # the state that the run has, reported again
    granted = [(one.row_after, one.worker) for one in history.calls if one.is_granted_claim]
    holder = [worker for row, worker in granted if row is None or row.at <= rows[0].at][-1:]
    return ended or rows[0].status == SCHEDULED or not rows[0].lease_alive or holder != [call.worker]


def _detail(call: Call) -> str:
    """What a problem document says, or the start of what came instead."""
    try:
        found = json.loads(call.response_body)
        said = found.get("detail") or found.get("title") or found
    except (ValueError, AttributeError):
        said = call.response_body
    return str(said)[:LONGEST] or "nothing"


def _failures(history: History) -> Iterator[Cause]:
    """Statements that the server did not carry out, but for those whose errors the situation was made for."""
    expected = {*history.expected_errors}
    workers = {str(one) for one in history.participants.values()}
    others = workers | {str(one) for one in history.beside.values()}
    for one in history.statements:
        if not one.errno or one.owner not in workers or one.errno in expected:
            continue
        if not one.executed and one.errno == CANNOT_BE_PREPARED:
            continue  # it is sent again as it is
        if not (one.changes_schema or one.reads_metrics or not one.executed):
            continue
        ended = one.errno in ENDED_FROM_OUTSIDE
        if ended and any(by.killed or by.frozen for by in history.participants.values() if str(by) == one.owner):
            continue  # with its worker
        if ended and any(by.kind == "kill" and by.owner in others - {one.owner} for by in history.statements):
            continue  # by another one, whose deed it is
        became = "it was interrupted" if ended else "the server refused it"
        sentence = f"{one.owner} sent {_name(one, history)} and {became}: error {one.errno}: {one.message}"
        yield Cause(one.owner, "statement failed", str(one.errno), f"{sentence[0].upper()}{sentence[1:]}", one.started)


def _name(statement: Statement, history: History) -> str:
    if statement in history.adds:
        return "the ADD INDEX"
    if statement in history.drops:
        return "the DROP INDEX"
    return "its read of the metrics" if statement.reads_metrics else statement.text[:LONGEST]


def _exits(history: History) -> Iterator[Cause]:
    """Workers that broke."""
    for worker in history.participants.values():
        status = worker.exit_status
        if status in (None, EXIT_DONE, EXIT_NOT_CLAIMED) or worker.killed or worker.frozen or history.no_entry:
            continue
        if any(call.kind == "heartbeat" and call.fault for call in worker.calls):
            continue  # it lost its lease, as the situation was made for
        sentence = f"Worker {worker.number} exited with status {status}; its last words: {worker.last_words[-LONGEST:]}"
        yield Cause(str(worker), "exit", str(status), sentence, worker.ended)


def _breaches(rules: Sequence[Judged]) -> Iterator[Cause]:
    for one in rules:
        if one.state == BROKEN:
            sentence = f"{one.because} ({one.rule}: {RULES[one.rule].english})"
            yield Cause(one.who, RULE_BROKEN, one.rule, f"{sentence[0].upper()}{sentence[1:]}", one.at)


def beside(history: History | None) -> list[str]:
    """What to look at under a cause: refused calls with their detail, failed statements, last words; each once, in order."""
    if history is None:
        return []
    found = [(one.answered or one.arrived, _refused(one)) for one in history.calls if (one.status or 0) >= 400]
    failed = [one for one in history.statements if one.errno and one.owner]
    found += [(one.started, f"{one.owner}: {one.text[:LONGEST]}: error {one.errno}: {one.message}") for one in failed]
    lines = [f"{time:%H:%M:%S.%f} {line}" for time, line in _each_once(sorted(found))]
    lines = [
        *lines[:MOST_LINES],
        *([f"{len(lines) - MOST_LINES} more are in the evidence"] if lines[MOST_LINES:] else []),
    ]
    broke = [one for one in history.participants.values() if one.exit_status not in (None, EXIT_DONE, EXIT_NOT_CLAIMED)]
    return lines + [
        f"{one} exited with {one.exit_status}; its last words: {one.last_words[-LONGEST:]}" for one in broke
    ]


def _refused(call: Call) -> str:
    fault = " (made to fail)" if call.fault else ""
    return f"{call.worker}: {call.method} {call.path} was answered {call.answer}{fault}: {_detail(call)}"


def _each_once(lines: list[tuple[datetime, str]]) -> list[tuple[datetime, str]]:
    """The first of those that say the same, with how often it came."""
    times = Counter(line for _, line in lines)
    first = {line: time for time, line in reversed(lines)}
    return sorted((time, line if times[line] == 1 else f"{line} ({times[line]} times)") for line, time in first.items())
