"""The sections of the log, from the material of one run or several: what the form asks for, in its order."""

from collections.abc import Callable, Iterable

from support.clock import Clock
from support.form import TEST_CASES, form
from support.record.evidence import Observation
from support.record.run_record import Check
from support.result_words import NOT_RUN
from support.resultlog import summary
from support.resultlog.blocks import (
    Code,
    Group,
    Heading,
    Inline,
    Items,
    Key,
    Paragraph,
    Part,
    Paths,
    Preformatted,
    Queries,
    Quote,
    Strong,
    Table,
    Ticks,
    Words,
    lines,
)
from support.resultlog.boxes import Choice, done, done_or_not_applicable, empty, pass_fail
from support.resultlog.cases import behaviour, notes, security
from support.resultlog.merging import Material
from support.resultlog.model import CaseLog, ScenarioLog

NOT_REPORTED = "not reported"


def _pairs(head: tuple[str, str], rows: Iterable[tuple[str, Inline]]) -> Table:
    return Table(head, [(Strong(name), value) for name, value in rows], "pairs")


def end(material: Material, clock: Clock) -> str:
    """When the run ended."""
    return clock.minute(material.ended) if material.ended else "not recorded: the run was cut off"


def information(material: Material, clock: Clock) -> list[Part]:
    """1: what was run, where, and what was checked before."""
    rows = [
        ("Test Run ID", material.run_id),
        ("วันที่ทดสอบ", clock.date(material.started)),
        ("เวลาเริ่ม", clock.minute(material.started)),
        ("เวลาสิ้นสุด", end(material, clock)),
        ("ผู้ทดสอบ", material.tester or None),
        ("Reviewer", material.reviewer or None),
    ]
    return [
        Heading(2, "1. Test Run Information"),
        Heading(3, "1.1 รายละเอียดการทดสอบ"),
        _pairs(("Field", "Value"), rows),
        *_environment(material),
        *_pre_checks(material),
    ]


def _environment(material: Material) -> list[Part]:
    """1.2: the form's rows, then what else the parts reported."""
    known = {"Node.js": "N/A (no part reported one)", **material.environment}
    names = dict.fromkeys([*form().environment, *material.environment])
    rows = [(name, known.get(name) or NOT_REPORTED) for name in names]
    return [Heading(3, "1.2 Environment Information"), _pairs(("Component", "Version / Details"), rows)]


def _checklist(items: Iterable[str], checks: list[Check], boxes: Callable[[Check | None], Choice]) -> Table:
    """The form's items with what was done."""
    known = {check.item: check for check in checks}
    rows = [(Key(f"{number}"), item, boxes(known.get(item))) for number, item in enumerate(items, 1)]
    return Table(("#", "Item", "Status"), rows, "cards")


def _pre_checks(material: Material) -> list[Part]:
    about = [f"setting {name} = {value}" for name, value in material.settings] or ["All settings are at their default."]
    about.append(f"Times are {material.time_zone}; those inside database rows and quoted words are UTC, as stored.")
    if material.merged:
        about.insert(0, f"Merged from {len(material.run_ids)} runs: {', '.join(material.run_ids)}")
    checklist = _checklist(form().pre_checks.values(), material.pre_checks, done_or_not_applicable)
    title, rule = Heading(3, "1.3 Pre-Test Checklist"), Quote(Words("✅ ต้องผ่านทุกข้อก่อนเริ่มทดสอบ"))
    return [Group([title, rule, checklist], "keep"), lines(about, "Pre-Test Notes:")]


def overview(cases: list[CaseLog]) -> list[Part]:
    """2: the table of all test cases."""
    head = ("TC ID", "Test Name", "Actual Behavior", "execution_run Status", "Log Ref / Timestamp", "Result", "Notes")
    rows = [
        (Key(it.id, it.id), it.name, behaviour(it), it.actual_status, it.reference, pass_fail(it.result), it.note)
        for it in cases
    ]
    return [Heading(3, "ตารางสรุปผลการทดสอบ"), Table(head, rows, "cards summary")]


def case(case: CaseLog) -> Group:
    """2.1–2.10: one test case with all its scenarios."""
    parts: list[Part] = [
        Heading(3, f"{case.section} {case.id}: {case.title}", case.result),
        Paragraph((Strong("Description:"), " ", case.description)),
        _scenario(case.own),
    ]
    if boxes := security(case):
        parts.append(Group([Ticks(boxes, "⚠️ Security Check:")], "keep"))
    parts.append(Group([_result(case.result), lines(notes(case), "Notes:")], "keep"))
    for number, one in enumerate(case.further, 2):
        title = (Words(f"{case.section}.{number} {case.id}: "), one.title or "the same again")
        where = Paragraph((Code(f"behave {one.location}"), " — ", one.description), "small")
        parts.append(Group([Heading(4, title, one.result), where, _scenario(one), _result(one.result)], "further"))
    return Group(parts, "case", case.id)


def _result(result: str) -> Paragraph:
    return Paragraph((Strong("Result:"), " ", pass_fail(result, strong=True)))


def _scenario(scenario: ScenarioLog) -> Group:
    details = [(Strong(f"{label}:"), " ", value) for label, value in scenario.details]
    return Group(
        [
            Group([_fields(scenario.rows), Items(details, "Execution Details:")]),
            Group([lines(scenario.observations, "Observations:")]),
            Group([Queries(scenario.queries, "Database Verification:")]),
        ],
        "parts",
    )


def _fields(rows: list[Observation]) -> Table:
    actuals: list[Inline] = [(Words("❌ "), Strong(row.actual)) if row.differs else row.actual for row in rows]
    return Table(
        ("Field", "Expected", "Actual"),
        [(row.field, row.expected, actual) for row, actual in zip(rows, actuals, strict=True)],
        "fields",
        ["differs" if row.differs else "unseen" if row.verdict == NOT_RUN else "" for row in rows],
    )


def beyond(material: Material) -> list[Group]:
    """The scenarios that belong to no test case of the form, if any ran."""
    rows = [
        (Key(record.id), record.name, Paths(record.location), record.result)
        for record in material.records
        if record.id not in TEST_CASES
    ]
    table = Table(("ID", "Scenario", "Location", "Result"), rows, "cards")
    return [Group([Heading(3, "Beyond the test cases"), table])] if rows else []


def totals(material: Material, cases: list[CaseLog], tally: tuple[int, int, int]) -> list[Part]:
    """3.1, 3.2: how many of the test cases passed, failed and did not run (``tally``), and which."""
    total = len(cases)
    rows: list[tuple[str, Inline]] = [
        ("Overall Status", summary.overall(cases)),
        ("Test Run Completed", summary.completed(material)),
        ("Total Test Cases", f"{total}"),
        *((name, f"{count}/{total}") for name, count in zip(("Passed", "Failed", "Skipped"), tally, strict=True)),
    ]
    results = [
        (Key(case.id), case.name, case.expected_status, case.actual_status, pass_fail(case.result)) for case in cases
    ]
    return [
        Heading(3, "3.1 Overall Status"),
        _pairs(("Metric", "Value"), rows),
        Heading(3, "3.2 Results Summary Table"),
        Table(("TC ID", "Test Name", "Expected Status", "Actual Status", "Result"), results, "cards"),
    ]


def blockers(results: dict[str, str]) -> list[Part]:
    """3.3, its first half: what stands in the way of a canary run."""
    critical = [
        (Key(row.priority), Key(row.case_id), row.name, row.reason, row.choice) for row in summary.critical(results)
    ]
    counts = [
        (
            Strong(row.kind) if row.strong else Key(row.kind),
            Strong(f"{row.total}") if row.strong else f"{row.total}",
            f"{row.passed}/{row.total}",
            f"{row.failed}/{row.total}",
            row.choice,
        )
        for row in summary.blockers(results)
    ]
    meaning = "Blocker = Test case ที่ต้องผ่านก่อนอนุญาตให้ทำ Canary Run บน Production"
    return [
        Heading(3, "3.3 Blocker Analysis for Canary Run"),
        Quote((Strong("คำจำกัดความ:"), f" {meaning}")),
        Heading(4, "Critical Tests (Must Pass Before Canary)"),
        Table(("Priority", "TC ID", "Test Name", "เหตุผล", "Status"), critical, "cards"),
        Heading(4, "Blocker Status Summary"),
        Table(("Blocker Type", "Total", "Passed", "Failed", "Status"), counts, "cards"),
    ]


def decision(decision: str, reasons: list[str]) -> list[Part]:
    """3.3, its second half."""
    criteria = [((Words(f"{sign} "), Strong(name)), criterion) for sign, name, criterion in form().criteria]
    boxes = Paragraph((Strong("Decision:"), " ", summary.decision_boxes(decision)))
    return [
        Heading(4, "Canary Run Decision"),
        Table(("Decision", "Criteria"), criteria),
        Group([boxes, Items(reasons)], "keep"),
    ]


def issues(material: Material, cases: list[CaseLog]) -> list[Part]:
    """4."""
    rows: list[tuple[Inline, ...]] = [
        (Key(f"{number}"), text, Key(severity), Key(case_id), empty("Open", "Fixed"))
        for number, (text, severity, case_id) in enumerate(summary.issues(cases, material.troubles), 1)
    ]
    none = ("–", "No issue was found", "–", "–", "–")
    return [
        Heading(2, "4. Issues and Observations"),
        Heading(3, "4.1 Issues Found During Testing"),
        Table(("#", "Issue", "Severity", "TC Related", "Status"), rows or [none], "cards"),
        Heading(3, "4.2 Observations"),
        lines(summary.observations(material)),
        Heading(3, "4.3 Recommendations"),
        lines(summary.recommendations(cases, material.environment)),
    ]


def clean_up(material: Material) -> list[Part]:
    """5."""
    script = material.clean_up_script.strip() or "-- not recorded"
    return [
        Heading(2, "5. Post-Test Cleanup Checklist"),
        _checklist(form().clean_up.values(), material.clean_up, done),
        Preformatted(script, "Cleanup Script Used:", "sql"),
    ]


def sign_off(material: Material, decision: str) -> list[Part]:
    """6: what is left to people."""
    names = (("Tester", material.tester), ("Reviewer", material.reviewer), ("Tech Lead", ""))
    signatures = [(Key(role), name or None, None, (empty("Approved"), " ", None)) for role, name in names]
    approval: list[tuple[str, Inline]] = [
        ("Approved for Canary", empty("Yes", "No")),
        ("Approved By", None),
        ("Approval Date", None),
        ("Conditions/Notes", (f"The evidence says {decision} (3.3)", " ", None)),
    ]
    return [
        Heading(2, "6. Sign-off"),
        Heading(3, "Test Execution Sign-off"),
        Table(("Role", "Name", "Date", "Signature"), signatures, "cards signs"),
        Heading(3, "Canary Run Approval"),
        _pairs(("Field", "Value"), approval),
    ]
