"""Names of tables, indexes and columns: which are acceptable, and how they are quoted."""

import re
from dataclasses import dataclass

MAX_LENGTH = 64
MAX_PREFIX = 3072

_PART = re.compile(r"(?P<column>.+?)(?:\((?P<prefix>[0-9]{1,9})\))?", re.DOTALL)


class NameRefused(ValueError):
    """A name that is not put into any statement; the text says why."""


@dataclass(frozen=True)
class KeyPart:
    """One column of an index; `prefix` is the number of leading characters indexed, None for all of it."""

    column: str
    prefix: int | None = None

    def __str__(self) -> str:
        return self.column if self.prefix is None else f"{self.column}({self.prefix})"


def check(name: object, kind: str) -> str:
    """`name`, if MySQL can hold an object of that name. Raises NameRefused.

    Backticks, spaces, semicolons and reserved words are fine, as every name is quoted.
    """
    if not isinstance(name, str) or not name:
        raise NameRefused(f"the {kind} name is missing")
    if len(name) > MAX_LENGTH:
        raise NameRefused(f"the {kind} name has {len(name)} characters, more than {MAX_LENGTH}")
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in name):
        raise NameRefused(f"the {kind} name holds a control character")
    if any(ord(char) > 0xFFFF or 0xD800 <= ord(char) <= 0xDFFF for char in name):
        raise NameRefused(f"the {kind} name holds a character that MySQL does not allow in names")
    if name.endswith(" "):
        raise NameRefused(f"the {kind} name ends with a space")
    return name


def quote(name: str) -> str:
    """`name` as an identifier in a statement, whatever it holds."""
    return "`" + name.replace("`", "``") + "`"


def parse_part(text: object) -> KeyPart:
    """`column` or `column(prefix)`. Raises NameRefused."""
    match = _PART.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise NameRefused("a column name is missing")
    column, prefix = check(match["column"], "column"), match["prefix"]
    if prefix is None:
        return KeyPart(column)
    if not 1 <= int(prefix) <= MAX_PREFIX:
        raise NameRefused(f"the prefix length of column {column!r} must be from 1 to {MAX_PREFIX}")
    return KeyPart(column, int(prefix))


def parse_parts(texts: object) -> tuple[KeyPart, ...]:
    """The columns of an index, in order. Raises NameRefused; names of columns don't differ by case."""
    if not isinstance(texts, list) or not texts:
        raise NameRefused("the list of columns is missing")
    parts = tuple(parse_part(text) for text in texts)
    seen = [part.column.casefold() for part in parts]
    if len(set(seen)) != len(seen):
        raise NameRefused("a column is named twice")
    return parts
