"""The eight checks and the seven items, on a real stack: each can fail, and the clean-up leaves the first state."""

import dataclasses
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymysql.constants import CLIENT

from support.checks import checklists
from support.checks.checklists import clean_up, pre_checks
from support.mysql import tables
from support.mysql.database import Database
from support.resultlog import appendices
from support.settings import Settings
from support.stacks.embedded import EmbeddedStack
from support.stacks.saas_api import RunSpec
from support.stacks.warden import FOLDER_PREFIX, Warden

PRE_TEST = [
    "SaaS API running และ accessible",
    "MySQL test database พร้อมใช้งาน",
    "Test data (test_orders) ถูกสร้างแล้ว",
    "Environment variables ถูกต้อง",
    "Log level ตั้งเป็น DEBUG",
    "Kill switch ถูก reset เป็น inactive",
    "ไม่มี execution_run ค้างอยู่",
    "Worker instances พร้อมรัน",
]
POST_TEST = [
    "Drop all test indexes",
    "Delete test execution_runs",
    "Delete test rollback records",
    "Reset kill switches",
    "Clean up audit logs",
    "Stop test workers",
    "Archive log files",
]


@pytest.fixture(scope="module", params=["auto", "mariadb-10.11"])
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    run_folder = tmp_path_factory.mktemp("run")
    (run_folder / "logs").mkdir()
    run_id = f"tests-{secrets.token_hex(4)}"
    warden = Warden(run_id)
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}tests-"))
    warden.remove_folder(folder)
    settings = Settings(server=request.param)
    stack = None
    try:
        stack = EmbeddedStack(settings, run_id, folder, run_folder / "logs", secrets.token_urlsafe(12), warden)
        stack.run_folder = run_folder
        yield stack
    finally:
        if stack is not None:
            stack.stop()
        warden.close()


@pytest.fixture
def stack(started: EmbeddedStack) -> Iterator[EmbeddedStack]:
    yield started
    clean_up(started, started.run_folder)


def a_run(stack: EmbeddedStack) -> None:
    stack.api.create_run(
        RunSpec("test-tc03-001", "conn-003", "idx_tc03_date", "test_orders", ["order_date"], query_digests=[])
    )


def failed(stack: EmbeddedStack) -> dict[str, str]:
    return {check.item: check.detail for check in pre_checks(stack) if not check.done}


def test_all_is_well_before_the_first_scenario(stack):
    checks = pre_checks(stack)

    assert [check.item for check in checks] == PRE_TEST
    assert [check.done for check in checks] == [True] * 8, checks
    assert checks[2].detail == "test_orders has 10000 rows"
    assert checks[3].detail == "complete for the agent and the SaaS API"


def test_a_missing_row_is_seen(stack):
    stack.database.execute("CREATE TABLE kept AS SELECT * FROM test_orders WHERE id = 1")
    stack.database.execute("DELETE FROM test_orders WHERE id = 1")
    try:
        assert failed(stack) == {PRE_TEST[2]: "test_orders has 9999 rows; 10000 are needed"}
    finally:
        stack.database.execute("INSERT INTO test_orders SELECT * FROM kept")
        stack.database.execute("DROP TABLE kept")


@pytest.mark.parametrize("connection", ["conn-004", None])
def test_a_switch_that_is_on_is_seen(stack, connection):
    stack.api.set_kill_switch(True, connection)

    assert list(failed(stack)) == [PRE_TEST[5]]


def test_an_answer_of_the_api_that_differs_from_the_table_is_seen(stack, monkeypatch):
    monkeypatch.setattr(checklists, "_switched_on", lambda _: [])
    stack.api.set_kill_switch(True, "conn-010")

    (detail,) = failed(stack).values()
    assert detail.startswith("conn-010: the SaaS API says 200")


def test_a_run_that_is_left_over_is_seen(stack):
    a_run(stack)

    assert failed(stack) == {PRE_TEST[6]: "left over: test-tc03-001 (scheduled)"}


def test_an_agent_that_is_no_program_is_seen(stack, monkeypatch):
    settings = dataclasses.replace(Settings(), agent_command="/nowhere/agent run {execution_id}")
    monkeypatch.setattr(stack, "_settings", settings)

    assert failed(stack) == {
        PRE_TEST[7]: "agent_command cannot be started: /nowhere/agent is no program that can be run"
    }


def test_log_level_and_variables_are_those_of_the_parts(stack, monkeypatch):
    whole = EmbeddedStack._environment
    monkeypatch.setattr(
        EmbeddedStack,
        "_environment",
        lambda self, account, command: {**whole(self, account, command), "LOG_LEVEL": "INFO", "MYSQL_USER": ""},
    )

    told = failed(stack)

    assert told[PRE_TEST[3]] == "not set: MYSQL_USER of the agent"
    assert told[PRE_TEST[4]].startswith("log level is not DEBUG: agent INFO;")


def test_clean_up_leaves_the_first_state(stack):
    a_run(stack)
    stack.api.set_kill_switch(True, "conn-003", "a test")
    stack.api.set_kill_switch(True, None, "a test")
    for statement in (
        "ALTER TABLE test_orders ADD INDEX idx_tc03_date (order_date), ADD INDEX idx_orders_status (status)",
        "ALTER TABLE test_myisam_table ADD INDEX idx_tc04_content (content(100))",
        "INSERT INTO rollbacks (execution_run_id, trigger_reason, rollback_sql) VALUES ('test-tc03-001', 'x', 'y')",
        "INSERT INTO execution_claims (execution_run_id, worker_id) VALUES ('test-tc03-001', 'worker-1')",
    ):
        stack.database.execute(statement)
    (stack.run_folder / "logs" / "worker-1.log").write_text("x")

    checks, script = clean_up(stack, stack.run_folder)

    assert [check.item for check in checks] == POST_TEST
    assert [check.done for check in checks] == [True] * 7, checks
    assert tables.differences(stack.pristine, tables.look(stack.database, stack.schema)) == []
    assert stack.database.value("SELECT COUNT(*) FROM kill_switches WHERE active <> 0") == 0
    for table in ("execution_runs", "execution_claims", "rollbacks", "audit_logs"):
        assert stack.database.value(f"SELECT COUNT(*) FROM {table}") == 0, table
    assert "DROP INDEX `idx_tc03_date`" in script


def test_the_script_runs_again_on_the_same_server(stack):
    _, script = clean_up(stack, stack.run_folder)

    run_script(stack, script)


def test_a_worker_that_still_runs_is_seen(stack):
    environment = {**os.environ, **stack.worker(1, "x", Path(os.devnull)).environment}
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], env=environment) as process:
        try:
            checks, _ = clean_up(stack, stack.run_folder)
        finally:
            process.kill()

    assert [(check.item, check.detail) for check in checks if not check.done] == [
        ("Stop test workers", "still running: worker-1")
    ]


def test_logs_that_are_not_there_are_seen(stack, tmp_path):
    checks, _ = clean_up(stack, tmp_path)

    assert [check.item for check in checks if not check.done] == ["Archive log files"]


def run_script(stack: EmbeddedStack, script: str) -> None:
    connection = stack.accounts.suite.connect(client_flag=CLIENT.MULTI_STATEMENTS)
    try:
        with connection.cursor() as cursor:
            cursor.execute(script)
            while cursor.nextset():
                pass
    finally:
        connection.close()


def test_the_commands_of_appendix_b_work(stack):
    for statement in (
        "ALTER TABLE test_orders ADD INDEX idx_tc03_date (order_date), ADD INDEX idx_tc09_api (customer_id, order_date)",
        "ALTER TABLE test_orders ADD INDEX kept_by_somebody (status)",
        "ALTER TABLE test_myisam_table ADD INDEX idx_tc04_content (content(100))",
    ):
        stack.database.execute(statement)
    a_run(stack)

    for _ in range(2):  # the second time there is nothing to drop
        run_script(stack, appendices.sql(stack.schema))

    left = {index.name for index in tables.indexes(stack.database, stack.schema) - stack.pristine.indexes}
    assert left == {"kept_by_somebody"}
    assert stack.database.value("SELECT COUNT(*) FROM execution_runs") == 0


def test_the_curl_commands_of_appendix_b_work(stack):
    stack.api.set_kill_switch(True, "conn-010")
    stack.api.set_kill_switch(True, None)
    agent = stack.worker(1, "x", Path(os.devnull))
    environment = {**os.environ, "API_URL": stack.api.url, "API_SECRET": agent.environment["API_SECRET"]}
    agent.end()

    subprocess.run(["bash", "-euc", appendices.shell()], env=environment, check=True, capture_output=True)

    assert stack.database.value("SELECT COUNT(*) FROM kill_switches WHERE active <> 0") == 0


def test_a_stack_that_is_gone_fails_every_item_it_concerns_and_raises_nothing(stack, monkeypatch):
    closed = Database(stack.accounts.suite)
    closed.close()
    monkeypatch.setattr(stack, "database", closed)

    checks, _ = clean_up(stack, stack.run_folder)

    assert [check.done for check in checks] == [False] * 5 + [True] * 2
    assert all(check.detail for check in checks)
