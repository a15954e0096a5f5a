"""The rows of a verification query as text and as cells."""

from typing import Any

from rich.cells import cell_len, set_cell_size

from support.terminal import table

WIDEST = 110
"""Columns up to which rows are shown side by side; wider ones are shown a field a line."""


def value(content: Any) -> str:
    """A value as people write it: NULL for none, one line."""
    if content is None:
        return "NULL"
    return str(content).replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def counted(number: int, noun: str) -> str:
    """``0 rows``, ``1 row``, …"""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def is_wide(rows: list[dict[str, Any]], columns: int = WIDEST) -> bool:
    """True if the rows, one at least, would not fit side by side in so many columns."""
    widths = [max(cell_len(name), *(cell_len(value(row.get(name))) for row in rows)) for name in rows[0]]
    return sum(widths) + 2 * len(widths) > columns


def as_lines(rows: list[dict[str, Any]]) -> list[str]:
    """The rows as lines of text, with Thai in straight columns."""
    if not rows:
        return []
    columns = list(rows[0])
    if not is_wide(rows):
        return table([[value(row.get(name)) for name in columns] for row in rows], columns)
    longest = max(cell_len(name) for name in columns)
    lines = []
    for number, row in enumerate(rows, 1):
        lines.append(f"row {number}")
        lines += [f"  {set_cell_size(name, longest)}  {value(row.get(name))}" for name in columns]
    return lines
