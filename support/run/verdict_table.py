"""The verdict as a table for the terminal: of one run, or of several runs beside each other."""

from collections.abc import Mapping
from typing import Any

from support.form import BEYOND, TEST_CASES
from support.result_words import FAIL, NOT_APPLICABLE, PASS, REFUSED, WHOLE
from support.resultlog.rows import counted
from support.terminal import Terminal, table

Verdict = Mapping[str, Any]
"""The content of ``verdict.json``."""

_CASE = ["TC", "Prio", "Test case"]


def show_verdict(terminal: Terminal, verdict: Verdict, place: str) -> None:
    """Say how each test case came out, the decision with its reasons, and the ``place`` of what was left."""
    cases = verdict["test_cases"]
    shown = {case_id: case for case_id, case in cases.items() if verdict["scope"] == WHOLE or case["scenarios_run"]}
    shown = shown or cases
    rows = [_row(case_id, case) for case_id, case in shown.items()]
    head, rule, *lines = table(rows, [*_CASE, "Ran", "Result", "Status of the run", "Time"])
    results = [case["result"] for case in cases.values()]
    beyond = [case["result"] for case in cases.values() if case["priority"] == BEYOND]
    passed, own = results.count(PASS) - beyond.count(PASS), len(results) - len(beyond)
    tally = [f"{passed} of {own} test cases passed."]
    tally += [f"Beyond the form: {beyond.count(PASS)} of {len(beyond)} passed."] if beyond else []
    coloured = [
        line if case["result"] == PASS else terminal.coloured(case["result"], line)
        for case, line in zip(shown.values(), lines, strict=True)
    ]
    terminal.say("", head, rule, *coloured)
    if verdict["scope"] == WHOLE:
        terminal.say("", *tally)
    else:
        about = f"this covers {verdict['covers']}, and says nothing of the others"
        about = verdict["covers"] if verdict["scope"] == REFUSED else about
        terminal.say("", f"{verdict['scope'].upper()}: {about}.")
    again = (
        f"What was red, again: acceptance again {place}" if FAIL in results and " + " not in verdict["run_id"] else ""
    )
    if causes := verdict.get("causes"):
        red = sum(cause["scenarios"] for cause in causes)
        terminal.say("", f"Red: {counted(red, 'scenario')}, {counted(len(causes), 'cause')}")
        for cause in causes:
            terminal.say(f"  {cause['scenarios']} × {cause['sentence']}", f"      first in {cause['location']}")
        terminal.say("")
    terminal.say(f"Decision: {terminal.coloured(verdict['decision'])}")
    said_above = f"{verdict['scope']}: {verdict['covers']}"
    terminal.say(
        *(f"  - {reason}" for reason in verdict["reasons"] if reason != said_above),
        f"Verdict and evidence: {place}",
        *filter(None, [again]),
    )


def beside(verdicts: Mapping[str, Verdict]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of verdicts beside each other: a row for each test case, a column for each verdict by its name."""
    rows = [
        [case.id, case.priority, case.name, *(result_in(verdict, case.id) for verdict in verdicts.values())]
        for case in TEST_CASES.values()
    ]
    return [*_CASE, *verdicts], rows


def result_in(verdict: Verdict, case_id: str) -> str:
    """PASS, FAIL or NOT RUN, and how many scenarios cannot hold there: ``PASS, 1 N/A``."""
    case = verdict["test_cases"][case_id]
    return _with_left_out(case["result"], case)


def _row(case_id: str, case: Mapping[str, Any]) -> list[str]:
    status, expected = case["actual_status"], case["expected_status"]
    ran = _with_left_out(f"{case['scenarios_run']}/{case['scenarios']}", case)
    shown = status if status == expected else f"{status} (expected {expected})"
    return [case_id, case["priority"], case["name"], ran, case["result"], shown, f"{case['duration_s']:.1f} s"]


def _with_left_out(text: str, case: Mapping[str, Any]) -> str:
    count = case["scenarios_not_applicable"]
    return f"{text}, {count} {NOT_APPLICABLE}" if count else text
