"""The ways in which a call can fail, named as people name them in a scenario."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

DRIP_SECONDS = 0.05
"""Between two bytes of a dripping answer: far below any read time-out, so only a deadline for the whole call helps."""


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


def _send(worker: socket.socket, answer: bytes, _closing: threading.Event) -> None:
    worker.sendall(answer)


def _silence(worker: socket.socket, _answer: bytes, _closing: threading.Event) -> None:
    while worker.recv(4096):
        pass


def _reset(worker: socket.socket, _answer: bytes, _closing: threading.Event) -> None:
    # Linger of zero seconds: close() sends RST in place of FIN
    worker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    worker.close()


def _drip(worker: socket.socket, answer: bytes, closing: threading.Event) -> None:
    for byte in answer:
        worker.sendall(bytes([byte]))
        if closing.wait(DRIP_SECONDS):
            return


@dataclass(frozen=True)
class Fault:
    """One way to fail: ``name`` as in scenarios and reports.

    :param status: the status code that reaches the worker, or None if no whole answer does.
    :param harm: does it to the worker's socket, with ``answer``, until the gateway closes; an OSError of it means that
        the worker has left.
    :param redirects: it names another address, where the gateway then says what a careless worker hopes for.
    :param refuses: it is done by not listening, before any connection exists.
    :param hangs: only the worker's own deadline ends it.
    """

    name: str
    status: int | None
    answer: bytes = b""
    harm: Callable[[socket.socket, bytes, threading.Event], None] = _send
    refuses: bool = False
    hangs: bool = False
    redirects: bool = False


def _error(status: HTTPStatus) -> Fault:
    body = json.dumps({"title": status.phrase, "status": status.value})
    return Fault(f"{status.value} {status.phrase}", status.value, http_answer(status, body.encode()))


def _inactive_with(status: HTTPStatus) -> Fault:
    """A status that is none of a well-formed answer, with a body that is."""
    return Fault(f"{status.value} {status.phrase} that says inactive", status.value, http_answer(status, _INACTIVE))


_INACTIVE = b'{"global_active": false, "connection_active": false, "reason": null}'
_HALF = _INACTIVE[: len(_INACTIVE) // 2]
_LOGIN_PAGE = b"<!doctype html><title>Sign in</title><h1>Sign in</h1>"

ELSEWHERE_PATH = "/elsewhere"
CONFLICT, UNPROCESSABLE = _error(HTTPStatus(409)), _error(HTTPStatus(422))
"""What a heartbeat or a report can meet, and a question can't."""

ELSEWHERE = Fault("an answer from another address", 200, http_answer(200, _INACTIVE))

FAULTS = {
    fault.name: fault
    for fault in [
        *(_error(HTTPStatus(status)) for status in (500, 503)),
        *(_inactive_with(HTTPStatus(status)) for status in (201, 401, 404, 429, 502)),
        Fault("302 to a sign-in page", 302, http_answer(302, _LOGIN_PAGE, "text/html", extra="Location: /login\r\n")),
        Fault(
            "302 to an address that says inactive",
            302,
            http_answer(302, b"", "text/html", extra=f"Location: {ELSEWHERE_PATH}\r\n"),
            redirects=True,
        ),
        Fault("time-out", None, harm=_silence, hangs=True),
        Fault("connection refused", None, harm=_reset, refuses=True),
        Fault("connection reset", None, harm=_reset),
        Fault("HTML page instead of an answer", 200, http_answer(200, _LOGIN_PAGE, "text/html")),
        Fault("empty object", 200, http_answer(200, b"{}")),
        Fault("null instead of an object", 200, http_answer(200, b"null")),
        Fault("false written as text", 200, http_answer(200, _INACTIVE.replace(b"false", b'"false"'))),
        Fault("0 in place of false", 200, http_answer(200, _INACTIVE.replace(b"false", b"0"))),
        Fault("null in one of the two fields", 200, http_answer(200, _INACTIVE.replace(b"false", b"null", 1))),
        Fault("a field that is there twice", 200, http_answer(200, b'{"global_active": true, ' + _INACTIVE[1:])),
        Fault("the answer inside another object", 200, http_answer(200, b'{"data": ' + _INACTIVE + b"}")),
        Fault("text after the object", 200, http_answer(200, _INACTIVE + b" active")),
        Fault("plain text in place of JSON", 200, http_answer(200, _INACTIVE, "text/plain")),
        Fault("one of the two fields missing", 200, http_answer(200, b'{"global_active": false, "reason": null}')),
        Fault("answer cut in half", None, http_answer(200, _HALF, length=len(_INACTIVE))),
        Fault("half an object", 200, http_answer(200, _HALF)),
        Fault("answer a byte at a time", None, http_answer(200, _INACTIVE), _drip, hangs=True),
    ]
}
"""Every fault a scenario can ask for, by name."""
