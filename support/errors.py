"""The kinds of trouble, so that every message can say whose fault it looks like; ``AssertionError`` blames the executor."""

import difflib
import traceback
from collections.abc import Iterable

import pymysql

INTERRUPTED = "the run was interrupted"
"""Who is to blame where a person or a signal ended a run: nobody; what had not ended by then counts as not run."""


class AcceptanceError(Exception):
    """Trouble that is not the product's; ``str()`` of it is what a person reads: one clear line, no traceback."""

    blames = "the suite"


class TestEnvironmentError(AcceptanceError):
    """The test environment failed: a server, a port, a process or an account that the run needs is not there or not well."""

    blames = "the test environment"
    __test__ = False  # not one of pytest's classes


class WrongAnswer(AssertionError):
    """The SaaS API answered a call of the suite with a ``status`` that is not the contract's."""

    def __init__(self, complaint: str, status: int) -> None:
        super().__init__(complaint)
        self.status = status


class NotMade(TestEnvironmentError):
    """The situation of a scenario could not be made, on a busy machine above all: that says nothing, and it is made again."""


class GateNotReached(AcceptanceError):
    """Nobody arrived at a gate in time, though the worker that was expected there is alive: it hangs elsewhere."""

    blames = "the executor"


class SettingsError(AcceptanceError):
    """A setting, a tag or a selection that the person who started the run has to correct."""

    blames = "the settings"


class SuiteError(AcceptanceError):
    """The suite itself is wrong: an unknown Field, a duplicate id, a phrase used where it can't work."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The part of a message about a name that is not among those that are known: the nearest, if one is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def in_words(error: BaseException) -> str:
    """What a person reads of an error; of one that nobody foresaw also the last places it came through."""
    text = str(error) or type(error).__name__
    if isinstance(error, AssertionError | AcceptanceError):
        return text
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted ({text})"
    return f"{type(error).__name__}: {text}\n{''.join(traceback.format_tb(error.__traceback__)[-3:])}"


def cause_of(error: BaseException) -> str:
    """What is wrong, in one line: at the bottom of a library's errors; one of ours, an assertion or MySQL's says it itself."""
    while not isinstance(error, AcceptanceError | AssertionError | pymysql.MySQLError):
        deeper = error.__cause__ or error.__context__
        if deeper is None:
            break
        error = deeper
    if isinstance(error, pymysql.MySQLError):
        return f"{error.args[-1]} ({error.args[0]})"
    return (str(error) or type(error).__name__).splitlines()[0]


def last_line(text: str, otherwise: str) -> str:
    """The last line of what a program said that is not blank: most say there what is wrong; ``otherwise`` if there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else otherwise


def blame_of(error: BaseException | None, in_step: bool) -> str:
    """Whose fault ``error`` looks like; an assertion blames the executor in a step only, not in a hook."""
    if isinstance(error, AcceptanceError):
        return error.blames
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return INTERRUPTED
    return "the executor" if in_step and isinstance(error, AssertionError) else "the suite"
