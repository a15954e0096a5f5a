"""What a rule is, how it is registered, and how all of them are judged over one history."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from support.history.history import History

KEPT, BROKEN, UNKNOWN, NOT_TRIED = "kept", "broken", "unknown", "not tried"
SAFETY, RECORD = "safety", "record"
"""A broken rule of the first class turns a scenario red; one of the second is listed, and the decision is CONDITIONAL."""


@dataclass(frozen=True)
class Ruling:
    """One occasion on which a rule could be broken. ``who`` did it, ``at`` is when."""

    state: str
    because: str = ""
    who: str = ""
    at: datetime | None = None


Judge = Callable[[History], Iterator[Ruling]]


@dataclass(frozen=True)
class Rule:
    """A rule of the contract. ``of`` are the ids of the contract's sentences that it holds an executor to."""

    id: str
    severity: str
    of: tuple[str, ...]
    english: str
    thai: str
    judge: Judge


@dataclass(frozen=True)
class Judged:
    """What became of a rule in one scenario; ``times`` is how often it was tried, ``because`` and the rest the first breach."""

    rule: str
    state: str
    times: int
    because: str = ""
    who: str = ""
    at: datetime | None = None


RULES: dict[str, Rule] = {}


def rule(number: str, severity: str, *of: str, thai: str) -> Callable[[Judge], Judge]:
    """Register a rule; the first line of the function's docstring is its English sentence."""

    def register(judge: Judge) -> Judge:
        if number in RULES:
            raise ValueError(f"two rules have the number {number}")
        RULES[number] = Rule(number, severity, of, (judge.__doc__ or "").strip().splitlines()[0], thai, judge)
        return judge

    return register


def ruling(holds: bool | None, because: str, who: str = "", at: datetime | None = None) -> Ruling:
    """Kept, broken, or (None) not to be told."""
    return Ruling({True: KEPT, False: BROKEN, None: UNKNOWN}[holds], because, who, at)


def judge_all(history: History) -> list[Judged]:
    """Every rule, in the order of their numbers.

    A rule that raises has seen nothing: it is unknown, never kept.
    """
    return [_judged(rule, history) for _, rule in sorted(RULES.items())]


def _judged(rule: Rule, history: History) -> Judged:
    try:
        found = list(rule.judge(history))
    except Exception as error:  # noqa: BLE001 - one rule must not hide what the others see
        return Judged(rule.id, UNKNOWN, 0, f"the rule failed: {type(error).__name__}: {error}")
    for state in (BROKEN, KEPT, UNKNOWN):
        those = [one for one in found if one.state == state]
        if those:
            first = min(those, key=lambda one: (one.at is None, one.at and one.at.timestamp()))
            return Judged(rule.id, state, len(found), "" if state == KEPT else first.because, first.who, first.at)
    return Judged(rule.id, NOT_TRIED, 0)
