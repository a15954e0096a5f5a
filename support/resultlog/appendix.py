"""Appendix B: commands that bring a test database back to its first state, on MySQL and MariaDB.

MySQL knows no ``DROP INDEX IF EXISTS``: the indexes that are there are looked up, and dropped in one statement a table.
"""

from support.mysql.database import quoted
from support.resultlog import form

TABLES = ("test_orders", "test_myisam_table")

_DROP = """\
SET @statement = (
  SELECT CONCAT('ALTER TABLE {table} ', GROUP_CONCAT(DISTINCT CONCAT('DROP INDEX `', INDEX_NAME, '`') SEPARATOR ', '))
  FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}' AND LEFT(INDEX_NAME, 6) = 'idx_tc'
);
SET @statement = COALESCE(@statement, 'DO 0');
PREPARE clean_up FROM @statement;
EXECUTE clean_up;
DEALLOCATE PREPARE clean_up;"""

SHELL = """\
# Reset kill switches via API
API_URL="${API_URL:-http://localhost:3000}"
for i in $(seq 1 10); do
  curl -fsS -X POST "$API_URL/api/kill-switch" \\
    -H "Content-Type: application/json" \\
    -H "X-API-SECRET: $API_SECRET" \\
    -d "{\\"connection_id\\": \\"$(printf 'conn-%03d' "$i")\\", \\"active\\": false}"
done
# and the global one
curl -fsS -X POST "$API_URL/api/kill-switch" \\
  -H "Content-Type: application/json" \\
  -H "X-API-SECRET: $API_SECRET" \\
  -d '{"active": false}'"""
"""Connections are conn-001 … conn-010."""


def sql(schema: str) -> str:
    """The SQL script for one schema."""
    names = ", ".join(form.INDEXES.values())
    return "\n".join(
        [
            "-- Reset test environment",
            f"USE {quoted(schema)};",
            "",
            "-- Drop all test indexes (those that are there; works on MySQL and MariaDB)",
            f"-- {names}",
            *(_DROP.format(table=table) for table in TABLES),
            "",
            "-- Clear test data",
            "DELETE FROM execution_runs WHERE id LIKE 'test-tc%';",
            "DELETE FROM execution_claims WHERE execution_run_id LIKE 'test-tc%';",
            "DELETE FROM rollbacks WHERE execution_run_id LIKE 'test-tc%';",
            "DELETE FROM audit_logs WHERE resource_id LIKE 'test-tc%';",
            "DELETE FROM audit_logs WHERE resource_type = 'kill_switch';",
            "DELETE FROM kill_switches WHERE connection_id LIKE 'conn-0%';",
        ]
    )
