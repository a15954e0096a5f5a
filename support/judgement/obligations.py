"""The contract, sentence by sentence: what judges each, and how each has fared in the scenarios of a run."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from support.judgement.rules import RULES
from support.judgement.rules.registry import BROKEN, KEPT, NOT_TRIED, UNKNOWN
from support.record.evidence import Evidence
from support.result_words import FAIL, PASS, UNJUDGED
from support.settings import PROJECT

PAGE = PROJECT / "docs" / "contract.md"
HOW = Path(__file__).with_name("contract_judged.toml")
NOT_JUDGED = "not judged"
ORDER = (BROKEN, UNKNOWN, NOT_TRIED, KEPT, NOT_JUDGED)
"""States of a sentence, as one wants to read them."""

_AS_SAID = re.compile(r"<!-- Ids and their sentences: (\S.*\S)  \(multi-line\) -->")
_EXAMPLE = re.compile(r" -- @.*")


@dataclass(frozen=True)
class Obligation:
    """A sentence of the contract, and all that judges it.

    ``fields`` count in the scenarios named and, where none is, in those of the test cases ``cases``, or in all. ``reason``
    says why it is not judged, or what of it is not.
    """

    id: str
    chapter: str
    text: str
    rules: tuple[str, ...]
    fields: tuple[str, ...]
    scenarios: tuple[str, ...]
    cases: tuple[str, ...]
    preflight: tuple[str, ...]
    reason: str

    @property
    def is_judged(self) -> bool:
        """Something in a run judges it."""
        return bool(self.rules or self.fields or self.scenarios)

    @property
    def judged_by(self) -> str:
        """By what, in words."""
        kinds = {"Field": self.fields, "scenario": self.scenarios, "preflight": self.preflight}
        parts = [", ".join(self.rules)] if self.rules else []
        return "; ".join([*parts, *(f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names)])


@dataclass
class Standing:
    """How a sentence has fared: the scenarios by state, each with what says so."""

    obligation: Obligation
    found: dict[str, list[tuple[Evidence, str]]] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """Broken where it was once; never kept where nothing was seen."""
        if not self.obligation.is_judged:
            return NOT_JUDGED
        return next((state for state in (BROKEN, KEPT, UNKNOWN) if state in self.found), NOT_TRIED)


@cache
def obligations() -> tuple[Obligation, ...]:
    """All of the contract's page, in its order."""
    page, how = PAGE.read_text("utf-8"), tomllib.loads(HOW.read_text("utf-8"))
    (as_said,) = _AS_SAID.findall(page)
    found = []
    for one in re.finditer(as_said, page, re.MULTILINE):
        name, before = one[1], page[: one.start()]
        chapters = re.findall(r"^#{2,3} (.+)$", before, re.MULTILINE)
        named = {kind: tuple(how[kind].get(name, ())) for kind in ("fields", "scenarios", "cases", "preflight")}
        rules = tuple(rule.id for _, rule in sorted(RULES.items()) if name in rule.of)
        reason = how["not_judged"].get(name) or how["in_part"].get(name, "")
        found.append(Obligation(name, chapters[-1], _plain(one[0]), rules, **named, reason=reason))
    return tuple(found)


def _plain(sentence: str) -> str:
    """A sentence, or the row of a table, without Markdown and without its id."""
    text = re.sub(r"\s*\[C-[A-Z]+-\d+\]\s*", " ", re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", sentence)).replace("`", "")
    if not text.startswith("|"):
        return " ".join(text.removeprefix("-").split())
    first, *rest = (" ".join(cell.split()) for cell in text.strip("| \n").split("|"))
    return f"{first}: {'; '.join(filter(None, rest))}"


def standings(records: Sequence[Evidence]) -> list[Standing]:
    """Every sentence, in the contract's order, as it has fared in these scenarios."""
    found = [Standing(one) for one in obligations()]
    for record in records:
        if record.result not in UNJUDGED:
            for standing in found:
                said = dict(reversed(list(_said(standing.obligation, record))))
                state = next((state for state in (BROKEN, KEPT, UNKNOWN) if state in said), None)
                if state:
                    standing.found.setdefault(state, []).append((record, said[state]))
    return found


def _said(of: Obligation, record: Evidence) -> Iterator[tuple[str, str]]:
    """(state, what says so) of a sentence in one scenario."""
    for one in record.rules:
        if one.rule in of.rules and of.id in (one.of or [of.id]) and one.state != NOT_TRIED:
            yield one.state, f"{one.rule}{one.because and f': {one.because}'}"
    named = _EXAMPLE.sub("", record.name) in of.scenarios
    if named if of.scenarios else not of.cases or record.id in of.cases:
        words = {PASS: KEPT, FAIL: BROKEN}
        for row in record.observations:
            if row.field in of.fields:
                yield words.get(row.verdict, UNKNOWN), f"{row.field}: {row.actual}"
    if named and not of.fields:
        yield (KEPT, "") if record.result == PASS else (BROKEN, "the scenario failed")
