"""Sections 3 and 4: totals, blockers, the decision, failures, issues, observations and recommendations."""

from support.again import again
from support.form import TEST_CASES, Impact, form
from support.judgement.cause import beside
from support.result_words import APPROVED, BLOCKED, CONDITIONAL, FAIL, NOT_RUN, PASS, UNJUDGED
from support.resultlog import blocks
from support.resultlog.blocks import BAD, WARN, Box, Choice, Heading, Inline, Jump, Key, Paragraph, Part, Strong, Table
from support.resultlog.cases import CaseLog, ScenarioLog
from support.resultlog.front import causes, key_of, sentence
from support.resultlog.merging import Material
from support.resultlog.rows import counted

ACTIONS = {
    "the executor": "Fix the executor, so that what differs above is as expected; then run the test case again.",
    "the test environment": (
        "Repair the test environment (a server, port, process or account); until then nothing can be said about the executor."
    ),
    "the settings": "Correct the setting that the failure names; until then nothing can be said about the executor.",
    "the agent command": "Correct agent_command, so that it starts a worker; until then nothing can be said about the executor.",
    "the suite": "Correct the acceptance suite; until then nothing can be said about the executor.",
}


def totals(material: Material, cases: list[CaseLog], tally: tuple[int, int, int], whole: bool) -> list[Part]:
    """3 to 3.2: how many of the test cases passed, failed and did not run (``tally``), and which; of a ``whole`` run or not."""
    passed, failed, total = tally[0] == len(cases), tally[1] > 0, len(cases)
    boxes = (
        Box("ALL PASSED", passed, strong=True),
        Box("PARTIAL", not passed and not failed, WARN, True),
        Box("FAILED", failed, BAD, True),
    )
    whole = whole and not material.troubles
    there = sum(len(locations) for locations in material.expected.values())
    part = "" if len(material.selected) >= there else f"{len(material.selected)} of {there} scenarios were selected"
    rows: list[tuple[str, Inline]] = [
        ("Overall Status", Choice(boxes)),
        ("Test Run Completed", Choice((Box("Yes", whole), Box("No (stopped early)", not whole, BAD)), part)),
        ("Total Test Cases", f"{total}"),
        *((name, f"{count}/{total}") for name, count in zip(("Passed", "Failed", "Skipped"), tally, strict=True)),
    ]
    results = [
        (Key(case.id), case.form.name, case.form.expected_status, case.actual_status, blocks.pass_fail(case.result))
        for case in cases
    ]
    return [
        Heading(2, "3. Test Results Summary"),
        Heading(3, "3.1 Overall Status"),
        blocks.pairs(("Metric", "Value"), rows),
        Heading(3, "3.2 Results Summary Table"),
        Table(("TC ID", "Test Name", "Expected Status", "Actual Status", "Result"), results, "cards"),
    ]


def told_beside(beyond: list[CaseLog]) -> list[str]:
    """What is told of the test cases beyond the form beside its own numbers, if there are any."""
    passed = sum(case.result == PASS for case in beyond)
    return [f"Beyond the form: {passed} of {len(beyond)} passed."] if beyond else []


def blocker_analysis(results: dict[str, str], decision: str, reasons: list[str]) -> list[Part]:
    """3.3: what stands in the way of a canary run, and the decision."""
    criteria = [((blocks.Words(f"{sign} "), Strong(name)), criterion) for sign, name, criterion in form().criteria]
    boxes = Paragraph((Strong("Decision:"), " ", decision_boxes(decision)))
    meaning = "Blocker = Test case ที่ต้องผ่านก่อนอนุญาตให้ทำ Canary Run บน Production"
    return [
        Heading(3, "3.3 Blocker Analysis for Canary Run"),
        blocks.Quote((Strong("คำจำกัดความ:"), f" {meaning}")),
        Heading(4, "Critical Tests (Must Pass Before Canary)"),
        Table(("Priority", "TC ID", "Test Name", "เหตุผล", "Status"), critical(results), "cards"),
        Heading(4, "Blocker Status Summary"),
        Table(("Blocker Type", "Total", "Passed", "Failed", "Status"), blockers(results), "cards"),
        Heading(4, "Canary Run Decision"),
        Table(("Decision", "Criteria"), criteria),
        blocks.Group([boxes, blocks.Items(reasons)], "keep"),
    ]


def decision_boxes(decision: str) -> Choice:
    """The decision as the form's three boxes."""
    kinds = ((APPROVED, blocks.GOOD), (CONDITIONAL, WARN), (BLOCKED, BAD))
    return Choice(tuple(Box(word, word == decision, kind) for word, kind in kinds))


def critical(results: dict[str, str]) -> list[tuple[Key, Key, str, str, Choice]]:
    """The rows of the "Critical Tests"."""
    rows = [(TEST_CASES[case_id], row) for case_id, row in form().critical.items()]
    shown = {priority: Key(words.shown) for priority, words in form().priorities.items()}
    return [
        (shown[case.priority], Key(case.id), row.name or case.name, row.reason, blocks.pass_fail(results[case.id]))
        for case, row in rows
    ]


def blockers(results: dict[str, str]) -> list[tuple[Inline, ...]]:
    """The rows of the "Blocker Status Summary". P1 is clear from 80 % on, as in the criteria; P0 when all passed."""
    p0, p1 = ([results[case.id] for case in TEST_CASES.values() if case.priority == one] for one in ("P0", "P1"))
    p0_clear = p0.count(PASS) == len(p0)
    p1_clear = p1.count(PASS) >= form().canary.p1_needed * len(p1) and NOT_RUN not in p1
    return [
        _blockers(Key("P0 (Critical)"), f"{len(p0)}", p0, p0_clear),
        _blockers(Key("P1 (High)"), f"{len(p1)}", p1, p1_clear),
        _blockers(Strong("All Blockers"), Strong(f"{len(p0 + p1)}"), p0 + p1, p0_clear and p1_clear),
    ]


def _blockers(kind: Inline, total: Inline, results: list[str], clear: bool) -> tuple[Inline, ...]:
    passed, unrun = results.count(PASS), results.count(NOT_RUN)
    failed = len(results) - passed - unrun
    boxes = (Box("Clear", clear), Box("Blocked", not clear, BAD))
    choice = Choice(boxes, f"{unrun} NOT RUN" if unrun else "")
    return kind, total, f"{passed}/{len(results)}", f"{failed}/{len(results)}", choice


def failures(cases: list[CaseLog]) -> list[Part]:
    """3.4: what failed, and why."""
    parts = [part for case in cases if case.failed for part in _failure(case)]
    unrun = sum(case.result == NOT_RUN for case in cases)
    none = Paragraph("No test failed." + (f" {unrun} did not run." if unrun else ""))
    return [Heading(3, "3.4 Failed Tests Detail"), *(parts or [none])]


def _failure(case: CaseLog) -> list[Part]:
    blames, groups = _blames(case), causes(case)
    firsts = [those[0] for _, those in groups]
    because = [f"{row.field}: {row.because}" for one in firsts for row in one.differing if row.because]
    why = dict.fromkeys(
        line
        for record in (one.record for one in firsts)
        if record.cause
        for line in (record.cause.sentence, *beside(record.history))
    )
    impacts: dict[Impact, bool] = {
        "blocks_canary": case.form.priority == "P0",
        "code_fix": "the executor" in blames or "the suite" in blames,
        "configuration": "the settings" in blames or "the agent command" in blames,
        "environment": "the test environment" in blames,
    }
    repeat = [again(one.settings, one.location) for one in firsts]
    return [
        Heading(4, blocks.Words(f"[{case.id}] {case.form.name} - FAILED")),
        Paragraph(tuple(part for one in firsts for part in (" · ", Jump(one.location, one.anchor)))[1:], "small"),
        blocks.lines([line for _, those in groups for line in _story(those)], "Failure Summary:"),
        blocks.lines([*why, f"Whose fault it looks like: {', '.join(blames)}", *because], "Root Cause:"),
        blocks.Ticks([(text, impacts[name]) for name, text in form().impacts.items()], "Impact:"),
        blocks.lines([*_actions(case), "Repeat it with:", *repeat], "Action Required:"),
        Paragraph((Strong("Assigned To:"), " ", None)),
    ]


def _blames(case: CaseLog) -> list[str]:
    return list(dict.fromkeys(scenario.record.blames or "unknown" for scenario in case.failed))


def _actions(case: CaseLog) -> list[str]:
    return [ACTIONS.get(blame, "Find out why it failed, and run it again.") for blame in _blames(case)]


def _story(those: list[ScenarioLog]) -> list[str]:
    """The red scenarios of one cause in lines: the first with what differs, or else its failure, and where the others are."""
    first, *others = those
    title = f"{first.location} {first.title or '(the form’s own table)'}"
    rows = [row for row in first.differing if row.because or row.verdict == FAIL]
    what = [f"{row.field}: expected {row.expected}, actual {row.actual}" for row in rows]
    told = [title, *(f"  ✗ {line}" for line in what or first.failure.strip().split("\n")[:12])]
    return told + ([f"  the same in {', '.join(one.location for one in others)}"] if others else [])


def issues(material: Material, cases: list[CaseLog]) -> list[Part]:
    """4. What made scenarios red is an issue, as severe as the worst of their test cases; so is trouble of the whole run."""
    severity = {priority: words.severity for priority, words in form().priorities.items()}
    groups: dict[tuple[str, ...], list[tuple[CaseLog, ScenarioLog]]] = {}
    for case in cases:
        for scenario in case.failed:
            groups.setdefault(key_of(scenario), []).append((case, scenario))
    found: list[tuple[Inline, str, str]] = []
    for red in groups.values():
        ids, (_, first) = dict.fromkeys(case.id for case, _ in red), red[0]
        worst = min(case.form.priority for case, _ in red)
        told = f"{sentence(first)} ({counted(len(red), 'scenario')}, the first: "
        found.append(((told, Jump(first.location, first.anchor), ")"), severity[worst], ", ".join(ids)))
    found += [(trouble, severity["P0"], "all") for trouble in material.troubles]
    rows: list[tuple[Inline, ...]] = [
        (Key(f"{number}"), text, Key(severe), Key(case_id), blocks.empty("Open", "Fixed"))
        for number, (text, severe, case_id) in enumerate(found, 1)
    ]
    none = ("–", "No issue was found", "–", "–", "–")
    return [
        Heading(2, "4. Issues and Observations"),
        Heading(3, "4.1 Issues Found During Testing"),
        Table(("#", "Issue", "Severity", "TC Related", "Status"), rows or [none], "cards"),
        Heading(3, "4.2 Observations"),
        blocks.lines(_observations(material)),
        Heading(3, "4.3 Recommendations"),
        blocks.lines(_recommendations(cases, material)),
    ]


def _observations(material: Material) -> list[str]:
    """4.2: what is no issue and still worth knowing."""
    records = [record for record in material.records if record.result not in UNJUDGED]
    found = []
    if records:
        slowest = max(records, key=lambda record: record.duration_s)
        seconds = sum(record.duration_s for record in records)
        calls = [call for record in records for call in record.calls]
        faults, changes = sum(1 for call in calls if call.fault), sum(len(record.changes) for record in records)
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


def _recommendations(cases: list[CaseLog], material: Material) -> list[str]:
    """4.3: what would let the decision be better, or better founded."""
    found = [f"{case.id}: {action}" for case in cases for action in _actions(case)]
    unrun = [case.id for case in cases if case.result == NOT_RUN]
    if unrun:
        some = [f"--tags={','.join('@' + name for name in unrun)}"] if len(unrun) < len(cases) else []
        found.append(f"Run what did not run: {again(material.settings, *some)}")
    if any("unknown" in material.environment.get(part, "") for part in ("SaaS API", "Agent")):
        found.append(
            "Build the SaaS API and the agent with their commit hash: this log cannot name the build it judged."
        )
    return found or ["None: every test case passed."]
