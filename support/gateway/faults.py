"""The ways in which a call can fail, named as people name them in a scenario.

A fault is a function that is given the open connection of the worker and does its harm there. It returns the status
code that reached the worker, or None if no whole answer did.
"""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

DRIP_SECONDS = 0.05
"""Between two bytes of a dripping answer: far below any read time-out, so only a deadline for the whole call helps."""


class Connection:
    """The worker's side of a call that is to fail.

    :param sock: the accepted socket.
    :param closing: waits up to the given seconds for the gateway to close; true when it is closing.
    """

    def __init__(self, sock: socket.socket, closing: Callable[[float], bool]) -> None:
        self.sock = sock
        self.closing = closing

    def send(self, data: bytes) -> None:
        """Send all of ``data``; a worker that has gone away is no trouble here."""
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # the worker gave up on the call, which is its right

    def wait_for_worker_to_leave(self) -> None:
        """Hold the connection open, saying nothing, until the worker closes it or the gateway ends."""
        try:
            while self.sock.recv(4096):
                pass
        except OSError:
            pass  # reset by the worker or closed with the gateway: it has left


def http_answer(
    status: int, body: bytes, content_type: str = "application/json", length: int | None = None, extra: str = ""
) -> bytes:
    """The bytes of an HTTP/1.1 answer; ``length`` may promise more than ``body`` holds."""
    phrase = HTTPStatus(status).phrase
    head = (
        f"HTTP/1.1 {status} {phrase}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n{extra}Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


@dataclass(frozen=True)
class Fault:
    """One way to fail: ``name`` as in scenarios and reports, ``harm`` does it.

    ``redirects`` marks the one that names another address, where the gateway then says what a careless worker hopes for;
    ``refuses`` marks the one that is done by not listening, before any connection exists; ``hangs`` those that only
    the worker's own deadline ends.
    """

    name: str
    harm: Callable[[Connection], int | None]
    refuses: bool = False
    hangs: bool = False
    redirects: bool = False


def _answers(
    status: int, body: str, content_type: str = "application/json", extra: str = ""
) -> Callable[[Connection], int]:
    def harm(connection: Connection) -> int:
        connection.send(http_answer(status, body.encode(), content_type, extra=extra))
        return status

    return harm


def _silence(connection: Connection) -> None:
    connection.wait_for_worker_to_leave()


def _reset(connection: Connection) -> None:
    # Linger of zero seconds: close() sends RST in place of FIN
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sock.close()


_INACTIVE = b'{"global_active": false, "connection_active": false, "reason": null}'


def _cut(connection: Connection) -> None:
    connection.send(http_answer(200, _INACTIVE[: len(_INACTIVE) // 2], length=len(_INACTIVE)))


def _cut_but_whole_http(connection: Connection) -> int:
    connection.send(http_answer(200, _INACTIVE[: len(_INACTIVE) // 2]))
    return 200


def _drip(connection: Connection) -> None:
    try:
        for byte in http_answer(200, _INACTIVE):
            connection.sock.sendall(bytes([byte]))
            if connection.closing(DRIP_SECONDS):
                return
    except OSError:
        pass  # the worker's deadline ended the call, as it should


ELSEWHERE_PATH = "/elsewhere"
ELSEWHERE = Fault("an answer from another address", _answers(200, _INACTIVE.decode()))

_LOGIN_PAGE = "<!doctype html><title>Sign in</title><h1>Sign in</h1>"

FAULTS = {
    fault.name: fault
    for fault in [
        Fault("500 Internal Server Error", _answers(500, '{"title": "Internal Server Error", "status": 500}')),
        Fault("503 Service Unavailable", _answers(503, '{"title": "Service Unavailable", "status": 503}')),
        Fault("401 Unauthorized", _answers(401, '{"title": "Unauthorized", "status": 401}')),
        Fault("404 Not Found", _answers(404, '{"title": "Not Found", "status": 404}')),
        Fault("429 Too Many Requests", _answers(429, '{"title": "Too Many Requests", "status": 429}')),
        Fault("302 to a sign-in page", _answers(302, _LOGIN_PAGE, "text/html", "Location: /login\r\n")),
        Fault(
            "302 to an address that says inactive",
            _answers(302, "", "text/html", f"Location: {ELSEWHERE_PATH}\r\n"),
            redirects=True,
        ),
        Fault("time-out", _silence, hangs=True),
        Fault("connection refused", _reset, refuses=True),
        Fault("connection reset", _reset),
        Fault("HTML page instead of an answer", _answers(200, _LOGIN_PAGE, "text/html")),
        Fault("empty object", _answers(200, "{}")),
        Fault("null instead of an object", _answers(200, "null")),
        Fault(
            "false written as text",
            _answers(200, '{"global_active": "false", "connection_active": "false", "reason": null}'),
        ),
        Fault("one of the two fields missing", _answers(200, '{"global_active": false, "reason": null}')),
        Fault("answer cut in half", _cut),
        Fault("half an object", _cut_but_whole_http),
        Fault("answer a byte at a time", _drip, hangs=True),
    ]
}
"""Every fault a scenario can ask for, by name."""
