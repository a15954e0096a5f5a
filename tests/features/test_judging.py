"""The Then table: what can't be judged is refused before anything is started, and a row that can't be seen never passes."""

import re

import pytest
from behave.configuration import Configuration
from behave.parser import parse_feature, parse_file
from behave.runner_util import load_step_modules
from behave.step_registry import registry
from hamcrest import assert_that
from rich.cells import cell_len

from support.errors import SuiteError
from support.judgement.fields.registry import REGISTRY, VALUES
from support.record.evidence import Observation
from support.result_words import FAIL, PASS, UNKNOWN
from support.run.phrase_check import check_phrases
from support.run.selection import select
from support.scenario.result_table import AllAsExpected, as_lines


def feature(then: str):
    return parse_feature(
        f"Feature: f\n  @TC-02 @P0 @blocker\n  Scenario: s\n    Given the global kill switch is on\n{then}",
        filename="features/x.feature",
    )


READS = "    Then the result log reads\n      | Field | Expected |\n"


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
        (
            READS + "      | Index created | Yse |\n",
            "the Field 'Index created' can't be 'Yse'; did you mean 'Yes'? It can be: Yes, No",
        ),
        (
            READS + "      | Final execution_run Status | COMPLETE |\n",
            "the Field 'Final execution_run Status' can't be 'COMPLETE'; did you mean 'COMPLETED'",
        ),
        (
            READS + "      | fail_reason | kill_switch หรือ nul |\n",
            "the Field 'fail_reason' can't be 'nul'; did you mean 'NULL'",
        ),
        (READS + "      | Index created | |\n", "the Field 'Index created' has an empty Expected cell"),
        (READS + "      | Index created | No |\n", "has no When: nothing would happen"),
    ],
)
def test_a_table_that_cannot_be_judged_is_refused_with_its_place(then, complaint):
    with pytest.raises(SuiteError, match=re.escape(complaint)) as told:
        select([feature(then)], Configuration(command_args=["features"]))

    assert "features/x.feature:3" in str(told.value)


def test_every_field_says_what_it_can_be():
    assert [name for name in REGISTRY if not VALUES[name]] == []


def test_a_row_without_its_end_is_refused_with_its_place(tmp_path):
    """behave would cut the last letter of the last cell off: 10 samples would be 1."""
    path = tmp_path / "x.feature"
    path.write_text(
        "Feature: f\n  @TC-08 @P2 @normal\n  Scenario: s\n    When worker 1 carries out the run\n"
        f"{READS}      | Samples in the metrics window | 10\n",
        encoding="utf-8",
    )

    with pytest.raises(SuiteError, match=r"x\.feature:7: the row has no \| at its end"):
        select([parse_file(str(path))], Configuration(command_args=["features"]))


RUN = 'Given execution run "r" on connection "c" adds index "i" on {}'


@pytest.mark.parametrize(
    ("phrase", "complaint"),
    [
        (RUN.format("test_order (status)"), "'test_order' is no table; did you mean 'test_orders'?"),
        (RUN.format("test_orders (statsu)"), "'statsu' is no column of test_orders; did you mean 'status'?"),
        (
            RUN.format("test_orders (status, order_dat)"),
            "'order_dat' is no column of test_orders; did you mean 'order_date'?",
        ),
        ("Given another session will hold a lock on test_order once the index exists", "'test_order' is no table"),
    ],
)
def test_a_table_or_column_that_is_not_there_is_refused(phrase, complaint):
    load_step_modules(["steps"])
    (scenario,) = parse_feature(f"Feature: f\n  Scenario: s\n    {phrase}\n", filename="features/x.feature").scenarios

    with pytest.raises(SuiteError, match=re.escape(complaint)):
        check_phrases([scenario], registry)


@pytest.mark.parametrize(
    "phrases",
    [
        (RUN.format("test_orders (status(10), order_date)"),),
        ("Given there is a table test_places of locations", RUN.format("test_places (location)")),
    ],
)
def test_one_that_is_there_or_made_is_not(phrases):
    load_step_modules(["steps"])
    steps = "\n    ".join(phrases)
    (scenario,) = parse_feature(f"Feature: f\n  Scenario: s\n    {steps}\n", filename="features/x.feature").scenarios

    check_phrases([scenario], registry)


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
