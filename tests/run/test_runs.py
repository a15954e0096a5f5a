"""The run as a whole, by running it: bad input, interruption and kill -9 end in one clear line and leave nothing behind."""

import json
import re
import signal
import socket
import sys

import pytest

from support.servers.ports import free_port
from support.waiting import eventually
from tests.harness.running import behave, left_behind, run_id_of, start, verdict_of

LONG = "features/verification.feature"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--tags=@P7"], "the selection matches no scenario, so nothing was tested; the tags there are: @P0 @P1"),
        (["--name=no such scenario"], "the selection matches no scenario"),
        (["-D", "no_such_setting=1"], "unknown setting 'no_such_setting' in -D"),
        (["-D", "mysql_database=shop"], "'shop' is not a schema this suite may touch"),
        (["-D", "mysql_host=db.example.com"], "say so with -D allow_remote_host=yes"),
        (["-D", "server=/no/such/mysqld"], "there is no program /no/such/mysqld"),
        (["-D", "mysql_host=127.0.0.1", "-D", "mysql_port=1"], "MySQL at 127.0.0.1:1 does not answer"),
        (["-D", "agent_command=/no/agent {execution_id}"], "the settings: the pre-test check failed: "),
        (["-D", "api_command=/no/api"], "api_command cannot be started: /no/api: No such file or directory"),
        (["-D", "log_level=INFO"], "the pre-test check failed: Log level ตั้งเป็น DEBUG"),
    ],
)
def test_what_cannot_run_is_one_clear_line_and_a_failure(reports, arguments, line):
    status, output = behave(reports, *arguments)

    assert status == 1
    assert sum(line in one for one in output.splitlines()) == 1, output
    assert "Traceback" not in output
    if (reports / "runs").exists():
        assert left_behind(run_id_of(reports)) == []


def test_an_api_port_in_use_is_named(reports):
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        status, output = behave(reports, "--tags=@TC-02", "-D", f"api_port={port}")

    assert status == 1
    assert f"port {port} for the SaaS API is in use by another program" in output
    assert "Traceback" not in output


def test_a_wrong_password_is_named_and_not_shown(reports, mysql_server):
    status, output = behave(
        reports, "--tags=@TC-02", "-D", "mysql_host=127.0.0.1", "-D", f"mysql_port={mysql_server.port}",
        ACCEPTANCE_MYSQL_PASSWORD="wrong-as-can-be",
    )  # fmt: skip

    assert status == 1
    assert "refuses the password of account 'root'" in output
    everything = output + "".join(p.read_text() for p in reports.rglob("*") if p.is_file())
    assert "wrong-as-can-be" not in everything


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize(
    ("agent", "line"),
    [
        ("/bin/false {execution_id}", "worker-1 ended with exit status 1 and never called the SaaS API"),
        ("/bin/true {execution_id}", "worker-1 ended with exit status 0 and never called the SaaS API"),
    ],
)
def test_an_agent_that_is_none_stops_the_run_at_once(reports, agent, line, jobs):
    status, output = behave(reports, "--tags=@P0", "-D", f"agent_command={agent}", "-D", f"jobs={jobs}")

    assert status == 1
    assert line in output
    assert "Blame:       the agent command" in output
    assert "Traceback" not in output
    verdict = verdict_of(reports)
    assert verdict["decision"] == "BLOCKED"
    assert 1 <= len(list((reports / "latest" / "evidence").iterdir())) <= jobs, "nothing after it was tried"
    assert left_behind(run_id_of(reports)) == []


def test_an_agent_that_hangs_is_ended_and_blamed(reports):
    agent = f"{sys.executable} -c 'import signal; signal.pause()' {{execution_id}}"

    status, output = behave(
        reports, "features/execution_errors.feature", "--name=TC-05 Index Already Exists$",
        "-D", f"agent_command={agent}", "-D", "patience_seconds=1",
    )  # fmt: skip

    assert status == 1
    assert re.search(r"worker-1 should end by itself; after \d s it still ran", output), output
    assert left_behind(run_id_of(reports)) == []


def test_a_gate_that_nobody_reaches_is_an_error_of_its_own_kind(reports):
    script = reports.parent / "agent.py"
    script.write_text(
        "import os, signal, urllib.request\nurllib.request.urlopen(os.environ['SAAS_API_URL'] + '/health')\nsignal.pause()\n"
    )

    status, output = behave(
        reports, "features/takeover.feature", "--name=TC-10 Worker Crash [+] Lease Expiry$",
        "-D", f"agent_command={sys.executable} {script} {{execution_id}}", "-D", "patience_seconds=1",
    )  # fmt: skip

    assert status == 1
    late = r"an ALTER of test_orders waiting for its lock \(worker-1\) did not come to pass within \d s"
    assert re.search(late, output), output
    assert "Blame:       the executor" in output
    assert left_behind(run_id_of(reports)) == []


def test_a_run_on_a_named_server_makes_its_own_schema_and_takes_it_away(reports, mysql_server):
    status, output = behave(
        reports, "--tags=@TC-02", "-D", "mysql_host=127.0.0.1", "-D", f"mysql_port={mysql_server.port}",
        ACCEPTANCE_MYSQL_PASSWORD=mysql_server.password, ACCEPTANCE_API_SECRET="known-to-this-test",
    )  # fmt: skip

    assert status == 0, output
    everything = output + "".join(p.read_text() for p in reports.rglob("*") if p.is_file())
    assert "known-to-this-test" not in everything
    assert mysql_server.password not in everything
    record = json.loads((reports / "latest" / "run.json").read_text())
    schema = record["environment"]["Test Database"]
    assert schema.startswith("executor_test_")
    assert _names_on(mysql_server, schema) == []


def _names_on(server, schema):
    import pymysql  # noqa: PLC0415 - only this helper needs it

    connection = pymysql.connect(host=server.host, port=server.port, user=server.user, password=server.password)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (schema,))
        schemas = list(cursor.fetchall())
        cursor.execute("SELECT User FROM mysql.user WHERE User LIKE %s", (f"ex\\_%{schema.rpartition('_')[2]}",))
        return schemas + list(cursor.fetchall())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_ends_in_order_with_a_verdict(reports, number):
    process, run_id = start(reports, LONG)

    process.send_signal(number)

    assert process.wait(30) == 1
    assert left_behind(run_id) == []
    verdict = verdict_of(reports)
    assert verdict["decision"] == "BLOCKED"
    assert {case["result"] for case in verdict["test_cases"].values()} == {"NOT RUN"}
    assert "Traceback" not in (reports.parent / "output").read_text()


def test_nothing_is_left_two_seconds_after_kill_9(reports):
    process, run_id = start(reports, LONG)
    assert left_behind(run_id), "the test could not fail otherwise"

    process.kill()
    process.wait(10)

    eventually(lambda: not left_behind(run_id), within=2, what="the end of all that the run had started")


def test_kill_9_leaves_nothing_on_a_named_server(reports, mysql_server):
    process, run_id = start(
        reports, LONG, "-D", "mysql_host=127.0.0.1", "-D", f"mysql_port={mysql_server.port}",
        ACCEPTANCE_MYSQL_PASSWORD=mysql_server.password,
    )  # fmt: skip
    schema = f"executor_test_{run_id.rpartition('-')[2]}"
    assert _names_on(mysql_server, schema)

    process.kill()
    process.wait(10)

    eventually(
        lambda: not left_behind(run_id) and not _names_on(mysql_server, schema), within=2, what="the end of all traces"
    )
