"""The blocks of a report as Markdown; text from outside is shown letter for letter, whatever is in it."""

import re
from collections.abc import Callable, Iterator, Sequence

from support.resultlog import blocks, rows

TICKED = {"good": "✅", "bad": "❌", "warn": "⚠️"}
EMPTY = "⬜"
BLANK = "______________________"

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
    fence = "`" * (max(map(len, re.findall(r"`{3,}", text)), default=2) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _escaped(text: str) -> str:
    text = _SPECIAL.sub(lambda found: "\\" + found.group(), _CONTROLS.sub("�", text))
    text = _EDGE.sub(r"\\_", text)
    return _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))


def part(it: blocks.Part) -> str:
    """A block, without an empty line after it."""
    match it:
        case blocks.Group(parts):
            head = [f"{'#' * it.level} {it.fold}"] if it.fold else []
            return "\n\n".join([*head, *map(part, parts)])
        case blocks.Heading(level, text):
            return f"{'#' * level} {inline(text)}"
        case blocks.Paragraph(text):
            return inline(text)
        case blocks.Quote(text):
            return f"> {inline(text)}"
        case blocks.Items(items, label):
            return _labelled(label, [f"- {inline(item)}" for item in items])
        case blocks.Ticks(ticks, label):
            return _labelled(label, [f"- [{'x' if ticked else ' '}] {text}" for text, ticked in ticks])
        case blocks.Preformatted(text, label, language):
            return _labelled(label, [fenced(text, language)])
        case blocks.Queries(queries, label):
            return _labelled(label, [fenced("\n".join(_answers(queries)), "sql")])
        case blocks.Table(head, table):
            rule = f"|{'|'.join('-' * (len(name) + 2) for name in head)}|"
            return "\n".join([_row(head), rule, *map(_row, table)])


def inline(text: blocks.Inline, escaped: Callable[[str], str] = line) -> str:
    """Words within a block."""
    match text:
        case None:
            return BLANK
        case tuple():
            return "".join(inline(one, escaped) for one in text)
        case blocks.Choice(boxes, note):
            words = [f"**{box.word}**" if box.strong else box.word for box in boxes]
            signs = [TICKED[box.kind] if box.ticked else EMPTY for box in boxes]
            row = " / ".join(f"{sign} {word}" for sign, word in zip(signs, words, strict=True))
            return f"{row} — {cell(note)}" if note else row
        case blocks.Strong(words):
            return f"**{escaped(words)}**"
        case blocks.Code(words):
            return f"`{words}`"
        case blocks.Key(words) | blocks.Link(words) | blocks.Jump(words) | blocks.File(words):
            return escaped(words)
        case blocks.Paths(words) | str(words):
            return escaped(words)
        case blocks.Words(words):
            return words


def _row(cells: Sequence[blocks.Inline]) -> str:
    return f"| {' | '.join(inline(text, cell) for text in cells)} |"


def _labelled(label: str, lines: list[str]) -> str:
    return "\n".join([f"**{label}**", *lines] if label else lines)


def _answers(queries: Sequence[blocks.Query]) -> Iterator[str]:
    for query in queries:
        yield f"-- {query.title}\n{query.sql};\n"
    yield "-- ผลลัพธ์:"
    for query in queries:
        if query.rows is None:
            yield f"-- {query.title}: NOT RUN"
        else:
            yield f"-- {query.title}: {rows.counted(len(query.rows), 'row')} at {query.time}"
            yield from (f"--   {text}" for text in rows.as_lines(query.rows))
    if not queries:
        yield "-- no query was run: the scenario ended before"
