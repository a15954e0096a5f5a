"""What was looked at, and what came of it."""

from collections.abc import Callable, Collection

import psutil
import pymysql

from support.errors import AcceptanceError, cause_of
from support.record.evidence import Secrets
from support.terminal import Terminal

TROUBLES = (AcceptanceError, AssertionError, pymysql.MySQLError, psutil.Error, OSError)
"""What a look may raise besides ``Missing``: a part that is not well, or not there."""

Look = Callable[[], str]
"""Looks at one thing, and returns in words how it is; raises ``Missing`` where it is not as it has to be."""


class Missing(Exception):
    """It was looked at and is not as it has to be; the text says how it is, one line for each thing."""


def none_of(found: Collection[str], complaint: str, words: str) -> str:
    """``words`` if nothing was found of what should not be there.

    :raises Missing: something was; the ``complaint`` names it.
    """
    if found:
        raise Missing(f"{complaint}: {', '.join(found)}")
    return words


def outcome(look: Look) -> tuple[bool, str]:
    """Look at one thing: whether it is as it has to be, and in words how it is."""
    try:
        return True, look()
    except Missing as missing:
        return False, str(missing)
    except TROUBLES as trouble:
        return False, cause_of(trouble)


class Findings:
    """Looks at one thing after another and tells each at once; ``secrets`` are never told.

    ``missing`` counts the things that are missing, those that could not be looked at aside; ``complete``: none of either.
    """

    def __init__(self, terminal: Terminal, secrets: Secrets) -> None:
        self._terminal, self.secrets = terminal, secrets
        self.missing, self.complete = 0, True

    def group(self, title: str) -> None:
        """What comes next is about this."""
        self._terminal.say("", title)

    def look(self, name: str, look: Look, after: bool = True) -> bool:
        """Look at one thing, and return whether it is there.

        :param after: false if something is missing without which this cannot be looked at.
        """
        there, words = outcome(look) if after else (False, "not looked at: something above is missing")
        first, *more = words.splitlines()
        mark = "✓" if there else "✗" if after else "–"
        self.complete &= there
        self.missing += (1 + len(more)) * (mark == "✗")
        lines = [f"  {mark} {name}: {first}", *(f"      {line}" for line in more)]
        self._terminal.say(*map(self.secrets.masked, lines))
        return there
