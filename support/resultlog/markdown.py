"""Text from outside as Markdown that shows it letter for letter, whatever is in it."""

import re

_SPECIAL = re.compile(r"[\\`|*\[\]~]")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def cell(text: object) -> str:
    """``text`` for a cell of a table: nothing in it ends the cell, the row or the table, or is taken for markup."""
    return _BREAKS.sub("<br>", _escaped(str(text)))


def line(text: object) -> str:
    """``text`` for a line of its own, or a part of one."""
    return _BREAKS.sub(" ", _escaped(str(text)))


def fenced(text: str, language: str = "") -> str:
    """``text`` as a block of code, in a fence longer than any in it."""
    text = _CONTROLS.sub("�", text)
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def comment(text: str) -> str:
    """``text`` as lines of an SQL comment."""
    return "\n".join(f"-- {part}".rstrip() for part in _BREAKS.split(text))


def _escaped(text: str) -> str:
    text = _SPECIAL.sub(lambda found: "\\" + found.group(), _CONTROLS.sub("�", text))
    text = _EDGE.sub(r"\\_", text)
    return _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))
