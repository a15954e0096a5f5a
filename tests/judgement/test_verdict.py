"""The decision is total and pessimistic."""

import itertools

import pytest

from support.form import TEST_CASES
from support.judgement.rules import RULES
from support.judgement.rules.registry import BROKEN, KEPT, NOT_TRIED, RECORD
from support.judgement.verdict import decide, result_of, verdict
from support.record.evidence import Cause, Judged
from support.record.reading import Record
from support.result_words import APPROVED, BLOCKED, CONDITIONAL

P0, P1 = ("TC-02", "TC-03", "TC-09"), ("TC-01", "TC-06")
P2 = ("TC-04", "TC-05", "TC-07", "TC-08", "TC-10")
WORDS = ("PASS", "FAIL", "NOT RUN")


def test_the_priorities_are_those_of_the_form():
    assert {case.id for case in TEST_CASES.values() if case.priority == "P0"} == set(P0)
    assert {case.id for case in TEST_CASES.values() if case.priority == "P1"} == set(P1)
    assert {case.id for case in TEST_CASES.values() if case.priority == "P2"} == set(P2)


@pytest.mark.parametrize("p2", WORDS)
def test_every_combination_of_p0_and_p1(p2):
    for words in itertools.product(WORDS, repeat=5):
        results = dict(zip((*P0, *P1), words, strict=True)) | dict.fromkeys(P2, p2)
        if words[:3] != ("PASS",) * 3:
            expected = BLOCKED
        elif words[3:] == ("PASS", "PASS"):  # 80 % of two is both
            expected = APPROVED
        else:
            expected = CONDITIONAL
        assert decide(results)[0] == expected, results


def test_what_is_missing_did_not_run():
    assert decide({})[0] == BLOCKED
    assert decide(dict.fromkeys(P0, "PASS"))[0] == CONDITIONAL


def test_an_unknown_word_is_no_pass():
    assert decide(dict.fromkeys(TEST_CASES, "PASS") | {"TC-02": "UNKNOWN"})[0] == BLOCKED


def test_the_reasons_name_every_test_case_that_did_not_pass():
    decision, reasons = decide(dict.fromkeys(TEST_CASES, "PASS") | {"TC-07": "FAIL"})

    assert decision == APPROVED
    assert reasons == [
        "passed: P0 3 of 3, P1 2 of 2, P2 4 of 5; beyond the form: 1 of 1",
        "P2 TC-07 Verification Fail + Rollback Fail: FAIL",
    ]


@pytest.mark.parametrize(("beyond", "expected"), [("PASS", APPROVED), ("FAIL", CONDITIONAL), ("NOT RUN", APPROVED)])
def test_a_test_case_beyond_the_form_has_no_part_in_its_numbers_but_forbids_an_approval_if_it_is_red(beyond, expected):
    decision, reasons = decide(dict.fromkeys(TEST_CASES, "PASS") | {"TC-11": beyond})

    assert decision == expected
    assert reasons[0] == f"passed: P0 3 of 3, P1 2 of 2, P2 5 of 5; beyond the form: {int(beyond == 'PASS')} of 1"
    assert ("P3 TC-11 SaaS API by Itself: FAIL" in reasons) == (beyond == "FAIL")
    assert decide(dict.fromkeys(TEST_CASES, "PASS") | {"TC-11": beyond, "TC-02": "FAIL"})[0] == BLOCKED


def record(location, result="PASS", status="FAILED", blames=None, case_id="TC-09"):
    one = Record(
        id=case_id, name="", feature="", location=location, tags=[], description="", result=result,
        actual_status=status, duration_s=1.0, blames=blames, rules=[Judged(name, KEPT, 1) for name in RULES],
    )  # fmt: skip
    one.file = f"{location}.json"
    return one


@pytest.mark.parametrize(
    ("records", "expected", "result"),
    [
        ([record("a"), record("b")], {"a", "b"}, "PASS"),
        ([record("a")], {"a", "b"}, "NOT RUN"),
        ([record("a"), record("b", "FAIL")], {"a", "b"}, "FAIL"),
        ([record("a", "FAIL")], {"a", "b"}, "FAIL"),
        ([record("a"), record("b", "NOT RUN")], {"a", "b"}, "NOT RUN"),
        ([record("a"), record("a", "FAIL")], {"a"}, "FAIL"),
        ([record("a", "anything else")], {"a"}, "FAIL"),
        ([], {"a"}, "NOT RUN"),
        ([], set(), "NOT RUN"),
    ],
)
def test_a_test_case_passes_only_if_all_its_scenarios_ran_and_passed(records, expected, result):
    assert result_of("TC-09", records, expected).result == result


def test_the_verdict_has_what_a_pipeline_needs():
    content = verdict("run-1", [record("a")], {"TC-09": {"a"}}, {"OS": "Debian"}, [])

    assert (content["run_id"], content["decision"], content["environment"]) == ("run-1", BLOCKED, {"OS": "Debian"})
    assert list(content["test_cases"]) == [f"TC-{n:02d}" for n in range(1, 12)]
    assert content["test_cases"]["TC-09"] == {
        "name": "Kill Switch API Failure",
        "priority": "P0",
        "result": "PASS",
        "expected_status": "FAILED",
        "actual_status": "FAILED",
        "duration_s": 1.0,
        "scenarios": 1,
        "scenarios_run": 1,
        "scenarios_not_applicable": 0,
        "unmet": [],
        "evidence": ["a.json"],
        "blames": [],
    }


def everything():
    """A record of each test case, all passed, and what was expected."""
    return [record("a", case_id=case_id) for case_id in TEST_CASES], {case_id: {"a"} for case_id in TEST_CASES}


def test_a_rule_that_was_never_tried_is_a_gap_and_no_approval():
    records, expected = everything()
    for one in records:
        one.rules = [Judged(rule.rule, NOT_TRIED if rule.rule == "R-01" else KEPT, 0) for rule in one.rules]
    content = verdict("r", records, expected, {}, [])

    assert content["decision"] == CONDITIONAL
    assert "the contract's rules R-01 were never tried" in content["reasons"]
    records[0].rules[0] = Judged("R-01", KEPT, 1)
    assert verdict("r", records, expected, {}, [])["decision"] == APPROVED


def test_what_only_test_cases_beyond_the_form_try_is_no_gap_where_one_of_their_scenarios_was_left_out():
    records, expected = everything()
    for one in records:
        one.rules = [Judged(rule.rule, NOT_TRIED if rule.rule == "R-57" else KEPT, 0) for rule in one.rules]
    assert verdict("r", records, expected, {}, [])["decision"] == CONDITIONAL

    records[-1].result, records[-1].unmet = "N/A", "needs a second SaaS API"
    assert verdict("r", records, expected, {}, [])["decision"] == APPROVED


def test_a_gap_of_a_run_in_part_is_not_worth_a_word():
    assert not any("never tried" in reason for reason in verdict("r", [], {"TC-09": {"a"}}, {}, [])["reasons"])


def test_a_broken_rule_about_records_is_not_red_and_not_approved():
    records, expected = everything()
    name = next(rule.id for rule in RULES.values() if rule.severity == RECORD)
    records[3].rules = [Judged(name, BROKEN, 1, "the details are a number")]
    content = verdict("r", records, expected, {}, [])

    assert content["decision"] == CONDITIONAL
    assert f"rule {name} was not kept (scenarios: 1): {RULES[name].english}" in content["reasons"]
    assert content["contract"]["rules"][name] == {KEPT: len(TEST_CASES) - 1, BROKEN: 1}


def test_red_scenarios_are_grouped_by_their_cause():
    records, expected = everything()
    for one, number in zip(records, ("422", "1064", "422"), strict=False):
        one.result, one.cause = "FAIL", Cause("the SaaS API", "call refused", number, f"refused with {number}")
    causes = verdict("r", records, expected, {}, [])["causes"]

    assert [(one["scenarios"], one["sentence"], one["location"]) for one in causes] == [
        (2, "refused with 422", "a"), (1, "refused with 1064", "a")
    ]  # fmt: skip


def test_trouble_with_the_run_itself_forbids_an_approval():
    all_passed, expected = everything()

    assert verdict("r", all_passed, expected, {}, [])["decision"] == APPROVED
    content = verdict("r", all_passed, expected, {}, ["the stack did not stop well"])
    assert content["decision"] == BLOCKED
    assert "the stack did not stop well" in content["reasons"]
