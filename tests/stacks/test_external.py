"""The external stack: the user's own server, schema and API; nothing of theirs is touched, and nothing is left."""

import os
import signal
import subprocess
import sys

import pytest

from support.mysql.database import Database
from support.record.reading import read_all
from support.waiting import eventually
from tests.harness import outside
from tests.harness.running import PROJECT, behave, command, evidence_of, verdict_of

ONE = ("features/kill_switch.feature", "--name=TC-03 Kill Switch After ADD INDEX$")


@pytest.fixture(scope="module")
def executor(mysql_server, tmp_path_factory):
    with outside.running(mysql_server, tmp_path_factory.mktemp("api")) as running:
        yield running


def accounts_left(executor) -> list[dict]:
    return executor.rows("SELECT User FROM mysql.user WHERE User LIKE 'ex\\_%\\_______'")


def traces_left(executor) -> list[dict]:
    return executor.rows(
        "SELECT id FROM execution_runs UNION ALL SELECT INDEX_NAME FROM information_schema.STATISTICS"
        " WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME LIKE 'idx_tc%'"
    )


def test_an_agent_with_names_of_its_own_is_judged_on_the_users_server_and_leaves_nothing(executor, tmp_path):
    agent = tmp_path / "agent.py"
    agent.write_text(outside.AGENT_WITH_OTHER_NAMES, encoding="utf-8")
    executor.rows("ALTER TABLE test_orders ADD INDEX idx_of_the_user (customer_id)")

    status, output = behave(
        tmp_path / "reports", "--tags=@TC-02,@TC-05,@TC-07",
        "-D", f"agent_command={sys.executable} {agent} {{execution_id}}", "-D", f"agent_environment={outside.ITS_NAMES}",
        **executor.settings,
    )  # fmt: skip

    assert status == 0, output
    cases = verdict_of(tmp_path / "reports")["test_cases"]
    assert {name for name, case in cases.items() if case["result"] == "PASS"} == {"TC-02", "TC-05", "TC-07"}
    statements = [one for record in read_all(tmp_path / "reports" / "latest" / "evidence") for one in record.changes]
    assert {one.owner for one in statements} == {"worker 1"}
    assert executor.rows("SHOW INDEX FROM test_orders WHERE Key_name = 'idx_of_the_user'"), (
        "the user's own index is gone"
    )
    executor.rows("ALTER TABLE test_orders DROP INDEX idx_of_the_user")
    assert traces_left(executor) == []
    assert accounts_left(executor) == []
    everything = output + "".join(p.read_text("utf-8") for p in (tmp_path / "reports").rglob("*") if p.is_file())
    assert executor.settings["ACCEPTANCE_API_SECRET"] not in everything


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"MYSQL_DATABASE": "executor_test_nowhere"}, "there is no schema 'executor_test_nowhere' on 127.0.0.1:"),
        ({"API_URL": "http://127.0.0.1:9"}, "the SaaS API at http://127.0.0.1:9 does not answer GET /health"),
        ({"API_URL": "127.0.0.1"}, "setting api_url: '127.0.0.1' is no address of an API"),
        ({"API_URL": "https://executor.example.com"}, "say so with -D allow_remote_host=yes"),
        ({"MYSQL_HOST": ""}, "the stack external needs a running server"),
        ({"MYSQL_DATABASE": "shop"}, "say so with -D allow_other_schema=yes"),
        ({"AGENT_ENVIRONMENT": "DB_HOST={MYSQL_HOTS}"}, "there is no variable 'MYSQL_HOTS'"),
        ({"AGENT_ENVIRONMENT": "DB_HOST"}, "it is not made of NAME=value"),
        ({"AGENT_MYSQL_USER": "nobody_knows"}, "refuses the password of account 'nobody_knows'"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(executor, tmp_path, changed, line):
    settings = executor.settings | {f"ACCEPTANCE_{name}": value for name, value in changed.items()}

    status, output = behave(tmp_path / "reports", *ONE, **settings)

    assert status == 1
    assert sum(line in one for one in output.splitlines()) == 1, output
    assert "Traceback" not in output


def test_rows_that_are_not_the_suites_are_never_deleted_unasked(executor, tmp_path):
    executor.rows(
        "INSERT INTO execution_runs (id, connection_id, table_name, index_name, columns, status)"
        " VALUES ('run-of-the-user', 'conn-of-the-user', 'shop', 'i', '[]', 'completed')"
    )

    status, output = behave(tmp_path / "reports", *ONE, **executor.settings)

    assert status == 1
    assert "has rows that are not this suite's (1 in execution_runs), and scenarios empty these tables" in output
    assert executor.rows("SELECT id FROM execution_runs") == [{"id": "run-of-the-user"}]
    executor.rows("DELETE FROM execution_runs")


def test_what_a_scenario_needs_and_the_account_may_not_is_not_run_with_the_reason(executor, tmp_path):
    executor.rows("CREATE USER 'their_agent'@'%' IDENTIFIED BY 'their-own'")
    executor.rows("GRANT ALL ON *.* TO 'their_agent'@'%'")
    settings = executor.settings | {
        "ACCEPTANCE_AGENT_MYSQL_USER": "their_agent",
        "ACCEPTANCE_AGENT_MYSQL_PASSWORD": "their-own",
    }
    try:
        status, output = behave(tmp_path / "reports", "--tags=@TC-07", **settings)
    finally:
        executor.rows("DROP USER 'their_agent'@'%'")

    assert status == 1
    assert "may not take away and give the executor's rights" in output
    results = {name: record["result"] for name, record in evidence_of(tmp_path / "reports").items()}
    assert [name for name, result in results.items() if result != "PASS"] == [
        "TC-07 Verification Fail + Rollback Fail"
    ], output
    assert verdict_of(tmp_path / "reports")["test_cases"]["TC-07"]["result"] == "NOT RUN"


def test_kill_9_leaves_nothing_in_the_users_schema(executor, tmp_path):
    reports = tmp_path / "reports"
    process = subprocess.Popen(
        command(reports, "features/verification.feature"),
        cwd=PROJECT, env={**os.environ, **executor.settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    eventually(lambda: traces_left(executor), within=60, what="a run of the suite at work")
    assert accounts_left(executor)

    process.send_signal(signal.SIGKILL)
    process.wait(10)

    eventually(
        lambda: not traces_left(executor) and not accounts_left(executor), within=5, what="the end of all traces"
    )
    database = Database(executor.account)
    assert database.value("SELECT COUNT(*) FROM test_orders") == 10_000
    database.close()
