"""What a rule is, how it is registered, and how all of them are judged over one history."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from support.history.history import History
from support.record.evidence import Judged, Observation
from support.result_words import FAIL, PASS

KEPT, BROKEN, UNKNOWN, NOT_TRIED = STATES = "kept", "broken", "unknown", "not tried"
SAFETY, RECORD = "safety", "record"
"""A broken rule of the first class turns a scenario red; one of the second is listed, and the decision is CONDITIONAL."""


CONTRACT_RULES = "Contract rules"
"""The Field that every scenario has for them."""


@dataclass(frozen=True)
class Ruling:
    """One occasion on which a rule could be broken. ``who`` did it, ``at`` is when.

    ``of`` are the ids of the contract's sentences that it was an occasion for; empty for all that the rule is of.
    """

    state: str
    because: str = ""
    who: str = ""
    at: datetime | None = None
    of: tuple[str, ...] = ()


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


RULES: dict[str, Rule] = {}


def rule(number: str, severity: str, *of: str, thai: str) -> Callable[[Judge], Judge]:
    """Register a rule; the first line of the function's docstring is its English sentence."""

    def register(judge: Judge) -> Judge:
        if number in RULES:
            raise ValueError(f"two rules have the number {number}")
        RULES[number] = Rule(number, severity, of, (judge.__doc__ or "").strip().splitlines()[0], thai, judge)
        return judge

    return register


def ruling(
    holds: bool | None, because: str, who: str = "", at: datetime | None = None, of: tuple[str, ...] = ()
) -> Ruling:
    """Kept, broken, or (None) not to be told."""
    return Ruling({True: KEPT, False: BROKEN, None: UNKNOWN}[holds], because, who, at, of)


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
    for state in (BROKEN, UNKNOWN, KEPT):
        those = [one for one in found if one.state == state]
        if those:
            first = min(those, key=lambda one: (one.at is None, one.at and one.at.timestamp()))
            because, of = (
                "" if state == KEPT else first.because,
                {name: "" for one in those for name in one.of or rule.of},
            )
            return Judged(rule.id, state, len(found), because, first.who, first.at, list(of))
    return Judged(rule.id, NOT_TRIED, 0)


def contract_rules(rules: Sequence[Judged]) -> Observation:
    """The row of a scenario's table that says whether a rule was broken whose breach is red, and which."""
    broken = [one for one in rules if one.state == BROKEN and RULES[one.rule].severity == SAFETY]
    because = "\n".join(f"{one.rule} {RULES[one.rule].english} {one.because}" for one in broken)
    actual = f"broken: {', '.join(one.rule for one in broken)}" if broken else KEPT
    return Observation(CONTRACT_RULES, KEPT, actual, FAIL if broken else PASS, because)
