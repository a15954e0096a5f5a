"""Fields and the functions that observe them."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from support.contract import COMPLETED, FAILED, LOCK_NONE_REFUSED, REQUIRES_MANUAL, ROLLED_BACK, RUNNING
from support.errors import SuiteError
from support.history.history import History
from support.record.evidence import Observation
from support.result_words import FAIL, PASS, UNKNOWN

HEADINGS = ["Field", "Expected"]
"""The columns of the result log's table in a feature."""

ALWAYS = ("Unexpected changes", "None")
"""Judged in every scenario: a change in the schema or the rows that no Field asked for is a failure."""

SIMILAR = {
    ("MySQL error detected", "Error 1846 หรือ similar"): [f"Error {errno}" for errno in LOCK_NONE_REFUSED],
    ("Final execution_run Status", "FAILED หรือ REQUIRES_MANUAL"): [FAILED.upper(), REQUIRES_MANUAL.upper()],
    ("Final execution_run Status", "COMPLETED หรือ REQUIRES_MANUAL"): [COMPLETED.upper(), REQUIRES_MANUAL.upper()],
    ("Final execution_run Status", "ROLLED_BACK หรือ COMPLETED"): [ROLLED_BACK.upper(), COMPLETED.upper()],
    ("Final execution_run Status", "COMPLETED หรือ RUNNING"): [COMPLETED.upper(), RUNNING.upper()],
}
"""The actual values that an Expected cell of a Field allows, where these are several."""


@dataclass(frozen=True)
class Seen:
    """An actual value as people write it, and what it rests on."""

    actual: str
    because: str = ""


Observe = Callable[[History], Seen]

REGISTRY: dict[str, Observe] = {}


def observation(name: str) -> Callable[[Observe], Observe]:
    """Register the function that observes the Field ``name``.

    :raises SuiteError: the Field has an observation already.
    """

    def register(observe: Observe) -> Observe:
        if name in REGISTRY:
            raise SuiteError(f"Field {name!r} has two observations: {REGISTRY[name].__name__} and {observe.__name__}")
        REGISTRY[name] = observe
        return observe

    return register


def observations(table: Mapping[str, Observe]) -> None:
    """Register Fields, by name, that are each seen in one expression."""
    for name, observe in table.items():
        observation(name)(observe)


def known_fields() -> list[str]:
    """Every Field there is, sorted."""
    return sorted(REGISTRY)


def look_up(name: str) -> Observe:
    """The observation of the Field of that name.

    :raises SuiteError: there is none; the message lists those there are.
    """
    if name not in REGISTRY:
        near = difflib.get_close_matches(name, REGISTRY, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SuiteError(f"unknown Field {name!r}{hint} Known Fields: {', '.join(known_fields())}")
    return REGISTRY[name]


def compare(name: str, expected: str, history: History) -> Observation:
    """Observe one Field and hold it against the Expected cell; an observation that raises has seen nothing: UNKNOWN."""
    observe = look_up(name)
    try:
        seen = observe(history)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the row must not be lost nor pass
        because = f"the observation failed: {type(error).__name__}: {error}"
        return Observation(name, expected, "unknown", UNKNOWN, because)
    verdict = PASS if seen.actual in SIMILAR.get((name, expected), [expected]) else FAIL
    return Observation(name, expected, seen.actual, verdict, seen.because)


def yes_or_no(holds: object, because: str = "") -> Seen:
    """``Yes`` or ``No``."""
    return Seen("Yes" if holds else "No", because)
