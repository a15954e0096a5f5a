"""One worker's way to the SaaS API."""

import http.client
import itertools
import socket
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from urllib.parse import urlsplit

from support.clock import now
from support.errors import TestEnvironmentError
from support.gateway.answers import JSON, http_answer, in_another_form
from support.gateway.faults import DEADLINE_SECONDS, ELSEWHERE, ELSEWHERE_PATH, FAULTS, Fault
from support.gateway.gates import CallGate, Condition, after_the_first, always, of_kind, within
from support.gateway.refusals import Refusals
from support.gateway.terms import Terms
from support.history.calls import Call, RunRow

BODY_LIMIT = 20_000
"""Bytes of a body that are kept in the transcript."""

UPSTREAM_TIMEOUT_SECONDS = 60.0
HOP_HEADERS = {"connection", "keep-alive", "host", "content-length", "transfer-encoding", "accept-encoding"}
ANSWER_HEADERS = {"connection", "keep-alive", "content-length", "content-type", "transfer-encoding"}


class Gateway:
    """A proxy for one worker on a port of its own.

    :param upstreams: base address of each process of the SaaS API; calls go to them in turn.
    :param port: a free port; each connection carries one call, so that a refusal meets the very next one.
    :param host: the address of this machine at which the worker can reach it, and nobody from outside.
    :param refusals: those of the network that the worker is in; None: it is this machine's.

    ``on_arrival`` is called with every call before anything else is done with it; ``look_at_run`` just before and after the
    API has it. ``terms`` are those of its claims; ``other_form``: answers to kill-switch calls come in another form of HTTP.
    """

    def __init__(
        self,
        worker: str,
        upstreams: Sequence[str],
        port: int,
        host: str = "127.0.0.1",
        refusals: Refusals | None = None,
    ) -> None:
        self.worker, self._upstreams = worker, itertools.cycle(map(urlsplit, upstreams))
        self._address, self._refusals = (host, port), refusals or Refusals()
        self.calls: list[Call] = []
        self.on_arrival: Callable[[Call], None] = lambda _call: None
        self.look_at_run: Callable[[], RunRow | None] = lambda: None
        self.terms, self.other_form = Terms(), False
        self._gates: list[CallGate] = []
        self._failing: list[tuple[Condition, Fault, float]] = []
        self._losing: list[tuple[Condition, Fault, float]] = []
        self._refuse_after: Condition | None = None
        self._refused_before: int | None = None
        self._closing = threading.Event()
        self._open_connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = self._bound_socket()
        self._listen()

    @property
    def url(self) -> str:
        """The address to give to the worker as that of the SaaS API."""
        return f"http://{self._address[0]}:{self._address[1]}"

    def calls_of(self, kind: str) -> list[Call]:
        return [call for call in list(self.calls) if call.kind == kind]

    def hold(self, kind: str, when: Condition = always) -> CallGate:
        """Arm a gate for the first call of ``kind`` that meets ``when``."""
        gate = CallGate(of_kind(kind, when))
        self._gates.append(gate)
        return gate

    def fail(self, kind: str, fault: Fault, when: Condition = always, deadline: float = DEADLINE_SECONDS) -> None:
        """From now on make every call of ``kind`` that meets ``when`` fail.

        :param deadline: seconds that the worker waits for the answer; a fault that only a deadline ends is over with it, so
            that who begins anew is answered.
        """
        condition = of_kind(kind, when)
        if fault.then:
            self._failing.append((within(deadline, after_the_first(condition)), fault.then, deadline))
        self._failing.append((within(deadline, condition) if fault.hangs else condition, fault, deadline))
        if fault.redirects:
            self._failing.append((lambda call: call.path.startswith(ELSEWHERE_PATH), ELSEWHERE, deadline))

    def lose_answer(self, kind: str, when: Condition = always) -> None:
        """From now on let calls of ``kind`` that meet ``when`` through, and reset the connection in place of the answer."""
        self._losing.append((of_kind(kind, when), FAULTS["connection reset"], DEADLINE_SECONDS))

    # -- refusal: a port that nobody listens on -------------------------------------------------------------

    def refuse_after(self, kind: str, when: Condition = always) -> None:
        """Stop listening just before the answer to a call of ``kind`` (or ``ANY``) goes out, so that the next call is refused.

        Nobody can see a refused connection at the port itself, so ``refusal_seen`` reads the kernel's count of them.
        """
        self._refuse_after = of_kind(kind, when)

    @property
    def refusing(self) -> bool:
        """True while nobody listens on the port."""
        return self._refused_before is not None

    def refusal_seen(self) -> bool:
        """True when a connection was refused in the worker's network since this gateway stopped listening."""
        return self._refused_before is not None and self._refusals.count() > self._refused_before

    def listen_again(self) -> None:
        self._refused_before = None
        self._listen()

    def _refuse(self) -> None:
        self._refuse_after = None
        _shut(self._listener)
        self._refused_before = self._refusals.count()
        self._listener = self._bound_socket()  # bound but not listening: refused, and nobody else gets the port

    # -- the proxy ------------------------------------------------------------------------------------------

    def _bound_socket(self) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(self._address)
        except OSError as error:
            bound.close()
            raise TestEnvironmentError(
                f"the gateway of {self.worker} cannot use port {self._address[1]}: {error.strerror}"
            ) from error
        return bound

    def _listen(self) -> None:
        self._listener.listen(64)
        threading.Thread(
            target=self._accept, args=(self._listener,), daemon=True, name=f"gateway of {self.worker}"
        ).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the listener was shut: the gateway closes or refuses
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open_connections.add(connection)
        try:
            _Handler(connection, self)
        except OSError:
            pass  # the worker went away in the middle of its call
        finally:
            with self._lock:
                self._open_connections.discard(connection)
            _shut(connection)

    def carry(self, call: Call, headers: dict[str, str], body: bytes, connection: socket.socket) -> None:
        """Take one call through gates and faults to the API and its answer back."""
        self.on_arrival(call)
        self.calls.append(call)
        for gate in self._gates:
            gate.pass_or_hold(call)
        if self._fails(call, self._failing, connection):
            return
        answer = self._forward(call, headers, body)
        if self._fails(call, self._losing, connection):
            return
        if self._refuse_after and self._refuse_after(call):
            self._refuse()
        call.answered = now()  # before the worker can know it, so that the record is whole when it does
        connection.sendall(answer)

    def _fails(self, call: Call, ways: list[tuple[Condition, Fault, float]], connection: socket.socket) -> bool:
        way = next(((fault, deadline) for condition, fault, deadline in ways if condition(call)), None)
        if way is None:
            return False
        fault, deadline = way
        call.fault = fault.name
        try:
            fault.harm(connection, fault.answer, self._closing, deadline)
        except OSError:
            pass  # the worker gave up on the call, which is its right
        call.status, call.answered = fault.status, now()
        return True

    def _forward(self, call: Call, headers: dict[str, str], body: bytes) -> bytes:
        with self._lock:
            upstream = next(self._upstreams)
        way = http.client.HTTPSConnection if upstream.scheme == "https" else http.client.HTTPConnection
        api = way(upstream.netloc.rpartition("@")[2], timeout=UPSTREAM_TIMEOUT_SECONDS)
        accepts = next((value for name, value in headers.items() if name.lower() == "accept-encoding"), "")
        headers = {name: value for name, value in headers.items() if name.lower() not in HOP_HEADERS}
        headers, body = self.terms.of_request(call, headers, body)
        call.row_before = self.look_at_run()
        try:
            api.request(call.method, upstream.path.rstrip("/") + call.path, body or None, headers)
            answer = api.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            call.trouble = f"the SaaS API did not answer the gateway: {error!r}"
            call.status = 502
            return http_answer(502, b'{"title": "the gateway got no answer from the SaaS API", "status": 502}')
        finally:
            api.close()
        call.row_after = self.look_at_run()
        content = self.terms.of_answer(call, content)
        call.status, call.content_type = answer.status, answer.getheader("Content-Type", "")
        call.response_body = content[:BODY_LIMIT].decode("utf-8", "replace")
        if self.other_form and call.kind == "kill switch" and call.content_type == JSON:
            return in_another_form(call.status, content, JSON, accepts)
        kept = "".join(
            f"{name}: {value}\r\n" for name, value in answer.getheaders() if name.lower() not in ANSWER_HEADERS
        )
        return http_answer(answer.status, content, call.content_type, extra=kept)

    def close(self) -> None:
        """Release everything that is held, end every connection, free the port."""
        self._closing.set()
        for gate in self._gates:
            gate.release()
        _shut(self._listener)
        self._refusals.close()
        with self._lock:
            for connection in list(self._open_connections):
                _shut(connection)


class _Handler(BaseHTTPRequestHandler):
    """Reads one call and hands it to the gateway."""

    protocol_version = "HTTP/1.1"

    def __init__(self, connection: socket.socket, gateway: Gateway) -> None:
        self._gateway = gateway
        super().__init__(connection, ("worker", 0), BaseServer(("gateway", 0), BaseHTTPRequestHandler))  # only kept

    def _take(self) -> None:
        body = self._body()
        self.close_connection = True
        call = Call(self._gateway.worker, self.command, self.path, body[:BODY_LIMIT].decode("utf-8", "replace"))
        self._gateway.carry(call, dict(self.headers.items()), body, self.connection)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return body

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = _take

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            pass  # a fault has closed the connection already

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """The transcript is the log."""


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it; close() alone would not
    except OSError:
        pass  # never connected, or closed by the other side
    sock.close()
