"""What became of a mutant in a run of the suite: read from the evidence the run left, and from nothing else."""

from dataclasses import dataclass

from support.result_words import FAIL, PASS
from tests.proof.judging import Spot, first_line, red_spots
from tests.proof.running import Left

KILLED, NO_START, SURVIVED, NO_ANSWER = "killed", "killed at its start", "survived", "no answer"
KILLED_OUTCOMES = (KILLED, NO_START)
API_ENDED = "the SaaS API ended while starting"


@dataclass
class Trial:
    """What became of one mutant.

    :param outcome: ``killed`` by a scenario that blames the executor; ``killed at its start`` if the agent or the API
        could not be started; ``survived`` all ten test cases; ``no answer`` if the test environment alone was blamed.
    :param case: the test case that noticed; empty where none did.
    :param scenario: the scenario that noticed.
    :param field: the first Field that was red; empty if the scenario failed before any could be observed.
    :param detail: one line on what was seen.
    """

    outcome: str
    case: str = ""
    scenario: str = ""
    field: str = ""
    detail: str = ""
    seconds: float = 0.0
    runs: int = 0


def judge(left: Left) -> Trial:
    """Judge one run of a part of the test cases; ``survived`` means that every scenario selected ran and passed."""
    failed = [record for record in left.records if record["result"] == FAIL]
    for record in failed:
        if record["blames"] == "the executor":
            spot = red_spots([record])[0]
            return Trial(KILLED, record["id"], record["name"], spot.field, _told(spot))
    for record in failed:
        if record["blames"] == "the agent command":
            return Trial(NO_START, record["id"], record["name"], detail=first_line(record))
    troubles = left.run.get("troubles", [])
    ended = next((trouble for trouble in troubles if API_ENDED in trouble), None)
    if ended:
        return Trial(NO_START, detail=ended.partition(" (log:")[0])
    if not left.run.get("ended"):
        return Trial(NO_ANSWER, detail=f"the run did not end: {left.last_line}")
    if failed:
        return Trial(NO_ANSWER, detail=f"{failed[0]['name']}: blamed on {failed[0]['blames']}: {first_line(failed[0])}")
    passed = {record["location"] for record in left.records if record["result"] == PASS}
    missing = set(left.run["selected"]) - passed
    if missing or troubles or not passed:
        return Trial(NO_ANSWER, detail=(troubles or [f"{len(missing)} scenarios did not run"])[0])
    return Trial(SURVIVED)


def _told(spot: Spot) -> str:
    return f"expected {spot.expected!r}, was {spot.actual!r}" if spot.field else spot.actual
