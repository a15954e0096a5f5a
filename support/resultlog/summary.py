"""Sections 3 and 4: totals, blockers, failures, issues, observations and recommendations."""

from support.form import TEST_CASES, Impact, form
from support.result_words import APPROVED, BLOCKED, CONDITIONAL, FAIL, NOT_RUN, PASS, UNJUDGED
from support.resultlog.blocks import Heading, Paragraph, Part, Strong, Ticks, Words, lines
from support.resultlog.boxes import BAD, GOOD, WARN, Box, Choice, pass_fail
from support.resultlog.merging import Material
from support.resultlog.model import Blocker, BlockerCount, CaseLog, ScenarioLog

ACTIONS = {
    "the executor": "Fix the executor, so that what differs above is as expected; then run the test case again.",
    "the test environment": (
        "Repair the test environment (a server, port, process or account); until then nothing can be said about the executor."
    ),
    "the settings": "Correct the setting that the failure names; until then nothing can be said about the executor.",
    "the agent command": "Correct agent_command, so that it starts a worker; until then nothing can be said about the executor.",
    "the suite": "Correct the acceptance suite; until then nothing can be said about the executor.",
}
CONFIGURATION = ("the settings", "the agent command")


def overall(cases: list[CaseLog]) -> Choice:
    """All passed, failed as soon as one failed, else partial."""
    failed, passed = any(case.result == FAIL for case in cases), all(case.result == PASS for case in cases)
    return Choice(
        (
            Box("ALL PASSED", passed, strong=True),
            Box("PARTIAL", not passed and not failed, WARN, True),
            Box("FAILED", failed, BAD, True),
        )
    )


def completed(material: Material) -> Choice:
    """Whether the run came to its end, and how much of the suite it was."""
    whole = material.ended is not None and not material.troubles
    there = sum(len(locations) for locations in material.expected.values())
    part = "" if len(material.selected) >= there else f"{len(material.selected)} of {there} scenarios were selected"
    return Choice((Box("Yes", whole), Box("No (stopped early)", not whole, BAD)), part)


def decision_boxes(decision: str) -> Choice:
    """The decision as the form's three boxes."""
    kinds = ((APPROVED, GOOD), (CONDITIONAL, WARN), (BLOCKED, BAD))
    return Choice(tuple(Box(word, word == decision, kind) for word, kind in kinds))


def critical(results: dict[str, str]) -> list[Blocker]:
    """The "Critical Tests"."""
    return [
        Blocker(
            form().priorities[TEST_CASES[case_id].priority].shown,
            case_id,
            row.name or TEST_CASES[case_id].name,
            row.reason,
            pass_fail(results[case_id]),
        )
        for case_id, row in form().critical.items()
    ]


def blockers(results: dict[str, str]) -> list[BlockerCount]:
    """The "Blocker Status Summary". P1 is clear from 80 % on, as in the criteria; P0 only when all passed."""
    p0, p1 = (
        [results[case.id] for case in TEST_CASES.values() if case.priority == priority] for priority in ("P0", "P1")
    )
    p0_clear = all(result == PASS for result in p0)
    p1_clear = p1.count(PASS) >= form().canary.p1_needed * len(p1) and NOT_RUN not in p1
    return [
        _counted("P0 (Critical)", p0, p0_clear),
        _counted("P1 (High)", p1, p1_clear),
        _counted("All Blockers", p0 + p1, p0_clear and p1_clear, strong=True),
    ]


def _counted(kind: str, results: list[str], clear: bool, strong: bool = False) -> BlockerCount:
    unrun = results.count(NOT_RUN)
    choice = Choice((Box("Clear", clear), Box("Blocked", not clear, BAD)), f"{unrun} NOT RUN" if unrun else "")
    passed = results.count(PASS)
    return BlockerCount(kind, len(results), passed, len(results) - passed - unrun, choice, strong)


def failures(cases: list[CaseLog], unrun: int) -> list[Part]:
    """3.4: what failed, and why."""
    parts = [part for case in cases if case.failed for part in _failure(case)]
    none = Paragraph("No test failed." + (f" {unrun} did not run." if unrun else ""))
    return [Heading(3, "3.4 Failed Tests Detail"), *(parts or [none])]


def _failure(case: CaseLog) -> list[Part]:
    blames = _blames(case)
    because = [f"{row.field}: {row.because}" for scenario in case.failed for row in scenario.differing if row.because]
    impacts: dict[Impact, bool] = {
        "blocks_canary": case.priority == "P0",
        "code_fix": "the executor" in blames or "the suite" in blames,
        "configuration": any(name in blames for name in CONFIGURATION),
        "environment": "the test environment" in blames,
    }
    again = [f"behave {scenario.location}" for scenario in case.failed]
    return [
        Heading(4, Words(f"[{case.id}] {case.name} - FAILED")),
        lines([line for scenario in case.failed for line in _story(scenario)], "Failure Summary:"),
        lines([f"Whose fault it looks like: {', '.join(blames)}", *because], "Root Cause:"),
        Ticks([(text, impacts[name]) for name, text in form().impacts.items()], "Impact:"),
        lines([*_actions(case), "Repeat it with:", *again], "Action Required:"),
        Paragraph((Strong("Assigned To:"), " ", None)),
    ]


def _blames(case: CaseLog) -> list[str]:
    return list(dict.fromkeys(scenario.blames or "unknown" for scenario in case.failed))


def _actions(case: CaseLog) -> list[str]:
    return [ACTIONS.get(blame, "Find out why it failed, and run it again.") for blame in _blames(case)]


def _story(scenario: ScenarioLog) -> list[str]:
    """A failed scenario in lines: its name, then the rows that differ, or else the failure itself."""
    title = f"{scenario.location} {scenario.title or '(the form’s own table)'}"
    rows = [row for row in scenario.differing if row.because or row.verdict == FAIL]
    if rows:
        return [title, *(f"  ✗ {row.field}: expected {row.expected}, actual {row.actual}" for row in rows)]
    return [title, *(f"  ✗ {line}" for line in scenario.failure.strip().split("\n")[:12])]


def issues(cases: list[CaseLog], troubles: list[str]) -> list[tuple[str, str, str]]:
    """4.1: (issue, severity, test case). A failed scenario is one, as severe as its test case; so is a trouble."""
    priorities = form().priorities
    found = [
        (f"{_story(scenario)[1].strip(' ✗')} ({scenario.location})", priorities[case.priority].severity, case.id)
        for case in cases
        for scenario in case.failed
    ]
    return found + [(trouble, priorities["P0"].severity, "all") for trouble in troubles]


def observations(material: Material) -> list[str]:
    """4.2: what is no issue and still worth knowing."""
    records = [record for record in material.records if record.result not in UNJUDGED]
    found = []
    if records:
        slowest = max(records, key=lambda record: record.duration_s)
        seconds = sum(record.duration_s for record in records)
        calls = [call for record in records for call in record.wire]
        faults, changes = sum(1 for call in calls if call["fault"]), sum(len(record.statements) for record in records)
        found = [
            f"{len(records)} scenarios took {seconds:.1f} s, the longest {slowest.duration_s:.1f} s: {slowest.name.strip()}",
            f"{len(calls)} calls of workers went over the wire; {faults} of them were made to fail on purpose.",
            f"The server counted {changes} schema changes in all scenarios together.",
        ]
    found += [
        f"{one.location} was made {len(one.attempts) + 1} times, because its situation could not be made: {attempt.reason}"
        for one in material.records
        for attempt in one.attempts[-1:]
    ]
    found += [f"{one.location} is {one.result}: {one.unmet}" for one in material.records if one.unmet]
    found += [
        f"{location} was judged in {len(copies)} runs; it counts as passed only if every copy passed."
        for location, copies in material.copies.items()
    ]
    return found or ["No scenario ran."]


def recommendations(cases: list[CaseLog], environment: dict[str, str]) -> list[str]:
    """4.3: what would let the decision be better, or better founded."""
    found = [f"{case.id}: {action}" for case in cases for action in _actions(case)]
    unrun = [case.id for case in cases if case.result == NOT_RUN]
    if unrun:
        some = f" --tags={','.join('@' + name for name in unrun)}" if len(unrun) < len(cases) else ""
        found.append(f"Run what did not run: behave{some}")
    if any("unknown" in environment.get(part, "") for part in ("SaaS API", "Agent")):
        found.append(
            "Build the SaaS API and the agent with their commit hash: this log cannot name the build it judged."
        )
    return found or ["None: every test case passed."]
