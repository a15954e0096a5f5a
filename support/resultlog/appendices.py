"""The appendices of the log: where the log files are, commands to clean up with, the evidence and its hashes."""

from collections.abc import Iterable

from support.contract import KILL_SWITCH_PATH, SECRET_HEADER, TEST_TABLES
from support.form import TEST_CASES, form
from support.mysql.database import quoted
from support.result_words import NOT_RUN
from support.resultlog.blocks import Code, Heading, Inline, Key, Paragraph, Part, Paths, Preformatted, Table
from support.resultlog.cases import CaseLog
from support.resultlog.merging import Material

COMMON_LOGS = ("logs/saas-api.log", "logs/warden.log")

_DROP = """\
SET @statement = (
  SELECT CONCAT('ALTER TABLE {table} ', GROUP_CONCAT(DISTINCT CONCAT('DROP INDEX `', INDEX_NAME, '`') SEPARATOR ', '))
  FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}' AND LEFT(INDEX_NAME, {length}) = '{prefix}'
);
SET @statement = COALESCE(@statement, 'DO 0');
PREPARE clean_up FROM @statement;
EXECUTE clean_up;
DEALLOCATE PREPARE clean_up;"""
"""MySQL knows no DROP INDEX IF EXISTS: the indexes that are there are looked up, and dropped in one statement a table."""


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
    return f"""\
# Reset kill switches via API
API_URL="${{API_URL:-http://localhost:3000}}"
for i in $(seq 1 {int(max(TEST_CASES)[-2:])}); do
  curl -fsS -X POST "$API_URL{KILL_SWITCH_PATH}" \\
    -H "Content-Type: application/json" \\
    -H "{SECRET_HEADER}: $API_SECRET" \\
    -d "{{\\"connection_id\\": \\"$(printf 'conn-%03d' "$i")\\", \\"active\\": false}}"
done
# and the global one
curl -fsS -X POST "$API_URL{KILL_SWITCH_PATH}" \\
  -H "Content-Type: application/json" \\
  -H "{SECRET_HEADER}: $API_SECRET" \\
  -d '{{"active": false}}'"""


def sql(schema: str) -> str:
    """The SQL script for one schema."""
    leftovers = form().leftovers
    prefix = leftovers.common_index_prefix
    lines = [
        "-- Reset test environment",
        f"USE {quoted(schema)};",
        "",
        "-- Drop all test indexes (those that are there; works on MySQL and MariaDB)",
        f"-- {', '.join(case.index for case in TEST_CASES.values())}",
        *(_DROP.format(table=table, length=len(prefix), prefix=prefix) for table in TEST_TABLES),
        "",
        "-- Clear test data",
        *(f"DELETE FROM {row.table} WHERE {row.condition};" for row in leftovers.rows),
    ]
    return "\n".join(lines)


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
