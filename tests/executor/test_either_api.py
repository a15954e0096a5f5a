"""What the contract asks of every API, tried on the bundled one and on the one for Node.js."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from support.servers.ports import free_port
from tests.harness.running import PROJECT

RUN = {
    "id": "run-1",
    "connection_id": "conn-001",
    "action": "ADD_INDEX",
    "table_name": "test_orders",
    "index_name": "idx_new",
    "columns": ["customer_id"],
    "query_digests": None,
}
SECRET = secrets.token_hex(8)
ROLLBACK = {"rollback_type": "auto", "trigger_reason": "r", "rollback_sql": "s", "status": "failed"}


class Api:
    """Calls with the secret, and with a claim token where one is given."""

    def __init__(self, address, schema):
        self.address, self.schema = address, schema

    def call(self, method, path, body=None, token=None, secret=SECRET):
        headers = {"X-API-SECRET": secret, "X-Claim-Token": token}
        sent = {name: value for name, value in headers.items() if value}
        return requests.request(method, self.address + path, json=body, headers=sent, timeout=10)

    def add(self, **fields):
        assert self.call("POST", "/api/executions", {**RUN, **fields}).status_code == 201

    def claim(self, run_id="run-1", **wish):
        return self.call("POST", f"/api/executions/{run_id}/claim", wish)

    def report(self, token, status, run_id="run-1"):
        return self.call("PATCH", f"/api/executions/{run_id}/status", {"status": status}, token)

    def writes(self, token):
        """The statuses of every kind of write."""
        return [
            self.call("POST", "/api/executions/run-1/heartbeat", None, token).status_code,
            self.call("POST", "/api/rollbacks", {"execution_run_id": "run-1", **ROLLBACK}, token).status_code,
            self.call(
                "POST", "/api/audit", {"execution_run_id": "run-1", "action": "a", "details": {}}, token
            ).status_code,
            self.report(token, "failed").status_code,
        ]

    def expire(self):
        self.schema.query("UPDATE execution_runs SET lease_expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")

    def state(self):
        tables = ("execution_runs", "execution_claims", "rollbacks", "audit_logs", "kill_switches")
        return [self.schema.query(f"SELECT * FROM {table}") for table in tables]


@pytest.fixture(params=["bundled", "node"])
def api(request, schema):
    schema.query("SET time_zone = '+00:00'")
    if request.param == "bundled":
        yield Api(request.getfixturevalue("start_api")(API_SECRET=SECRET), schema)
        return
    program, port = request.getfixturevalue("node_executor") / "api.js", free_port()
    settings = {"API_SECRET": SECRET, "API_PORT": str(port), "PATH": os.environ["PATH"]}
    with subprocess.Popen(["node", program], env={**schema.environment(), **settings}, stderr=subprocess.PIPE) as api:
        try:
            assert b"listening" in api.stderr.readline()
            yield Api(f"http://127.0.0.1:{port}", schema)
        finally:
            api.kill()


def test_a_claim_has_a_token_of_its_own(api):
    api.add()
    first = api.claim(worker_id="w1").json()
    api.expire()
    second = api.claim(worker_id="w1").json()
    assert first["claim_token"] != second["claim_token"]
    assert api.writes(first["claim_token"]) == [409] * 4
    assert api.writes(second["claim_token"]) == [200, 201, 201, 200]


def test_a_token_is_shown_to_nobody_else(api):
    api.add()
    token = api.claim().json()["claim_token"]
    assert token not in api.call("GET", "/api/executions/run-1").text
    assert token not in api.call("POST", "/api/executions/run-1/heartbeat", None, token).text
    assert token not in str(api.state())


def test_a_write_without_a_token_or_after_the_lease_changes_nothing(api):
    api.add()
    token = api.claim().json()["claim_token"]
    before = api.state()
    assert api.writes(None) == api.writes("x") == [409] * 4
    assert api.state() == before
    api.expire()
    before = api.state()
    assert api.writes(token) == [409] * 4
    assert api.state() == before


def test_a_holder_can_not_claim_again(api):
    api.add()
    assert api.claim(worker_id="w1").status_code == 200
    assert api.claim(worker_id="w1").status_code == 409
    assert len(api.schema.query("SELECT * FROM execution_claims")) == 1


def test_nothing_is_recorded_for_another_run(api):
    api.add()
    api.add(id="run-2")
    api.claim()
    other = api.claim("run-2").json()["claim_token"]
    assert api.writes(other) == [409] * 4


@pytest.mark.parametrize("wish", [{"lease_seconds": 7.5}, {"lease_seconds": 90}, {}])
def test_the_length_of_a_lease(api, wish):
    length = "TIMESTAMPDIFF(MICROSECOND, {}, lease_expires_at) / 1e6 AS s"
    api.add()
    token = api.claim(**wish).json()["claim_token"]
    (run,) = api.schema.query(f"SELECT {length.format('claimed_at')}, lease_expires_at FROM execution_runs")
    assert float(run["s"]) == wish.get("lease_seconds", 60)
    (claim,) = api.schema.query("SELECT lease_expires_at FROM execution_claims")
    assert claim["lease_expires_at"] == run["lease_expires_at"]
    api.schema.query("UPDATE execution_runs SET lease_expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 SECOND")
    assert api.call("POST", "/api/executions/run-1/heartbeat", None, token).status_code == 200
    (run,) = api.schema.query(f"SELECT {length.format('UTC_TIMESTAMP(6)')} FROM execution_runs")
    assert 0 <= wish.get("lease_seconds", 60) - float(run["s"]) < 5


def test_the_same_end_said_again_changes_nothing_and_another_is_refused(api):
    api.add()
    token = api.claim().json()["claim_token"]
    assert api.report(token, "completed").status_code == 200
    before = api.state()
    assert api.report(token, "completed").status_code == 200
    assert api.report(token, "failed").status_code == 409
    assert api.report("x", "completed").status_code == 409
    assert api.report(None, "completed").status_code == 409
    assert api.claim().status_code == 409
    assert api.state() == before


def test_without_the_secret_nothing_changes(api):
    api.add()
    token = api.claim().json()["claim_token"]
    before = api.state()
    for secret in (None, "wrong"):
        for method, path, body in [
            ("POST", "/api/kill-switch", {"active": True}),
            ("GET", "/api/kill-switch?connection_id=conn-001", None),
            ("POST", "/api/executions", {**RUN, "id": "run-2"}),
            ("GET", "/api/executions", None),
            ("PATCH", "/api/executions/run-1/status", {"status": "failed"}),
            ("POST", "/api/rollbacks", {"execution_run_id": "run-1", **ROLLBACK}),
        ]:
            assert api.call(method, path, body, token, secret).status_code == 401, path
    assert api.state() == before


def test_unknown_fields_are_ignored(api):
    api.add(note="of a newer client")
    assert api.claim(host="h1").status_code == 200
    assert api.call("POST", "/api/kill-switch", {"active": True, "by": "me"}).status_code == 200


@pytest.mark.parametrize("run_id", ["7", "Run.1", "a:b-c_d", "x" * 64])
def test_ids_of_every_form_that_the_contract_allows(api, run_id):
    api.add(id=run_id, connection_id=run_id)
    assert api.claim(run_id).json()["id"] == run_id


@pytest.mark.parametrize("wrong", [{"connection_id": "*"}, {"id": ""}, {"id": "x" * 65}])
def test_ids_of_another_form(api, wrong):
    assert api.call("POST", "/api/executions", {**RUN, **wrong}).status_code == 422


def test_a_switch_that_is_on_without_a_reason(api):
    assert api.call("POST", "/api/kill-switch", {"connection_id": "conn-001", "active": True}).status_code == 200
    for connection, active in (("conn-001", True), ("conn-002", False)):
        answer = api.call("GET", f"/api/kill-switch?connection_id={connection}").json()
        assert answer == {"global_active": False, "connection_active": active, "reason": None}


def test_a_switch_that_can_not_be_read_is_not_inactive(api):
    api.schema.query("DROP TABLE kill_switches")
    assert api.call("GET", "/api/kill-switch?connection_id=conn-001").status_code >= 500


def test_answers_are_those_of_the_openapi_document_whatever_is_asked(api, tmp_path):
    program, document = Path(sys.executable).with_name("schemathesis"), PROJECT / "docs" / "openapi.yaml"
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    asking = ["--phases", "coverage", "--seed", "1", "--header", f"X-API-SECRET: {SECRET}", "--checks", checks]
    done = subprocess.run(
        [program, "run", document, "--url", api.address, *asking],
        cwd=tmp_path,  # it leaves a folder of its own
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
