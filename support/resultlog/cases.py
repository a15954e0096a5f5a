"""One test case of the form, from the records of all its scenarios."""

from collections.abc import Iterator
from typing import Any

from support.clock import Clock
from support.form import STATUS, TEST_CASES
from support.record.evidence import Observation
from support.record.reading import Record
from support.result_words import NOT_APPLICABLE, NOT_RUN, PASS, UNJUDGED
from support.resultlog.merging import Material, place
from support.resultlog.model import CaseLog, ScenarioLog
from support.resultlog.scenarios import has_own_table, log_paths, scenario_log, unrun_log

SHOWN_LOCATIONS = 4


def case_log(case_id: str, judged: dict[str, Any], material: Material, clock: Clock) -> CaseLog:
    """The log of one test case.

    :param judged: its entry in the verdict.
    """
    case, number = TEST_CASES[case_id], list(TEST_CASES).index(case_id) + 1
    records = sorted(
        (record for record in material.records if record.id == case_id), key=lambda one: place(one.location)
    )
    own, further = _arranged(case_id, records, material, clock)
    ran = {record.location for record in records if record.result not in UNJUDGED}
    not_applicable = {record.location for record in records if record.result == NOT_APPLICABLE}
    unrun = sorted(set(material.expected.get(case_id, ())) - ran - not_applicable, key=place)
    count = f"{len(ran)} of {len(ran) + len(unrun)}"
    return CaseLog(
        id=case_id,
        section=f"2.{number}",
        title=case.title or case.name,
        name=case.name,
        description=case.description,
        priority=case.priority,
        result=judged["result"],
        expected_status=case.expected_status,
        actual_status=judged["actual_status"],
        reference=_reference(records, material, clock),
        note=_note(judged, count, unrun),
        own=own,
        further=further,
        unrun=unrun,
        count=count,
        logs=[path for record in records for path in log_paths(record, material)],
    )


def _arranged(
    case_id: str, records: list[Record], material: Material, clock: Clock
) -> tuple[ScenarioLog, list[ScenarioLog]]:
    """The scenario with the form's own table first, the others after it."""
    own = next((record for record in records if has_own_table(record)), None)
    others = [scenario_log(record, material, clock) for record in records if record is not own]
    first = scenario_log(own, material, clock) if own else unrun_log(case_id)
    if own:
        first.rows = _form_rows_first(case_id, first)
    return first, others


def _form_rows_first(case_id: str, scenario: ScenarioLog) -> list[Observation]:
    order = [field for field, _ in TEST_CASES[case_id].fields]
    return sorted(scenario.rows, key=lambda row: order.index(row.field) if row.field in order else len(order))


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
        seen = "; ".join(f"{row.field} was {row.actual}, not {row.expected}" for row in rows[:3])
        if not rows or not any(row.because or row.verdict == "FAIL" for row in rows):
            seen = first.failure.strip().split("\n")[0]
        return f"Not as expected in {len(log.failed)} of {_scenarios(len(ran))}{where}: {seen}."
    shown = log.own if log.own.result == PASS else ran[0]
    form_rows = {field for field, _ in TEST_CASES[log.id].fields} - {STATUS}
    seen = "; ".join(f"{row.field}: {row.actual}" for row in shown.rows if row.field in form_rows)
    return " ".join([f"As expected in {_all(len(ran), len(log.unrun))}. {seen}.", *left_out])


def _all(count: int, unrun: int) -> str:
    if unrun:
        return f"{count} of {count + unrun} scenarios; the others did not run"
    return f"all {count} scenarios" if count > 1 else "its scenario"


def _scenarios(count: int) -> str:
    return f"{count} scenario{'' if count == 1 else 's'}"


def _reference(records: list[Record], material: Material, clock: Clock) -> str:
    if not records:
        return NOT_RUN
    first = next((record for record in records if has_own_table(record)), records[0])
    paths = log_paths(first, material)
    folder = f"{paths[0].rpartition('/')[0]}/" if paths else "no log"
    return f"{folder} {clock.second(first.started)}"


def _note(judged: dict[str, Any], count: str, unrun: list[str]) -> str:
    if judged["result"] == PASS:
        words = [f"{count} scenarios" if judged["scenarios"] > 1 else ""]
    else:
        blames = ", ".join(judged["blames"])
        words = [f"blames {blames}" if blames else ""]
        words.append(f"only {count} scenarios ran" if unrun and judged["scenarios_run"] else "")
    if judged["scenarios_not_applicable"]:
        words.append(f"{judged['scenarios_not_applicable']} cannot hold on this server")
    return "; ".join(word for word in words if word)


def notes(log: CaseLog) -> list[str]:
    """The "Notes" of a test case, with what the form asks for in some of them."""
    ran = [scenario for scenario in log.scenarios if scenario.ran]
    return [
        *_how_many_ran(log, ran),
        *(f"{one.result}: {one.location} {one.unmet}" for one in log.scenarios if one.unmet),
        *(
            f"{one.location} was judged in several runs: {', '.join(f'{run} {result}' for run, result in one.copies)}"
            for one in log.scenarios
            if one.copies
        ),
        *_notes_of_the_form(log.id, ran),
    ]


def _how_many_ran(log: CaseLog, ran: list[ScenarioLog]) -> list[str]:
    if not ran:
        return [f"NOT RUN: none of its {_scenarios(len(log.unrun))} ran. Run it with: behave --tags=@{log.id}"]
    passed = sum(1 for scenario in ran if scenario.result == PASS)
    left_out = {scenario.location for scenario in log.scenarios if scenario.unmet}
    unrun = [location for location in log.unrun if location not in left_out]
    some = " …" if len(unrun) > SHOWN_LOCATIONS else ""
    which = [f"NOT RUN: {', '.join(unrun[:SHOWN_LOCATIONS])}{some}"] if unrun else []
    return [f"{log.count} scenarios ran; {passed} passed.", *which]


def _notes_of_the_form(case_id: str, ran: list[ScenarioLog]) -> Iterator[str]:
    for note in TEST_CASES[case_id].notes if ran else ():
        actuals = [row.actual for scenario in ran for row in scenario.rows if row.field == note.field]
        shown = sum(_seen(scenario, note.field) for scenario in ran)
        text = note.text.format(shown=shown, ran=len(ran), actual=", ".join(actuals) or "was not looked at")
        yield text if shown == len(ran) else text + note.otherwise


def _seen(scenario: ScenarioLog, *fields: str) -> bool:
    """True if the scenario has all these rows, and every one is as expected."""
    rows = [row for row in scenario.rows if row.field in fields]
    return len(rows) == len(fields) and all(row.verdict == PASS for row in rows)


def security(log: CaseLog) -> list[tuple[str, bool]]:
    """The boxes of the "Security Check", if it has one: ticked only if every scenario there is ran and showed it."""
    complete = bool(log.scenarios) and not log.unrun
    return [
        (check.text, complete and all(any(_seen(one, *fields) for fields in check.shown_by) for one in log.scenarios))
        for check in TEST_CASES[log.id].security_checks
    ]
