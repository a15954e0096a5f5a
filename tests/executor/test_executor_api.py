"""The API on a real server: claims, fencing, reports, records, errors."""

import re
import threading

import pymysql
import pytest
import requests

from executor_v1.api.config import ApiConfig
from executor_v1.api.database import Database


def claim_at_once(addresses, run_id, count):
    """The statuses of `count` claims sent at the same moment, over all addresses in turn."""
    barrier, statuses = threading.Barrier(count), []

    def claim(number):
        address = addresses[number % len(addresses)]
        with requests.Session() as session:
            session.get(f"{address}/health")
            barrier.wait()
            answer = session.post(f"{address}/api/executions/{run_id}/claim", json={"worker_id": f"w{number}"})
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def expire(schema):
    schema.query("UPDATE execution_runs SET lease_expires_at = NOW(6) - INTERVAL 1 MICROSECOND")


def audit_actions(schema):
    return [row["action"] for row in schema.query("SELECT action FROM audit_logs ORDER BY id")]


def test_of_fifty_claims_over_two_apis_one_is_granted(schema, runs, start_api):
    runs.add()
    assert claim_at_once([runs.api, start_api()], "run-1", 50) == [200] + [409] * 49
    assert schema.query("SELECT COUNT(*) AS n FROM execution_claims")[0]["n"] == 1
    assert audit_actions(schema) == ["created", "claimed"]


def test_an_expired_lease_is_taken_over_once(schema, runs, start_api):
    runs.add()
    runs.claim()
    expire(schema)
    assert claim_at_once([runs.api, start_api()], "run-1", 20) == [200] + [409] * 19
    assert schema.query("SELECT COUNT(*) AS n FROM execution_claims")[0]["n"] == 2


def test_a_claim_with_an_empty_body(runs):
    runs.add()
    answer = requests.post(f"{runs.api}/api/executions/run-1/claim")
    assert answer.status_code == 200
    run = answer.json()
    assert run["status"] == "running"
    assert run["claimed_by"]
    assert run["started_at"]
    assert run["lease_expires_at"]
    assert "claim_token_sha256" not in run


def test_a_claim_sent_again_with_its_token_is_the_same_claim(schema, runs):
    runs.add()
    token = "ab" * 32
    assert runs.claim(claim_token=token) == runs.claim(claim_token=token) == token
    assert schema.query("SELECT COUNT(*) AS n FROM execution_claims")[0]["n"] == 1


def test_a_running_row_without_a_lease_can_be_claimed(schema, runs):
    runs.add()
    schema.query("UPDATE execution_runs SET status = 'running'")
    assert runs.get()["claimable"]
    runs.claim()


def test_a_row_that_somebody_else_inserted(schema, runs):
    schema.query(
        "INSERT INTO execution_runs (id, connection_id, table_name, index_name, columns)"
        " VALUES ('x', 'c', 't', 'i', '[')"
    )
    run = runs.get("x")
    assert (run["status"], run["index_type"], run["columns"], run["claimable"]) == ("scheduled", "BTREE", "[", True)


@pytest.mark.parametrize("path", ["heartbeat", "progress", "rollbacks", "audit", "status"])
@pytest.mark.parametrize("trouble", ["stale token", "no token", "expired", "ended"])
def test_a_lost_lease_refuses_every_write(schema, runs, path, trouble):
    runs.add()
    token = runs.claim()
    if trouble == "stale token":
        expire(schema)
        runs.claim()
    elif trouble == "no token":
        token = ""
    elif trouble == "expired":
        expire(schema)
    else:
        assert runs.report(token, status="failed").status_code == 200
    before = schema.query("SELECT COUNT(*) AS n FROM audit_logs")
    answer = runs.report(token, status="completed") if path == "status" else runs.post(*write(path, token))
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert schema.query("SELECT COUNT(*) AS n FROM rollbacks")[0]["n"] == 0
    assert schema.query("SELECT COUNT(*) AS n FROM audit_logs") == before


def write(path, token):
    rollback = {"rollback_type": "auto", "trigger_reason": "r", "rollback_sql": "s", "status": "pending"}
    return {
        "heartbeat": ("/api/executions/run-1/heartbeat", token),
        "progress": ("/api/executions/run-1/progress", token, {"phase": "adding", "progress": {}}),
        "rollbacks": ("/api/rollbacks", token, {"execution_run_id": "run-1", **rollback}),
        "audit": ("/api/audit", token, {"execution_run_id": "run-1", "action": "noted", "details": {}}),
    }[path]


def test_a_heartbeat_renews_by_the_length_of_the_claim(schema, runs):
    runs.add()
    token = runs.claim(lease_seconds=100)
    schema.query("UPDATE execution_runs SET lease_expires_at = NOW(6) + INTERVAL 1 SECOND")
    assert runs.post("/api/executions/run-1/heartbeat", token).status_code == 200
    left = schema.query("SELECT TIMESTAMPDIFF(SECOND, NOW(6), lease_expires_at) AS s FROM execution_runs")[0]["s"]
    assert 90 <= left <= 100


def test_a_report_sent_again_changes_nothing_more(schema, runs):
    runs.add()
    token = runs.claim()
    first = runs.report(token, status="completed", message="done")
    again = runs.report(token, status="completed", message="done")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert audit_actions(schema) == ["created", "claimed", "status_changed"]


@pytest.mark.parametrize("status", ["scheduled", "running", "failed", "rolled_back", "requires_manual"])
def test_a_terminal_state_never_changes(runs, status):
    runs.add()
    token = runs.claim()
    runs.report(token, status="completed")
    assert runs.report(token, status=status).status_code == 409
    assert runs.get()["status"] == "completed"
    assert requests.post(f"{runs.api}/api/executions/run-1/claim").status_code == 409


@pytest.mark.parametrize("status", ["running", "completed", "failed"])
def test_a_scheduled_run_changes_by_a_claim_only(runs, status):
    runs.add()
    assert runs.report("ab" * 32, status=status).status_code == 409
    assert runs.get()["status"] == "scheduled"


def test_completion_and_takeover_at_once_have_one_winner(schema, runs, start_api):
    other = start_api()
    for number in range(10):
        run_id = runs.add(f"race-{number}")
        token = runs.claim(run_id)
        barrier, statuses = threading.Barrier(2), {}

        def complete(run_id=run_id, token=token, barrier=barrier, statuses=statuses):
            barrier.wait()
            statuses["report"] = runs.report(token, run_id, status="completed").status_code

        thread = threading.Thread(target=complete)
        thread.start()
        barrier.wait()
        expire(schema)
        statuses["claim"] = requests.post(f"{other}/api/executions/{run_id}/claim").status_code
        thread.join()
        assert sorted(statuses.values()) == [200, 409]


def test_one_row_for_one_rollback(schema, runs):
    runs.add()
    token = runs.claim()
    record = {"execution_run_id": "run-1", "rollback_type": "auto", "trigger_reason": "r", "rollback_sql": "ALTER"}
    for status in ("pending", "pending", "completed", "completed", "failed"):
        assert runs.post("/api/rollbacks", token, {**record, "status": status}).status_code == 201
    assert [row["status"] for row in schema.query("SELECT status FROM rollbacks")] == ["completed"]


def test_one_row_for_one_audit_entry(schema, runs):
    runs.add()
    token = runs.claim()
    entry = {"execution_run_id": "run-1", "action": "noted", "details": {"ก": 1}, "timestamp": "2026-01-01T00:00:00Z"}
    first, again = (runs.post("/api/audit", token, entry).json() for _ in range(2))
    assert first == again
    assert audit_actions(schema).count("noted") == 1


def test_progress_is_handed_on(schema, runs):
    runs.add()
    body = {"phase": "adding", "progress": {"existed_before": False}}
    runs.post("/api/executions/run-1/progress", runs.claim(), body).raise_for_status()
    expire(schema)
    successor = requests.post(f"{runs.api}/api/executions/run-1/claim").json()
    assert {name: successor[name] for name in body} == body


def test_kill_switches(runs):
    def ask():
        return requests.get(f"{runs.api}/api/kill-switch", params={"connection_id": "conn-001"}).json()

    def turn(**body):
        assert requests.post(f"{runs.api}/api/kill-switch", json=body).status_code == 200

    off = {"global_active": False, "connection_active": False, "reason": None}
    assert ask() == off
    turn(connection_id="conn-001", active=True, reason="why")
    assert ask() == {"global_active": False, "connection_active": True, "reason": "why"}
    turn(active=True)
    assert ask()["global_active"]
    assert ask()["connection_active"]
    turn(connection_id="conn-001", active=False)
    assert ask() == {"global_active": True, "connection_active": False, "reason": None}
    turn(active=False)
    assert ask() == off


@pytest.mark.parametrize("body", [{"active": "false"}, {"active": 0}, {"active": None}, {}])
def test_a_kill_switch_is_true_or_false(runs, body):
    assert requests.post(f"{runs.api}/api/kill-switch", json=body).status_code == 422


GOOD = {
    "id": "r",
    "connection_id": "c",
    "action": "ADD_INDEX",
    "table_name": "t",
    "index_name": "i",
    "columns": ["a"],
}


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": ""},
        {"id": "a/b"},
        {"id": "x" * 65},
        {"columns": []},
        {"columns": "a"},
        {"columns": ["a", "a"]},
        {"columns": [1]},
        {"columns": [""]},
        {"action": ""},
        {"table_name": "x" * 256},
        {"query_digests": ["nothex"]},
        {"query_digests": "ab"},
        {"index_type": "HASH"},
        {"connection_id": "*"},
    ],
)
def test_a_malformed_run_is_refused(runs, change):
    answer = requests.post(f"{runs.api}/api/executions", json={**GOOD, **change})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 422
    assert answer.json()["errors"]


def test_unknown_fields_are_ignored(schema, runs):
    runs.add(note="of a newer client")
    token = runs.claim(host="h1")
    report = {"status": "failed", "fail_reason": "execution_error", "took_seconds": 1}
    assert requests.post(f"{runs.api}/api/kill-switch", json={"active": False, "by": "me"}).status_code == 200
    entry = {"execution_run_id": "run-1", "action": "noted", "details": {}, "level": 3}
    assert runs.post("/api/audit", token, entry).status_code == 201
    rollback = {"rollback_type": "auto", "trigger_reason": "r", "rollback_sql": "s", "status": "failed"}
    assert runs.post("/api/rollbacks", token, {"execution_run_id": "run-1", **rollback, "x": 1}).status_code == 201
    assert runs.report(token, **report).status_code == 200


@pytest.mark.parametrize("run_id", ["7", "Run.1", "a:b-c_d", "x" * 64, "550e8400-e29b-41d4-a716-446655440000"])
def test_ids_of_every_form_that_the_contract_allows(runs, run_id):
    assert runs.get(runs.add(run_id, connection_id=run_id))["id"] == run_id


def test_ids_differ_by_case(runs):
    runs.add("run-a")
    runs.add("run-A")
    runs.claim("run-a")
    assert runs.get("run-A")["status"] == "scheduled"


def test_a_holder_can_not_claim_again(schema, runs):
    runs.add()
    runs.claim(worker_id="w1")
    again = requests.post(f"{runs.api}/api/executions/run-1/claim", json={"worker_id": "w1"})
    assert again.status_code == 409
    assert schema.query("SELECT COUNT(*) AS n FROM execution_claims")[0]["n"] == 1


def test_nothing_is_recorded_for_another_run(schema, runs):
    runs.add("a")
    runs.add("b")
    token = runs.claim("a")
    runs.claim("b")
    rollback = {"rollback_type": "auto", "trigger_reason": "r", "rollback_sql": "s", "status": "failed"}
    assert runs.post("/api/rollbacks", token, {"execution_run_id": "b", **rollback}).status_code == 409
    assert (
        runs.post("/api/audit", token, {"execution_run_id": "b", "action": "noted", "details": {}}).status_code == 409
    )
    assert runs.report(token, "b", status="failed").status_code == 409
    assert not schema.query("SELECT 1 FROM rollbacks")


def test_an_id_is_taken_once(runs):
    runs.add()
    answer = requests.post(f"{runs.api}/api/executions", json={**GOOD, "id": "run-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "id_taken")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/executions/none", 404),
        ("POST", "/api/executions/none/claim", 404),
        ("POST", "/api/executions/none/heartbeat", 404),
        ("GET", "/nothing", 404),
        ("DELETE", "/api/executions", 405),
        ("GET", "/api/kill-switch", 422),
        ("GET", "/api/kill-switch?connection_id=", 422),
        ("GET", "/api/executions?status=odd", 422),
        ("POST", "/api/executions", 422),
    ],
)
def test_every_error_is_a_problem_document(runs, method, path, status):
    answer = requests.request(method, runs.api + path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["type"]
    assert ("Allow" in answer.headers) == (status == 405)  # RFC 9110, 15.5.6


def test_runs_are_listed_by_status(runs):
    runs.add("a")
    runs.add("b")
    runs.claim("b")

    def listed(status):
        return [run["id"] for run in requests.get(f"{runs.api}/api/executions", params={"status": status}).json()]

    assert (listed("scheduled"), listed("running"), listed("completed")) == (["a"], ["b"], [])


def test_a_secret_guards_every_call_but_health(start_api):
    address = start_api(API_SECRET="s3cret")
    assert requests.get(f"{address}/health").status_code == 200
    for path in ("/api/executions", "/api/kill-switch", "/docs/../api/executions", "/docs/nothing", "/nothing"):
        assert requests.get(address + path).status_code == 401
        assert requests.get(address + path, headers={"X-API-SECRET": "s3cre"}).status_code == 401
    assert requests.get(f"{address}/api/executions", headers={"X-API-SECRET": "s3cret"}).status_code == 200


def test_the_documentation_page_needs_no_secret_and_no_other_host(start_api):
    address = start_api(API_SECRET="s3cret")
    page = requests.get(f"{address}/docs").text
    used = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert used, page
    for link in used:
        assert link.startswith("/docs/assets/")
        assert requests.get(address + link).status_code == 200
    assert "s3cret" not in page


def test_the_documentation_asks_for_the_secret_where_it_is_needed(start_api):
    described = requests.get(f"{start_api(API_SECRET='s3cret')}/openapi.json").json()
    (scheme,) = described["components"]["securitySchemes"].values()
    assert (scheme["in"], scheme["name"]) == ("header", "X-API-SECRET")
    calls = [(path, call) for path, methods in described["paths"].items() for call in methods.values()]
    assert {path for path, call in calls if "security" not in call} == {"/health"}


def test_health(runs):
    health = requests.get(f"{runs.api}/health").json()
    assert health["status"] == "ok"
    assert health["version"]
    assert health["commit"]
    assert health["database"].split()[0] in ("MySQL", "MariaDB")


def test_a_deadlock_is_tried_again(schema):
    attempts = []

    def work(cursor):
        attempts.append(1)
        if len(attempts) < 3:
            raise pymysql.err.OperationalError(1213, "Deadlock found")
        cursor.execute("SELECT 7 AS n")
        return cursor.fetchone()["n"]

    assert Database(ApiConfig.read(schema.environment())).transact(work) == 7
