"""Whether a run of the suite noticed a mutant: read from the evidence it left, and from nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from support.judgement.rules.registry import BROKEN, CONTRACT_RULES, KEPT
from support.result_words import FAIL, PASS
from tests.proof.catalogue import Mutant

CAUGHT, SURVIVED, WRONG_PLACE, TEST_ENVIRONMENT = "caught", "survived", "wrong place", "not judged"
GREEN, RED = "green", "not green"

Records = list[dict[str, Any]]


@dataclass(frozen=True)
class Spot:
    """A Field that was red, or a rule that was broken; without either, a failure that came before all of them."""

    case: str
    scenario: str
    field: str
    expected: str
    actual: str


@dataclass
class Finding:
    """What became of one mutant, or of the unbroken executor.

    :param outcome: ``caught``, ``survived``, ``wrong place`` or ``not judged``; ``green`` or ``not green`` for the
        executor without a defect.
    :param where: the expected Field that was red, or the rule that was broken, if the mutant was caught.
    :param spots: all that was red.
    :param cause: what the suite says is the cause, of the scenario in which the mutant was caught.
    :param detail: one line on what is not as it should be; empty if nothing is.
    :param ran: the scenarios of each test case that ran.
    """

    id: str
    outcome: str
    where: Spot | None = None
    spots: list[Spot] = field(default_factory=list)
    cause: dict[str, Any] | None = None
    detail: str = ""
    ran: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    server: str = ""

    @property
    def good(self) -> bool:
        """As it should be."""
        return self.outcome in (CAUGHT, GREEN)


def judge(mutant: Mutant, records: Records) -> Finding:
    """Caught means: a scenario of the expected test case failed at an expected Field or broke an expected rule, and the
    executor is blamed for every failure there was. Where the breach of a rule is only listed, that is enough."""
    finding = Finding(mutant.id, CAUGHT, spots=red_spots(records), ran=_count(records))
    listed = [spot for record in records if record["result"] == PASS for spot in broken_rules(record)]
    finding.where = next((spot for spot in [*finding.spots, *listed] if _is_expected(mutant, spot)), None)
    finding.cause = next(
        (one.get("cause") for one in records if finding.where and one["name"] == finding.where.scenario), None
    )
    others = [record for record in records if record["result"] != PASS and record["blames"] != "the executor"]
    if mutant.case not in finding.ran:
        finding.outcome, finding.detail = TEST_ENVIRONMENT, f"no scenario of {mutant.case} was run"
    elif others:
        blamed = others[0]["blames"] or "nobody"
        finding.outcome, finding.detail = TEST_ENVIRONMENT, f"blamed on {blamed}: {first_line(others[0])}"
    elif finding.where is None and all(record["result"] == PASS for record in records):
        finding.outcome, finding.detail = SURVIVED, f"{len(records)} scenarios passed: {mutant.says}"
    elif finding.where is None:
        expected = " or ".join(mutant.fields) or f"{mutant.failure!r}, before any Field"
        red = "; ".join(f"{spot.case} {spot.field or 'no Field'}: {spot.actual}" for spot in finding.spots)
        finding.outcome, finding.detail = WRONG_PLACE, f"expected at {mutant.case} {expected}; red: {red}"
    return finding


def _is_expected(mutant: Mutant, spot: Spot) -> bool:
    if spot.case != mutant.case:
        return False
    return spot.field in mutant.fields if spot.field else bool(mutant.failure) and mutant.failure in spot.actual


def judge_unbroken(records: Records, expected: Iterable[str]) -> Finding:
    """Green means: every scenario there is has run and passed."""
    finding = Finding("the unbroken executor", GREEN, spots=red_spots(records), ran=_count(records))
    missing = set(expected) - {record["location"] for record in records}
    failed = [record for record in records if record["result"] != PASS]
    if failed:
        finding.outcome, finding.detail = RED, f"{failed[0]['name']}: {first_line(failed[0])}"
    elif missing or not records:
        finding.outcome, finding.detail = RED, f"{len(missing)} scenarios did not run"
    return finding


def disagreement(mutant: Mutant, finding: Finding) -> str | None:
    """What the suite says is the cause, where that is not what was named beforehand."""
    said = finding.cause or {}
    found = tuple(said.get(name, "") for name in ("who", "kind", "number"))
    if mutant.cause is None or found == mutant.cause:
        return None
    on_record = f"{', '.join(found)}. {said['sentence']}" if finding.cause else "none"
    return f"named: {', '.join(mutant.cause)}; on record: {on_record}"


def red_spots(records: Records) -> list[Spot]:
    spots = []
    for record in records:
        if record["result"] != FAIL:
            continue
        rows = [row for row in record["observations"] if row["verdict"] == FAIL]
        for row in rows:
            if row["field"] != CONTRACT_RULES:
                spots.append(Spot(record["id"], record["name"], row["field"], row["expected"], row["actual"]))
        spots += broken_rules(record)
        if not rows:
            spots.append(Spot(record["id"], record["name"], "", "", first_line(record)))
    return spots


def broken_rules(record: dict[str, Any]) -> list[Spot]:
    """A spot for each rule that was broken in a scenario."""
    broken = [one for one in record.get("rules", []) if one["state"] == BROKEN]
    return [Spot(record["id"], record["name"], one["rule"], KEPT, one["because"]) for one in broken]


def _count(records: Records) -> dict[str, int]:
    cases = [record["id"] for record in records]
    return {case: cases.count(case) for case in sorted(set(cases))}


def first_line(record: dict[str, Any]) -> str:
    """What a failed scenario says first."""
    return ((record["failure"] or "").strip().splitlines() or ["(no failure is on record)"])[0]
