"""One test case of the form, from the records of all its scenarios."""

from collections.abc import Iterator
from typing import Any

from support.form import STATUS, TestCase
from support.result_words import NOT_APPLICABLE, NOT_RUN, PASS, UNJUDGED
from support.resultlog.merging import Material, place
from support.resultlog.scenarios import ScenarioLog, has_own_table, log_paths

SHOWN_LOCATIONS = 4


class CaseLog:
    """One test case, the form's ``number``-th: 2.1–2.10, and its rows in the tables.

    ``own`` is the scenario with the form's own table; ``unrun`` are the locations of those that did not run.

    :param judged: its entry in the verdict.
    """

    def __init__(self, number: int, form: TestCase, judged: dict[str, Any], material: Material) -> None:
        records = [record for record in material.records if record.id == form.id]
        with_table = next(filter(has_own_table, records), None)
        ran = {record.location for record in records if record.result not in UNJUDGED}
        not_applicable = {record.location for record in records if record.result == NOT_APPLICABLE}
        order = {field: row for row, field in enumerate(form.expected)}
        self.form, self.id, self.section = form, form.id, f"2.{number}"
        self.result, self.actual_status = judged["result"], judged["actual_status"]
        self.own = ScenarioLog(form, with_table, material)
        self.own.rows = sorted(self.own.rows, key=lambda row: order.get(row.field, len(order)))
        self.further = [ScenarioLog(form, record, material) for record in records if record is not with_table]
        self.scenarios = [self.own, *self.further]
        self.failed = [scenario for scenario in self.scenarios if scenario.failed]
        self.unrun = sorted(set(material.expected.get(form.id, ())) - ran - not_applicable, key=place)
        self.count = f"{len(ran)} of {len(ran) + len(self.unrun)}"
        self.logs = [path for record in records for path in log_paths(record, material)]
        self.reference = NOT_RUN
        if records:
            first = with_table or records[0]
            paths = log_paths(first, material)
            folder = f"{paths[0].rpartition('/')[0]}/" if paths else "no log"
            self.reference = f"{folder} {material.clock.second(first.started)}"
        self.note = _note(judged, self.count, bool(self.unrun))


def behaviour(log: CaseLog) -> str:
    """What the executor did, in a sentence."""
    ran = [scenario for scenario in log.scenarios if scenario.ran]
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
        return f"Not as expected in {len(log.failed)} of {_scenarios(len(ran))}{where}: {what}."
    shown = log.own if log.own.result == PASS else ran[0]
    rows = [row for row in shown.rows if row.field in log.form.expected and row.field != STATUS]
    what = "; ".join(f"{row.field}: {row.actual}" for row in rows)
    which = f"all {len(ran)} scenarios" if len(ran) > 1 else "its scenario"
    if log.unrun:
        which = f"{len(ran)} of {len(ran) + len(log.unrun)} scenarios; the others did not run"
    return " ".join([f"As expected in {which}. {what}.", *left_out])


def _scenarios(count: int) -> str:
    return f"{count} scenario{'' if count == 1 else 's'}"


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
    ran = [scenario for scenario in log.scenarios if scenario.ran]
    if ran:
        yield f"{log.count} scenarios ran; {sum(scenario.result == PASS for scenario in ran)} passed."
        left_out = {scenario.location for scenario in log.scenarios if scenario.unmet}
        if unrun := [location for location in log.unrun if location not in left_out]:
            yield f"NOT RUN: {', '.join(unrun[:SHOWN_LOCATIONS])}{' …' if len(unrun) > SHOWN_LOCATIONS else ''}"
    else:
        yield f"NOT RUN: none of its {_scenarios(len(log.unrun))} ran. Run it with: behave --tags=@{log.id}"
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
    return [
        (
            check.text,
            not log.unrun and all(any(one.shows(*fields) for fields in check.shown_by) for one in log.scenarios),
        )
        for check in log.form.security_checks
    ]
