"""The contract, sentence by sentence: each has its standing in the scenarios of a run, and says what it rests on."""

import pytest

from support.judgement.obligations import NOT_JUDGED, obligations, standings
from support.judgement.rules import judge_all
from support.judgement.rules.registry import BROKEN, KEPT, NOT_TRIED
from support.record.evidence import Evidence, Observation
from support.result_words import FAIL, NOT_RUN, PASS
from tests.documents.test_contract_ids import IDS
from tests.judgement.histories import completed, refused, stopped


def record(story, case="TC-01", name="x", result=PASS, rows=()):
    found = Evidence(case, name, "", "features/x.feature:1", [], "", result=result)
    found.rules, found.observations = judge_all(story.build()), list(rows)
    return found


def standing(name, *records):
    return next(one for one in standings(records) if one.obligation.id == name)


def test_every_sentence_is_there_in_the_contracts_order_and_in_plain_words():
    found = {one.id: one for one in obligations()}

    assert list(found) == IDS
    assert not any(sign in one.text for one in found.values() for sign in ("`", "[C-", "|"))
    assert found["C-SWITCH-8"].text == "Redirects are not followed."
    assert found["C-END-4"].text.startswith(
        "LOCK=NONE refused (1845, 1846): requires_manual; execution_error; not created;"
    )
    assert found["C-SWITCH-8"].chapter == "Kill switch"
    assert found["C-DDL-5"].judged_by == "R-27"


def test_broken_once_is_broken_and_never_seen_is_not_tried():
    right, wrong = record(completed()), record(completed().without("look"), result=FAIL)
    found = standing("C-SWITCH-1", right, wrong)

    assert (found.state, found.found[KEPT], [one for one, _ in found.found[BROKEN]]) == (
        BROKEN,
        [(right, "R-10")],
        [wrong],
    )
    assert found.found[BROKEN][0][1].startswith("R-10: worker 1 sent ALTER TABLE")
    assert standing("C-SWITCH-1", right).state == KEPT
    assert standing("C-SWITCH-1", record(stopped(), result=NOT_RUN)).state == NOT_TRIED
    assert standing("C-LOG-1", right).state == NOT_JUDGED


@pytest.mark.parametrize(
    ("story", "tried"),
    [(completed(), "C-END-11"), (refused(), "C-END-4"), (refused(1061, "Duplicate key name 'x'", "failed"), "C-END-5")],
)
def test_of_the_rows_of_ends_only_that_of_the_run_is_tried(story, tried):
    rows = ("C-END-4", "C-END-5", "C-END-11", "C-END-14", "C-END-17")
    by_r37 = [one for one in judge_all(story.build()) if one.rule == "R-37"]

    assert [name for name in rows if name in by_r37[0].of] == [tried]


def test_a_field_counts_in_its_test_cases_alone():
    rows = [Observation("Kill switch detected", "Yes", "No", "FAIL")]

    assert standing("C-END-1", record(completed(), "TC-02", result=FAIL, rows=rows)).state == BROKEN
    assert standing("C-END-1", record(completed(), "TC-03", result=FAIL, rows=rows)).state == NOT_TRIED


def test_a_scenario_that_is_named_judges_by_its_result():
    name = "TC-09 Kill Switch API Failure: 302 to an address that says inactive"
    of = "C-SWITCH-8"

    assert standing(of, record(stopped(), "TC-09", f"{name} -- @1.2")).state == KEPT
    assert standing(of, record(stopped(), "TC-09", name, FAIL)).found[BROKEN][0][1] == "the scenario failed"
    assert standing(of, record(stopped(), "TC-09", "another one")).state == NOT_TRIED
