"""The ways in which a call can fail, named as people name them in a scenario."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from support.gateway.answers import http_answer, phrase_of

HEADERS_AT, BODY_AT = 0.8, 1.3
"""When the two parts of a late answer come, as shares of the asker's deadline: it lies between them.

A second try that is answered at the first of the two, after a first one that broke then, is beyond it just as well.
"""

DEADLINE_SECONDS = 1.0
"""That of an asker of whom nothing is said."""


def _send(worker: socket.socket, answer: bytes, _closing: threading.Event, _deadline: float) -> None:
    worker.sendall(answer)


def _silence(worker: socket.socket, _answer: bytes, _closing: threading.Event, _deadline: float) -> None:
    while worker.recv(4096):
        pass


def _reset(worker: socket.socket, _answer: bytes, _closing: threading.Event, _deadline: float) -> None:
    # Linger of zero seconds: close() sends RST in place of FIN
    worker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    worker.close()


def _late(worker: socket.socket, answer: bytes, closing: threading.Event, deadline: float) -> None:
    head, end, body = answer.partition(b"\r\n\r\n")
    for part, seconds in ((head + end, HEADERS_AT * deadline), (body, (BODY_AT - HEADERS_AT) * deadline)):
        if closing.wait(seconds):
            return
        worker.sendall(part)


def _at_last(worker: socket.socket, answer: bytes, closing: threading.Event, deadline: float) -> None:
    if not closing.wait(HEADERS_AT * deadline):
        worker.sendall(answer)


@dataclass(frozen=True)
class Fault:
    """One way to fail: ``name`` as in scenarios and reports.

    :param status: the status code that reaches the worker, or None if no whole answer does.
    :param harm: does it to the worker's socket, with ``answer``, until the gateway closes; it is told the asker's deadline
        in seconds. An OSError of it means that the worker has left.
    :param redirects: it names another address, where the gateway then says what a careless worker hopes for.
    :param then: what meets those who ask again before their deadline is over; None: the same.
    :param refuses: it is done by not listening, before any connection exists.
    :param hangs: only the worker's own deadline ends it.
    """

    name: str
    status: int | None
    answer: bytes = b""
    harm: Callable[[socket.socket, bytes, threading.Event, float], None] = _send
    refuses: bool = False
    hangs: bool = False
    redirects: bool = False
    then: "Fault | None" = None


def _error(status: int) -> Fault:
    body = json.dumps({"title": phrase_of(status), "status": status})
    return Fault(f"{status} {phrase_of(status)}", status, http_answer(status, body.encode()))


def _inactive_with(status: int) -> Fault:
    """A status that is none of a well-formed answer, with a body that is."""
    return Fault(f"{status} {phrase_of(status)} that says inactive", status, http_answer(status, _INACTIVE))


def _says(name: str, body: bytes, content_type: str | None = "application/json") -> Fault:
    """An answer of the right status, and something else that is not right."""
    return Fault(name, 200, http_answer(200, body, content_type))


def _fields(global_active: str, connection_active: str) -> bytes:
    """The body with these texts in place of the two values."""
    return f'{{"global_active": {global_active}, "connection_active": {connection_active}, "reason": null}}'.encode()


_INACTIVE = _fields("false", "false")
_HALF = _INACTIVE[: len(_INACTIVE) // 2]
_LOGIN_PAGE = b"<!doctype html><title>Sign in</title><h1>Sign in</h1>"

ELSEWHERE_PATH = "/elsewhere"

REPORT_FAULTS = {status: _error(status) for status in (404, 409, 422, 500, 501, 507, 520)}
"""What a report, a record or a claim can meet, by status; 520 is one that nobody has registered."""

ELSEWHERE = Fault("an answer from another address", 200, http_answer(200, _INACTIVE))

FAULTS = {
    fault.name: fault
    for fault in [
        *map(_error, (500, 503)),
        *map(_inactive_with, (201, 401, 404, 502)),
        Fault("302 to a sign-in page", 302, http_answer(302, _LOGIN_PAGE, "text/html", extra="Location: /login\r\n")),
        Fault(
            "302 to an address that says inactive",
            302,
            http_answer(302, _INACTIVE, extra=f"Location: {ELSEWHERE_PATH}\r\n"),
            redirects=True,
        ),
        Fault("time-out", None, harm=_silence, hangs=True),
        Fault("connection refused", None, harm=_reset, refuses=True),
        Fault("connection reset", None, harm=_reset),
        Fault(
            "half an answer, and a whole one too late",
            None,
            http_answer(200, _HALF, length=len(_INACTIVE)),
            _at_last,
            hangs=True,
            then=Fault("a whole answer too late", 200, http_answer(200, _INACTIVE), _at_last, hangs=True),
        ),
        Fault("headers in time, the body too late", None, http_answer(200, _INACTIVE), _late, hangs=True),
        _says("HTML page instead of an answer", _LOGIN_PAGE, "text/html"),
        _says("empty object", b"{}"),
        _says("half an object", _HALF),
        _says("one of the two fields missing", b'{"global_active": false, "reason": null}'),
        _says("false written as text", _fields('"false"', '"false"')),
        _says("0 in place of false", _fields("0", "0")),
        _says("null in one of the two fields", _fields("false", "null")),
        # Whichever of them is read, the first or the last, it says false
        _says(
            "fields that are there more than once",
            _INACTIVE[:-1] + b", " + _fields("true", "true")[1:-1] + b", " + _INACTIVE[1:],
        ),
        _says(
            "field names in other letters",
            _INACTIVE.replace(b"global_a", b"Global_A").replace(b"connection_a", b"Connection_A"),
        ),
        _says("the answer inside another object", b'{"data": ' + _INACTIVE + b"}"),
        _says("two objects, one after the other", _INACTIVE + b"\n" + _INACTIVE),
        _says("a number that JSON does not have", _INACTIVE.replace(b"null", b"NaN")),
        _says("a byte order mark before the object", b"\xef\xbb\xbf" + _INACTIVE),
        _says("content type of another kind of JSON", _INACTIVE, "application/problem+json"),
        _says("content type that begins like that of JSON", _INACTIVE, "application/json-seq"),
        _says("no content type", _INACTIVE, None),
    ]
}
"""Every fault a scenario can ask for, by name."""
