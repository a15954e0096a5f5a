"""The features say what the result log's form says, with tags that make sense, in English and in Thai."""

import re

import pytest
from behave import step_registry
from behave.model import Scenario
from behave.parser import parse_feature
from behave.runner_util import load_step_modules

from support.errors import SuiteError
from support.form import TEST_CASES
from support.gateway.faults import FAULTS
from support.judgement.fields import known_fields
from support.run.phrase_check import check_phrases
from support.run.selection import all_features, expected_scenarios, id_of, scenarios_of
from support.scenario.carrying_out import REPORT_TROUBLES
from support.scenario.losing import LOSSES
from support.scenario.meanwhile import INCIDENTS
from support.scenario.meddling import DEEDS
from support.scenario.two_workers import FROZEN_AT
from support.scenario.workload import CHANGES
from tests.harness.running import PROJECT

SEVERITIES = {"blocker", "critical", "normal", "minor", "trivial"}


@pytest.fixture(scope="module")
def features():
    return all_features()


@pytest.fixture(scope="module")
def steps():
    load_step_modules([str(PROJECT / "steps")])
    return step_registry.registry


def then_rows(scenario: Scenario) -> list[tuple[str, str]]:
    (then,) = [step for step in scenario.steps if step.step_type == "then"]
    assert then.table.headings == ["Field", "Expected"], scenario.name
    return [(row["Field"], row["Expected"]) for row in then.table]


def test_every_test_case_has_its_forms_table_row_by_row(features):
    """One scenario of each test case (of TC-06, -08 and -09 each row of the outline) has all the form's rows, in order."""
    for case in TEST_CASES.values():
        tables = [then_rows(scenario) for scenario in scenarios_of(features) if id_of(scenario) == case.id]
        assert any(tuple(row for row in table if row in case.fields) == case.fields for table in tables), case.id


def test_every_test_case_has_the_forms_name_and_description(features):
    for case in TEST_CASES.values():
        scenarios = [scenario for scenario in scenarios_of(features) if id_of(scenario) == case.id]
        assert all(scenario.name.startswith(f"{case.id} {case.name}") for scenario in scenarios), case.id
        assert any(scenario.description[0] == case.description for scenario in scenarios), case.id


def test_every_scenario_has_one_id_its_priority_and_a_severity_in_lower_case(features):
    expected_scenarios(features)  # raises for ids and priorities
    for scenario in scenarios_of(features):
        assert len(SEVERITIES & {str(tag) for tag in scenario.effective_tags}) == 1, scenario.name


def test_every_expected_id_has_a_scenario(features):
    assert set(expected_scenarios(features)) == set(TEST_CASES)


def test_every_scenario_has_a_description_in_thai_or_the_forms_own(features):
    for scenario in scenarios_of(features):
        text = " ".join(scenario.description)
        assert TEST_CASES[id_of(scenario)].description in text or re.search(r"[\u0e00-\u0e7f]{3,}", text), scenario.name


def test_every_field_of_the_features_is_known_and_every_known_one_is_used(features):
    used = {field for scenario in scenarios_of(features) for field, _ in then_rows(scenario)}

    assert used - set(known_fields()) == set()
    assert set(known_fields()) - used == {"Unexpected changes"}  # judged in every scenario without being named


def test_every_phrase_of_the_features_has_exactly_one_step_function(features, steps):
    check_phrases(scenarios_of(features), steps)  # raises


def test_features_speak_business(features):
    """No ports, SQL, JSON or times in the features; an error's own number or status is a name, not a detail."""
    for path in (PROJECT / "features").glob("*.feature"):
        text = path.read_text(encoding="utf-8")
        for word in (
            r"\bSELECT\b",
            r"\bALTER\b",
            r"[{}]",
            r"\b\d+ ?(s|ms|seconds?)\b",
            r"localhost",
            r"127\.0",
            r"\bport\b",
        ):
            assert not re.search(word, text), f"{path.name}: {word}"


def test_every_phrase_is_there_in_english_and_in_thai_with_the_same_parts(steps):
    by_function: dict[str, list[str]] = {}
    for definitions in steps.steps.values():
        for definition in definitions:
            by_function.setdefault(definition.func.__name__, []).append(definition.pattern)
    assert by_function
    for name, patterns in by_function.items():
        thai = [p for p in patterns if re.search(r"[\u0e00-\u0e7f]", p)]
        assert len(patterns) == 2, f"{name}: {patterns}"
        assert len(thai) == 1, f"{name}: {patterns}"
        parts = [sorted(re.findall(r"{(\w+)", pattern)) for pattern in patterns]
        assert parts[0] == parts[1], f"{name}: {patterns}"


def test_a_scenario_written_in_thai_means_the_same(steps):
    feature = parse_feature(
        """# language: th
โครงหลัก: การยืนยันผล
  @TC-08 @P2 @normal
  เหตุการณ์: TC-08 ภาษาไทย
    กำหนดให้ execution run "test-tc08-001" ของ connection "conn-008" เพิ่ม index "idx_tc08_low" บน test_orders (status)
    และ query ของแอปพลิเคชันจะช้าลง เมื่อมี index แล้ว แต่จะรันเพียง 5 ครั้งใน metrics window
    เมื่อ worker 1 ดำเนินการ run
    ดังนั้น ผลใน result log เป็นดังนี้
      | Field              | Expected           |
      | Rollback performed | No                 |
"""
    )
    (scenario,) = scenarios_of([feature])
    names = [steps.find_step_definition(step).func.__name__ for step in scenario.steps]

    assert names == ["run_adds_index", "few_queries_change", "worker_carries_out", "the_result_log_reads"]


def test_api_errors_and_changes_of_the_examples_exist(features):
    for path in (PROJECT / "features").glob("*.feature"):
        text = path.read_text(encoding="utf-8")
        for error in re.findall(
            r"^\s*And the kill switch API (?:fails|will fail)[^:]*: ([^<\n]+)$", text, re.MULTILINE
        ):
            assert error in FAULTS
    examples = {row["API error"] for feature in features for scenario in feature.scenarios
                for examples in getattr(scenario, "examples", []) for row in examples.table
                if "API error" in row.headings}  # fmt: skip
    assert examples == set(FAULTS), "what the gateway can do, the features use"


@pytest.mark.parametrize(
    "words",
    [CHANGES, FROZEN_AT, REPORT_TROUBLES, DEEDS, LOSSES, INCIDENTS],
    ids=["changes", "moments", "troubles", "deeds", "losses", "incidents"],
)
def test_every_word_of_a_table_has_a_thai_one_of_its_own(words):
    thai = [meaning.thai for meaning in words.values()]

    assert all(re.search(r"[\u0e00-\u0e7f]{3,}", word) for word in thai)
    assert len(set(thai)) == len(words)


def feature_with(tags: str, name: str = "a scenario"):
    return parse_feature(f"Feature: f\n  {tags}\n  Scenario: {name}\n    Given x\n", filename="features/x.feature")


@pytest.mark.parametrize(
    ("tags", "complaint"),
    [
        ("@P0 @blocker", "has no id; a scenario has exactly one id tag"),
        ("@TC-01 @TC-02 @P0", "has TC-01, TC-02; a scenario has exactly one id tag"),
        ("@TC-99 @P0", "TC-99 is not among the expected ids"),
        ("@TC-02 @P1", "TC-02 has priority P0, the tags say P1"),
        ("@TC-02", "TC-02 has priority P0, the tags say none"),
    ],
)
def test_ids_that_make_no_sense_are_refused(tags, complaint):
    with pytest.raises(SuiteError, match=re.escape(complaint)):
        expected_scenarios([feature_with(tags)])


def test_two_scenarios_of_one_name_are_refused():
    twins = [feature_with("@TC-02 @P0"), feature_with("@TC-02 @P0")]

    with pytest.raises(SuiteError, match="have the same name: a scenario"):
        expected_scenarios(twins)
