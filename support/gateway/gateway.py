"""One worker's way to the SaaS API."""

import http.client
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from support.errors import StandError
from support.gateway.calls import Call, now
from support.gateway.faults import FAULTS, Connection, Fault, http_answer

BODY_LIMIT = 20_000
"""Bytes of a body that are kept in the transcript."""

UPSTREAM_TIMEOUT_SECONDS = 60.0
HOP_HEADERS = {"connection", "keep-alive", "host", "content-length", "transfer-encoding", "accept-encoding"}
ANSWER_HEADERS = {"connection", "keep-alive", "content-length", "content-type", "transfer-encoding"}

ANY = "any"
"""In place of a kind: calls of every kind."""

Condition = Callable[[Call], bool]


class CallGate:
    """Holds the first call that meets the condition: arm, wait until reached, act, release."""

    def __init__(self, kind: str, condition: Condition) -> None:
        self.kind = kind
        self.call: Call | None = None
        self._condition = condition
        self._released = threading.Event()

    @property
    def reached(self) -> bool:
        """True from the moment on at which a call waits here."""
        return self.call is not None

    def release(self) -> None:
        """Let the call go on, and every later one pass."""
        self._released.set()

    def takes(self, call: Call) -> bool:
        """True for the one call this gate holds."""
        if self.reached or self._released.is_set() or call.kind != self.kind or not self._condition(call):
            return False
        call.held = True
        self.call = call
        return True

    def hold(self) -> None:
        """Keep the calling thread here until the release."""
        self._released.wait()


class _Failing:
    def __init__(self, kind: str, fault: Fault, condition: Condition) -> None:
        self.kind, self.fault, self.condition = kind, fault, condition

    def hits(self, call: Call) -> bool:
        return call.kind == self.kind and self.condition(call)


def always(_call: Call) -> bool:
    """The condition of a gate or a fault that concerns every call of its kind."""
    return True


def _ignore(_call: Call) -> None:
    """What happens on the arrival of a call unless somebody wants to know."""


class Gateway:
    """A proxy for one worker on a port of its own, on this machine only.

    :param worker: the worker's name in the transcript.
    :param upstream: base address of the SaaS API.
    :param port: a free port; each connection carries one call, so that a refusal meets the very next one.

    ``on_arrival`` is called with every call before anything else is done with it.
    """

    def __init__(self, worker: str, upstream: str, port: int, host: str = "127.0.0.1") -> None:
        self.worker, self._upstream = worker, urlsplit(upstream)
        self._address = (host, port)
        self.calls: list[Call] = []
        self.on_arrival: Callable[[Call], None] = _ignore
        self._gates: list[CallGate] = []
        self._failing: list[_Failing] = []
        self._losing: list[_Failing] = []
        self._refuse_after: tuple[str, Condition] | None = None
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
        """The calls of one kind, in the order of their arrival."""
        return [call for call in list(self.calls) if call.kind == kind]

    def hold(self, kind: str, when: Condition = always) -> CallGate:
        """Arm a gate for the first call of ``kind`` that meets ``when``."""
        gate = CallGate(kind, when)
        self._gates.append(gate)
        return gate

    def fail(self, kind: str, fault: Fault, when: Condition = always) -> None:
        """From now on make every call of ``kind`` that meets ``when`` fail."""
        self._failing.append(_Failing(kind, fault, when))

    def lose_answer(self, kind: str, when: Condition = always) -> None:
        """From now on let calls of ``kind`` that meet ``when`` through, and reset the connection in place of the answer."""
        self._losing.append(_Failing(kind, FAULTS["connection reset"], when))

    # -- refusal: a port that nobody listens on -------------------------------------------------------------

    def refuse_after(self, kind: str, when: Condition = always) -> None:
        """Stop listening just before the answer to a call of ``kind`` (or ``ANY``) goes out, so that the next call is refused.

        Nobody can see a refused connection at the port itself, so ``refusal_seen`` reads the kernel's count of them.
        """
        self._refuse_after = (kind, when)

    @property
    def refusing(self) -> bool:
        """True while nobody listens on the port."""
        return self._refused_before is not None

    def refusal_seen(self) -> bool:
        """True when a connection was refused on this machine since this gateway stopped listening."""
        return self._refused_before is not None and refused_connections() > self._refused_before

    def listen_again(self) -> None:
        """End the refusal."""
        self._refused_before = None
        self._listen()

    def _refuse(self) -> None:
        self._refuse_after = None
        _shut(self._listener)
        self._refused_before = refused_connections()
        self._listener = self._bound_socket()  # bound but not listening: refused, and nobody else gets the port

    # -- the proxy ------------------------------------------------------------------------------------------

    def _bound_socket(self) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(self._address)
        except OSError as error:
            bound.close()
            raise StandError(
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
            if gate.takes(call):
                gate.hold()
        if self._fails(call, self._failing, connection):
            return
        answer = self._forward(call, headers, body)
        if self._fails(call, self._losing, connection):
            return
        if self._refuse_after and self._refuse_after[0] in (call.kind, ANY) and self._refuse_after[1](call):
            self._refuse()
        call.answered = now()  # before the worker can know it, so that the record is whole when it does
        connection.sendall(answer)

    def _fails(self, call: Call, ways: list[_Failing], connection: socket.socket) -> bool:
        for failing in ways:
            if failing.hits(call):
                call.fault = failing.fault.name
                call.status = failing.fault.harm(Connection(connection, self._closing.wait))
                call.answered = now()
                return True
        return False

    def _forward(self, call: Call, headers: dict[str, str], body: bytes) -> bytes:
        api = http.client.HTTPConnection(self._upstream.hostname, self._upstream.port, timeout=UPSTREAM_TIMEOUT_SECONDS)
        try:
            api.request(call.method, self._upstream.path.rstrip("/") + call.path, body or None, headers)
            answer = api.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            call.trouble = f"the SaaS API did not answer the gateway: {error!r}"
            call.status = 502
            return http_answer(502, b'{"title": "the gateway got no answer from the SaaS API", "status": 502}')
        finally:
            api.close()
        call.status = answer.status
        call.response_body = content[:BODY_LIMIT].decode("utf-8", "replace")
        kept = "".join(
            f"{name}: {value}\r\n" for name, value in answer.getheaders() if name.lower() not in ANSWER_HEADERS
        )
        return http_answer(answer.status, content, answer.getheader("Content-Type", "application/json"), extra=kept)

    def close(self) -> None:
        """Release everything that is held, end every connection, free the port."""
        self._closing.set()
        for gate in self._gates:
            gate.release()
        _shut(self._listener)
        with self._lock:
            for connection in list(self._open_connections):
                _shut(connection)


class _Handler(BaseHTTPRequestHandler):
    """Reads one call and hands it to the gateway."""

    protocol_version = "HTTP/1.1"

    def __init__(self, connection: socket.socket, gateway: Gateway) -> None:
        self._gateway = gateway
        super().__init__(connection, ("worker", 0), gateway)

    def _take(self) -> None:
        body = self._body()
        self.close_connection = True
        call = Call(self._gateway.worker, self.command, self.path, body[:BODY_LIMIT].decode("utf-8", "replace"))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_HEADERS}
        self._gateway.carry(call, headers, body, self.connection)

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


def refused_connections() -> int:
    """How many connections this machine's kernel has seen refused (Linux: ``Tcp: AttemptFails``)."""
    with open("/proc/net/snmp", encoding="ascii") as counters:
        names, values = (line.split() for line in counters if line.startswith("Tcp:"))
    return int(values[names.index("AttemptFails")])
