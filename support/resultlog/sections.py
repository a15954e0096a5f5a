"""The whole log, from the material of one run or several: what the form asks for, in its order."""

from collections.abc import Iterable
from typing import Any

from support.form import TEST_CASES, beyond_the_form, form, of_the_form
from support.record.evidence import Check
from support.result_words import FAIL, NOT_RUN, PASS, REFUSED, WHOLE
from support.resultlog import annex, appendices, blocks, front, summary
from support.resultlog.blocks import Box, Choice, Group, Heading, Key, Paragraph, Part, Strong, Table, Words, pass_fail
from support.resultlog.cases import CaseLog, behaviour, notes, security
from support.resultlog.merging import Material, verdict_of


def build(material: Material) -> tuple[blocks.Log, dict[str, Any]]:
    """The log, and the verdict it agrees with."""
    content = verdict_of(material)
    decision, reasons, clock = content["decision"], content["reasons"], material.clock
    scope, covers = content["scope"], content["covers"]
    judged = content["test_cases"]
    cases = [CaseLog(f"2.{number}", case, judged[case.id], material) for number, case in enumerate(of_the_form(), 1)]
    beyond = [
        CaseLog(f"E.{number}", case, judged[case.id], material) for number, case in enumerate(beyond_the_form(), 1)
    ]
    results = {case.id: case.result for case in cases}
    passed, failed, unrun = (list(results.values()).count(word) for word in (PASS, FAIL, NOT_RUN))
    end = clock.minute(material.ended) if material.ended else "none: the run was cut off"
    tally = f"{passed} of {len(cases)} test cases passed, {failed} failed, {unrun} did not run."
    totals = summary.totals(material, cases, (passed, failed, unrun), scope == WHOLE)
    analysis = summary.blocker_analysis(results, decision, reasons)
    every = [*cases, *beyond]
    front_page = front.front(material, content, every, decision)
    parts = [
        Group(_information(material, end, beyond), "page", "information"),
        Group(_overview(cases), "", "results"),
        *map(_case, cases),
        *_beyond(material),
        Group([*totals, *analysis, *summary.failures(every)], "", "summary"),
        Group(summary.issues(material, every), "", "issues"),
        Group(_clean_up(material), "", "clean-up"),
        Group(front.old_place(), "keep"),
        Group(appendices.log_files(material, every), "", "appendix-a"),
        Group(appendices.clean_up_commands(material), "", "appendix-b"),
        appendices.evidence(material),
        appendices.contract(material, content["contract"]["version"]),
        *_extension(beyond),
        *annex.annex(every),
    ]
    log = blocks.Log(
        title=material.run_id,
        period=f"{clock.date(material.started)} · {clock.minute(material.started)} – {end}",
        decision=decision,
        choice=summary.decision_boxes(decision),
        tally=" ".join([tally, *summary.told_beside(beyond)]),
        reasons=reasons[:1],
        troubles=material.troubles,
        front=front_page,
        contents=[(_title(part), part.id) for part in parts if part.id and _title(part)],
        sections=parts,
        scope="" if scope == WHOLE else scope.upper(),
        covers=_covers(scope, covers),
    )
    return log, content


def _covers(scope: str, covers: str) -> str:
    """What a log is about that is not of a whole run."""
    if scope == REFUSED:
        return "No scenario was judged: this log says why, and nothing of the executor."
    return "" if scope == WHOLE else f"This log covers {covers}: it says nothing of the others, and decides nothing."


def _information(material: Material, end: str, beyond: list[CaseLog]) -> list[Part]:
    """1: what was run, where, and what was checked before."""
    clock = material.clock
    rows = [
        ("Test Run ID", material.run_id),
        ("วันที่ทดสอบ", clock.date(material.started)),
        ("เวลาเริ่ม", clock.minute(material.started)),
        ("เวลาสิ้นสุด", end),
        ("ผู้ทดสอบ", material.tester or None),
        ("Reviewer", material.reviewer or None),
    ]
    known = {"Node.js": "N/A (no part reported one)", **material.environment}
    names = dict.fromkeys([*form().environment, *material.environment])
    environment = [(name, known.get(name) or "not reported") for name in names]
    about = [f"setting {name} = {value}" for name, value in material.settings] or ["All settings are at their default."]
    about.append(f"Times are {material.time_zone}; those inside database rows and quoted words are UTC, as stored.")
    if beyond:
        added = ", ".join(f"{case.id} {case.form.name}" for case in beyond)
        about.insert(0, f"The suite extends the form by {added}: Appendix E. Sections 2 and 3 are the form's own.")
    if len(material.run_ids) > 1:
        about.insert(0, f"Merged from {len(material.run_ids)} runs: {', '.join(material.run_ids)}")
    checklist = _checklist(form().pre_checks.values(), material.pre_checks, not_applicable=True)
    rule = blocks.Quote(Words("✅ ต้องผ่านทุกข้อก่อนเริ่มทดสอบ"))
    return [
        Heading(2, "1. Test Run Information"),
        Heading(3, "1.1 รายละเอียดการทดสอบ"),
        blocks.pairs(("Field", "Value"), rows),
        Heading(3, "1.2 Environment Information"),
        blocks.pairs(("Component", "Version / Details"), environment),
        Group([Heading(3, "1.3 Pre-Test Checklist"), rule, checklist], "keep"),
        blocks.lines(about, "Pre-Test Notes:"),
    ]


def _checklist(items: Iterable[str], checks: list[Check], not_applicable: bool) -> Table:
    """The form's items with what was done; ``not_applicable``: there is a box for N/A, too."""
    known, rows = {check.item: check for check in checks}, []
    for number, item in enumerate(items, 1):
        check = known.get(item)
        done, note = (check.done, check.detail) if check else (False, "not done: the run ended before")
        if check and done is False:
            note = f"FAILED: {note}"
        both = (Box("Done", done is True), Box("N/A", done is None, blocks.WARN))
        rows.append((Key(f"{number}"), item, Choice(both if not_applicable else both[:1], note)))
    return Table(("#", "Item", "Status"), rows, "cards")


def _overview(cases: list[CaseLog]) -> list[Part]:
    """2, its beginning: the table of all test cases."""
    head = ("TC ID", "Test Name", "Actual Behavior", "execution_run Status", "Log Ref / Timestamp", "Result", "Notes")
    rows = [
        (Key(it.id, it.id), it.form.name, behaviour(it), it.actual_status, it.reference, pass_fail(it.result), it.note)
        for it in cases
    ]
    table = Table(head, rows, "cards summary")
    return [Heading(2, "2. Test Results - Detailed Log"), Heading(3, "ตารางสรุปผลการทดสอบ"), table]


def _extension(beyond: list[CaseLog]) -> list[Group]:
    """Appendix E: the test cases that the form does not have, in the form's way."""
    if not beyond:
        return []
    text = "The form does not have these test cases; one that failed makes the decision CONDITIONAL at most."
    rows = [(Key(it.id, it.id), it.form.name, behaviour(it), it.actual_status, pass_fail(it.result)) for it in beyond]
    table = Table(("TC ID", "Test Name", "Actual Behavior", "execution_run Status", "Result"), rows, "cards")
    red = any(it.failed for it in beyond)
    parts: list[Part] = [Paragraph(text, "small"), table, *map(_case, beyond)]
    return [Group(parts, "", "appendix-e", fold="Appendix E: Test cases beyond the form", opened=red)]


def _case(case: CaseLog) -> Group:
    """2.1–2.10, E.1: one test case with all its scenarios."""
    parts: list[Part] = [
        Heading(3, f"{case.section} {case.id}: {case.form.title or case.form.name}", case.result),
        Paragraph((Strong("Description:"), " ", case.form.description)),
        annex.scenario(case.own, every=True),
    ]
    if boxes := security(case):
        parts.append(Group([blocks.Ticks(boxes, "⚠️ Security Check:")], "keep"))
    parts.append(Group([annex.result(case.result), blocks.lines(notes(case), "Notes:")], "keep"))
    parts += [*annex.lines(case), *annex.red(case)]
    return Group(parts, "case", case.id)


def _title(section: Group) -> str:
    """What a section is called in the contents: its heading, without its test case's words."""
    first = section.parts[0]
    if section.fold:
        return section.fold
    return first.text if isinstance(first, Heading) and first.level == 2 and isinstance(first.text, str) else ""


def _beyond(material: Material) -> list[Group]:
    """The scenarios that belong to no test case of the form, if any ran."""
    records = [record for record in material.records if record.id not in TEST_CASES]
    rows = [(Key(one.id), one.name, blocks.Paths(one.location), one.result) for one in records]
    table = Table(("ID", "Scenario", "Location", "Result"), rows, "cards")
    return [Group([Heading(3, "Beyond the test cases"), table])] if rows else []


def _clean_up(material: Material) -> list[Part]:
    """5: what was done about everything that the run left behind."""
    return [
        Heading(2, "5. Post-Test Cleanup Checklist"),
        _checklist(form().clean_up.values(), material.clean_up, not_applicable=False),
        blocks.Preformatted(material.clean_up_script.strip() or "-- none was run", "Cleanup Script Used:", "sql"),
    ]
