"""The appendices of the log: where the log files are, commands to clean up with, the evidence and its hashes."""

import os.path
from collections.abc import Iterable, Mapping

from support.contract import KILL_SWITCH_PATH, SECRET_HEADER, TEST_TABLES
from support.form import TEST_CASES, form
from support.judgement.rules import RULES
from support.judgement.rules.registry import BROKEN, KEPT, STATES
from support.mysql.database import quoted
from support.result_words import NOT_RUN
from support.resultlog.blocks import Code, Heading, Inline, Key, Paragraph, Part, Paths, Preformatted, Table
from support.resultlog.cases import CaseLog
from support.resultlog.merging import Material
from support.resultlog.rendering import template

COMMON_LOGS = ("logs/saas-api.log", "logs/warden.log")


def log_files(material: Material, cases: list[CaseLog]) -> list[Part]:
    """Appendix A."""
    folders, common = _codes(f"runs/{run_id}/" for run_id in material.run_ids), _codes(COMMON_LOGS)
    days = f"{form().retention_days} days"
    rows = [(Key(one.id), Paths("\n".join(one.logs)) if one.logs else NOT_RUN, Key(days)) for one in cases]
    about = ("All of them are below ", folders, " in the reports folder; there too: ", common)
    return [
        Heading(2, "Appendix A: Log Files Reference"),
        Paragraph((*about, f". Older runs are removed after {days}."), "small"),
        Table(("TC ID", "Log File Location", "Retention"), rows),
    ]


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
        prefix=os.path.commonprefix(leftovers.index_prefixes),
        rows=leftovers.rows,
    )
    return script.rstrip()


def contract(states: Mapping[str, Mapping[str, int]], version: str) -> list[Part]:
    """Appendix D: every rule of the contract, and in how many scenarios it was kept."""
    rows: list[tuple[Inline, ...]] = []
    for name, counts in states.items():
        rule = RULES.get(name)
        said = f"{rule.english} · {rule.thai}" if rule else ""
        rows.append((Key(name), said, ", ".join(rule.of) if rule else "", *(str(counts.get(one, 0)) for one in STATES)))
    marks = [
        "differs" if counts.get(BROKEN) else "unseen" if not counts.get(KEPT) else "" for counts in states.values()
    ]
    about = f"Contract version {version}. Every rule is judged in every scenario, whatever its table asks; numbers are scenarios."
    return [
        Heading(2, "Appendix D: The contract, rule by rule"),
        Paragraph(about, "small"),
        Table(("Rule", "Says", "Contract", *(one.capitalize() for one in STATES)), rows, "cards", marks),
    ]


def evidence(material: Material) -> list[Part]:
    """Appendix C."""
    names = {f"{record.run_id}/{record.path}": record.name.strip() for record in material.records}
    for path in material.hashes:
        names.setdefault(path, "the run as a whole" if path.endswith("run.json") else "another copy of a scenario")
    rows = [(Code(f"runs/{path}"), names[path], Code(sha)) for path, sha in sorted(material.hashes.items())]
    verify = Code("acceptance signoff --verify")
    explained = " computes the hashes again and names every file that is not what it was."
    return [
        Heading(2, "Appendix C: Evidence"),
        Paragraph(("Made from these files and from nothing else. ", verify, explained), "small"),
        Table(("Record", "Scenario", "SHA-256"), rows, "cards evidence"),
    ]
