"""What the table looks like on the server: its columns, foreign keys, indexes and definition.

Nothing here waits for another's lock except `create_table`, which waits no longer than the session's lock_wait_timeout.
"""

import re
from dataclasses import dataclass
from typing import Any

from . import identifiers
from .change import IndexChange
from .identifiers import KeyPart
from .session import Session


@dataclass(frozen=True)
class Column:
    name: str
    characters: int | None


@dataclass(frozen=True)
class Index:
    """An index as the server describes it; `hidden` means the optimizer is told not to use it."""

    parts: tuple[KeyPart, ...]
    unique: bool
    index_type: str
    hidden: bool = False
    descending: bool = False
    comment: str = ""


def columns(session: Session, table: str) -> dict[str, Column]:
    """The table's columns by casefolded name; none when there is no such table."""
    rows = session.query(
        "SELECT COLUMN_NAME AS name, CHARACTER_MAXIMUM_LENGTH AS characters FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s",
        (session.schema, table),
    )
    return {row["name"].casefold(): Column(row["name"], row["characters"]) for row in rows}


def find_index(session: Session, table: str, name: str) -> Index | None:
    rows = session.query(
        "SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND INDEX_NAME = %s"
        " ORDER BY SEQ_IN_INDEX",
        (session.schema, table, name),
    )
    return index_from_rows(rows) if rows else None


def index_from_rows(rows: list[dict[str, Any]]) -> Index:
    """MySQL says IS_VISIBLE and MariaDB IGNORED; older servers say neither. An expression has no column name."""
    return Index(
        parts=tuple(KeyPart(row["COLUMN_NAME"] or "", row["SUB_PART"]) for row in rows),
        unique=any(int(row["NON_UNIQUE"]) == 0 for row in rows),
        index_type=rows[0]["INDEX_TYPE"],
        hidden=any(row.get("IS_VISIBLE") == "NO" or row.get("IGNORED") == "YES" for row in rows),
        descending=any(row.get("COLLATION") == "D" for row in rows),
        comment=rows[0]["INDEX_COMMENT"],
    )


def other_name(session: Session, change: IndexChange) -> str | None:
    """What the run's index is called now if somebody renamed it."""
    rows = session.query(
        "SELECT INDEX_NAME AS name, INDEX_COMMENT AS comment FROM information_schema.STATISTICS"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND INDEX_NAME <> %s",
        (session.schema, change.table, change.index),
    )
    # Compared here, because the server would not tell upper case from lower.
    return next((str(row["name"]) for row in rows if row["comment"] == change.comment), None)


def what_became(session: Session, change: IndexChange) -> str:
    """Of the run's index, which is not there under its name although the run made it."""
    name = other_name(session, change)
    return f"was renamed to {name} by somebody else" if name else "is gone: somebody else dropped it"


def difference(change: IndexChange, found: Index, table_columns: dict[str, Column]) -> str | None:
    """How an index differs from the one that the run makes, None if it does not."""
    wanted = [normal(part, table_columns) for part in change.parts]
    actual = [normal(part, table_columns) for part in found.parts]
    if change.index_type != "BTREE":
        # The server makes up prefixes for these.
        wanted, actual = [(name, None) for name, _ in wanted], [(name, None) for name, _ in actual]
    if wanted != actual:
        return f"it is on ({', '.join(str(part) for part in found.parts)}) and not on ({change.columns()})"
    if found.unique:
        return "it is unique"
    if found.index_type != change.index_type:
        return f"its type is {found.index_type} and not {change.index_type}"
    if found.descending:
        return "it is in descending order"
    if found.hidden:
        return "it is invisible to the optimizer"
    if found.comment != change.comment:
        return f"it was made by somebody else, its comment is {found.comment!r} and not {change.comment!r}"
    return None


def normal(part: KeyPart, table_columns: dict[str, Column]) -> tuple[str, int | None]:
    """A key part in the form the server keeps: a prefix as long as the column is no prefix."""
    name = part.column.casefold()
    column = table_columns.get(name)
    whole = column is not None and part.prefix is not None and column.characters == part.prefix
    return name, None if whole else part.prefix


def covered_foreign_key(session: Session, change: IndexChange) -> str | None:
    """The foreign key that the new index could serve, if there is one.

    The server would then silently drop the index that it made for that key, and would not let the new one be dropped.
    """
    rows = session.query(
        "SELECT CONSTRAINT_NAME AS name, COLUMN_NAME AS `column` FROM information_schema.KEY_COLUMN_USAGE"
        " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND REFERENCED_TABLE_NAME IS NOT NULL"
        " ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION",
        (session.schema, change.table),
    )
    keys: dict[str, list[str]] = {}
    for row in rows:
        keys.setdefault(row["name"], []).append(row["column"].casefold())
    return next((name for name, key in sorted(keys.items()) if serves(change.parts, key)), None)


def serves(parts: tuple[KeyPart, ...], key: list[str]) -> bool:
    """Whether an index on `parts` begins with the columns of a foreign key, in any order."""
    first = parts[: len(key)]
    return {part.column.casefold() for part in first} == set(key)


def create_table(session: Session, table: str) -> str:
    """SHOW CREATE TABLE without the counter, which changes with every row."""
    row = session.query(f"SHOW CREATE TABLE {identifiers.quote(table)}")[0]
    return without_counter(str(row.get("Create Table", "")))


def without_counter(definition: str) -> str:
    return re.sub(r" AUTO_INCREMENT=\d+", "", definition)
