"""What scenarios leave in a schema: rows of the executor's tables and indexes, known by the names that the form gives."""

from support.contract import TEST_TABLES
from support.form import form
from support.mysql.database import Database, quoted
from support.mysql.tables import column_names, indexes


def strangers(database: Database) -> list[str]:
    """The rows of the executor's tables that are not the suite's, counted, in words; empty when there are none.

    A kill switch that is off is nobody's: a connection without a row is off, too.
    """
    found = []
    rows = form().leftovers.rows
    for table in dict.fromkeys(row.table for row in rows):
        ours = " OR ".join(row.condition for row in rows if row.table == table)
        on = " AND active <> 0" if table == "kill_switches" else ""
        count = int(database.value(f"SELECT COUNT(*) AS n FROM {table} WHERE NOT ({ours}){on}"))
        if count:
            found.append(f"{count} in {table}")
    return found


def remove_rows(database: Database, schema: str) -> None:
    """Delete the suite's rows from the tables that are there as they have to be."""
    there = column_names(database, schema)
    for row in form().leftovers.rows:
        if (row.table, row.column) in there:
            database.execute(f"DELETE FROM {quoted(schema)}.{row.table} WHERE {row.condition}")


def remove_traces(database: Database, schema: str) -> None:
    """Delete the suite's rows and drop the indexes that scenarios make, as far as they are there."""
    remove_rows(database, schema)
    prefixes = tuple(form().leftovers.index_prefixes)
    for index in indexes(database, schema):
        if index.table in TEST_TABLES and index.name.startswith(prefixes):
            database.execute(f"ALTER TABLE {quoted(schema)}.{quoted(index.table)} DROP INDEX {quoted(index.name)}")
