"""An API of somebody else for agents under test: it keeps the contract and no more."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RUN = {
    "id": "run-1",
    "connection_id": "conn-001",
    "action": "ADD_INDEX",
    "table_name": "test_orders",
    "index_name": "idx_new",
    "columns": ["customer_id"],
    "query_digests": ["ab" * 32],
}
LEASE = {"claimed_at": "2026-01-01 00:00:00.000000", "lease_expires_at": "2026-01-01 00:00:01.500000"}
OFF = {"global_active": False, "connection_active": False, "reason": None}


class ForeignApi:
    """One run, its worker's calls as (method, path, body, token), and what is to happen at them.

    :ivar at_look: what to do at which look at the kill switch, counted from 1, before it is answered.
    :ivar trouble: (status, content) to answer calls with first, by method and the last part of the path.
    :ivar switch: the answer of the kill switch, as (content type, body).
    """

    token = "the-apis-own"

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any, str | None]] = []
        self.at_look: dict[int, Callable[[], object]] = {}
        self.trouble: dict[tuple[str, str], list[tuple[int, Any]]] = {}
        self.switch = ("application/json", json.dumps(OFF).encode())
        self.looks = 0

    def turn_on(self) -> None:
        self.switch = ("application/json", json.dumps({**OFF, "connection_active": True}).encode())

    def reports(self) -> list[dict[str, Any]]:
        return [body for method, _, body, _ in self.calls if method == "PATCH"]

    def rollbacks(self) -> list[dict[str, Any]]:
        return [body for _, path, body, _ in self.calls if path == "/api/rollbacks" and body["status"] != "pending"]

    def answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        if path.startswith("/api/kill-switch"):
            self.looks += 1
            self.at_look.get(self.looks, lambda: None)()
            return (200, *self.switch)
        pending = self.trouble.get((method, path.rpartition("/")[2]))
        status, content = pending.pop(0) if pending else self.usual(path)
        return status, "application/json", json.dumps(content).encode()

    def usual(self, path: str) -> tuple[int, Any]:
        if path.endswith("/claim"):
            return 200, {**RUN, **LEASE, "status": "running", "claim_token": self.token}
        if path.endswith("/progress"):
            return 404, {"detail": "no such call"}
        return (201 if path in ("/api/rollbacks", "/api/audit") else 200), RUN

    @contextmanager
    def served(self) -> Iterator[str]:
        """Gives its address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: ForeignApi

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.api.calls.append((self.command, self.path, body, self.headers.get("X-Claim-Token")))
        status, content_type, data = self.api.answer(self.command, self.path)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = answer  # noqa: N815  (names that the library looks for)

    def log_message(self, *arguments: object) -> None:
        """The calls are kept."""
