"""What scenarios leave in a schema: rows of the executor's tables and indexes, known by the names the result log gives."""

from support.contract import TEST_TABLES
from support.mysql.database import Database, quoted
from support.mysql.tables import indexes

ROWS = (
    ("execution_runs", "id", "test-tc%"),
    ("execution_claims", "execution_run_id", "test-tc%"),
    ("rollbacks", "execution_run_id", "test-tc%"),
    ("audit_logs", "resource_id", "test-tc%"),
    ("audit_logs", "resource_type", "kill_switch"),
    ("kill_switches", "connection_id", "conn-0%"),
)
"""(table, column, pattern) of the rows that are the suite's. Source: the result log's Appendix B."""

INDEX_PREFIXES = ("idx_tc0", "idx_tc1")
"""Of the indexes that scenarios make."""


def strangers(database: Database) -> list[str]:
    """The rows of the executor's tables that are not the suite's, counted, in words; empty when there are none.

    A kill switch that is off is nobody's: a connection without a row is off, too.
    """
    found = []
    for table in dict.fromkeys(table for table, _, _ in ROWS):
        ours = " OR ".join(f"{column} LIKE '{pattern}'" for name, column, pattern in ROWS if name == table)
        on = " AND active <> 0" if table == "kill_switches" else ""
        count = int(database.value(f"SELECT COUNT(*) AS n FROM {table} WHERE NOT ({ours}){on}"))
        if count:
            found.append(f"{count} in {table}")
    return found


def remove_rows(database: Database, schema: str) -> None:
    """Delete the suite's rows from the tables that are there as they have to be."""
    there = {
        (row["t"].lower(), row["c"].lower())
        for row in database.rows(
            "SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s",
            (schema,),
        )
    }
    for table, column, pattern in ROWS:
        if (table, column) in there:
            database.execute(f"DELETE FROM {quoted(schema)}.{table} WHERE {column} LIKE '{pattern}'")


def remove_traces(database: Database, schema: str) -> None:
    """Delete the suite's rows and drop the indexes that scenarios make, as far as they are there."""
    remove_rows(database, schema)
    for index in indexes(database, schema):
        if index.table in TEST_TABLES and index.name.startswith(INDEX_PREFIXES):
            database.execute(f"ALTER TABLE {quoted(schema)}.{quoted(index.table)} DROP INDEX {quoted(index.name)}")
