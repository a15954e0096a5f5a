"""One evidence record as the form shows it: the table, the execution details, what was observed, the queries."""

import re
from dataclasses import dataclass, field

from support.contract import TEST_ORDERS
from support.form import TEST_CASES, form
from support.record.evidence import Observation
from support.record.reading import Record
from support.result_words import NOT_RUN, PASS, UNJUDGED, UNKNOWN
from support.resultlog.blocks import Query
from support.resultlog.merging import Material

NOT_RECORDED = "not recorded"
NOT_OBSERVED = "not observed"
_EXAMPLE = re.compile(r"\s+--\s+@\d[^:]*$")


@dataclass
class ScenarioLog:
    """One scenario. ``title`` is what its name adds to that of its test case; ``unmet`` the need it was left out for."""

    title: str
    location: str
    result: str
    description: str
    rows: list[Observation]
    details: list[tuple[str, str]]
    observations: list[str]
    queries: list[Query]
    failure: str = ""
    blames: str | None = None
    unmet: str | None = None
    copies: list[tuple[str, str]] = field(default_factory=list)

    @property
    def differing(self) -> list[Observation]:
        """The rows that are not as expected."""
        return [row for row in self.rows if row.differs]

    @property
    def ran(self) -> bool:
        """It was judged."""
        return self.result not in UNJUDGED

    @property
    def failed(self) -> bool:
        """It ran and did not pass."""
        return self.ran and self.result != PASS


def scenario_log(record: Record, material: Material) -> ScenarioLog:
    """The log of one scenario."""
    clock = material.clock
    return ScenarioLog(
        title=_title(record.name, record.id),
        location=record.location,
        result=record.result,
        description=record.description,
        rows=record.observations or _unseen(record.id, record.result),
        details=[(label, _detail(label, record, material)) for label in TEST_CASES[record.id].details],
        observations=_observations(record, material),
        queries=[Query(one.title, one.sql, one.rows, clock.second(one.time)) for one in record.queries],
        failure=record.failure or "",
        blames=record.blames,
        unmet=record.unmet,
        copies=material.copies.get(record.location, []),
    )


def unrun_log(case_id: str) -> ScenarioLog:
    """The form's own table for a test case whose scenario did not run."""
    case = TEST_CASES[case_id]
    queries = case.verification_queries(case.run_id, TEST_ORDERS, case.index)
    return ScenarioLog(
        title="",
        location="",
        result=NOT_RUN,
        description=case.description,
        rows=_unseen(case_id, NOT_RUN),
        details=[(label, NOT_RUN) for label in case.details],
        observations=[NOT_RUN],
        queries=[Query(title, sql, None) for title, sql in queries],
    )


def has_own_table(record: Record) -> bool:
    """True if the record judged every row of the form's own table, or nothing at all; one that was left out has none."""
    judged = {(row.field, row.expected) for row in record.observations}
    return not record.unmet and (not judged or judged >= set(TEST_CASES[record.id].fields))


def log_paths(record: Record, material: Material) -> list[str]:
    """The record's log files, below its run's folder; with the run's id where there are several runs."""
    prefix = f"{record.run_id}/" if material.merged else ""
    return [f"{prefix}logs/{path.rpartition('/logs/')[2]}" for path in record.logs]


def _title(name: str, case_id: str) -> str:
    rest = _EXAMPLE.sub("", name).strip()
    for known in (f"{case_id} {TEST_CASES[case_id].name}", case_id):
        if rest.startswith(known):
            return rest.removeprefix(known).lstrip(" :")
    return rest


def _unseen(case_id: str, result: str) -> list[Observation]:
    """The form's rows where nothing was observed: because it did not run, or because it failed before."""
    actual, verdict = (result, result) if result in UNJUDGED else (NOT_OBSERVED, UNKNOWN)
    return [Observation(field, expected, actual, verdict) for field, expected in TEST_CASES[case_id].fields]


def _detail(label: str, record: Record, material: Material) -> str:
    kind, clock = form().details[label], material.clock
    if kind == "start":
        return clock.second(record.started)
    if kind == "end":
        return clock.second(record.ended) if record.ended else NOT_RECORDED
    if kind == "logs":
        return ", ".join(log_paths(record, material)) or "no worker was started, so there is none"
    if " of " in kind:  # when the worker's last call of that kind was granted, by the wire
        calls = [call for call in record.wire if f"{call['kind']} of {call['worker']}" == kind]
        times = [call["answered"] for call in calls if call["status"] == 200 and call["answered"]]
        return clock.instant(times[-1]) if times else NOT_RECORDED
    fact = {fact.label: fact for fact in record.facts}.get(label)  # the last: a worker may be started again
    if fact is None:
        return NOT_RECORDED
    if kind == "value":
        return fact.value
    return clock.instant(fact.time) + (f" ({fact.value})" if kind == "time and value" else "")


def _observations(record: Record, material: Material) -> list[str]:
    """What the rows rest on, and the facts that have no place of their own in the form."""
    rows = record.observations
    lines = [
        f"{'' if row.verdict == PASS else '✗ '}{row.field} = {row.actual}: {row.because}" for row in rows if row.because
    ]
    lines += [
        f"{material.clock.instant(fact.time)} {fact.label}: {fact.value}"
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
