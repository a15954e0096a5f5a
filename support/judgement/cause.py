"""The cause: the earliest event of a history that the contract did not expect, in one sentence for people."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from support.contract import EXIT_DONE, EXIT_NOT_CLAIMED, SCHEDULED, TERMINAL
from support.history.calls import Call
from support.history.history import History
from support.history.statements import CANNOT_BE_PREPARED, Statement
from support.judgement.rules import RULES
from support.judgement.rules.outcome import ENDED_FROM_OUTSIDE
from support.judgement.rules.registry import BROKEN
from support.record.evidence import Cause, Judged, Observation

LONGEST = 300
"""Characters of what somebody else said that a sentence quotes."""

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


def cause_of(history: History | None, rules: Sequence[Judged], observations: Sequence[Observation]) -> Cause | None:
    """The first divergence; the first row that differs, if no event tells more; None if nothing differs."""
    events = [*_refusals(history), *_failures(history), *_exits(history), *_breaches(rules)] if history else []
    timed = sorted((one for one in events if one.at), key=lambda one: one.at.timestamp() if one.at else 0.0)
    if timed or events:
        return (timed or events)[0]
    wrong = next((row for row in observations if row.differs), None)
    if wrong is None:
        return None
    because = f": {wrong.because}" if wrong.because else ""
    said = f"{wrong.field} should be {wrong.expected!r} and is {wrong.actual!r}{because}"
    return Cause("the executor", "row", wrong.field, said[:LONGEST])


def by_cause(causes: Sequence[Cause]) -> list[tuple[int, Cause]]:
    """Causes with how often each came, the most frequent first; the sentence is that of the first of its kind."""
    keys = [(one.who, one.kind, one.number) for one in causes]
    first = dict(reversed(list(zip(keys, causes, strict=True))))
    return [(count, first[key]) for key, count in Counter(keys).most_common()]


def _refusals(history: History) -> Iterator[Cause]:
    """Calls that the API turned down although the contract allows them there."""
    for call in history.calls:
        if call.fault or call.status is None or call.status < 400 or _is_expected(call, history):
            continue
        what = f"{call.worker}'s {_CALLS.get(call.kind, call.kind)}"
        sentence = f"The SaaS API refused {what} ({call.method} {call.path}) with {call.status}: {_detail(call)}"
        yield Cause("the SaaS API", "call refused", str(call.status), sentence, call.answered)


def _is_expected(call: Call, history: History) -> bool:
    if call.kind == "other":
        return call.status in NO_SUCH_CALL
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
    holder = [one.worker for one in history.calls if one.is_granted_claim and one.arrived < call.arrived][-1:]
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
        if status in (None, EXIT_DONE, EXIT_NOT_CLAIMED) or worker.killed or worker.frozen:
            continue
        sentence = f"Worker {worker.number} exited with status {status}; its last words: {worker.last_words[-LONGEST:]}"
        yield Cause(str(worker), "exit", str(status), sentence, worker.ended)


def _breaches(rules: Sequence[Judged]) -> Iterator[Cause]:
    for one in rules:
        if one.state == BROKEN:
            sentence = f"{one.because} ({one.rule}: {RULES[one.rule].english})"
            yield Cause(one.who, "rule broken", one.rule, f"{sentence[0].upper()}{sentence[1:]}", one.at)
