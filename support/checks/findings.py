"""What was looked at, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass

import pymysql
import requests

from support.errors import AcceptanceError
from support.record.evidence import Secrets
from support.terminal import Terminal

MARKS = {True: "✓", False: "✗", None: "–"}
TROUBLES = (AcceptanceError, AssertionError, pymysql.MySQLError, requests.RequestException, OSError)


class Missing(Exception):
    """It was looked at and is not as it has to be; the text says how it is, one line for each thing."""


@dataclass(frozen=True)
class Finding:
    """One thing. ``there`` is None for what could not be looked at because something else is missing."""

    name: str
    there: bool | None
    details: tuple[str, ...]


class Findings:
    """Looks at one thing after another, tells each at once, and keeps what it found; ``secrets`` are never told."""

    def __init__(self, terminal: Terminal, secrets: Secrets) -> None:
        self._terminal, self.secrets = terminal, secrets
        self._all: list[Finding] = []

    @property
    def missing(self) -> int:
        """How many things are missing, those that could not be looked at aside."""
        return sum(len(finding.details) for finding in self._all if finding.there is False)

    @property
    def complete(self) -> bool:
        """Everything was looked at, and is there."""
        return all(finding.there for finding in self._all)

    def group(self, title: str) -> None:
        """What comes next is about this."""
        self._terminal.say("", title)

    def look(self, name: str, look: Callable[[], str], after: bool = True) -> bool:
        """Look at one thing.

        :param look: returns in words what is there, or raises.
        :param after: false if something is missing without which this cannot be looked at.
        :return: whether it is there.
        """
        if not after:
            return self._note(Finding(name, None, ("not looked at: something above is missing",)))
        try:
            return self._note(Finding(name, True, (look(),)))
        except Missing as error:
            return self._note(Finding(name, False, tuple(str(error).splitlines())))
        except TROUBLES as error:
            return self._note(Finding(name, False, (_cause(error),)))

    def _note(self, finding: Finding) -> bool:
        self._all.append(finding)
        first, *more = finding.details
        lines = [f"  {MARKS[finding.there]} {finding.name}: {first}", *(f"      {line}" for line in more)]
        self._terminal.say(*map(self.secrets.masked, lines))
        return bool(finding.there)


def _cause(error: Exception) -> str:
    if isinstance(error, pymysql.MySQLError):
        return f"{error.args[-1]} ({error.args[0]})"
    return (str(error) or type(error).__name__).splitlines()[0]
