"""Whole runs of the agent in this process, against a real server and a real API."""

import contextlib
import logging

import pytest

from executor_v1 import logs
from executor_v1.agent import runner, session, worker
from executor_v1.agent.runner import ExitCode


def test_an_index_is_added(schema, runs, carry_out):
    runs.add(columns=["customer_id", "status(10)"])
    assert carry_out() == ExitCode.FINISHED
    run = runs.get()
    assert (run["status"], run["fail_reason"]) == ("completed", None)
    assert "inconclusive" in run["message"]
    assert schema.index_columns("test_orders", "idx_new") == ["customer_id", "status"]


def test_a_claimed_run_is_left_alone(schema, runs, carry_out):
    runs.add()
    runs.claim()
    assert carry_out() == ExitCode.NOT_CLAIMED
    assert not schema.index_columns("test_orders", "idx_new")


def test_the_kill_switch_is_asked_before_the_change(schema, runs, carry_out):
    runs.turn_switch(reason="audit week")
    runs.add()
    assert carry_out() == ExitCode.FINISHED
    run = runs.get()
    assert (run["status"], run["fail_reason"]) == ("failed", "kill_switch")
    assert "audit week" in run["message"]
    assert not schema.index_columns("test_orders", "idx_new")


def test_the_kill_switch_is_asked_after_the_change(schema, runs, carry_out, monkeypatch):
    ddl = session.Session.ddl

    def ddl_then_switch(self, sql):
        warnings = ddl(self, sql)
        runs.turn_switch()
        return warnings

    monkeypatch.setattr(session.Session, "ddl", ddl_then_switch)
    before = schema.query("SHOW CREATE TABLE test_orders")
    runs.add()
    assert carry_out() == ExitCode.FINISHED
    assert (runs.get()["status"], runs.get()["fail_reason"]) == ("rolled_back", "kill_switch")
    assert schema.query("SHOW CREATE TABLE test_orders") == before
    assert [row["status"] for row in schema.query("SELECT status FROM rollbacks")] == ["completed"]


@pytest.mark.parametrize(
    ("fields", "status", "errno"),
    [
        ({"index_name": "idx_old"}, "failed", "(1061)"),
        ({"columns": ["status"], "index_type": "FULLTEXT"}, "requires_manual", "(1846)"),
        ({"table_name": "test_myisam_table", "columns": ["content(100)"]}, "requires_manual", "(1845)"),
        ({"table_name": "gone"}, "failed", "gone"),
        ({"columns": ["gone"]}, "failed", "gone"),
    ],
)
def test_what_the_server_refuses(schema, runs, carry_out, fields, status, errno):
    schema.query("ALTER TABLE test_orders ADD INDEX idx_old (order_date)")
    runs.add(**fields)
    assert carry_out() == ExitCode.FINISHED
    run = runs.get()
    assert (run["status"], run["fail_reason"]) == (status, "execution_error")
    assert errno in run["error_message"]
    assert schema.index_columns("test_orders", "idx_old") == ["order_date"]


@pytest.mark.parametrize(
    ("fields", "reason"), [({"action": "DROP_INDEX"}, "out_of_scope"), ({"columns": ["a(0)"]}, "validation_error")]
)
def test_what_the_agent_refuses(runs, carry_out, fields, reason):
    runs.add(**fields)
    assert carry_out() == ExitCode.FINISHED
    assert (runs.get()["status"], runs.get()["fail_reason"]) == ("failed", reason)


def test_an_index_that_would_serve_a_foreign_key(schema, runs, carry_out):
    schema.query("CREATE TABLE parents (id INT PRIMARY KEY)")
    schema.query("CREATE TABLE children (id INT PRIMARY KEY, p INT, x INT, FOREIGN KEY (p) REFERENCES parents (id))")
    before = schema.query("SHOW CREATE TABLE children")
    runs.add(table_name="children", columns=["p", "x"])
    assert carry_out() == ExitCode.FINISHED
    assert runs.get()["status"] == "requires_manual"
    assert schema.query("SHOW CREATE TABLE children") == before


def test_an_open_transaction_bounds_the_wait(schema, runs, carry_out):
    runs.add()
    with contextlib.closing(schema.connect()) as blocker, blocker.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT COUNT(*) FROM test_orders")
        assert carry_out() == ExitCode.FINISHED
    run = runs.get()
    assert (run["status"], run["fail_reason"]) == ("failed", "execution_error")
    assert run["error_message"].startswith("(1205)")


def test_an_earlier_workers_connection_is_ended(schema, runs, carry_out):
    runs.add()
    with contextlib.closing(schema.connect()) as earlier, earlier.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, 0), CONNECTION_ID() AS id", (session.lock_name(schema.name, "run-1"),))
        earlier_id = cursor.fetchone()["id"]
        assert carry_out() == ExitCode.FINISHED
    assert runs.get()["status"] == "completed"
    assert not schema.query("SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = %s", earlier_id)


def test_an_index_left_by_a_dead_worker_is_not_added_again(schema, runs, carry_out, monkeypatch):
    runs.leave_behind("adding")
    schema.add_index()
    monkeypatch.setattr(session.Session, "ddl", None)
    assert carry_out() == ExitCode.FINISHED
    assert runs.get()["status"] == "completed"
    assert "taken over" in runs.get()["message"]


def test_a_foreign_index_is_left_to_a_person(schema, runs, carry_out):
    runs.leave_behind("adding")
    schema.add_index(columns="order_date")
    assert carry_out() == ExitCode.FINISHED
    assert runs.get()["status"] == "requires_manual"
    assert schema.index_columns("test_orders", "idx_new") == ["order_date"]


@pytest.mark.parametrize("dropped", [False, True])
def test_a_rollback_left_by_a_dead_worker_is_finished(schema, runs, carry_out, dropped):
    rollback = {"fail_reason": "verification_failed", "trigger_reason": "latency rose"}
    runs.leave_behind("rolling_back", rollback=rollback)
    if not dropped:
        schema.add_index()
    assert carry_out() == ExitCode.FINISHED
    assert (runs.get()["status"], runs.get()["fail_reason"]) == ("rolled_back", "verification_failed")
    assert not schema.index_columns("test_orders", "idx_new")
    rows = schema.query("SELECT status, trigger_reason FROM rollbacks")
    assert rows == [{"status": "completed", "trigger_reason": "latency rose"}]


def test_a_replaced_index_is_not_dropped(schema, runs, carry_out):
    rollback = {"fail_reason": "verification_failed", "trigger_reason": "latency rose"}
    runs.leave_behind("rolling_back", rollback=rollback)
    schema.add_index(columns="order_date")
    assert carry_out() == ExitCode.FINISHED
    assert (runs.get()["status"], runs.get()["fail_reason"]) == ("failed", "execution_error")
    assert schema.index_columns("test_orders", "idx_new") == ["order_date"]
    assert [row["status"] for row in schema.query("SELECT status FROM rollbacks")] == ["failed"]
    details = schema.query("SELECT details FROM audit_logs WHERE action = 'rollback_failed'")[0]["details"]
    assert "replaced by somebody else" in details


def test_a_lost_lease_stops_everything(schema, runs, carry_out, monkeypatch):
    runs.add()
    start = worker.start

    def lose_then_start(job):
        schema.query("UPDATE execution_runs SET lease_expires_at = NOW(6) - INTERVAL 1 SECOND")
        runs.claim(worker_id="successor")
        return start(job)

    monkeypatch.setattr(worker, "start", lose_then_start)
    assert carry_out() == ExitCode.LEASE_LOST
    assert not schema.index_columns("test_orders", "idx_new")
    run = runs.get()
    assert (run["status"], run["claimed_by"], run["phase"]) == ("running", "successor", None)


def test_no_secret_in_the_log(runs, carry_out, agent_environment, capfd, monkeypatch):
    tokens = []
    monkeypatch.setattr(runner.secrets, "token_hex", lambda size: tokens.append("f00d" * 16) or tokens[-1])
    runs.add()
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logs.configure("DEBUG", program="agent")
    assert carry_out() == ExitCode.FINISHED
    log = capfd.readouterr().err
    assert '"event": "finished"' in log
    assert tokens[0] not in log


def test_a_rollback_that_meets_a_lock_is_tried_a_bounded_number_of_times(schema, runs, carry_out, monkeypatch):
    rollback = {"fail_reason": "verification_failed", "trigger_reason": "latency rose"}
    runs.leave_behind("rolling_back", rollback=rollback)
    schema.add_index()
    sent, ddl = [], session.Session.ddl
    monkeypatch.setattr(session.Session, "ddl", lambda self, sql: sent.append(sql) or ddl(self, sql))
    with contextlib.closing(schema.connect()) as blocker, blocker.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT COUNT(*) FROM test_orders")
        assert carry_out(ROLLBACK_ATTEMPTS="2") == ExitCode.FINISHED
    assert len(sent) == 2
    run = runs.get()
    assert (run["status"], run["fail_reason"]) == ("failed", "execution_error")
    assert run["error_message"].startswith("(1205)")
    assert schema.index_columns("test_orders", "idx_new") == ["customer_id"]
    assert [row["status"] for row in schema.query("SELECT status FROM rollbacks")] == ["failed"]
    assert schema.query("SELECT 1 FROM audit_logs WHERE action = 'rollback_failed'")


def test_a_lost_audit_entry_is_told(schema, runs, carry_out):
    rollback = {"fail_reason": "verification_failed", "trigger_reason": "latency rose"}
    runs.leave_behind("rolling_back", rollback=rollback)
    schema.add_index(columns="order_date")
    # Only the worker's own entry is too long for this; the API's entries still fit.
    schema.query("ALTER TABLE audit_logs MODIFY details VARCHAR(200)")
    quick = {"API_TIMEOUT_SECONDS": "0.2", "REPORT_TIMEOUT_SECONDS": "0.2", "EXECUTION_LEASE_TIMEOUT_SECONDS": "1"}
    assert carry_out(**quick) == ExitCode.FINISHED
    run = runs.get()
    assert run["status"] == "failed"
    assert "audit entry rollback_failed could not be written" in run["message"]
