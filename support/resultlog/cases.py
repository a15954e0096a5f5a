"""One test case of the form and its scenarios, from their records."""

import re
from collections.abc import Iterator
from typing import Any

from support.again import again
from support.contract import TEST_ORDERS
from support.form import STATUS, TEST_CASES, TestCase, form
from support.record.evidence import Observation
from support.record.reading import Record
from support.result_words import NOT_APPLICABLE, NOT_RUN, PASS, UNJUDGED, UNKNOWN
from support.resultlog.blocks import Query
from support.resultlog.merging import Material, place
from support.resultlog.rows import counted

NOT_OBSERVED = "not observed"
ABSENT = {
    "end": "none: the scenario was cut off",
    "claim of worker 2": "none: no claim of worker 2 was granted",
    "status of worker 2": "none: no report of worker 2 was taken",
}
"""What stands for a detail of the form that the scenario did not have, by its kind."""
NO_SUCH_MOMENT = "none: the scenario did not come to that"
SHOWN_LOCATIONS = 4
_EXAMPLE = re.compile(r"\s+--\s+@\d[^:]*$")


class ScenarioLog:
    """One scenario of a test case; ``copies`` are (run, result) if several runs judged it. Without a record it is the
    form's own table, not run, and has no location.
    """

    def __init__(self, case: TestCase, record: Record | None, material: Material) -> None:
        self._case, self._material, self._clock = case, material, material.clock
        record = record or Record(case.id, case.name, "", "", [], case.description, material.started)
        self.record, self.result, self.location, self.unmet = record, record.result, record.location, record.unmet
        self.failure = record.failure or ""
        self.anchor = re.sub(r"[^A-Za-z0-9]+", "-", self.location) or case.id
        alone = len(material.run_ids) == 1 and not record.run_id.startswith("..")
        self.evidence = record.path if alone else ""  # of several runs none is beside the log
        self.settings = material.settings_of.get(record.run_id, material.settings)
        self.copies = material.copies.get(record.location, [])
        self.rows = record.observations
        if not self.rows:  # because it did not run, or because it failed before
            actual, verdict = (self.result, self.result) if not self.ran else (NOT_OBSERVED, UNKNOWN)
            self.rows = [Observation(field, expected, actual, verdict) for field, expected in case.fields]

    @property
    def title(self) -> str:
        """What its name adds to that of its test case; empty for the one that is named like it."""
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

    def details(self, every: bool = True) -> list[tuple[str, str]]:
        """The "Execution Details": ``every`` one that the form asks for, or only those that the scenario has."""
        if not self.location:
            return [(label, NOT_RUN) for label in self._case.details]
        kinds = form().details
        found = [(label, self._detail(label)) for label in self._case.details]
        return [(label, text or ABSENT.get(kinds[label], NO_SUCH_MOMENT)) for label, text in found if text or every]

    def _detail(self, label: str) -> str | None:
        kind, record, clock = form().details[label], self.record, self._clock
        if kind == "start":
            return clock.second(record.started)
        if kind == "end":
            return clock.second(record.ended) if record.ended else None
        if kind == "logs":
            return ", ".join(_log_paths(record, self._material)) or "no worker was started, so there is none"
        if " of " in kind:  # when the worker's last call of that kind was granted, by the wire
            calls = [call for call in record.calls if f"{call.kind} of {call.worker}" == kind]
            times = [call.answered for call in calls if call.status == 200 and call.answered]
            return clock.instant(times[-1]) if times else None
        fact = {fact.label: fact for fact in record.facts}.get(label)  # the last: a worker may be started again
        if fact is None:
            return None
        if kind == "value":
            return fact.value
        return clock.instant(fact.time) + (f" ({fact.value})" if kind == "time and value" else "")

    def observations(self) -> list[str]:
        """What the rows rest on, and the facts that have no place of their own in the form."""
        record, rows = self.record, self.record.observations
        if not self.location:
            return [NOT_RUN]
        based = [row for row in rows if row.because]
        lines = [f"{'' if row.verdict == PASS else '✗ '}{row.field} = {row.actual}: {row.because}" for row in based]
        others = [fact for fact in record.facts if fact.label not in self._case.details]
        lines += [f"{self._clock.instant(fact.time)} {fact.label}: {fact.value}" for fact in others]
        calls = [call.answer for call in record.calls if call.kind == "kill switch"]
        if calls:
            lines.append(f"answers to kill-switch calls on the wire: {', '.join(calls)}")
        if record.unmet:
            lines.append(f"{record.result}: {record.unmet}")
        if record.failure and not any(row.differs for row in rows):
            lines.append(f"✗ {record.failure.strip()}")
        return lines or ["nothing beyond the table above"]


class CaseLog:
    """One test case in its section, such as 2.1, and its rows in the tables; ``judged`` is its entry in the verdict.

    ``own`` is the scenario with the form's own table; ``unrun`` are the locations of those that did not run.
    """

    def __init__(self, section: str, case: TestCase, judged: dict[str, Any], material: Material) -> None:
        records = [record for record in material.records if record.id == case.id]
        with_table = next(filter(_has_own_table, records), None)
        ran = {record.location for record in records if record.result not in UNJUDGED}
        not_applicable = {record.location for record in records if record.result == NOT_APPLICABLE}
        order = {field: row for row, field in enumerate(case.expected)}
        self.form, self.id, self.section, self.settings = case, case.id, section, material.settings
        self.result, self.actual_status = judged["result"], judged["actual_status"]
        self.own = ScenarioLog(case, with_table, material)
        self.own.anchor = case.id  # it is whole in its test case's section
        self.own.rows = sorted(self.own.rows, key=lambda row: order.get(row.field, len(order)))
        self.further = [ScenarioLog(case, record, material) for record in records if record is not with_table]
        self.scenarios = [self.own, *self.further]
        self.ran = [scenario for scenario in self.scenarios if scenario.ran]
        self.failed = [scenario for scenario in self.ran if scenario.result != PASS]
        self.unrun = sorted(set(material.expected.get(case.id, ())) - ran - not_applicable, key=place)
        self.count = f"{len(ran)} of {len(ran) + len(self.unrun)}"
        self.logs = [path for record in records for path in _log_paths(record, material)]
        self.reference = NOT_RUN
        if records:
            first = with_table or records[0]
            paths = _log_paths(first, material)
            folder = f"{paths[0].rpartition('/')[0]}/" if paths else "no log"
            self.reference = f"{folder} {material.clock.second(first.started)}"
        self.note = _note(judged, self.count, bool(self.unrun))


def behaviour(log: CaseLog) -> str:
    """What the executor did, in a sentence."""
    ran = log.ran
    left_out = [f"{one.result}: {one.unmet}." for one in log.scenarios if one.unmet]
    if not ran:
        return " ".join(left_out) or "NOT RUN: no scenario of it was part of this run."
    if log.failed:
        first = log.failed[0]
        where = f" ({first.title})" if first.title else ""
        rows = first.differing
        what = "; ".join(f"{row.field} was {row.actual}, not {row.expected}" for row in rows[:3])
        if not any(row.because or row.verdict == "FAIL" for row in rows):
            what = first.failure.strip().split("\n")[0]
        return f"Not as expected in {len(log.failed)} of {counted(len(ran), 'scenario')}{where}: {what}."
    shown = log.own if log.own.result == PASS else ran[0]
    rows = [row for row in shown.rows if row.field in log.form.expected and row.field != STATUS]
    what = "; ".join(f"{row.field}: {row.actual}" for row in rows)
    which = f"all {len(ran)} scenarios" if len(ran) > 1 else "its scenario"
    if log.unrun:
        which = f"{log.count} scenarios; the others did not run"
    return " ".join([f"As expected in {which}. {what}.", *left_out])


def _note(judged: dict[str, Any], count: str, some_unrun: bool) -> str:
    if judged["result"] == PASS:
        words = [f"{count} scenarios" if judged["scenarios"] > 1 else ""]
    else:
        words = [f"blames {', '.join(judged['blames'])}" if judged["blames"] else ""]
        words.append(f"only {count} scenarios ran" if some_unrun and judged["scenarios_run"] else "")
    if judged["scenarios_not_applicable"]:
        words.append(f"{judged['scenarios_not_applicable']} cannot hold on this server")
    return "; ".join(filter(None, words))


def notes(log: CaseLog) -> Iterator[str]:
    """The "Notes" of a test case, with what the form asks for in some of them."""
    ran = log.ran
    if ran:
        yield f"{log.count} scenarios ran; {sum(scenario.result == PASS for scenario in ran)} passed."
        left_out = {scenario.location for scenario in log.scenarios if scenario.unmet}
        if unrun := [location for location in log.unrun if location not in left_out]:
            yield f"NOT RUN: {', '.join(unrun[:SHOWN_LOCATIONS])}{' …' if len(unrun) > SHOWN_LOCATIONS else ''}"
    else:
        run = again(log.settings, f"--tags=@{log.id}")
        yield f"NOT RUN: none of its {counted(len(log.unrun), 'scenario')} ran. Run it with: {run}"
    yield from (f"{one.result}: {one.location} {one.unmet}" for one in log.scenarios if one.unmet)
    for one in log.scenarios:
        if one.copies:
            results = ", ".join(f"{run} {result}" for run, result in one.copies)
            yield f"{one.location} was judged in several runs: {results}"
    for note in log.form.notes if ran else ():
        actuals = [row.actual for scenario in ran for row in scenario.rows if row.field == note.field]
        shown = sum(scenario.shows(note.field) for scenario in ran)
        text = note.text.format(shown=shown, ran=len(ran), actual=", ".join(actuals) or "was not looked at")
        yield text if shown == len(ran) else text + note.otherwise


def security(log: CaseLog) -> list[tuple[str, bool]]:
    """The boxes of the "Security Check", if it has one: ticked only if every scenario there is ran and showed it."""
    whole, scenarios = not log.unrun, log.scenarios
    return [
        (check.text, whole and all(any(one.shows(*fields) for fields in check.shown_by) for one in scenarios))
        for check in log.form.security_checks
    ]


def _has_own_table(record: Record) -> bool:
    """True if the record judged every row of the form's own table, or nothing at all; one that was left out has none."""
    judged = {(row.field, row.expected) for row in record.observations}
    return not record.unmet and (not judged or judged >= set(TEST_CASES[record.id].fields))


def _log_paths(record: Record, material: Material) -> list[str]:
    """The record's log files, below its run's folder; with the run's id where there are several runs."""
    prefix = f"{record.run_id}/" if len(material.run_ids) > 1 else ""
    return [f"{prefix}logs/{path.rpartition('/logs/')[2]}" for path in record.logs]
