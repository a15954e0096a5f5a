"""The approved change: whether it is one that this program carries out, and the statements it comes to."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from executor_v1 import vocabulary

from . import identifiers
from .identifiers import KeyPart

INDEX_TYPES = ("BTREE", "FULLTEXT", "SPATIAL")
ONLINE = "ALGORITHM=INPLACE, LOCK=NONE"
DIGEST = re.compile(r"[0-9a-fA-F]{32,64}")
PLAIN_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class ChangeRefused(Exception):
    """A run that gets no statement; `fail_reason` is the word for it, the text says why."""

    def __init__(self, fail_reason: str, why: str):
        super().__init__(why)
        self.fail_reason = fail_reason


@dataclass(frozen=True)
class IndexChange:
    """`comment` is what the index is known by: name and columns are no proof that a run made it."""

    table: str
    index: str
    parts: tuple[KeyPart, ...]
    index_type: str
    digests: tuple[str, ...]
    comment: str = ""

    def columns(self) -> str:
        """For people."""
        return ", ".join(str(part) for part in self.parts)


def read(run: dict[str, Any]) -> IndexChange:
    """The change a run asks for. Raises ChangeRefused."""
    if run.get("action") != "ADD_INDEX":
        why = f"the action {run.get('action')!r} is out of scope: only ADD_INDEX is carried out"
        raise ChangeRefused(vocabulary.OUT_OF_SCOPE, why)
    try:
        change = IndexChange(
            table=identifiers.check(run.get("table_name"), "table"),
            index=identifiers.check(run.get("index_name"), "index"),
            parts=identifiers.parse_parts(run.get("columns")),
            index_type=run.get("index_type") or "BTREE",
            digests=read_digests(run.get("query_digests")),
            comment=comment(str(run.get("id"))),
        )
    except identifiers.NameRefused as error:
        raise ChangeRefused(vocabulary.VALIDATION_ERROR, f"validation failed: {error}") from error
    if change.index.upper() == "PRIMARY":
        raise ChangeRefused(vocabulary.VALIDATION_ERROR, "validation failed: an index can't be named PRIMARY")
    if change.index_type not in INDEX_TYPES:
        why = f"the index type {change.index_type!r} is out of scope: {', '.join(INDEX_TYPES)} are known"
        raise ChangeRefused(vocabulary.OUT_OF_SCOPE, why)
    return change


def read_digests(value: object) -> tuple[str, ...]:
    """The digests in lower case, each once. Raises NameRefused."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) and DIGEST.fullmatch(item) for item in value):
        raise identifiers.NameRefused("query_digests must be a list of statement digests in hexadecimal")
    return tuple(dict.fromkeys(item.lower() for item in value))


def comment(run_id: str) -> str:
    """The comment on a run's index. The server keeps it with the index, under whatever name, and with no other one."""
    if not PLAIN_ID.fullmatch(run_id):
        run_id = f"sha256:{hashlib.sha256(run_id.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"
    return f"added by execution run {run_id}"


def add_statement(change: IndexChange) -> str:
    kind = "INDEX" if change.index_type == "BTREE" else f"{change.index_type} INDEX"
    columns = ", ".join(key_part(part) for part in change.parts)
    table, index = identifiers.quote(change.table), identifiers.quote(change.index)
    return f"ALTER TABLE {table} ADD {kind} {index} ({columns}) COMMENT '{change.comment}', {ONLINE}"


def drop_statement(change: IndexChange) -> str:
    return f"ALTER TABLE {identifiers.quote(change.table)} DROP INDEX {identifiers.quote(change.index)}, {ONLINE}"


def key_part(part: KeyPart) -> str:
    prefix = "" if part.prefix is None else f"({part.prefix})"
    return identifiers.quote(part.column) + prefix
