"""The first page of the log: all that is signed, and what a signature is put under."""

from hashlib import sha256
from typing import Any

from support.again import again
from support.form import TestCase
from support.judgement.cause import RULE_BROKEN
from support.record.evidence import SUITE
from support.result_words import APPROVED, FAIL, WHOLE
from support.resultlog import blocks
from support.resultlog.blocks import Code, Group, Heading, Inline, Items, Jump, Key, Paragraph, Part, Strong, Table
from support.resultlog.cases import CaseLog, ScenarioLog
from support.resultlog.merging import Material
from support.resultlog.rows import counted

LONGEST_CAUSE = 120
"""Characters of a cause on the first page; the whole sentence is in 3.4."""
SIGN_OFF = "6. Sign-off"
COMMANDS = ("agent_command", "api_command")


def front(material: Material, content: dict[str, Any], cases: list[CaseLog], decision: str) -> list[Part]:
    """The parts of the page after its decision."""
    rows, marks = [_row(case) for case in cases], ["differs" if case.failed else "" for case in cases]
    return [
        Heading(2, "What was judged"),
        blocks.pairs(("Part", "Version / Details"), _judged(material, content["contract"]["version"])),
        Heading(2, "The test cases"),
        Table(("TC ID", "Priority", "Test Name", "Ran", "Result", "Cause"), rows, "cards ten", marks),
        Items(_told(material, content, cases), "To be known by who signs:"),
        *_sign_off(material, decision),
    ]


def seal(hashes: dict[str, str]) -> str:
    """The SHA-256 of the list of all hashes of evidence, in the notation of ``sha256sum``, ordered by path."""
    lines = "".join(f"{sha}  runs/{path}\n" for path, sha in sorted(hashes.items()))
    return sha256(lines.encode()).hexdigest()


def causes(case: CaseLog) -> list[tuple[str, list[ScenarioLog]]]:
    """Why a test case is red: each cause in a sentence, with its scenarios, the most frequent first."""
    groups: dict[tuple[str, ...], list[ScenarioLog]] = {}
    for one in case.failed:
        groups.setdefault(key_of(one), []).append(one)
    told = [(sentence(those[0]), those) for those in groups.values()]
    return sorted(told, key=lambda pair: -len(pair[1]))


def key_of(scenario: ScenarioLog) -> tuple[str, ...]:
    """What is the same in two red scenarios of one cause."""
    cause = scenario.record.cause
    return (cause.who, cause.kind, cause.number) if cause else (scenario.location,)


def sentence(scenario: ScenarioLog) -> str:
    """Why a scenario is red, in one line."""
    if scenario.record.cause:
        return scenario.record.cause.sentence
    rows = [row for row in scenario.differing if row.because or row.verdict == FAIL]
    if rows:
        return f"{rows[0].field}: expected {rows[0].expected}, actual {rows[0].actual}"
    return scenario.failure.strip().split("\n")[0]


def _row(case: CaseLog) -> tuple[Inline, ...]:
    form: TestCase = case.form
    return Key(case.id, case.id), form.priority, form.name, case.count, Strong(case.result), _why(case)


def _why(case: CaseLog) -> Inline:
    if not case.failed:
        unmet = next((one.unmet for one in case.scenarios if one.unmet), None)
        return unmet or "–"
    why, those = causes(case)[0]
    cause = those[0].record.cause
    if cause and cause.kind == RULE_BROKEN:  # which stands at the end of its sentence
        why = f"{cause.number}: {why}"
    more = len(causes(case)) - 1
    cut = f"{why[:LONGEST_CAUSE]}…" if len(why) > LONGEST_CAUSE else why
    return f"{len(those)} × ", Jump(cut, those[0].anchor), f"; {more} more in 3.4" if more else ""


def _judged(material: Material, version: str) -> list[tuple[str, Inline]]:
    known, settings = material.environment, dict(material.settings)
    rows: list[tuple[str, Inline]] = [
        ("Executor (agent)", known.get("Agent")  or "not known: the run ended before"),
        ("SaaS API", known.get("SaaS API") or "not known: the run ended before"),
        ("Server", known.get("MySQL Server") or "not known: the run ended before"),
        ("Acceptance suite", f"{known.get(SUITE) or 'of no known commit'}; contract version {version}"),
    ]  # fmt: skip
    commands = [Code(settings[name]) for name in COMMANDS if settings.get(name, "") not in ("", known.get("Agent"))]
    if commands:
        rows.insert(1, ("Started by", tuple(part for one in commands for part in (" · ", one))[1:]))
    rows.append(("The same again", Code(again(material.settings))))
    return rows


def _told(material: Material, content: dict[str, Any], cases: list[CaseLog]) -> list[Inline]:
    """What is no row of the table, and who signs has to know."""
    ids = *(f"{case.form.priority} {case.id} " for case in cases), f"{content['scope']}: "
    told: list[Inline] = [
        reason for reason in content["reasons"][1:] if not reason.startswith(ids) and reason not in material.troubles
    ]
    told += _since(material, content)
    told.append(
        (
            f"{counted(len(material.hashes), 'record')} (Appendix C); SHA-256 of their list: ",
            Code(seal(material.hashes)),
            ".",
        )
    )
    return told


def _since(material: Material, content: dict[str, Any]) -> list[Inline]:
    """What is otherwise than in the last whole run before this one."""
    before = material.before
    if not before:
        return ["There is no whole run before this one to compare it with."]
    changes = [
        f"{case_id} {before.results.get(case_id, 'not there')} → {case['result']}"
        for case_id, case in content["test_cases"].items()
        if before.results.get(case_id) != case["result"] and (case["scenarios_run"] or content["scope"] == WHOLE)
    ]
    changes += [
        f"{name} {before.environment.get(name, 'not told')} → {material.environment.get(name, 'not told')}"
        for name in dict.fromkeys([*before.environment, *material.environment])
        if before.environment.get(name) != material.environment.get(name)
    ]
    what = "; ".join(changes) or "nothing: the same results, of the same parts"
    return [f"Changed since the last whole run, {before.run_id} ({before.decision}): {what}."]


def _sign_off(material: Material, decision: str) -> list[Part]:
    """6: what is left to people."""
    names = (("Tester", material.tester), ("Reviewer", material.reviewer), ("Tech Lead", ""))
    signatures = [(Key(role), name or None, None, (blocks.empty("Approved"), " ", None)) for role, name in names]
    approval: list[tuple[str, blocks.Inline]] = [
        ("Approved for Canary", blocks.empty("Yes", "No")),
        ("Approved By", None),
        ("Approval Date", None),
        ("Conditions/Notes", (f"The evidence says {decision} (3.3)", " ", None)),
    ]
    execution: list[Part] = [
        Heading(3, "Test Execution Sign-off"),
        Table(("Role", "Name", "Date", "Signature"), signatures, "cards signs"),
    ]
    canary: list[Part] = [Heading(3, "Canary Run Approval"), blocks.pairs(("Field", "Value"), approval)]
    what = "Tester and Reviewer sign that this page and the log behind it are those of the run; the Tech Lead decides."
    note = "" if decision == APPROVED else f" The evidence says {decision}: a Yes needs its conditions in writing."
    return [
        Heading(2, SIGN_OFF),
        Paragraph(what + note, "small"),
        Group([Group(execution), Group(canary)], "beside"),
    ]


def old_place() -> list[Part]:
    """Where the form has section 6."""
    return [Heading(2, SIGN_OFF), Paragraph(("It is on the first page: ", Jump("to the signatures", "front"), "."))]
