"""The gateway: it passes calls on unchanged, writes them down, holds them, and makes them fail in every way it names."""

import http.client
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from support.errors import TestEnvironmentError
from support.gateway.faults import FAULTS, HEADERS_AT
from support.gateway.gateway import Gateway
from support.gateway.refusals import Refusals
from support.history.calls import kind_of
from support.servers.ports import free_port
from support.waiting import eventually

KILL_SWITCH = "/api/kill-switch?connection_id=conn-001"


class Api(BaseHTTPRequestHandler):
    """A real HTTP server that says what it was sent."""

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = json.dumps({"path": self.path, "body": body.decode(), "secret": self.headers.get("X-API-SECRET")})
        self.send_response(409 if self.path.endswith("/claim") else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Claim-Token", "t-1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content.encode())

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def api():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def gateway(api):
    gateway = Gateway("worker-1", [api], free_port())
    yield gateway
    gateway.close()


def in_background(call):
    outcome = []

    def run():
        try:
            outcome.append(call())
        except Exception as error:  # noqa: BLE001 - the outcome is what the test looks at
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return outcome, thread


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/api/executions/test-tc01-001/claim", "claim"),
        ("POST", "/api/executions/x/heartbeat", "heartbeat"),
        ("PATCH", "/api/executions/x/status", "status"),
        ("GET", "/api/executions/x", "run"),
        ("GET", "/api/kill-switch?connection_id=conn-002", "kill switch"),
        ("POST", "/api/rollbacks", "rollback"),
        ("POST", "/api/audit", "audit"),
        ("POST", "/api/kill-switch", "other"),
        ("GET", "/health", "other"),
    ],
)
def test_calls_have_the_contracts_names(method, path, kind):
    assert kind_of(method, path) == kind


def test_a_call_goes_through_unchanged_and_is_written_down(gateway):
    answer = requests.post(
        f"{gateway.url}/api/executions/r1/claim", json={"worker_id": "w"}, headers={"X-API-SECRET": "s"}, timeout=5
    )

    assert answer.status_code == 409
    assert answer.json() == {"path": "/api/executions/r1/claim", "body": '{"worker_id": "w"}', "secret": "s"}
    (call,) = gateway.calls_of("claim")
    assert (call.method, call.status, call.answer) == ("POST", 409, "409 Conflict")
    assert call.request_body == '{"worker_id": "w"}'
    assert json.loads(call.response_body)["path"] == "/api/executions/r1/claim"
    assert call.arrived <= call.answered


def test_a_body_in_chunks_goes_through(gateway):
    answer = requests.post(f"{gateway.url}/api/audit", data=iter([b'{"a":', b" 1}"]), timeout=5)

    assert answer.json()["body"] == '{"a": 1}'
    assert gateway.calls[0].request_body == '{"a": 1}'


def test_headers_of_the_answer_go_through(gateway):
    answer = requests.post(f"{gateway.url}/api/executions/r/claim", timeout=5)

    assert answer.headers["X-Claim-Token"] == "t-1"
    assert answer.headers["Content-Type"] == "application/json"


def test_a_gate_holds_the_first_call_that_meets_it_and_lets_later_ones_pass(gateway):
    gate = gateway.hold("kill switch")
    outcome, thread = in_background(lambda: requests.get(gateway.url + KILL_SWITCH, timeout=10).status_code)
    eventually(lambda: gate.reached, within=5, what="the call at the gate")

    assert requests.get(gateway.url + KILL_SWITCH, timeout=5).status_code == 200
    assert outcome == []

    gate.release()
    thread.join(5)
    assert outcome == [200]
    assert [call.held for call in gateway.calls] == [True, False]


def test_a_gate_with_a_condition_lets_other_calls_pass(gateway):
    gate = gateway.hold("kill switch", lambda call: "conn-009" in call.path)

    assert requests.get(gateway.url + KILL_SWITCH, timeout=5).status_code == 200
    assert not gate.reached


def test_two_claims_can_be_held_and_let_go_together(api):
    gateways = [Gateway(f"worker-{n}", [api], free_port()) for n in (1, 2)]
    gates = [gateway.hold("claim") for gateway in gateways]
    claims = [
        in_background(lambda g=gateway: requests.post(f"{g.url}/api/executions/r/claim", timeout=10).status_code)
        for gateway in gateways
    ]
    for gate in gates:
        eventually(lambda g=gate: g.reached, within=5, what="a claim")
    for gate in gates:
        gate.release()
    for _, thread in claims:
        thread.join(5)

    assert [outcome for outcome, _ in claims] == [[409], [409]]
    for gateway in gateways:
        gateway.close()


@pytest.mark.parametrize(
    ("fault", "status"),
    [("500 Internal Server Error", 500), ("503 Service Unavailable", 503), ("302 to a sign-in page", 302)],
)
def test_faults_that_are_status_codes(gateway, fault, status):
    gateway.fail("kill switch", FAULTS[fault])

    assert requests.get(gateway.url + KILL_SWITCH, timeout=5, allow_redirects=False).status_code == status
    assert gateway.calls[0].fault == fault
    assert requests.get(f"{gateway.url}/health", timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("empty object", {}),
        ("false written as text", {"global_active": "false", "connection_active": "false", "reason": None}),
        ("one of the two fields missing", {"global_active": False, "reason": None}),
    ],
)
def test_faults_that_are_wrong_answers(gateway, fault, body):
    gateway.fail("kill switch", FAULTS[fault])

    answer = requests.get(gateway.url + KILL_SWITCH, timeout=5)

    assert (answer.status_code, answer.json()) == (200, body)


@pytest.mark.parametrize("fault", ["HTML page instead of an answer", "half an object"])
def test_faults_that_are_no_json(gateway, fault):
    gateway.fail("kill switch", FAULTS[fault])

    with pytest.raises(requests.JSONDecodeError):
        requests.get(gateway.url + KILL_SWITCH, timeout=5).json()


def test_half_an_answer_breaks_off_before_the_length_it_promised_and_who_asks_again_is_answered_late(gateway):
    gateway.fail("kill switch", FAULTS["half an answer, and a whole one too late"], deadline=0.4)
    started = time.monotonic()
    connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=5)
    connection.request("GET", KILL_SWITCH)

    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    assert requests.get(gateway.url + KILL_SWITCH, timeout=5).json()["global_active"] is False
    assert time.monotonic() - started > 2 * HEADERS_AT * 0.4
    assert [call.fault for call in gateway.calls] == [
        "half an answer, and a whole one too late",
        "a whole answer too late",
    ]


def test_a_reset_is_a_reset(gateway):
    gateway.fail("kill switch", FAULTS["connection reset"])

    with pytest.raises(requests.ConnectionError, match="reset|RemoteDisconnected|aborted"):
        requests.get(gateway.url + KILL_SWITCH, timeout=5)


def test_silence_lasts_until_the_worker_gives_up(gateway):
    gateway.fail("kill switch", FAULTS["time-out"])

    with pytest.raises(requests.ReadTimeout):
        requests.get(gateway.url + KILL_SWITCH, timeout=0.2)
    eventually(lambda: gateway.calls[0].answered, within=5, what="the end of the call")
    assert gateway.calls[0].status is None


def test_a_late_answer_keeps_every_read_time_out_and_not_the_deadline(gateway):
    gateway.fail("kill switch", FAULTS["headers in time, the body too late"], deadline=0.4)
    started = time.monotonic()

    answer = requests.get(gateway.url + KILL_SWITCH, timeout=0.4)

    assert answer.json()["global_active"] is False
    assert time.monotonic() - started > 0.4


def test_who_asks_anew_when_the_deadline_is_over_is_answered(gateway):
    gateway.fail("kill switch", FAULTS["time-out"], deadline=0.2)

    for _ in range(2):
        with pytest.raises(requests.ReadTimeout):
            requests.get(gateway.url + KILL_SWITCH, timeout=0.1)
    assert requests.get(gateway.url + KILL_SWITCH, timeout=5).status_code == 200


def test_a_body_may_say_the_same_in_other_bytes(gateway):
    gateway.other_form = True

    answer = requests.get(gateway.url + KILL_SWITCH, timeout=5)
    plain = requests.get(gateway.url + KILL_SWITCH, timeout=5, headers={"Accept-Encoding": "identity"})

    assert answer.json() == plain.json()
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert (answer.headers["Content-Encoding"], plain.headers.get("Content-Encoding")) == ("gzip", None)


def test_a_refused_call_is_refused_and_the_next_one_goes_through(gateway):
    gateway.refuse_after("claim")
    assert requests.post(f"{gateway.url}/api/executions/r/claim", timeout=5).status_code == 409
    assert gateway.refusing
    refusals = Refusals()
    before = refusals.count()

    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(gateway.url + KILL_SWITCH, timeout=5)

    assert refusals.count() > before
    assert gateway.refusal_seen()
    gateway.listen_again()
    assert requests.get(gateway.url + KILL_SWITCH, timeout=5).status_code == 200


def test_while_it_refuses_nobody_else_gets_the_port(gateway):
    gateway.refuse_after("claim")
    requests.post(f"{gateway.url}/api/executions/r/claim", timeout=5)

    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", int(gateway.url.rpartition(":")[2])))


def test_an_api_that_does_not_answer_is_trouble_of_the_stand_and_not_a_fault_of_the_scenario():
    gateway = Gateway("worker-1", [f"http://127.0.0.1:{free_port()}"], free_port())

    answer = requests.get(gateway.url + KILL_SWITCH, timeout=5)

    assert answer.status_code == 502
    assert "did not answer" in gateway.calls[0].trouble
    assert gateway.calls[0].fault is None
    gateway.close()


def test_closing_ends_held_and_silent_calls(api):
    gateway = Gateway("worker-1", [api], free_port())
    gate = gateway.hold("claim")
    gateway.fail("kill switch", FAULTS["time-out"])
    held, held_thread = in_background(lambda: requests.post(f"{gateway.url}/api/executions/r/claim", timeout=30))
    silent, silent_thread = in_background(lambda: requests.get(gateway.url + KILL_SWITCH, timeout=30))
    eventually(lambda: gate.reached and gateway.calls_of("kill switch"), within=5, what="both calls")

    gateway.close()

    held_thread.join(5)
    silent_thread.join(5)
    assert len(held) == len(silent) == 1
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{gateway.url}/health", timeout=2)


def test_a_port_in_use_is_one_clear_line(api):
    with pytest.raises(TestEnvironmentError, match=r"the gateway of worker-1 cannot use port \d+: "):
        Gateway("worker-1", [api], int(api.rpartition(":")[2]))


@pytest.mark.parametrize("fault", [fault for fault in FAULTS.values() if not fault.hangs], ids=lambda fault: fault.name)
def test_no_fault_gives_the_answer_of_a_switch_that_is_off(gateway, fault):
    """To one who follows no redirect; the faults that hang have a test of their own above."""
    if fault.refuses:
        gateway.refuse_after("other")
        requests.get(f"{gateway.url}/health", timeout=5)
    else:
        gateway.fail("kill switch", fault)

    try:
        answer = requests.get(gateway.url + KILL_SWITCH, timeout=5, allow_redirects=False)
        said = (answer.status_code, answer.headers.get("Content-Type"), answer.content)
    except requests.RequestException as error:
        said = error

    assert said != (200, "application/json", b'{"global_active": false, "connection_active": false, "reason": null}')


def test_an_answer_can_be_lost_while_the_call_arrives(gateway):
    gateway.lose_answer("claim", lambda call: len(gateway.calls_of("claim")) == 1)

    with pytest.raises(requests.ConnectionError):
        requests.post(f"{gateway.url}/api/executions/test-tc01-001/claim", timeout=10)
    again = requests.post(f"{gateway.url}/api/executions/test-tc01-001/claim", timeout=10)

    first, second = gateway.calls_of("claim")
    assert again.status_code == second.status == 409
    assert (first.fault, first.status) == ("connection reset", None)
    assert '"path"' in first.response_body, "the API has seen it, and answered"
