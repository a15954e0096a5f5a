"""The Then table: what can't be judged is refused before anything is started, and a row that can't be seen never passes."""

import re

import pytest
from behave.configuration import Configuration
from behave.parser import parse_feature
from hamcrest import assert_that
from rich.cells import cell_len

from support.errors import SuiteError
from support.record.evidence import Observation
from support.result_words import FAIL, PASS, UNKNOWN
from support.run.selection import select
from support.scenario.result_table import AllAsExpected, as_lines


def feature(then: str):
    return parse_feature(
        f"Feature: f\n  @TC-02 @P0 @blocker\n  Scenario: s\n    Given the global kill switch is on\n{then}",
        filename="features/x.feature",
    )


@pytest.mark.parametrize(
    ("then", "complaint"),
    [
        ("", "features/x.feature:3 has no Then: it could not fail"),
        ("    Then the result log reads\n", "the result log's table has no row: nothing would be judged"),
        ("    Then the result log reads\n      | Field | Expected |\n", "has no row"),
        (
            "    Then the result log reads\n      | Field | Wanted |\n      | a | b |\n",
            "they have to be ['Field', 'Expected']",
        ),
        (
            "    Then the result log reads\n      | Field | Expected |\n      | Index creatd | No |\n",
            "unknown Field 'Index creatd'; did you mean 'Index created'? Known Fields: ADD INDEX",
        ),
        (
            "    Then the result log reads\n      | Field | Expected |\n" + 2 * "      | Index created | No |\n",
            "has a Field twice: Index created",
        ),
    ],
)
def test_a_table_that_cannot_be_judged_is_refused_with_its_place(then, complaint):
    with pytest.raises(SuiteError, match=re.escape(complaint)) as told:
        select([feature(then)], Configuration(command_args=["features"]))

    assert "features/x.feature:3" in str(told.value)


def observations(*verdicts: str) -> list[Observation]:
    return [
        Observation(f"Field {n}", "Yes", "Yes" if v == PASS else "No", v, f"reason {n}") for n, v in enumerate(verdicts)
    ]


def test_all_passed_is_as_expected():
    assert_that(observations(PASS, PASS), AllAsExpected())


@pytest.mark.parametrize("verdicts", [(), (FAIL,), (PASS, UNKNOWN), (PASS, FAIL, PASS)])
def test_anything_else_is_not(verdicts):
    with pytest.raises(AssertionError):
        assert_that(observations(*verdicts), AllAsExpected())


def test_the_message_has_every_row_and_the_reasons_of_the_wrong_ones():
    with pytest.raises(AssertionError) as told:
        assert_that(observations(PASS, FAIL), AllAsExpected())

    text = str(told.value)
    assert "1 of 2 differ" in text
    assert "Field 0" in text
    assert "✗ Field 1: reason 1" in text
    assert "reason 0" not in text


def test_thai_cells_keep_the_columns_in_line():
    lines = as_lines([Observation("a", "Error 1846 หรือ similar", "x", PASS), Observation("b", "No", "y", PASS)])

    assert cell_len(lines[2][: lines[2].index("x")]) == cell_len(lines[3][: lines[3].index("y")])
