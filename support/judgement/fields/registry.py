"""Fields and the functions that observe them."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from support.contract import LOCK_NONE_REFUSED
from support.errors import SuiteError, did_you_mean
from support.history import windows
from support.history.history import History
from support.record.evidence import Observation
from support.result_words import FAIL, PASS, UNKNOWN

HEADINGS = ["Field", "Expected"]
"""The columns of the result log's table in a feature."""

ALWAYS = ("Unexpected changes", "None")
"""Judged in every scenario: a change in the schema or the rows that no Field asked for is a failure."""

SIMILAR = {
    ("MySQL error detected", "Error 1846 หรือ similar"): [f"Error {errno}" for errno in LOCK_NONE_REFUSED],
}
"""The actual values that an Expected cell of a Field allows, where it does not name them itself, with ``OR`` between them."""

OR = " หรือ "
"""Between several values of which an Expected cell allows each."""


@dataclass(frozen=True)
class Seen:
    """An actual value as people write it, and what it rests on."""

    actual: str
    because: str = ""


Observe = Callable[[History], Seen]

REGISTRY: dict[str, Observe] = {}

VALUES: dict[str, tuple[str, ...]] = {}
"""What an Expected cell may say, by Field; ``#`` stands for a whole number. Each Field says it when it is registered."""

VALUES_TOLD = 8

YES_OR_NO = ("Yes", "No")

MEASURES = tuple(", ".join(some) for count in (1, 2, 3) for some in combinations(windows.MEASURES, count))
"""One of the measures that can get worse, or several."""


def observation(name: str, *values: str) -> Callable[[Observe], Observe]:
    """Register the function that observes the Field ``name``, which can have the ``values``.

    :raises SuiteError: the Field has an observation already.
    """

    def register(observe: Observe) -> Observe:
        if name in REGISTRY:
            raise SuiteError(f"Field {name!r} has two observations: {REGISTRY[name].__name__} and {observe.__name__}")
        REGISTRY[name] = observe
        VALUES[name] = values
        return observe

    return register


def observations(table: Mapping[str, Observe], *values: str) -> None:
    """Register Fields, by name, that are each seen in one expression and can have the ``values``."""
    for name, observe in table.items():
        observation(name, *values)(observe)


def check_expected(name: str, expected: str) -> None:
    """Whether the Field can have this value, or each of several: what can never come would blame the executor.

    :raises SuiteError: it can't; the message has the nearest value that it can have.
    """
    if not expected:
        raise SuiteError(f"the Field {name!r} has an empty Expected cell")
    values = VALUES[name]
    for one in () if (name, expected) in SIMILAR else expected.split(OR):
        if values and not any(re.fullmatch(_pattern(value), one) for value in values):
            near = difflib.get_close_matches(one.upper(), {value.upper(): value for value in values}, n=1)
            hint = "".join(f"; did you mean {value!r}?" for value in values if [value.upper()] == near)
            some = ", ".join(values[:VALUES_TOLD]) + (" …" if values[VALUES_TOLD:] else "")
            raise SuiteError(f"the Field {name!r} can't be {one!r}{hint or '.'} It can be: {some}")


def _pattern(value: str) -> str:
    return re.escape(value).replace(r"\#", r"-?\d+")


def known_fields() -> list[str]:
    """Every Field there is, sorted."""
    return sorted(REGISTRY)


def look_up(name: str) -> Observe:
    """The observation of the Field of that name.

    :raises SuiteError: there is none; the message lists those there are.
    """
    if name not in REGISTRY:
        raise SuiteError(
            f"unknown Field {name!r}{did_you_mean(name, REGISTRY)} Known Fields: {', '.join(known_fields())}"
        )
    return REGISTRY[name]


def compare(name: str, expected: str, history: History) -> Observation:
    """Observe one Field and hold it against the Expected cell; an observation that raises has seen nothing: UNKNOWN."""
    observe = look_up(name)
    try:
        seen = observe(history)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the row must not be lost nor pass
        because = f"the observation failed: {type(error).__name__}: {error}"
        return Observation(name, expected, "unknown", UNKNOWN, because)
    verdict = PASS if seen.actual in SIMILAR.get((name, expected), expected.split(OR)) else FAIL
    return Observation(name, expected, seen.actual, verdict, seen.because)


def yes_or_no(holds: object, because: str = "") -> Seen:
    """``Yes`` or ``No``."""
    return Seen("Yes" if holds else "No", because)
