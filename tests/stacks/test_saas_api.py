"""The suite's own calls to the SaaS API: whose fault a wrong answer is."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from support.errors import TestEnvironmentError
from support.history.change import RunSpec
from support.stacks.saas_api import SaasApi

RUN = RunSpec("test-tc01-001", "conn-001", "idx", "test_orders", ["customer_id"])


@pytest.fixture
def api_answering():
    servers = []

    def start(status, health):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.answer(status)

            def do_GET(self):
                self.answer(health)

            def answer(self, code):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(code)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return SaasApi(f"http://127.0.0.1:{server.server_port}", "")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "health", "blamed"),
    [
        (422, 200, AssertionError),
        (200, 200, AssertionError),
        (500, 200, AssertionError),
        (500, 503, TestEnvironmentError),
        (503, 500, TestEnvironmentError),
    ],
)
def test_an_api_that_has_its_database_and_does_not_answer_is_to_blame_itself(api_answering, status, health, blamed):
    with pytest.raises(blamed, match=f"POST /api/executions with {status} instead of 201"):
        api_answering(status, health).create_run(RUN)


def test_a_second_request_for_an_id_is_told_in_words_whatever_it_is(api_answering):
    assert api_answering(409, 200).try_to_create(RUN) == "409 Conflict"
    assert api_answering(201, 200).try_to_create(RUN) == "201 Created"
