"""Observations: three sides of one story, and a lie is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from support.errors import SuiteError, TestEnvironmentError
from support.history.calls import Call
from support.history.change import Index, RunSpec
from support.history.history import History, Participant
from support.history.statements import Statement
from support.judgement.fields import REGISTRY, compare, known_fields, look_up
from support.judgement.fields.registry import Seen, observation
from support.scenario.look import refuse_a_failed_workload
from support.scenario.workload import Measured

START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
RUN = RunSpec("test-tc03-001", "conn-003", "idx_tc03_date", "test_orders", ["order_date"])
INDEX = Index("test_orders", "idx_tc03_date", ("order_date",), False, "BTREE")
ADD = "ALTER TABLE `test_orders` ADD INDEX `idx_tc03_date` (`order_date`), ALGORITHM=INPLACE, LOCK=NONE"
DROP = "ALTER TABLE `test_orders` DROP INDEX `idx_tc03_date`"


def statement(text, at, errno=0, kind="alter_table", seconds=0.01, message="", thread=1, rows=0, scan=False):
    started = START + timedelta(seconds=at)
    ended = started + timedelta(seconds=seconds)
    return Statement(thread, int(at * 1000), kind, text, None, errno, message, started, ended, seconds, rows, scan)


def call(kind="kill switch", status=200, body="", at=0.0, fault=None, after_index=None):
    paths = {"kill switch": ("GET", "/api/kill-switch"), "claim": ("POST", "/api/executions/x/claim"),
             "status": ("PATCH", "/api/executions/x/status"), "heartbeat": ("POST", "/api/executions/x/heartbeat")}  # fmt: skip
    method, path = paths[kind]
    moment = START + timedelta(seconds=at)
    return Call("worker-1", method, path, "", moment, moment, status, body, fault, after_index=after_index)


ACTIVE = '{"global_active": false, "connection_active": true, "reason": "x"}'
INACTIVE = '{"global_active": false, "connection_active": false, "reason": null}'


def history(**changes):
    row = changes.pop(
        "row", {"status": "rolled_back", "fail_reason": "kill_switch", "message": None, "error_message": None}
    )
    workers = changes.pop("calls", {1: [call("claim"), call(body=INACTIVE), call(body=ACTIVE, after_index=True, at=2)]})
    given = {
        "run": RUN,
        "row": row,
        "told": dict(row or {}),
        "claims": [{}],
        "rollbacks": [{"status": "completed", "trigger_reason": "kill switch"}],
        "audit": [],
        "index": None,
        "index_before": None,
        "statements": [statement(ADD, 1), statement(DROP, 3)],
        "workload": [],
        "participants": {n: Participant(n, calls, None, 0) for n, calls in workers.items()},
        "unexpected_changes": [],
        "min_samples": 10,
    } | changes
    return History(**given)


def see(field, **changes):
    return REGISTRY[field](history(**changes)).actual


def test_the_good_story():
    for field, expected in [
        ("ADD INDEX successful", "Yes"),
        ("Kill switch detected after ADD", "Yes"),
        ("Rollback executed", "Yes"),
        ("Index exists after rollback", "No"),
        ("Final execution_run Status", "ROLLED_BACK"),
        ("fail_reason", "kill_switch"),
        ("Rollback record status", "completed"),
        ("Unexpected changes", "None"),
        ("Only 1 worker executed", "Yes"),
    ]:
        assert compare(field, expected, history()).verdict == "PASS", field


@pytest.mark.parametrize(
    ("field", "changes", "actual"),
    [
        # it says that it rolled back, and did not
        ("Rollback executed", {"statements": [statement(ADD, 1)], "index": INDEX}, "No"),
        ("Final execution_run Status", {"index": INDEX}, "ROLLED_BACK, which is not true"),
        ("Final execution_run Status", {"statements": []}, "ROLLED_BACK, which is not true"),
        # it rolled back, and does not say so
        ("Rollback executed", {"rollbacks": []}, "Yes, but not recorded"),
        # the table says one thing, the API another
        (
            "Final execution_run Status",
            {"told": {"status": "completed"}},
            "disputed: ROLLED_BACK in the table, COMPLETED by the API",
        ),
        ("fail_reason", {"told": {"fail_reason": None}}, "disputed: kill_switch in the table, NULL by the API"),
        # it claims to have completed
        ("Final execution_run Status", {"row": {"status": "completed"}}, "COMPLETED, which is not true"),
        (
            "Final execution_run Status",
            {"row": {"status": "completed"}, "index": Index("test_orders", "idx_tc03_date", ("id",), False, "BTREE")},
            "COMPLETED, which is not true",
        ),
        ("Final execution_run Status", {"row": None, "told": {}}, "disputed: NO ROW in the table, NONE by the API"),
        # told that the switch is on, and went on
        ("Kill switch detected", {}, "No"),
        ("Kill switch detected after ADD", {"row": {"status": "completed"}, "index": INDEX}, "No"),
        ("Kill switch detected after ADD", {"calls": {1: [call(body=ACTIVE, after_index=False)]}}, "No"),
        # an id that is taken, and a name
        ("Same run scheduled again", {}, "it was not scheduled again"),
        ("Same run scheduled again", {"answer_to_same_id": "201 Created"}, "201 Created"),
        ("Index taken for the run's own", {}, "nobody else made one"),
        ("Index taken for the run's own", {"index_before": INDEX, "row": {"status": "completed"}}, "Yes"),
        ("Index taken for the run's own", {"index_before": INDEX, "row": {"status": "failed"}}, "Yes"),
        (
            "Index taken for the run's own",
            {"index_before": INDEX, "row": {"status": "failed"}, "statements": [statement(ADD, 1)]},
            "No",
        ),
        # counted on the server
        ("Only 1 worker executed", {"statements": [statement(ADD, 1), statement(ADD, 2, errno=1061)]}, "No"),
        ("Only 1 worker executed", {"statements": []}, "No"),
        (
            "ADD INDEX carried out",
            {"statements": [statement(ADD, 1), statement(DROP, 2), statement(ADD, 3)]},
            "2 times",
        ),
        ("Index created", {}, "Yes, and dropped again"),
        ("Index created", {"statements": [statement(ADD, 1, errno=1846)]}, "No"),
        ("ADD INDEX statements sent", {"statements": [statement(ADD, 1, errno=1846)]}, "1"),
    ],
)
def test_a_lie_or_a_gap_is_seen(field, changes, actual):
    assert see(field, **changes) == actual


def test_another_index_whose_name_begins_alike_is_another_index():
    other = ADD.replace("idx_tc03_date", "idx_tc03_date_2")

    assert see("ADD INDEX successful", statements=[statement(other, 1)]) == "No"


def test_a_loser_that_goes_on_is_seen_on_the_wire():
    calls = {1: [call("claim")], 2: [call("claim", 409), call("heartbeat", 409, at=1)]}

    assert see("Only 1 worker executed", calls=calls, statements=[statement(ADD, 1)]) == "No"


def test_a_second_claim_granted_without_a_record_is_disputed():
    calls = {1: [call("claim")], 2: [call("claim")]}

    assert see("Worker 1 HTTP Response", calls=calls).startswith("disputed: 2 claims answered 200, 1 on record")


@pytest.mark.parametrize(
    ("errno", "recorded", "actual", "verdict"),
    [
        (1845, "(1845) ALGORITHM=INPLACE is not supported", "Error 1845", "PASS"),
        (1846, "(1846) LOCK=NONE is not supported", "Error 1846", "PASS"),
        (1846, None, "Error 1846, not recorded", "FAIL"),
        (1205, "(1205) Lock wait timeout", "Error 1205", "FAIL"),
    ],
)
def test_the_error_is_the_servers_own_and_the_executor_recorded_it(errno, recorded, actual, verdict):
    row = {"status": "requires_manual", "error_message": recorded}
    seen = compare(
        "MySQL error detected",
        "Error 1846 หรือ similar",
        history(row=row, statements=[statement(ADD, 1, errno=errno, message="LOCK=NONE …")]),
    )

    assert (seen.actual, seen.verdict) == (actual, verdict)


def test_what_was_tried_after_a_refusal_is_seen():
    shared = ADD.replace("NONE", "SHARED")

    assert see("Schema changes tried after the refusal", statements=[statement(ADD, 1, errno=1846)]) == "None"
    assert "SHARED" in see(
        "Schema changes tried after the refusal", statements=[statement(ADD, 1, errno=1846), statement(shared, 2)]
    )


READ = "SELECT * FROM performance_schema.events_statements_summary_by_digest"


def windows(before, after, samples=10):
    """Two windows of a run: the reads that open and close them, and ``samples`` queries of so many seconds in each."""
    reads = [statement(READ, at, kind="select", thread=1) for at in (1, 2, 4, 5)]
    queries = [
        query(base + n / 100, seconds) for base, seconds in ((1.1, before), (4.1, after)) for n in range(samples)
    ]
    statements = [*reads[:2], statement(ADD, 3), *reads[2:], statement(DROP, 6)]
    return {"run": replace(RUN, query_digests=["d"]), "workload": queries, "statements": statements}


def query(at, seconds):
    return replace(statement("SELECT SLEEP(?)", at, kind="select", seconds=seconds, thread=9), digest="d")


def test_degradation_is_what_the_server_measured_in_the_executors_own_windows():
    assert see("Degradation measured by the server", **windows(0.005, 0.006)) == "latency"
    assert see("Degradation measured by the server", **windows(0.005, 0.0054)) == "None"
    assert see("Verification detected degradation", **windows(0.005, 0.0054)) == "No"
    assert see("Samples in the metrics window", **windows(0.005, 0.006, samples=7)) == "7"


def test_without_windows_nothing_was_verified():
    assert see("Verification detected degradation") == "No"
    assert see("Low sample detected") == "No"


@pytest.mark.parametrize(("opening", "on_the_environment"), [(4.0, True), (4.4, False)])
def test_a_window_that_a_busy_server_opened_late_is_not_blamed_on_the_executor(opening, on_the_environment):
    """The read that opens it takes until 4.5 by the server; the one that closes it comes at 5, with two queries to come."""
    given = windows(0.005, 0.005)
    given["statements"][3] = statement(READ, opening, kind="select", seconds=4.5 - opening)
    given["workload"][10:] = [query(4.6 + n / 20, 0.005) for n in range(10)]
    there, queries = history(**given), Measured(SimpleNamespace(digest="d"), (10, 10), None)

    if on_the_environment:
        with pytest.raises(TestEnvironmentError, match="8 of 10 in 0.500 s"):
            refuse_a_failed_workload(there, queries, 20, 0, 0.9)
    else:
        refuse_a_failed_workload(there, queries, 20, 0, 0.9)


def test_few_samples_count_only_if_the_executor_says_so():
    said = {"row": {"status": "completed", "message": "inconclusive: 9 samples"}}
    silent = {"row": {"status": "completed", "message": "done"}}

    assert see("Low sample detected", **windows(0.005, 0.006, samples=9), **said) == "Yes (< 10 samples)"
    assert see("Low sample detected", **windows(0.005, 0.006, samples=9), **silent) == "No (< 10 samples)"
    assert see("Low sample detected", **windows(0.005, 0.006, samples=10), **said) == "No (10 samples)"


def test_the_lease_is_compared_by_the_databases_clock():
    end = datetime(2026, 11, 23, 12, 0, 5)
    row = {"status": "completed", "claimed_at": end - timedelta(milliseconds=1)}
    calls = {1: [call("claim")], 2: [call("claim")]}

    assert (
        see("Worker 2 claimed successfully", row=row, calls=calls, lease_end_before_takeover=end)
        == "Yes (before lease expiry)"
    )
    row["claimed_at"] = end
    assert (
        see("Worker 2 claimed successfully", row=row, calls=calls, lease_end_before_takeover=end)
        == "Yes (after lease expiry)"
    )


def test_an_unknown_field_is_an_error_that_lists_the_known_ones():
    with pytest.raises(SuiteError) as told:
        look_up("Final execution_run Statuss")

    assert "unknown Field 'Final execution_run Statuss'; did you mean 'Final execution_run Status'?" in str(told.value)
    assert all(field in str(told.value) for field in known_fields())


def test_an_observation_that_raises_has_seen_nothing_and_is_no_pass():
    seen = compare("Worker 2 HTTP Response", "409 Conflict", history())

    assert (seen.actual, seen.verdict) == ("unknown", "UNKNOWN")
    assert "worker 2 was never started" in seen.because


def test_a_field_has_one_observation():
    with pytest.raises(SuiteError, match="Field 'fail_reason' has two observations"):
        observation("fail_reason")(lambda history: Seen(""))


def test_an_expected_cell_may_name_several_values():
    for expected, verdict in (("FAILED หรือ ROLLED_BACK", "PASS"), ("FAILED หรือ RUNNING", "FAIL")):
        assert compare("Final execution_run Status", expected, history()).verdict == verdict
