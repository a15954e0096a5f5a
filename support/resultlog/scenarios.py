"""One evidence record as the form shows it: the table, the execution details, what was observed, the queries."""

import re

from support.contract import TEST_ORDERS
from support.form import TEST_CASES, TestCase, form
from support.record.evidence import Observation
from support.record.reading import Record
from support.result_words import NOT_RUN, PASS, UNJUDGED, UNKNOWN
from support.resultlog.blocks import Query
from support.resultlog.merging import Material

NOT_RECORDED = "not recorded"
NOT_OBSERVED = "not observed"
_EXAMPLE = re.compile(r"\s+--\s+@\d[^:]*$")


class ScenarioLog:
    """One scenario of a test case. Without a record it is the form's own table, not run, and has no location.

    ``title`` is what its name adds to that of its test case; ``copies`` are (run, result) if several runs judged it.
    """

    def __init__(self, case: TestCase, record: Record | None, material: Material) -> None:
        self._case, self._material, self._clock = case, material, material.clock
        record = record or Record(case.id, case.name, "", "", [], case.description, material.started)
        self.record, self.result, self.location, self.unmet = record, record.result, record.location, record.unmet
        self.failure = record.failure or ""
        self.copies = material.copies.get(record.location, [])
        self.rows = record.observations
        if not self.rows:  # because it did not run, or because it failed before
            actual, verdict = (self.result, self.result) if not self.ran else (NOT_OBSERVED, UNKNOWN)
            self.rows = [Observation(field, expected, actual, verdict) for field, expected in case.fields]

    @property
    def title(self) -> str:
        """Empty for the one that is named like the test case."""
        rest = _EXAMPLE.sub("", self.record.name).strip()
        for known in (f"{self._case.id} {self._case.name}", self._case.id):
            if rest.startswith(known):
                return rest.removeprefix(known).lstrip(" :")
        return rest

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

    def shows(self, *fields: str) -> bool:
        """True if it has all these rows, and every one is as expected."""
        rows = [row for row in self.rows if row.field in fields]
        return len(rows) == len(fields) and all(row.verdict == PASS for row in rows)

    def queries(self) -> list[Query]:
        """The "Database Verification"."""
        case, clock = self._case, self._clock
        if self.location:
            return [Query(one.title, one.sql, one.rows, clock.second(one.time)) for one in self.record.queries]
        queries = case.verification_queries(case.run_id, TEST_ORDERS, case.index)
        return [Query(title, sql, None) for title, sql in queries]

    def details(self) -> list[tuple[str, str]]:
        """The "Execution Details"."""
        return [(label, self._detail(label) if self.location else NOT_RUN) for label in self._case.details]

    def _detail(self, label: str) -> str:
        kind, record, clock = form().details[label], self.record, self._clock
        if kind == "start":
            return clock.second(record.started)
        if kind == "end":
            return clock.second(record.ended) if record.ended else NOT_RECORDED
        if kind == "logs":
            return ", ".join(log_paths(record, self._material)) or "no worker was started, so there is none"
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

    def observations(self) -> list[str]:
        """What the rows rest on, and the facts that have no place of their own in the form."""
        record, rows = self.record, self.record.observations
        if not self.location:
            return [NOT_RUN]
        lines = [
            f"{'' if row.verdict == PASS else '✗ '}{row.field} = {row.actual}: {row.because}"
            for row in rows
            if row.because
        ]
        lines += [
            f"{self._clock.instant(fact.time)} {fact.label}: {fact.value}"
            for fact in record.facts
            if fact.label not in self._case.details
        ]
        calls = [call["answer"] for call in record.wire if call["kind"] == "kill switch"]
        if calls:
            lines.append(f"answers to kill-switch calls on the wire: {', '.join(calls)}")
        if record.unmet:
            lines.append(f"{record.result}: {record.unmet}")
        if record.failure and not any(row.differs for row in rows):
            lines.append(f"✗ {record.failure.strip()}")
        return lines or ["nothing beyond the table above"]


def has_own_table(record: Record) -> bool:
    """True if the record judged every row of the form's own table, or nothing at all; one that was left out has none."""
    judged = {(row.field, row.expected) for row in record.observations}
    return not record.unmet and (not judged or judged >= set(TEST_CASES[record.id].fields))


def log_paths(record: Record, material: Material) -> list[str]:
    """The record's log files, below its run's folder; with the run's id where there are several runs."""
    prefix = f"{record.run_id}/" if len(material.run_ids) > 1 else ""
    return [f"{prefix}logs/{path.rpartition('/logs/')[2]}" for path in record.logs]
