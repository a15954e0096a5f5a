"""Writing to the terminal: lines as they are, never wrapped, and in colour only where a person looks."""

import io
import os
import shutil
import sys
import textwrap
from typing import TextIO

from rich.cells import cell_len, set_cell_size

from support.result_words import APPROVED, BLOCKED, CONDITIONAL, FAIL, NOT_APPLICABLE, NOT_RUN, PASS

_COLOURS = {
    PASS: "32",
    APPROVED: "32;1",
    FAIL: "31",
    BLOCKED: "31;1",
    NOT_RUN: "33",
    NOT_APPLICABLE: "33",
    CONDITIONAL: "33;1",
}


def table(rows: list[list[str]], header: list[str]) -> list[str]:
    """Lines of a plain table with a header and a rule; columns are straight in Thai, too."""
    widths = [max(map(cell_len, column)) for column in zip(header, *rows, strict=True)]
    rule = ["─" * columns for columns in widths]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in (header, rule, *rows)]


class Terminal:
    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        if isinstance(self._out, io.TextIOWrapper):
            self._out.reconfigure(errors="backslashreplace")  # a Thai name on a terminal without Thai ends no run
        self._live = self._out.isatty()
        self._progress = ""
        self._coloured = self._live and "NO_COLOR" not in os.environ

    def say(self, *lines: str) -> None:
        self.progress("")
        for line in lines:
            print(line, file=self._out, flush=True)

    def progress(self, text: str) -> None:
        """Show how far the work is, in a line of its own that the next one takes the place of; only where a person looks."""
        if self._live and text != self._progress:
            self._progress = text
            columns = shutil.get_terminal_size().columns
            print(f"\r\033[K{set_cell_size(text, columns - 1).rstrip()}", end="", file=self._out, flush=True)

    def coloured(self, word: str, text: str | None = None) -> str:
        """``text`` (or the word itself) in the colour of a result or decision."""
        shown = text or word
        return f"\033[{_COLOURS[word]}m{shown}\033[0m" if self._coloured and word in _COLOURS else shown

    def trouble(self, kind: str, message: str) -> None:
        """The one line for what a person has to put right."""
        self.say(f"{self.coloured(FAIL, kind)}: {message}")

    def scenario_starts(self, title: str) -> None:
        """Show what is being done; the result follows on the same line."""
        self.progress("")
        print(f"  {title}{' ' * (108 - cell_len(title))} ", end="", file=self._out, flush=True)

    def scenario_ends(self, result: str, seconds: float) -> None:
        print(f"{self.coloured(result)} {seconds:6.2f} s", file=self._out, flush=True)

    def failure(self, message: str, notes: list[tuple[str, str]]) -> None:
        self.say("", textwrap.indent(message.rstrip(), "      "), "")
        for label, value in notes:
            self.say(f"      {label + ':':12} {value}")
        self.say("")
