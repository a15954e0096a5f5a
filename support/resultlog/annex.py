"""The further scenarios of a test case: a line each in its section, and each whole, there if it is red, else in the annex."""

import re
from collections.abc import Sequence

from support.result_words import NOT_RUN, PASS
from support.resultlog import blocks
from support.resultlog.blocks import Code, File, Group, Heading, Inline, Jump, Paragraph, Part, Strong, Table, Words
from support.resultlog.cases import CaseLog, ScenarioLog
from support.resultlog.front import sentence

TITLE = "Appendix F: Further scenarios, each whole"


def lines(case: CaseLog) -> list[Part]:
    """A line for each further scenario of a test case; of a red one with its cause."""
    if not case.further:
        return []
    rows: list[tuple[Inline, ...]] = [
        (Jump(_title(one), one.anchor), one.record.actual_status or "–", _result(one)) for one in case.further
    ]
    marks = ["" if one.result == PASS else "differs" if one.ran else "unseen" for one in case.further]
    return [Table(("Further scenarios", "Status of the run", "Result"), rows, "cards lines", marks)]


def _title(one: ScenarioLog) -> str:
    return one.title or "the same again"


def _result(one: ScenarioLog) -> Inline:
    if one.result == PASS:
        return blocks.pass_fail(PASS)
    return blocks.pass_fail(one.result), " ", sentence(one) if one.ran else one.unmet or ""


def red(case: CaseLog) -> list[Group]:
    """The further scenarios of a test case that are red, whole: for its section."""
    return [_whole(case, number, one) for number, one in enumerate(case.further, 2) if one in case.failed]


def annex(cases: Sequence[CaseLog]) -> list[Group]:
    """Appendix F: the further scenarios of each test case that are not red, whole."""
    parts: list[Part] = []
    for case in cases:
        found = [_whole(case, number, one) for number, one in enumerate(case.further, 2) if one not in case.failed]
        if found:
            head = Paragraph((Jump(f"back to {case.section} {case.id}", case.id),), "small")
            parts.append(Group([head, *found], fold=f"{case.id} {case.form.name}", level=3))
    return [Group(parts, "page", "annex", fold=TITLE)] if parts else []


def _whole(case: CaseLog, number: int, one: ScenarioLog) -> Group:
    title = (Words(f"{case.section}.{number} {case.id}: "), _title(one))
    where = Paragraph((Code(one.location), " — ", one.record.description), "small")
    back = Paragraph((Jump(f"back to {case.id}", case.id),), "small back")
    parts: list[Part] = [Heading(4, title, one.result), where, scenario(one, every=False), result(one.result), back]
    return Group(parts, "further", one.anchor)


def result(word: str) -> Paragraph:
    """A result as the form has it."""
    return Paragraph((Strong("Result:"), " ", blocks.pass_fail(word, strong=True)))


def scenario(one: ScenarioLog, every: bool) -> Group:
    """Its table, details, observations and queries; ``every`` detail that the form asks for, or those that there are."""
    rows = one.rows
    details: list[Inline] = [(Strong(f"{label}:"), " ", _files(one, value)) for label, value in one.details(every)]
    if one.evidence:
        details.append((Strong("Evidence:"), " ", File(one.evidence, one.evidence)))
    cells = [
        (row.field, row.expected, (Words("❌ "), Strong(row.actual)) if row.differs else row.actual) for row in rows
    ]
    marks = ["differs" if row.differs else "unseen" if row.verdict == NOT_RUN else "" for row in rows]
    table = Table(("Field", "Expected", "Actual"), cells, "fields", marks)
    parts = [
        Group([table, blocks.Items(details, "Execution Details:")]),
        Group([blocks.lines(one.observations(), "Observations:")], "observed"),
        Group([blocks.Queries(one.queries(), "Database Verification:")]),
    ]
    return Group(parts, "parts")


def _files(one: ScenarioLog, text: str) -> Inline:
    """A detail, with its paths of log files as links where they lie beside the log."""
    if not one.evidence or not re.fullmatch(r"logs/\S+(, logs/\S+)*", text):
        return text
    return tuple(part for path in text.split(", ") for part in (", ", File(path, path)))[1:]
