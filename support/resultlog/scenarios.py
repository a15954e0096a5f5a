"""One evidence record as the form shows it: the table, the execution details, what was observed, the queries."""

import re

from support.clock import Clock
from support.contract import TEST_ORDERS
from support.form import TEST_CASES, form
from support.record.evidence import Observation
from support.record.reading import Record
from support.result_words import NOT_RUN, PASS, UNJUDGED, UNKNOWN
from support.resultlog.merging import Material
from support.resultlog.model import Query, ScenarioLog

NOT_RECORDED = "not recorded"
NOT_OBSERVED = "not observed"
_EXAMPLE = re.compile(r"\s+--\s+@\d[^:]*$")


def title_of(name: str, case_id: str) -> str:
    """What a scenario's name adds to the name of its test case; empty for the one that is named like it."""
    rest = _EXAMPLE.sub("", name).strip()
    for known in (f"{case_id} {TEST_CASES[case_id].name}", case_id):
        if rest.startswith(known):
            return rest.removeprefix(known).lstrip(" :")
    return rest


def scenario_log(record: Record, material: Material, clock: Clock) -> ScenarioLog:
    """The log of one scenario."""
    case_id, result = record.id, record.result
    rows = record.observations or _unseen(case_id, result)
    return ScenarioLog(
        title=title_of(record.name, case_id),
        location=record.location,
        result=result,
        description=record.description,
        rows=rows,
        details=_details(record, clock, _logs(record, material)),
        observations=_observations(record, clock),
        queries=[Query(one.title, one.sql, one.rows, clock.second(one.time)) for one in record.queries],
        failure=record.failure or "",
        blames=record.blames or "",
        unmet=record.unmet or "",
        copies=material.copies.get(record.location, []),
    )


def unrun_log(case_id: str) -> ScenarioLog:
    """The form's own table for a test case whose scenario did not run."""
    case = TEST_CASES[case_id]
    return ScenarioLog(
        title="",
        location="",
        result=NOT_RUN,
        description=case.description,
        rows=_unseen(case_id, NOT_RUN),
        details=[(label, NOT_RUN) for label in case.details],
        observations=[NOT_RUN],
        queries=[
            Query(title, sql, None) for title, sql in case.verification_queries(case.run_id, TEST_ORDERS, case.index)
        ],
    )


def has_own_table(record: Record) -> bool:
    """True if the record judged every row of the form's own table, or nothing at all; one that was left out has none."""
    if record.unmet:
        return False
    judged = {(row.field, row.expected) for row in record.observations}
    return not judged or judged >= set(TEST_CASES[record.id].fields)


def log_paths(record: Record, material: Material) -> list[str]:
    """The record's log files, below its run's folder; with the run's id where there are several runs."""
    prefix = f"{record.run_id}/" if material.merged else ""
    return [f"{prefix}logs/{path.rpartition('/logs/')[2]}" for path in record.logs]


def _logs(record: Record, material: Material) -> str:
    return ", ".join(log_paths(record, material)) or "no worker was started, so there is none"


def _unseen(case_id: str, result: str) -> list[Observation]:
    """The form's rows where nothing was observed: because it did not run, or because it failed before."""
    actual, verdict = (result, result) if result in UNJUDGED else (NOT_OBSERVED, UNKNOWN)
    return [Observation(field, expected, actual, verdict) for field, expected in TEST_CASES[case_id].fields]


def _details(record: Record, clock: Clock, logs: str) -> list[tuple[str, str]]:
    facts = {fact.label: fact for fact in record.facts}  # of several the last: a worker that was started again

    def shown(label: str) -> str:
        kind, fact = form().details[label], facts.get(label)
        if kind == "start":
            return clock.second(record.started)
        if kind == "end":
            return clock.second(record.ended) if record.ended else NOT_RECORDED
        if kind == "logs":
            return logs
        if " of " in kind:
            call, _, worker = kind.partition(" of ")
            return _call(record, worker, call, clock)
        if fact is None:
            return NOT_RECORDED
        if kind == "value":
            return fact.value
        return clock.instant(fact.time) + (f" ({fact.value})" if kind == "time and value" else "")

    return [(label, shown(label)) for label in TEST_CASES[record.id].details]


def _call(record: Record, worker: str, kind: str, clock: Clock) -> str:
    """When the worker's last call of that kind was granted, by the wire."""
    times = [
        call["answered"]
        for call in record.wire
        if call["worker"] == worker and call["kind"] == kind and call["status"] == 200 and call["answered"]
    ]
    return clock.instant(times[-1]) if times else NOT_RECORDED


def _observations(record: Record, clock: Clock) -> list[str]:
    """What the rows rest on, and the facts that have no place of their own in the form."""
    rows = record.observations
    lines = [
        f"{'' if row.verdict == PASS else '✗ '}{row.field} = {row.actual}: {row.because}" for row in rows if row.because
    ]
    lines += [
        f"{clock.instant(fact.time)} {fact.label}: {fact.value}"
        for fact in record.facts
        if fact.label not in TEST_CASES[record.id].details
    ]
    calls = [call["answer"] for call in record.wire if call["kind"] == "kill switch"]
    if calls:
        lines.append(f"answers to kill-switch calls on the wire: {', '.join(calls)}")
    if record.unmet:
        lines.append(f"{record.result}: {record.unmet}")
    if record.failure and not any(row.differs for row in rows):
        lines.append(f"✗ {record.failure.strip()}")
    return lines or ["nothing beyond the table above"]
