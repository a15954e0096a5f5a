"""The cause: the earliest event that the contract did not expect, who did it, and one sentence for it."""

import json

import pytest

from support.errors import WrongAnswer
from support.judgement.cause import LONGEST, MOST_LINES, beside, by_cause, cause_of, of_answer, of_records
from support.judgement.rules import judge_all
from support.record.evidence import Cause, Observation
from tests.judgement.histories import (
    ADD,
    DONE,
    READ,
    RIGHT,
    RUN,
    STOPPED,
    added,
    claimed,
    completed,
    contested,
    frozen,
    measured,
    moment,
    not_undone,
    refused,
    rolled_back,
    taken_over,
)

WRONG = Observation("Index created", "Yes", "No", "FAIL", "information_schema shows no index x")
RIGHT_ROW = Observation("Index created", "Yes", "Yes", "PASS")


def cause(story, *rows, rules=False):
    history = story.build()
    return cause_of(history, judge_all(history) if rules else [], rows)


def problem(detail):
    return json.dumps({"type": "about:blank", "title": "Refused", "detail": detail})


# -- calls ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "answer", "sentence"),
    [
        ("report", 422, problem("status: unknown"),
         "The SaaS API refused worker 1's report (PATCH /api/executions/test-tc06-001/status) with 422: status: unknown"),
        ("claim", 404, problem("no such execution"),
         "The SaaS API refused worker 1's claim (POST /api/executions/test-tc06-001/claim) with 404: no such execution"),
        ("heartbeat", 401, json.dumps({"title": "Unauthorized"}),
         "The SaaS API refused worker 1's heartbeat (POST /api/executions/test-tc06-001/heartbeat) with 401: Unauthorized"),
        ("look", 401, "<html>Sign in</html>",
         "The SaaS API refused worker 1's question for the kill switch (GET /api/kill-switch?connection_id=conn-006) with 401:"
         " <html>Sign in</html>"),
        ("heartbeat", 503, "",
         "The SaaS API refused worker 1's heartbeat (POST /api/executions/test-tc06-001/heartbeat) with 503: nothing"),
        ("heartbeat", 409, problem("lease lost"),
         "The SaaS API refused worker 1's heartbeat (POST /api/executions/test-tc06-001/heartbeat) with 409: lease lost"),
        ("claim", 409, "[1]",
         "The SaaS API refused worker 1's claim (POST /api/executions/test-tc06-001/claim) with 409: [1]"),
    ],
)  # fmt: skip
def test_a_call_that_was_refused(name, status, answer, sentence):
    story = completed().change(name, status=status, answer=answer)
    found = cause(story, WRONG)

    assert (found.who, found.kind, found.number, found.sentence) == (
        "the SaaS API", "call refused", str(status), sentence)  # fmt: skip
    assert found.at == next(call.answered for call in story.build().calls if call.status == status)


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (rolled_back().change("record", status=422), "worker 1's rollback record (POST /api/rollbacks) with 422"),
        (not_undone().change("audit", status=422), "worker 1's audit entry (POST /api/audit) with 422"),
        (completed().call("asked", 0.05, "run", status=404), "worker 1's question for the run (GET"),
        (completed().call("said", 0.95, "progress", status=401), "worker 1's call (POST"),
        (completed().call("again", 2.3, "status", said=DONE, status=409), "worker 1's report (PATCH"),
    ],
)
def test_every_kind_of_call_has_its_words(story, words):
    assert words in cause(story, WRONG).sentence


@pytest.mark.parametrize(
    "story",
    [
        contested(),
        frozen(),
        taken_over().call("early", 1.0, "claim", worker=2, status=409),
        completed().worker(2).call("late claim", 2.5, "claim", worker=2, status=409),
        completed().call("heartbeat beside the report", 2.5, "heartbeat", status=409),
        completed().call("another end", 2.5, "status", said=STOPPED, status=409),
        completed().change("claim", lease=0.5).change("heartbeat", status=409).without("report"),
        completed().call("progress", 0.95, "progress", status=404),
        completed().change("second look", status=503, fault="503 Service Unavailable"),
        completed().change("second look", status=None, fault="connection reset"),
    ],
)
def test_a_refusal_that_the_contract_asks_for_is_no_cause(story):
    assert cause(story) is None
    assert cause(story, WRONG).kind == "row"


@pytest.mark.parametrize(
    ("story", "number", "words"),
    [
        (completed().change("claim", status=202), "202", "worker 1's claim (POST /api/executions/test-tc06-001/claim) with 202"
         " instead of 200"),
        (completed().without("report").call("report", 2.3, "status", said={"status": "running?"}), "200",
         "with 200, and the run is still running"),
        (completed().known(answer_to_same_id="201 Created"), "201", "whose id is taken with 201 Created instead of 409"),
    ],
)  # fmt: skip
def test_a_wrong_answer(story, number, words):
    found = cause(story, WRONG)

    assert (found.who, found.kind, found.number) == ("the SaaS API", "wrong answer", number)
    assert words in found.sentence


def test_an_answer_to_the_suite_itself_is_a_divergence_like_any_other():
    answer = of_answer(WrongAnswer("the SaaS API at x answered POST /api/executions with 500 instead of 201: y", 500))

    assert cause_of(None, [], [], [answer]) == answer
    assert (answer.kind, answer.number, answer.sentence[:12]) == ("wrong answer", "500", "The SaaS API")


# -- statements -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "number", "sentence"),
    [
        (refused(1064, "You have an error in your SQL syntax", "failed"), "1064",
         "Worker 1 sent the ADD INDEX and the server refused it: error 1064: You have an error in your SQL syntax"),
        (refused(1054, "Unknown column 'x'", "failed"), "1054",
         "Worker 1 sent the ADD INDEX and the server refused it: error 1054: Unknown column 'x'"),
        (not_undone().known(expected_errors=[1142]), "1205",
         "Worker 1 sent the DROP INDEX and the server refused it: error 1205: Lock wait timeout exceeded"),
        (completed().change("open", errno=1142, message="SELECT command denied"), "1142",
         "Worker 1 sent its read of the metrics and the server refused it: error 1142: SELECT command denied"),
        (completed().sent("typo", 0.15, "SELEC 1", errno=1064, message="near SELEC", executed=False), "1064",
         "Worker 1 sent SELEC 1 and the server refused it: error 1064: near SELEC"),
    ],
)  # fmt: skip
def test_a_statement_that_failed(story, number, sentence):
    found = cause(story, WRONG)

    assert (found.who, found.kind, found.number, found.sentence) == ("worker 1", "statement failed", number, sentence)


@pytest.mark.parametrize(
    "story",
    [
        refused(),
        refused(1061, "Duplicate key name", "failed"),
        not_undone(),
        completed().sent("foreign", 0.5, ADD, worker=None, errno=1064),
        completed().sent("a look", 0.5, "SELECT * FROM execution_notes", errno=1146),
        completed().sent("prepared", 0.5, READ, errno=1295, executed=False),
    ],
)
def test_an_error_that_the_situation_was_made_for_is_no_cause(story):
    assert cause(story) is None


# -- exits ----------------------------------------------------------------------------------------------------------


def test_a_worker_that_broke():
    found = cause(added().worker(1, exit_status=1, last_words="Traceback …\nKeyError: 'lease'"), WRONG)

    assert found == Cause(
        "worker 1", "exit", "1",
        "Worker 1 exited with status 1; its last words: Traceback …\nKeyError: 'lease'", moment(3.0),
    )  # fmt: skip


def test_of_many_last_words_the_end_is_quoted():
    found = cause(added().worker(1, exit_status=1, last_words="x" * 1000 + "KeyError"), WRONG)

    assert found.sentence.endswith("KeyError")
    assert len(found.sentence) < LONGEST + 60


@pytest.mark.parametrize(
    "story",
    [
        completed(),
        contested(),
        completed().worker(1, exit_status=None),
        completed().worker(1, exit_status=-9, killed=2.3),
        frozen(),
    ],
)
def test_an_exit_that_says_what_happened_or_was_made_is_no_cause(story):
    assert cause(story) is None


# -- rules and rows -------------------------------------------------------------------------------------------------


def test_a_rule_that_was_broken():
    found = cause(completed().without("look"), WRONG, rules=True)

    assert (found.who, found.kind, found.number, found.at) == ("worker 1", "rule broken", "R-10", moment(1.0))
    assert found.sentence.startswith("Worker 1 sent ALTER TABLE")
    assert found.sentence.endswith("(R-10: An ADD INDEX is sent only after the kill switch was asked under the claim, and the"
                                   ' answer was a well-formed "inactive".)')  # fmt: skip


def test_rules_that_are_kept_unknown_or_not_tried_are_no_cause():
    assert cause(completed().change("open again", at=1.2205), rules=True) is None


def test_the_first_row_that_differs_if_nothing_tells_more():
    second = Observation("fail_reason", "NULL", "kill_switch", "FAIL")

    assert cause(completed(), RIGHT_ROW, WRONG, second) == Cause(
        "the executor", "row", "Index created",
        "Index created should be 'Yes' and is 'No': information_schema shows no index x",
    )  # fmt: skip
    assert cause(completed(), second).sentence == "fail_reason should be 'NULL' and is 'kill_switch'"


def test_a_row_that_could_not_be_seen_differs_and_one_that_was_not_judged_does_not():
    assert cause(completed(), Observation("x", "Yes", "unknown", "UNKNOWN")).number == "x"
    assert cause(completed(), Observation("x", "Yes", "", "NOT RUN"), Observation("y", "Yes", "", "N/A")) is None


def test_without_a_history_the_rows_are_all_there_is():
    assert cause_of(None, [], [WRONG]).kind == "row"
    assert cause_of(None, [], []) is None


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_history_has_no_cause(name):
    assert cause(RIGHT[name](), RIGHT_ROW, rules=True) is None


# -- the earliest of several ----------------------------------------------------------------------------------------

BROKE = {"exit_status": 1, "last_words": "x"}


@pytest.mark.parametrize(
    ("story", "kind", "number"),
    [
        # the API refuses the report, and the worker breaks for it
        (completed().change("report", status=422).worker(1, **BROKE), "call refused", "422"),
        # the server refuses the ADD INDEX, the API then the report
        (refused(1064, "x", "failed").change("report", status=422), "statement failed", "1064"),
        # a refused look before a refused statement
        (refused(1064, "x", "failed").change("look", status=401), "call refused", "401"),
        # the worker broke before its successor met an error
        (taken_over().worker(1, killed=None, ended=1.2, **BROKE)
         .sent("typo", 3.65, "SELEC 1", worker=2, errno=1064, executed=False), "exit", "1"),
        # the switch was not asked, long before the worker breaks
        (completed().without("look").worker(1, **BROKE), "rule broken", "R-10"),
        # a wrong statement, refused by the server: the rule and the error are of one moment, and the error says more
        (claimed().sent("add", 1.0, "ALTER TABLE test_orders ADD INDEX", errno=1064), "statement failed", "1064"),
    ],
)  # fmt: skip
def test_the_earliest_wins(story, kind, number):
    found = cause(story, WRONG, rules=True)

    assert (found.kind, found.number) == (kind, number)


def test_what_nobody_knows_the_time_of_is_the_cause_only_alone():
    story = measured().worker(1, ended=None, exit_status=1)

    assert cause(story).kind == "exit"
    assert cause(story.sent("typo", 2.5, "SELEC 1", errno=1064, executed=False)).kind == "statement failed"


@pytest.mark.parametrize(
    ("story", "number"),
    [
        # it drops an index that is not its own, and does not ask for it online either
        (completed().sent("foreign", 0.95, f"ALTER TABLE test_orders DROP INDEX {RUN.index_name}"), "R-24"),
        # the report says what is not true, and no look came before it
        (claimed().call("report", 1.0, "status", said=DONE), "R-30"),
    ],
)
def test_of_what_one_act_breaks_the_deed_is_named(story, number):
    assert cause(story, WRONG, rules=True).number == number


def test_what_another_worker_killed_is_that_ones_deed():
    story = contested().sent("shot", 0.9, "SELECT 1", errno=1317, executed=False)

    assert cause(story, WRONG).number == "1317"
    assert cause(story.sent("kill", 0.95, "KILL 5", worker=2), WRONG).kind == "row"


def test_a_mere_record_that_is_broken_has_a_cause():
    judged = judge_all(completed().row(message=None).build())

    assert (of_records(judged).number, of_records(judged).who) == ("R-36", "the SaaS API")
    assert of_records(judge_all(completed().build())) is None


# -- beside the cause -----------------------------------------------------------------------------------------------


def test_under_a_cause_stand_refusals_errors_and_last_words():
    story = refused(1064, "near x", "failed").change("report", status=422, answer=problem("too long"))
    lines = beside(story.worker(1, exit_status=4, last_words="gone").build())

    assert [line.partition(" ")[2][:40] for line in lines[:2]] == [
        "worker 1: ALTER TABLE `test_orders` ADD ",
        "worker 1: PATCH /api/executions/test-tc0",
    ]
    assert lines[1].endswith("was answered 422 Unprocessable Entity: too long")
    assert lines[2] == "worker 1 exited with 4; its last words: gone"
    assert beside(completed().build()) == beside(None) == []


def test_what_came_often_is_told_once_and_of_many_lines_the_first():
    story = completed()
    for number in range(20):
        story = story.call(
            f"again {number}", 2.4 + number / 100, "heartbeat", status=409, answer=problem(f"{number % 10}")
        )
    lines = beside(story.build())

    assert lines[0].endswith("0 (2 times)")
    assert lines[MOST_LINES:] == ["2 more are in the evidence"]


# -- grouping -------------------------------------------------------------------------------------------------------


def test_causes_are_counted_by_who_what_and_number_the_most_frequent_first():
    one, other = Cause("worker 1", "exit", "1", "first"), Cause("the SaaS API", "call refused", "422", "a report")
    again, of_another = Cause("worker 1", "exit", "1", "second"), Cause("worker 2", "exit", "1", "first")

    assert by_cause([other, one, again, of_another]) == [(2, one), (1, other), (1, of_another)]
    assert by_cause([]) == []
