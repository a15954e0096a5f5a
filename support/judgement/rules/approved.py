"""Reading schema changes: what a statement asks for, and whether an index is the approved one."""

import re

from support.contract import TEXT_LENGTHS
from support.history.change import Index, RunSpec
from support.judgement.rules.sent import bare

_NAME = r"(?:`(?:[^`]|``)+`|[^\s`.,()]+)"
_FULL_NAME = rf"(?:{_NAME}\s*\.\s*)?({_NAME})"
_ALTER = re.compile(
    rf"(?is)\A\s*ALTER\s+(?:ONLINE\s+|IGNORE\s+)*TABLE\s+{_FULL_NAME}"
    r"\s+(?:(?:WAIT\s+\S+|NOWAIT)\s+)?(.*)\Z"
)
_CREATE = re.compile(
    rf"(?is)\A\s*CREATE\s+(?:OR\s+REPLACE\s+)?((?:UNIQUE|FULLTEXT|SPATIAL)\s+)?INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?({_NAME})\s*"
    rf"(?:USING\s+\w+\s+)?ON\s+{_FULL_NAME}\s*(\(.*)\Z"
)
_DROP = re.compile(rf"(?is)\A\s*DROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?({_NAME})\s+ON\s+{_FULL_NAME}(?=\s|\Z).*\Z")
_ADDING = re.compile(
    rf"(?is)\A\s*ADD\s+(?:(?:UNIQUE|FULLTEXT|SPATIAL)\s+(?:(?:INDEX|KEY)\s+)?|(?:INDEX|KEY)\s+)(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"({_NAME})(?=[\s(])"
)
_DROPPING = re.compile(rf"(?is)\A\s*DROP\s+(?:INDEX|KEY)\s+(?:IF\s+EXISTS\s+)?({_NAME})\s*\Z")
# The text of a digest, which may be all that a server keeps of a statement, has these words in quotes
_HOW = re.compile(r"(?i)\A\s*(?:ALGORITHM|LOCK)\s*=?\s*`?\w+`?\s*\Z")
_INPLACE, _NO_LOCK = r"(?i)\bALGORITHM\s*=?\s*`?INPLACE\b", r"(?i)\bLOCK\s*=?\s*`?NONE\b"
_OTHER = re.compile(
    r"\bALGORITHM\s*=?\s*`?(COPY|DEFAULT|INSTANT|NOCOPY)\b|\bLOCK\s*=?\s*`?(SHARED|EXCLUSIVE|DEFAULT)\b", re.IGNORECASE
)
_PART = re.compile(r"\A\s*(`(?:[^`]|``)+`|\w+)\s*(?:\(\s*(\d+|\?)\s*\))?\s*(ASC|DESC)?\s*\Z", re.IGNORECASE)
_HIDING = re.compile(r"(?i)\b(?:INVISIBLE|IGNORED)\b")
_CUT_AT = 1000
"""A text that is longer and ends in dots may have been cut off by the server."""


def plain(name: str) -> str:
    """A name as it was meant; only one in backticks can have blanks at its ends."""
    return name.strip()[1:-1].replace("``", "`") if name.strip().startswith("`") else name.strip()


def asks_online(text: str) -> bool | None:
    """It asks for ALGORITHM=INPLACE and LOCK=NONE and nothing else; None for one whose end the server did not keep."""
    asked = bare(text)
    if _OTHER.search(asked) or re.search(r"(?i)\A\s*ALTER\s+IGNORE\b", asked):
        return False
    if re.search(_INPLACE, asked) and re.search(_NO_LOCK, asked):
        return True
    return None if len(text) >= _CUT_AT and text.endswith("...") else False


def _clauses(text: str) -> list[str]:
    """What stands between its commas, those in brackets and in quoted names aside."""
    depth, found, quoted = 0, [""], False
    for char in text:
        quoted ^= char == "`"
        depth += 0 if quoted else (char == "(") - (char == ")")
        if char == "," and depth == 0 and not quoted:
            found.append("")
        else:
            found[-1] += char
    return [one for one in found if one.strip()]


def is_only_of(text: str, run: RunSpec) -> bool:
    """It adds the run's index to the run's table or drops it from there, and does nothing else."""
    asked = bare(text).rstrip(";'\" ")
    if created := _CREATE.match(asked):
        return _same(run, created[3], created[2])
    if dropped := _DROP.match(asked):
        return _same(run, dropped[2], dropped[1])
    altered = _ALTER.match(asked)
    if altered is None:
        return False
    changes = [one for one in _clauses(altered[2]) if not _HOW.match(one)]
    if len(changes) != 1:
        return False
    change = _ADDING.match(changes[0]) or _DROPPING.match(changes[0])
    return change is not None and _same(run, altered[1], change[change.re.groups])


def _same(run: RunSpec, table: str, index: str) -> bool:
    return (plain(table), plain(index).lower()) == (run.table_name, run.index_name.lower())


def asks_for_the_approved(text: str, run: RunSpec) -> bool | None:
    """The index that an ADD INDEX asks for is the approved one; None if that can't be read out of it."""
    asked = bare(text)
    named = rf"(?:{re.escape(run.index_name)}|`{re.escape(run.index_name.replace('`', '``'))}`)"
    name = re.search(rf"(?i)(?<![\w$`]){named}\s*(?:USING\s+\w+\s*)?(?:ON\s+{_FULL_NAME}\s*)?\(", asked)
    if name is None or (end := _closing(asked, name.end())) is None:
        return None
    before, inside, after = asked[: name.start()], asked[name.end() : end], asked[end:]
    kind = re.search(r"(?i)\b(UNIQUE|FULLTEXT|SPATIAL)\b", before)
    if (kind[1].upper() if kind else "BTREE") != (run.index_type or "BTREE") or _HIDING.search(after):
        return False
    parts = [_PART.match(one) for one in _clauses(inside)]
    if not all(parts):
        return None
    read = [one for one in parts if one]
    if any((one[3] or "").upper() == "DESC" for one in read):
        return False
    columns = [plain(one[1]) + (f"({one[2]})" if one[2] else "") for one in read]
    if any(one[2] == "?" for one in read):
        return None if [_split(one)[0] for one in columns] == [_split(one)[0] for one in run.columns] else False
    return [one.lower() for one in columns] == [one.lower() for one in run.columns]


def _closing(text: str, start: int) -> int | None:
    depth, quoted = 1, False
    for place in range(start, len(text)):
        quoted ^= text[place] == "`"
        depth += 0 if quoted else (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    return None


def _split(column: str) -> tuple[str, str]:
    """Name and prefix of a column; a prefix of the whole is none."""
    name, _, prefix = column.partition("(")
    whole = prefix == f"{TEXT_LENGTHS.get(name.lower())})"
    return name.strip().lower(), "" if whole else prefix


def is_approved(index: Index, run: RunSpec) -> bool | None:
    """The index is as approved; None if only the length of a column would tell, for a prefix of the whole is none."""
    wanted, actual = [_split(one) for one in run.columns], [_split(one) for one in index.columns]
    if index.unique or index.kind != (run.index_type or "BTREE") or [n for n, _ in wanted] != [n for n, _ in actual]:
        return False
    if wanted == actual or index.kind != "BTREE":  # the server makes up prefixes for other kinds
        return True
    differ = [(name, one, other) for (name, one), (_, other) in zip(wanted, actual, strict=True) if one != other]
    return None if all(one and not other and name not in TEXT_LENGTHS for name, one, other in differ) else False
