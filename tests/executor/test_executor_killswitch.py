"""Fail-closed: everything but a well-formed "inactive" is active, within the deadline."""

import json
import re
import socket
import threading
from contextlib import ExitStack

import pytest

from executor_v1.agent import http, killswitch
from executor_v1.agent.config import AgentConfig

OFF = {"global_active": False, "connection_active": False, "reason": None}


def interpret(answer, status=200, content_type="application/json"):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return killswitch.interpret(status, body, content_type)


def test_inactive():
    assert not interpret(OFF).active
    assert not interpret({"global_active": False, "connection_active": False}).active


@pytest.mark.parametrize("name", ["global_active", "connection_active"])
def test_either_switch_is_enough(name):
    switch = interpret({**OFF, name: True, "reason": "night shift"})
    assert switch.active
    assert "night shift" in switch.reason
    assert name.split("_")[0] in switch.reason


@pytest.mark.parametrize("value", ["false", "", 0, 0.0, None, [], {}, "False"])
@pytest.mark.parametrize("name", ["global_active", "connection_active"])
def test_only_a_real_false_is_false(name, value):
    switch = interpret({**OFF, name: value})
    assert switch.active
    assert name in switch.reason


@pytest.mark.parametrize("name", ["global_active", "connection_active"])
def test_a_missing_member_is_active(name):
    assert interpret({key: value for key, value in OFF.items() if key != name}).active


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"false",
        b"[]",
        b"[false, false]",
        b"<html>login</html>",
        json.dumps(OFF).encode()[:-1],
        json.dumps(OFF).encode() + b"x",
        json.dumps(OFF).encode().replace(b"null", b"NaN"),
        b"\xef\xbb\xbf" + json.dumps(OFF).encode(),
        b"\xff\xfe",
        json.dumps(OFF).encode("utf-8-sig"),
        json.dumps(OFF).encode("utf-16"),
        json.dumps({"data": OFF}).encode(),
        b"[" * 100_000,
    ],
)
def test_other_bodies_are_active(body):
    assert interpret(body).active


@pytest.mark.parametrize("name", ["global_active", "connection_active"])
@pytest.mark.parametrize(("first", "second"), [("true", "false"), ("false", "true"), ("false", "false")])
def test_a_member_that_is_there_twice_is_active(name, first, second):
    body = json.dumps(OFF).replace(f'"{name}": false', f'"{name}": {first}, "{name}": {second}').encode()
    switch = interpret(body)
    assert switch.active
    assert name in switch.reason


@pytest.mark.parametrize("content_type", ["", "text/html", "text/plain; charset=utf-8", "application/jsonp"])
def test_another_content_type_is_active(content_type):
    assert interpret(OFF, content_type=content_type).active


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_parameters_of_the_content_type_do_not_matter(content_type):
    assert not interpret(OFF, content_type=content_type).active


@pytest.mark.parametrize("status", [201, 204, 301, 302, 304, 400, 401, 404, 429, 500, 503])
def test_other_statuses_are_active(status):
    switch = interpret(OFF, status)
    assert switch.active
    assert str(status) in switch.reason


@pytest.fixture
def serve():
    """Starts a server that hands each connection to a function; gives the settings of an agent that asks it."""
    with ExitStack() as cleanups:

        def start(handle, timeout="0.3"):
            listener = cleanups.enter_context(socket.create_server(("127.0.0.1", 0)))
            ended = threading.Event()
            cleanups.callback(ended.set)

            def work():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    handle(connection, ended)

            threading.Thread(target=work, daemon=True).start()
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            return AgentConfig.read({"SAAS_API_URL": address, "KILL_SWITCH_TIMEOUT_SECONDS": timeout})

        yield start


def reply(status, body, *headers):
    json_type = "Content-Type: application/json"
    head = [f"HTTP/1.1 {status} X", json_type, f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def test_asking_over_the_wire(serve):
    config = serve(lambda connection, ended: connection.sendall(reply(200, json.dumps(OFF).encode())), "5")
    assert not killswitch.ask(config, "conn-001").active


def test_a_redirect_is_not_followed(serve):
    config = serve(lambda connection, ended: connection.sendall(reply(302, b"", "Location: http://127.0.0.1:9/")), "5")
    assert "302" in killswitch.ask(config, "conn-001").reason


def test_a_body_shorter_than_announced_is_active(serve):
    body = json.dumps(OFF).encode()
    config = serve(lambda connection, ended: connection.sendall(reply(200, body + b"   ")[:-3]), "5")
    assert killswitch.ask(config, "conn-001").active


def test_silence_ends_at_the_deadline(serve):
    """That of the whole call or, on a busy machine, that of the socket, which is as long and begins a moment later."""
    config = serve(lambda connection, ended: ended.wait(10))
    assert re.search(r"within 0\.3 s|read timeout=0\.3\b", killswitch.ask(config, "conn-001").reason)


def test_a_drip_of_bytes_ends_at_the_deadline(serve):
    def drip(connection, ended):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not ended.wait(0.05):
            connection.sendall(b" ")

    assert "within 0.3 s" in killswitch.ask(serve(drip), "conn-001").reason


def test_a_refused_connection_is_active():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    config = AgentConfig.read({"SAAS_API_URL": f"http://127.0.0.1:{port}"})
    assert killswitch.ask(config, "conn-001").active


def test_proxies_of_the_environment_are_not_used(serve, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    config = serve(lambda connection, ended: connection.sendall(reply(200, json.dumps(OFF).encode())), "5")
    assert not killswitch.ask(config, "conn-001").active


def test_whatever_a_call_raises_is_active(monkeypatch):
    def explode(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(http, "call", explode)
    assert killswitch.ask(AgentConfig.read({}), "conn-001").active
