"""Whose an index is: nothing is told as this run's, and nothing dropped, that somebody else made, moved or made anew."""

import contextlib

import pymysql
import pytest

from executor_v1.agent import metrics, session, worker
from executor_v1.agent.errors import ServerError
from executor_v1.agent.runner import ExitCode

ROLLBACK = {"fail_reason": "verification_failed", "trigger_reason": "latency rose"}
DIGESTS = {"query_digests": ["ab" * 32]}
BY_HAND = {
    "dropped": "DROP INDEX idx_new ON test_orders",
    # In one statement it would do nothing on MySQL 5.6.
    "made anew": "DROP INDEX idx_new ON test_orders; ALTER TABLE test_orders ADD INDEX idx_new (customer_id)",
    "changed": "ALTER TABLE test_orders DROP INDEX idx_new, ADD INDEX idx_new (order_date)",
    "renamed": "ALTER TABLE test_orders RENAME INDEX idx_new TO idx_theirs",
}


@pytest.fixture(params=list(BY_HAND))
def interfere(request, schema):
    """Does to the run's index what a person may do; skipped where the server has no such statement."""

    def work():
        try:
            for statement in BY_HAND[request.param].split(";"):
                schema.query(statement)
        except pymysql.err.ProgrammingError:
            pytest.skip("the server has no RENAME INDEX")

    return work


@pytest.fixture
def at_the_end_of_the_window(monkeypatch):
    """Has something done after the second metrics window, before the worker goes on."""

    def plan(work):
        measure = worker.measure

        def measure_then_work(job):
            window = measure(job)
            if job.phase == "index_added":
                work()
            return window

        monkeypatch.setattr(worker, "measure", measure_then_work)

    return plan


def definition(schema):
    return schema.query("SHOW CREATE TABLE test_orders")


def records(schema):
    return [row["status"] for row in schema.query("SELECT status FROM rollbacks")]


def test_an_index_carries_the_runs_name(schema, runs, carry_out):
    runs.add("Run.7:a")
    assert carry_out("Run.7:a") == ExitCode.FINISHED
    (row,) = schema.query("SHOW INDEX FROM test_orders WHERE Key_name = 'idx_new'")
    assert row["Index_comment"] == "added by execution run Run.7:a"


def test_what_somebody_did_in_the_window_is_not_completed(schema, runs, carry_out, at_the_end_of_the_window, interfere):
    seen = []
    at_the_end_of_the_window(lambda: (interfere(), seen.append(definition(schema))))
    runs.add()
    assert carry_out() == ExitCode.FINISHED
    assert (runs.get()["status"], runs.get()["fail_reason"]) == ("failed", "execution_error")
    assert "idx_new" in runs.get()["message"]
    assert [definition(schema)] == seen
    assert records(schema) == []


def test_what_somebody_did_in_the_window_is_not_rolled_back(
    schema, runs, carry_out, at_the_end_of_the_window, interfere
):
    seen = []
    at_the_end_of_the_window(lambda: (interfere(), seen.append(definition(schema)), runs.turn_switch()))
    runs.add()
    assert carry_out() == ExitCode.FINISHED
    run = runs.get()
    assert (run["status"], run["fail_reason"]) == ("failed", "execution_error")
    assert "somebody else" in run["error_message"]
    assert "kill switch" in run["message"]
    assert [definition(schema)] == seen
    assert records(schema) == ["failed"]
    assert schema.query("SELECT 1 FROM audit_logs WHERE action = 'rollback_failed'")


@pytest.mark.parametrize("phase", ["adding", "index_added", "rolling_back"])
def test_a_successor_sees_what_somebody_did(schema, runs, carry_out, interfere, phase, request):
    runs.leave_behind(phase, rollback=ROLLBACK)
    schema.add_index()
    interfere()
    seen = definition(schema)
    assert carry_out() == ExitCode.FINISHED
    what = request.node.callspec.params["interfere"]
    if what == "dropped" and phase != "index_added":
        # Nobody can tell whether the earlier worker had made the index, or had dropped it.
        assert runs.get()["status"] == ("completed" if phase == "adding" else "rolled_back")
        return
    assert runs.get()["status"] in ("failed", "requires_manual")
    assert runs.get()["fail_reason"] == "execution_error"
    assert definition(schema) == seen
    assert "completed" not in records(schema)


def test_an_index_that_vanishes_right_before_the_drop_was_not_dropped_by_the_run(schema, runs, carry_out, monkeypatch):
    runs.leave_behind("rolling_back", rollback=ROLLBACK)
    schema.add_index()
    ddl = session.Session.ddl

    def too_late(self, sql):
        schema.query(BY_HAND["dropped"])
        return ddl(self, sql)

    monkeypatch.setattr(session.Session, "ddl", too_late)
    assert carry_out() == ExitCode.FINISHED
    assert (runs.get()["status"], runs.get()["fail_reason"]) == ("failed", "execution_error")
    assert runs.get()["error_message"].startswith("(1091)")
    assert records(schema) == ["failed"]


def lose(self):
    self._connection._force_close()
    raise ServerError(2013, "Lost connection to MySQL server during query")


@pytest.mark.parametrize(
    ("there", "status"),
    [(None, "failed"), ("added by execution run run-1", "completed"), ("", "requires_manual")],
)
def test_a_connection_lost_during_the_add(schema, runs, carry_out, monkeypatch, there, status):
    def lost(self, sql):
        if there is not None:
            schema.add_index(there)
        lose(self)

    monkeypatch.setattr(session.Session, "ddl", lost)
    runs.add()
    assert carry_out() == ExitCode.FINISHED
    run = runs.get()
    assert run["status"] == status
    assert "(2013)" in (run["message"] if status == "completed" else run["error_message"])
    assert bool(schema.index_columns("test_orders", "idx_new")) == (there is not None)


def test_a_connection_lost_during_the_drop_which_the_server_finished(schema, runs, carry_out, monkeypatch):
    runs.leave_behind("rolling_back", rollback=ROLLBACK)
    schema.add_index()

    def lost(self, sql):
        schema.query(sql)
        lose(self)

    monkeypatch.setattr(session.Session, "ddl", lost)
    assert carry_out() == ExitCode.FINISHED
    assert runs.get()["status"] == "rolled_back"
    assert records(schema) == ["completed"]


def test_the_kill_switch_is_asked_when_the_window_closes(schema, runs, carry_out, at_the_end_of_the_window):
    at_the_end_of_the_window(lambda: runs.turn_switch(connection_id="conn-001", reason="night shift"))
    before = definition(schema)
    runs.add(**DIGESTS)
    assert carry_out() == ExitCode.FINISHED
    run = runs.get()
    assert (run["status"], run["fail_reason"]) == ("rolled_back", "kill_switch")
    assert "night shift" in run["message"]
    assert definition(schema) == before
    assert records(schema) == ["completed"]


def test_the_switch_counts_for_more_than_what_was_measured(
    schema, runs, carry_out, at_the_end_of_the_window, monkeypatch
):
    monkeypatch.setattr(worker.verification, "judge", None)
    at_the_end_of_the_window(runs.turn_switch)
    runs.add(**DIGESTS)
    assert carry_out() == ExitCode.FINISHED
    assert runs.get()["fail_reason"] == "kill_switch"


def test_the_switch_of_another_connection_stops_nothing(runs, carry_out, at_the_end_of_the_window):
    at_the_end_of_the_window(lambda: runs.turn_switch(connection_id="conn-002"))
    runs.add(**DIGESTS)
    assert carry_out() == ExitCode.FINISHED
    assert runs.get()["status"] == "completed"


def test_a_successor_takes_back_what_is_there_when_the_switch_is_on(schema, runs, carry_out):
    runs.leave_behind("adding")
    schema.add_index()
    runs.turn_switch()
    assert carry_out() == ExitCode.FINISHED
    assert (runs.get()["status"], runs.get()["fail_reason"]) == ("rolled_back", "kill_switch")
    assert not schema.index_columns("test_orders", "idx_new")


def test_counters_that_can_not_be_read_are_inconclusive(runs, carry_out, monkeypatch):
    def unreadable(session, digests):
        raise ServerError(1142, "SELECT command denied")

    monkeypatch.setattr(metrics, "read_snapshot", unreadable)
    runs.add(**DIGESTS)
    assert carry_out() == ExitCode.FINISHED
    assert runs.get()["status"] == "completed"
    assert "inconclusive" in runs.get()["message"]


def test_the_index_of_a_run_whose_id_differs_by_case_is_another_one(schema, runs, carry_out):
    runs.add("Run-1", index_name="idx_theirs")
    assert carry_out("Run-1") == ExitCode.FINISHED
    runs.leave_behind("adding")
    assert carry_out() == ExitCode.FINISHED
    assert runs.get()["status"] == "completed"


def test_looks_are_fresh_also_where_the_server_commits_nothing_by_itself(
    schema, runs, carry_out, at_the_end_of_the_window
):
    (default,) = schema.query("SELECT @@GLOBAL.autocommit AS value")
    schema.query("SET GLOBAL autocommit = 0")
    try:
        at_the_end_of_the_window(lambda: schema.query(BY_HAND["dropped"]))
        runs.add(**DIGESTS)
        assert carry_out() == ExitCode.FINISHED
    finally:
        schema.query(f"SET GLOBAL autocommit = {default['value']}")
    assert (runs.get()["status"], runs.get()["fail_reason"]) == ("failed", "execution_error")


def test_the_drop_waits_for_a_lock_and_the_lease_lives_on(schema, runs, carry_out):
    runs.leave_behind("rolling_back", rollback=ROLLBACK)
    schema.add_index()
    with contextlib.closing(schema.connect()) as blocker, blocker.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT COUNT(*) FROM test_orders")
        assert carry_out(EXECUTION_LEASE_TIMEOUT_SECONDS="1", ROLLBACK_ATTEMPTS="3") == ExitCode.FINISHED
    assert runs.get()["error_message"].startswith("(1205)")
