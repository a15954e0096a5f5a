"""What a schema is made of, and the difference between two looks at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from support.contract import STATE_TABLES, TEST_TABLES
from support.history.change import Index
from support.mysql.database import Database, quoted


@dataclass(frozen=True)
class Snapshot:
    """A look at a whole schema; ``rows`` are checksums of the test tables', the same after a scenario as before it."""

    tables: frozenset[tuple[str, str]]
    columns: frozenset[tuple[str, str, str]]
    indexes: frozenset[Index]
    rows: frozenset[tuple[str, Any]]


@lru_cache(maxsize=8)
def _hidden(database: Database) -> str:
    """How this server says of an index that it is hidden from the optimizer; old ones have no such thing."""
    columns = database.rows(
        "SELECT COLUMN_NAME AS c FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'information_schema'"
        " AND TABLE_NAME = 'STATISTICS'"
    )
    ways = {"IS_VISIBLE": "IS_VISIBLE = 'NO'", "IGNORED": "IGNORED = 'YES'"}
    return next((ways[row["c"].upper()] for row in columns if row["c"].upper() in ways), "0")


def indexes(database: Database, schema: str) -> frozenset[Index]:
    """All indexes of a schema; what is not plain in one (a column in descending order, hidden) stands beside it."""
    found: dict[tuple[str, str, bool, str], list[str]] = {}
    for row in database.rows(
        "SELECT TABLE_NAME AS t, INDEX_NAME AS i, NON_UNIQUE AS n, COLUMN_NAME AS c, SUB_PART AS p, INDEX_TYPE AS k,"
        f" COLLATION AS o, {_hidden(database)} AS h FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s"
        " ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        (schema,),
    ):
        column = f"{row['c']}({row['p']})" if row["p"] else str(row["c"])
        column += " DESC" if row["o"] == "D" else ""
        kind = row["k"] + (" INVISIBLE" if row["h"] else "")
        found.setdefault((row["t"], row["i"], not int(row["n"]), kind), []).append(column)
    return frozenset(
        Index(table, name, tuple(columns), unique, kind) for (table, name, unique, kind), columns in found.items()
    )


def column_names(database: Database, schema: str) -> set[tuple[str, str]]:
    """(table, column) of every column of the schema, in lower case."""
    rows = database.rows(
        "SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s", (schema,)
    )
    return {(row["t"].lower(), row["c"].lower()) for row in rows}


def find_index(among: Iterable[Index], table: str, name: str) -> Index | None:
    return next((index for index in among if (index.table, index.name) == (table, name)), None)


def look(database: Database, schema: str) -> Snapshot:
    tables = database.rows(
        "SELECT TABLE_NAME AS t, ENGINE AS e FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", (schema,)
    )
    columns = database.rows(
        "SELECT TABLE_NAME AS t, COLUMN_NAME AS c, CONCAT_WS(' ', ORDINAL_POSITION, COLUMN_TYPE, IS_NULLABLE,"
        " COLUMN_DEFAULT, EXTRA) AS d FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s",
        (schema,),
    )
    present = {row["t"] for row in tables}
    judged = ", ".join(f"{quoted(schema)}.{quoted(table)}" for table in TEST_TABLES if table in present)
    rows = database.rows(f"CHECKSUM TABLE {judged}") if judged else []
    return Snapshot(
        tables=frozenset((row["t"], str(row["e"])) for row in tables),
        columns=frozenset((row["t"], row["c"], str(row["d"])) for row in columns),
        indexes=indexes(database, schema),
        rows=frozenset((row["Table"].rpartition(".")[2], row["Checksum"]) for row in rows),
    )


def empty_state(database: Database) -> None:
    """Empty the executor's own tables."""
    for table in STATE_TABLES:
        database.execute(f"DELETE FROM {quoted(table)}")


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Each change between two looks, in words, sorted; empty when they are equal."""
    changes = [f"{index} was added" for index in after.indexes - before.indexes]
    changes += [f"{index} is gone" for index in before.indexes - after.indexes]
    changes += [f"table {table} ({engine}) was added" for table, engine in after.tables - before.tables]
    changes += [f"table {table} ({engine}) is gone" for table, engine in before.tables - after.tables]
    changes += [f"column {table}.{column} is now {what}" for table, column, what in after.columns - before.columns]
    changes += [f"column {table}.{column} was {what}" for table, column, what in before.columns - after.columns]
    changed = {table for table, _ in before.rows ^ after.rows}
    changes += [f"the rows of {table} changed" for table in changed]
    return sorted(changes)
