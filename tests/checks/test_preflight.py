"""Preflight lists everything that a run would miss, in one go."""

import io
import re
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from support.checks import server
from support.checks.findings import Findings
from support.contract import COLUMNS
from support.form import TEST_CASES
from support.mysql.database import Account, Database
from support.mysql.gates import TableGate
from support.mysql.schemas import Accounts
from support.record.evidence import Secrets
from support.terminal import Terminal
from tests.harness import outside
from tests.harness.running import done


class NoApi(BaseHTTPRequestHandler):
    """An HTTP server as there are many: a page for everything."""

    def _page(self):
        page = b"<!doctype html><title>Welcome</title>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = _page

    def log_message(self, *_):
        """It has nothing to say."""


def preflight(settings, *arguments):
    return done([sys.executable, "-m", "support.commands", "preflight", *arguments], **settings)


@pytest.fixture(scope="module")
def executor(mysql_server, tmp_path_factory):
    with outside.running(mysql_server, tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture
def nothing(mysql_server):
    """The settings of an empty schema and of an HTTP server that is no SaaS API."""
    root = Account(mysql_server.host, mysql_server.port, mysql_server.user, mysql_server.password)
    name = f"executor_test_{secrets.token_hex(4)}"
    database = Database(root)
    database.execute(f"CREATE DATABASE {name}")
    with ThreadingHTTPServer(("127.0.0.1", 0), NoApi) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {
            "ACCEPTANCE_MYSQL_HOST": root.host, "ACCEPTANCE_MYSQL_PORT": str(root.port),
            "ACCEPTANCE_MYSQL_PASSWORD": root.password, "ACCEPTANCE_MYSQL_DATABASE": name,
            "ACCEPTANCE_API_URL": f"http://127.0.0.1:{server.server_address[1]}", "ACCEPTANCE_API_SECRET": "not-asked-for",
        }  # fmt: skip
        server.shutdown()
    database.execute(f"DROP DATABASE {name}")
    database.close()


def lines(output: str, mark: str) -> set[str]:
    return set(re.findall(rf"^  {mark} (.+?): ", output, re.MULTILINE))


def test_where_everything_is_there_it_says_so_and_leaves_nothing(executor):
    status, output = preflight(executor.settings)

    assert status == 0, output
    assert lines(output, "✗") == lines(output, "–") == set()
    assert {f"{case.id} {case.name}" for case in TEST_CASES.values()} <= lines(output, "✓")
    assert "Nothing is missing" in output
    assert executor.rows("SELECT id FROM execution_runs") == []
    assert executor.rows("SELECT User FROM mysql.user WHERE User LIKE 'ex\\_%'") == []
    assert executor.settings["ACCEPTANCE_API_SECRET"] not in output


def test_an_empty_schema_and_no_api_miss_everything_at_once(nothing):
    status, output = preflight(nothing)

    assert status == 1
    assert {f"table {table}" for table in COLUMNS} <= lines(output, "✗")
    assert {
        "GET /health", "GET /api/kill-switch", "POST /api/kill-switch", "GET /api/executions/{id}", "POST /api/executions",
    } <= lines(output, "✗")  # fmt: skip
    assert {"answers", "schema"} <= lines(output, "✓")
    assert "test data" in lines(output, "–")
    assert re.search(r"^Missing: \d\d\. docs/your-executor\.md", output, re.MULTILINE)
    assert "Traceback" not in output
    assert "not-asked-for" not in output


def test_a_missing_column_is_named(executor):
    executor.rows("ALTER TABLE rollbacks DROP COLUMN trigger_reason, DROP COLUMN rollback_sql")
    try:
        status, output = preflight(executor.settings)
    finally:
        executor.rows("ALTER TABLE rollbacks ADD COLUMN trigger_reason TEXT, ADD COLUMN rollback_sql TEXT")

    assert status == 1
    assert "✗ table rollbacks: columns missing: trigger_reason, rollback_sql" in output
    assert lines(output, "✗") == {"table rollbacks"}


def test_an_agent_that_goes_its_own_way_is_seen(executor):
    status, output = preflight(executor.settings, "-D", "agent_command=/bin/true {execution_id}")

    assert status == 1
    assert lines(output, "✗") == {"a run with the kill switch on"}
    assert "it made no claim at SAAS_API_URL" in output


def test_a_password_in_an_agents_last_words_is_not_told(executor, tmp_path):
    agent = tmp_path / "agent.py"
    agent.write_text("import os\nprint('connecting as', os.environ['MYSQL_USER'], os.environ['MYSQL_PASSWORD'])\n")

    _, output = preflight(executor.settings, "-D", f"agent_command={sys.executable} {agent} {{execution_id}}")

    assert re.search(r"its last words: connecting as ex_agent_\w+ \*+$", output, re.MULTILINE), output


def test_an_api_over_another_database_is_seen(executor, nothing):
    settings = executor.settings | {"ACCEPTANCE_MYSQL_DATABASE": nothing["ACCEPTANCE_MYSQL_DATABASE"]}
    root = Database(executor.account)
    for table in COLUMNS:
        root.execute(f"CREATE TABLE {nothing['ACCEPTANCE_MYSQL_DATABASE']}.{table} LIKE {table}")
    root.execute(f"INSERT INTO {nothing['ACCEPTANCE_MYSQL_DATABASE']}.test_orders SELECT * FROM test_orders")
    root.close()
    try:
        status, output = preflight(settings)
    finally:
        executor.rows("DELETE FROM execution_runs")
        executor.rows("DELETE FROM execution_claims")

    assert status == 1
    assert lines(output, "✗") == {"same database as mysql_host"}
    assert "the API writes to another database or schema than the settings name" in output


def test_settings_that_make_no_sense_are_one_line():
    status, output = preflight({}, "-D", "api_url=http://127.0.0.1:1")

    assert status == 2
    assert output.count("\n") == 1
    assert "the stack external needs a running server" in output


def test_a_gate_that_cannot_be_seen_is_said_and_the_rehearsed_change_is_not_made(executor, monkeypatch):
    accounts = Accounts(executor.account, executor.account, executor.account, executor.account)
    monkeypatch.setattr(server, "GATE_SECONDS", 0.3)
    monkeypatch.setattr(TableGate, "waiting", lambda _gate: None)
    told = io.StringIO()

    assert not server.look_at_gates(Findings(Terminal(told), Secrets([])), accounts)
    assert "✗ metadata lock gate: the ALTER at the gate did not come to pass within 0.3 s" in told.getvalue()
    assert executor.rows("SHOW INDEX FROM test_orders WHERE Key_name = 'idx_tc00_preflight'") == []
