"""Fields and the functions that observe them."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from support.errors import SuiteError
from support.judgement.world import World
from support.mysql.statements import Statement
from support.record.evidence import Observation
from support.result_words import FAIL, PASS, UNKNOWN

HEADINGS = ["Field", "Expected"]
"""The columns of the result log's table in a feature."""

ALWAYS = ("Unexpected changes", "None")
"""Judged in every scenario: a change in the schema or the rows that no Field asked for is a failure."""


@dataclass(frozen=True)
class Seen:
    """An actual value as people write it, and what it rests on."""

    actual: str
    because: str = ""


Observe = Callable[[World], Seen]


@dataclass(frozen=True)
class Field:
    """One Field of the result log. ``similar`` maps an Expected cell that allows several values to these."""

    name: str
    observe: Observe
    similar: Mapping[str, tuple[str, ...]]


REGISTRY: dict[str, Field] = {}


def observation(name: str, similar: Mapping[str, tuple[str, ...]] | None = None) -> Callable[[Observe], Observe]:
    """Register the function that observes the Field ``name``.

    :raises SuiteError: the Field has an observation already.
    """

    def register(observe: Observe) -> Observe:
        if name in REGISTRY:
            raise SuiteError(
                f"Field {name!r} has two observations: {REGISTRY[name].observe.__name__} and {observe.__name__}"
            )
        REGISTRY[name] = Field(name, observe, similar or {})
        return observe

    return register


def observations(table: Mapping[str, Observe]) -> None:
    """Register Fields, by name, that are each seen in one expression."""
    for name, observe in table.items():
        observation(name)(observe)


def known_fields() -> list[str]:
    """Every Field there is, sorted."""
    return sorted(REGISTRY)


def look_up(name: str) -> Field:
    """The Field of that name.

    :raises SuiteError: there is none; the message lists those there are.
    """
    if name not in REGISTRY:
        near = difflib.get_close_matches(name, REGISTRY, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SuiteError(f"unknown Field {name!r}{hint} Known Fields: {', '.join(known_fields())}")
    return REGISTRY[name]


def compare(name: str, expected: str, world: World) -> Observation:
    """Observe one Field and hold it against the Expected cell.

    An observation that raises has seen nothing: its verdict is UNKNOWN, which is never a pass.
    """
    field = look_up(name)
    try:
        seen = field.observe(world)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the row must not be lost nor pass
        return Observation(
            name, expected, "unknown", UNKNOWN, f"the observation failed: {type(error).__name__}: {error}"
        )
    verdict = PASS if seen.actual in field.similar.get(expected, (expected,)) else FAIL
    return Observation(name, expected, seen.actual, verdict, seen.because)


def yes_or_no(holds: object, because: str = "") -> Seen:
    """``Yes`` or ``No``."""
    return Seen("Yes" if holds else "No", because)


def told(statements: Sequence[Statement]) -> str:
    """Statements and their ends, in one line."""
    return "; ".join(f"{statement.text} → {statement.outcome}" for statement in statements) or "no statement"
