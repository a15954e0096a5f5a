"""What a person sees in the terminal: one line a scenario, the whole story of a failure, and the verdict at the end."""

import os
import sys
import textwrap
import unicodedata
from typing import Any, TextIO

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


def width(text: str) -> int:
    """How many columns ``text`` takes: Thai vowels and tone marks above and below take none."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def padded(text: str, columns: int) -> str:
    """``text`` filled up to ``columns``."""
    return text + " " * max(0, columns - width(text))


def table(rows: list[list[str]], header: list[str]) -> list[str]:
    """Lines of a plain table with a header and a rule."""
    widths = [max(width(row[n]) for row in [header, *rows]) for n in range(len(header))]
    lines = [
        "  ".join(padded(cell, w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in [header, *rows]
    ]
    lines.insert(1, "  ".join("─" * w for w in widths))
    return lines


class Terminal:
    """Writes to ``out``; in colour only where a person looks."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._coloured = self._out.isatty() and "NO_COLOR" not in os.environ

    def say(self, *lines: str) -> None:
        """Write lines."""
        for line in lines:
            print(line, file=self._out, flush=True)

    def coloured(self, word: str, text: str | None = None) -> str:
        """``text`` (or the word itself) in the colour of a result or decision."""
        shown = text or word
        return f"\033[{_COLOURS[word]}m{shown}\033[0m" if self._coloured and word in _COLOURS else shown

    def trouble(self, kind: str, message: str) -> None:
        """The one line for what a person has to put right."""
        self.say(f"{self.coloured(FAIL, kind)}: {message}")

    def scenario_starts(self, title: str) -> None:
        """Show what is being done; the result follows on the same line."""
        print(f"  {padded(title, 108)} ", end="", file=self._out, flush=True)

    def scenario_ends(self, result: str, seconds: float) -> None:
        """Show the result of the scenario."""
        self.say(f"{self.coloured(result)} {seconds:6.2f} s")

    def failure(self, message: str, notes: list[tuple[str, str]]) -> None:
        """The whole story of one failure."""
        self.say("", textwrap.indent(message.rstrip(), "      "), "")
        for label, value in notes:
            self.say(f"      {padded(label + ':', 12)} {value}")
        self.say("")

    def verdict(self, content: dict[str, Any], report: str) -> None:
        """The table of the ten test cases and the decision."""
        rows = []
        for case_id, case in content["test_cases"].items():
            status = case["actual_status"]
            if status != case["expected_status"]:
                status = f"{status} (expected {case['expected_status']})"
            ran = f"{case['scenarios_run']}/{case['scenarios']}"
            if case["scenarios_not_applicable"]:
                ran += f", {case['scenarios_not_applicable']} {NOT_APPLICABLE}"
            rows.append(
                [
                    case_id,
                    case["priority"],
                    case["name"],
                    ran,
                    case["result"],
                    status,
                    f"{case['duration_s']:.1f} s",
                ]
            )
        lines = table(rows, ["TC", "Prio", "Test case", "Ran", "Result", "Status of the run", "Time"])
        self.say("", *lines[:2])
        for row, line in zip(rows, lines[2:], strict=True):
            self.say(self.coloured(row[4], line) if row[4] != PASS else line)
        passed = sum(1 for case in content["test_cases"].values() if case["result"] == PASS)
        self.say("", f"{passed} of {len(rows)} test cases passed.", f"Decision: {self.coloured(content['decision'])}")
        self.say(*(f"  - {reason}" for reason in content["reasons"]), f"Verdict and evidence: {report}")
