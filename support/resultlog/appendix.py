"""Appendix B: commands that bring a test database back to its first state, on MySQL and MariaDB.

MySQL knows no ``DROP INDEX IF EXISTS``: the indexes that are there are looked up, and dropped in one statement a table.
"""

import os.path

from support.contract import KILL_SWITCH_PATH, SECRET_HEADER, TEST_TABLES
from support.form import TEST_CASES, form
from support.mysql.database import quoted

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
    names = ", ".join(case.index for case in TEST_CASES.values())
    prefix = os.path.commonprefix(leftovers.index_prefixes)
    return "\n".join(
        [
            "-- Reset test environment",
            f"USE {quoted(schema)};",
            "",
            "-- Drop all test indexes (those that are there; works on MySQL and MariaDB)",
            f"-- {names}",
            *(_DROP.format(table=table, length=len(prefix), prefix=prefix) for table in TEST_TABLES),
            "",
            "-- Clear test data",
            *(f"DELETE FROM {row.table} WHERE {row.condition};" for row in leftovers.rows),
        ]
    )
