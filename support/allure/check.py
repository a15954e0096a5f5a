"""Holding behave, the Allure results, the evidence and the expected ids against each other."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from allure_commons.model2 import Status

from support.allure.judgement import RED
from support.record.outcome import NOT_ENDED, PASSED, Outcome
from support.record.reading import Record, read_all
from support.result_words import PASS

Result = dict[str, Any]
Expected = Mapping[str, Collection[str]]
"""The locations of all scenarios there are, by id."""


def check(results: Path, evidence: Path, outcomes: Iterable[Outcome], failed: bool, expected: Expected) -> list[str]:
    """The differences, in words; none if all sides tell the same story.

    :param outcomes: what behave says of every selected scenario.
    :param failed: behave calls the run failed.
    """
    shown = read(results)
    found: dict[str, list[Result]] = defaultdict(list)
    for result in shown:
        if location := label(result, "location"):
            found[location].append(result)
    records: dict[str, list[Record]] = defaultdict(list)
    for record in read_all(evidence):
        records[record.location].append(record)
    differences, selected = [], set()
    for outcome in outcomes:
        selected.add(outcome.location)
        texts = _of_scenario(outcome, found[outcome.location], records[outcome.location], expected)
        differences += [f"{outcome.location}: {text}" for text in texts]
    for what, places in (("Allure has a result", found), ("there is evidence", records)):
        differences += [f"{place}: {what}, but it was not selected" for place in sorted(places.keys() - selected)]
    if failed and not any(result["status"] in RED for result in shown):
        differences.append("behave calls the run failed, but no result in Allure is red")
    return differences


def _of_scenario(outcome: Outcome, results: list[Result], records: list[Record], expected: Expected) -> list[str]:
    if len(results) != 1:
        return [f"behave calls it {outcome.status}, Allure has {len(results)} results of it"]
    status, said = results[0]["status"], []
    behave_passed, allure_passed = outcome.status == PASSED, status == Status.PASSED
    if behave_passed != allure_passed or (outcome.status not in NOT_ENDED and not behave_passed and status not in RED):
        said.append(f"behave calls it {outcome.status}, Allure {status}")
    elif outcome.status in NOT_ENDED and status in RED:
        said.append(f"behave calls it {outcome.status}, as if nothing was wrong; Allure {status}")
    verdicts = [record.result for record in records]
    if len(verdicts) > 1:
        said.append(f"there are {len(verdicts)} evidence records of it")
    elif (verdicts == [PASS]) != allure_passed:
        said.append(f"Allure calls it {status}, the evidence {verdicts[0] if verdicts else 'is missing'}")
    case_id = label(results[0], "test_case")
    if outcome.location not in expected.get(case_id, ()):
        said.append(f"{case_id or 'without an id'} is not among the expected ids, or not with this scenario")
    return said


def read(results: Path) -> list[Result]:
    """Every result of a folder."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(results.glob("*-result.json"))]


def label(result: Result, name: str) -> str:
    """The value of a result's label; empty without one."""
    return next((label["value"] for label in result.get("labels", ()) if label["name"] == name), "")
