"""The agent with an API that keeps the contract and no more: no progress, tokens and leases of its own choice."""

import json
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from executor_v1.agent.runner import ExitCode

TOKEN = "the-apis-own"
RUN = {
    "id": "run-1",
    "connection_id": "conn-001",
    "action": "ADD_INDEX",
    "table_name": "test_orders",
    "index_name": "idx_new",
    "columns": ["customer_id"],
    "query_digests": None,
}
LEASE = {"claimed_at": "2026-01-01 00:00:00.000000", "lease_expires_at": "2026-01-01 00:00:01.500000"}


class Handler(BaseHTTPRequestHandler):
    """Remembers each call as (method, path, body, token)."""

    calls: list
    trouble: dict

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.calls.append((self.command, self.path, body, self.headers.get("X-Claim-Token")))
        pending = self.trouble.get((self.command, self.path.rpartition("/")[2]))
        status, content = pending.pop(0) if pending else self.usual()
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def usual(self):
        if self.path.endswith("/claim"):
            return 200, {**RUN, **LEASE, "status": "running", "claim_token": TOKEN}
        if self.path.endswith("/progress"):
            return 404, {"detail": "no such call"}
        if self.path.startswith("/api/kill-switch"):
            return 200, {"global_active": False, "connection_active": False, "reason": None}
        return (201 if self.path in ("/api/rollbacks", "/api/audit") else 200), RUN

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture
def foreign(agent_environment):
    """An API of somebody else; `calls` are those it got, `trouble` the answers to give first."""
    handler = type("Of this test", (Handler,), {"calls": [], "trouble": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with ExitStack() as cleanups:
        cleanups.callback(server.server_close)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        cleanups.callback(thread.join)
        cleanups.callback(server.shutdown)
        agent_environment["SAAS_API_URL"] = f"http://127.0.0.1:{server.server_port}"
        yield handler


def reports(foreign):
    return [body for method, _, body, _ in foreign.calls if method == "PATCH"]


def test_a_run_with_the_apis_own_token(schema, foreign, carry_out):
    assert carry_out() == ExitCode.FINISHED
    (report,) = reports(foreign)
    assert report["status"] == "completed"
    assert schema.index_columns("test_orders", "idx_new") == ["customer_id"]
    claim = next(i for i, (_, path, _, _) in enumerate(foreign.calls) if path.endswith("/claim"))
    written = [token for method, _, _, token in foreign.calls[claim + 1 :] if method != "GET"]
    assert set(written) == {TOKEN}


def test_the_lease_that_was_granted_is_the_one_that_is_kept(foreign, carry_out):
    assert carry_out(METRICS_WINDOW_MINUTES="0.02", EXECUTION_LEASE_TIMEOUT_SECONDS="60") == ExitCode.FINISHED
    (wish,) = [body for _, path, body, _ in foreign.calls if path.endswith("/claim")]
    assert wish["lease_seconds"] == 60


def test_a_successor_knows_its_index_by_the_comment(schema, foreign, carry_out):
    schema.add_index()
    assert carry_out() == ExitCode.FINISHED
    (report,) = reports(foreign)
    assert report["status"] == "completed"
    assert "taken over" in report["message"]


def test_somebody_elses_index_has_the_name(schema, foreign, carry_out):
    schema.add_index("")
    assert carry_out() == ExitCode.FINISHED
    (report,) = reports(foreign)
    assert (report["status"], report["fail_reason"]) == ("failed", "execution_error")
    assert report["error_message"].startswith("(1061)")


@pytest.mark.parametrize("status", [500, 503])
def test_a_report_is_sent_until_it_is_answered(foreign, carry_out, status):
    foreign.trouble["PATCH", "status"] = [(status, {})] * 3
    assert carry_out() == ExitCode.FINISHED
    first, *again = reports(foreign)
    assert again == [first] * 3


def test_a_refused_report_leaves_the_run_as_it_is(foreign, carry_out):
    foreign.trouble["PATCH", "status"] = [(422, {"detail": "no"})]
    assert carry_out() == ExitCode.BROKEN
    assert len(reports(foreign)) == 1


def test_a_record_of_a_rollback_is_sent_until_it_is_answered(foreign, carry_out):
    on = {"global_active": True, "connection_active": False, "reason": None}
    off = {**on, "global_active": False}
    foreign.trouble["GET", "kill-switch?connection_id=conn-001"] = [(200, off), (200, on)]
    foreign.trouble["POST", "rollbacks"] = [(201, {}), *[(503, {})] * 3]
    assert carry_out() == ExitCode.FINISHED
    sent = [body["status"] for _, path, body, _ in foreign.calls if path == "/api/rollbacks"]
    assert sent == ["pending", *["completed"] * 4]
    assert reports(foreign)[0]["status"] == "rolled_back"


def test_a_refused_record_does_not_stop_the_rollback(schema, foreign, carry_out):
    on = {"global_active": True, "connection_active": False, "reason": None}
    off = {**on, "global_active": False}
    foreign.trouble["GET", "kill-switch?connection_id=conn-001"] = [(200, off), (200, on)]
    foreign.trouble["POST", "rollbacks"] = [(422, {"detail": "no"})] * 2
    assert carry_out() == ExitCode.FINISHED
    assert reports(foreign)[0]["status"] == "rolled_back"
    assert not schema.index_columns("test_orders", "idx_new")


def test_an_unknown_run_is_no_success(foreign, carry_out):
    foreign.trouble["GET", "run-1"] = [(404, {"detail": "no such run"})]
    assert carry_out() == ExitCode.BROKEN
