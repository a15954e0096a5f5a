"""The appendices of the log: where the log files are, commands to clean up with, the evidence and its hashes."""

from collections import Counter
from collections.abc import Iterable

from support.contract import KILL_SWITCH_PATH, SECRET_HEADER, TEST_TABLES
from support.form import TEST_CASES, form
from support.judgement.obligations import NOT_JUDGED, ORDER, Standing, standings
from support.judgement.rules.registry import BROKEN, KEPT, NOT_TRIED, UNKNOWN
from support.mysql.database import quoted
from support.result_words import NOT_RUN
from support.resultlog.blocks import (
    Code,
    Group,
    Heading,
    Inline,
    Key,
    Paragraph,
    Part,
    Paths,
    Preformatted,
    Strong,
    Table,
    Words,
)
from support.resultlog.cases import CaseLog
from support.resultlog.merging import Material
from support.resultlog.rendering import template

COMMON_LOGS = ("logs/saas-api.log", "logs/warden.log")


def log_files(material: Material, cases: list[CaseLog]) -> list[Part]:
    """Appendix A."""
    folders, common = _codes(f"runs/{run_id}/" for run_id in material.run_ids), _codes(COMMON_LOGS)
    days = f"{form().retention_days} days"
    rows = [(Key(one.id), _places(one), Key(days)) for one in cases]
    about = ("All of them are below ", folders, " in the reports folder; there too: ", common)
    return [
        Heading(2, "Appendix A: Log Files Reference"),
        Paragraph((*about, f". Older runs are removed after {days}."), "small"),
        Table(("TC ID", "Log File Location", "Retention"), rows),
    ]


def _places(case: CaseLog) -> Inline:
    """The log files of a test case, in the shell's short form: ``logs/claiming-{5,22}/*.log``."""
    if not case.logs:
        return "no worker was started" if case.ran else NOT_RUN
    numbers: dict[str, list[str]] = {}
    for folder in dict.fromkeys(path.rpartition("/")[0] for path in case.logs):
        feature, _, number = folder.rpartition("-")
        numbers.setdefault(feature, []).append(number)
    listed = {name: those[0] if len(those) == 1 else f"{{{','.join(those)}}}" for name, those in numbers.items()}
    return Paths("\n".join(f"{name}-{those}/*.log" for name, those in listed.items()))


def _codes(texts: Iterable[str]) -> Inline:
    return tuple(part for text in texts for part in (", ", Code(text)))[1:]


def clean_up_commands(material: Material) -> list[Part]:
    """Appendix B: commands that bring a test database back to its first state, on MySQL and MariaDB."""
    schema = material.environment.get("Test Database", "executor_test").split(" | ")[0]
    return [
        Heading(2, "Appendix B: Quick Cleanup Commands"),
        Preformatted(sql(schema), language="sql"),
        Preformatted(shell(), language="bash"),
    ]


def shell() -> str:
    """The commands that reset the kill switches: conn-001 and so on, one connection for each test case, and the global one."""
    count = int(max(TEST_CASES)[-2:])
    return template("clean-up.sh.j2").render(count=count, path=KILL_SWITCH_PATH, header=SECRET_HEADER).rstrip()


def sql(schema: str) -> str:
    """The SQL script for one schema."""
    leftovers = form().leftovers
    script = template("clean-up.sql.j2").render(
        schema=quoted(schema),
        indexes=[case.index for case in TEST_CASES.values()],
        tables=TEST_TABLES,
        prefixes=leftovers.index_prefixes,
        rows=leftovers.rows,
    )
    return script.rstrip()


def contract(material: Material, version: str) -> Group:
    """Appendix D: every sentence of the contract, what judges it, and how it has fared; in each chapter what is not kept first."""
    found = standings(material.records)
    ids = {state: [one.obligation.id for one in found if one.state == state] for state in ORDER}
    counts = ", ".join(f"{len(those)} {state}" for state, those in ids.items())
    named = [f"{state.capitalize()}: {', '.join(ids[state])}." for state in (BROKEN, UNKNOWN, NOT_TRIED) if ids[state]]
    about = f"Contract version {version}: {counts}. {' '.join(named)} Each rule (R-…) is judged in every scenario."
    parts: list[Part] = [Paragraph(about, "small")]
    for chapter in dict.fromkeys(one.obligation.chapter for one in found):
        those = [one for one in found if one.obligation.chapter == chapter]
        those.sort(key=lambda one: ORDER.index(one.state))
        marks = ["differs" if one.state == BROKEN else "" if one.state == KEPT else "unseen" for one in those]
        head = ("Id", "The contract says", "Judged by", "State", "In which scenarios")
        parts += [Heading(3, chapter), Table(head, [_standing(one) for one in those], "cards", marks)]
    return Group(parts, "", "appendix-d", fold="Appendix D: The contract, sentence by sentence")


def _standing(standing: Standing) -> tuple[Inline, ...]:
    of, reason = standing.obligation, standing.obligation.reason
    in_part = f". In part: {reason}" if reason and of.is_judged else ""
    return Key(of.id), of.text, f"{of.judged_by or '–'}{in_part}", _state(standing.state), _scenarios(standing)


def _state(state: str) -> Inline:
    return (Words("❌ "), Strong(state)) if state == BROKEN else state


def _scenarios(standing: Standing) -> str:
    """How often, and where: of what was broken each place, of what was kept the test cases."""
    if standing.state == NOT_JUDGED:
        return standing.obligation.reason or "Looked at before a run, by acceptance preflight."
    parts = []
    for state in (BROKEN, UNKNOWN, KEPT):
        those = standing.found.get(state, [])
        ids = Counter(record.id for record, _ in those)
        where = ", ".join(f"{name} × {count}" if count > 1 else name for name, count in sorted(ids.items()))
        if state == KEPT and len(ids) == len(TEST_CASES):
            where = "every test case"
        if state == BROKEN:
            where = "; ".join(f"{record.location} ({said.partition(':')[0]})" for record, said in those)
        parts += [f"{state} in {len(those)}: {where}"] if those else []
    return ". ".join(parts) or "–"


def evidence(material: Material) -> Group:
    """Appendix C."""
    names = {f"{record.run_id}/{record.path}": record.name.strip() for record in material.records}
    for path in material.hashes:
        names.setdefault(path, "the run as a whole" if path.endswith("run.json") else "another copy of a scenario")
    rows = [(Code(f"runs/{path}"), names[path], Code(sha)) for path, sha in sorted(material.hashes.items())]
    verify = Code("acceptance signoff --verify")
    explained = " computes the hashes again and names every file that is not what it was."
    parts: list[Part] = [
        Paragraph(("Made from these files and from nothing else. ", verify, explained), "small"),
        Table(("Record", "Scenario", "SHA-256"), rows, "cards evidence"),
    ]
    return Group(parts, "", "appendix-c", fold="Appendix C: Evidence")
