"""The status Allure shows: the worst of what behave and the evidence say, and whom it blames."""

from dataclasses import dataclass
from pathlib import Path

from allure_commons.model2 import Status

from support.record.evidence import Evidence
from support.record.outcome import NOT_ENDED, PASSED, SKIPPED, Outcome
from support.result_words import PASS, UNJUDGED

RED = (Status.FAILED, Status.BROKEN)

EXECUTOR, TEST_ENVIRONMENT, SUITE = "the executor", "the test environment", "the suite"

CATEGORIES = Path(__file__).with_name("categories.json")
"""Tried in this order; the status and the ``Blame:`` line decide. A pattern has to match the whole message."""


@dataclass(frozen=True)
class Judgement:
    """Allure's status, whom it blames (None where nobody), and the message."""

    status: str
    blames: str | None
    message: str | None


def judge(outcome: Outcome, record: Evidence | None, unfinished: str) -> Judgement:
    """The status of a scenario with its evidence, if it left any; ``unfinished``: why one that never began did not run."""
    troubles = [(record.blames, record.failure)] if record and record.failure else []
    troubles += [(step.blames, step.message) for step in outcome.steps if step.message]
    troubles += outcome.troubles
    if not troubles:
        if record is not None and record.unmet and outcome.status == SKIPPED and record.result in UNJUDGED:
            return Judgement(Status.SKIPPED, None, f"{record.result}: {record.unmet}")  # as its evidence says, too
        contradiction = _contradiction(outcome, record)
        if contradiction is None and outcome.status == PASSED:
            return Judgement(Status.PASSED, None, None)
        if contradiction is None:
            return Judgement(Status.UNKNOWN, None, f"not run: {outcome.skip_reason or unfinished}")
        troubles = [(SUITE, contradiction)]
    messages: list[str] = []
    for _, message in troubles:
        if not any(message in earlier for earlier in messages):
            messages.append(message)
    blames = troubles[0][0] or SUITE
    status = Status.FAILED if blames == EXECUTOR else Status.BROKEN
    return Judgement(status, blames, "\n\n".join(message.strip() for message in messages))


def _contradiction(outcome: Outcome, record: Evidence | None) -> str | None:
    """What is wrong where nothing failed, if anything is: a result that is missing or not the same on all sides."""
    if outcome.status == PASSED:
        if record is None:
            return "behave calls the scenario passed, but it left no evidence"
        return None if record.result == PASS else f"behave calls it passed, its evidence says {record.result}"
    if outcome.status not in NOT_ENDED:
        return f"behave calls the scenario {outcome.status}"
    if outcome.begun:
        why = f": {outcome.skip_reason}" if outcome.skip_reason else ""
        return f"the scenario began and was not carried to its end (behave calls it {outcome.status}){why}"
    return None
