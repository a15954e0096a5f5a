"""One worker's way to MySQL."""

import asyncio
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from support.errors import TestEnvironmentError
from support.relay.connections import PIECE, QUIT, Connection, greeting

T = TypeVar("T")

WORKER, SERVER = "the worker", "the server"


class Relay:
    """A proxy for the MySQL connections of one worker, on a port of its own.

    :param worker: the worker's name in what is written down.
    :param server: host and port of the server.
    :param note: called with the server's id of each new connection before the worker is greeted; returns the server's
        thread, which nobody can ask for when the connection is over, or None. What it raises is the connection's trouble.
    :param port: a free port.
    :param host: the address of this machine at which the worker can reach it, and nobody from outside.
    """

    def __init__(
        self,
        worker: str,
        server: tuple[str, int],
        note: Callable[[int], int | None],
        port: int,
        host: str = "127.0.0.1",
    ) -> None:
        self.worker, self.host, self.port = worker, host, port
        self.connections: list[Connection] = []
        self._server, self._note = server, note
        self._ends: dict[Connection, tuple[StreamWriter, ...]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._delay, self._speaking, self._closing = 0.0, asyncio.Event(), False
        self._speaking.set()
        self._bound = self._bound_socket()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name=f"relay of {worker}")
        self._thread.start()
        self._in_loop(self._listen())

    @property
    def open_connections(self) -> list[Connection]:
        """Those that have not come to their end."""
        return [connection for connection in list(self.connections) if connection.closed is None]

    # -- what scenarios do to it ----------------------------------------------------------------------------

    def cut(self, connections: Iterable[Connection], reset: bool = True) -> None:
        """End connections on both sides: by RST, as if the network had lost them, or in the orderly way."""
        self._in_loop(self._cut(list(connections), reset))

    def silence(self, silent: bool = True) -> None:
        """From now on hold all bytes and ends of connections, both ways, or let them go on; no connection is closed."""
        self._in_loop(self._be_silent(silent))

    def delay(self, seconds: float) -> None:
        """From now on let each piece of what is sent, in both directions, wait so long; 0 ends that."""
        self._delay = seconds

    def refuse(self) -> None:
        """From now on refuse new connections, as a port does that nobody listens on; those that are open stay."""
        if self._listener.is_serving():
            self._in_loop(self._stop_listening())
            self._bound = self._bound_socket()  # bound but not listening, so that nobody else gets the port

    def listen_again(self) -> None:
        """End the refusal."""
        if not self._listener.is_serving():
            self._in_loop(self._listen())

    def close(self) -> None:
        """End every connection, free the port, and return when nothing is left. Does nothing the second time."""
        if self._loop.is_closed():
            return
        self._in_loop(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._bound.close()

    # -- in the loop ----------------------------------------------------------------------------------------

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _bound_socket(self) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((self.host, self.port))
        except OSError as error:
            bound.close()
            raise TestEnvironmentError(
                f"the relay of {self.worker} cannot use port {self.port}: {error.strerror}"
            ) from error
        return bound

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._serve, sock=self._bound, limit=PIECE)

    async def _stop_listening(self) -> None:
        self._listener.close()

    async def _be_silent(self, silent: bool) -> None:
        if silent:
            self._speaking.clear()
        else:
            self._speaking.set()

    async def _serve(self, from_worker: StreamReader, to_worker: StreamWriter) -> None:
        if self._closing:  # accepted in the last moment
            return _reset(to_worker)
        connection = Connection(self.worker)
        self.connections.append(connection)
        self._ends[connection] = (to_worker,)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            from_server, to_server = await asyncio.open_connection(*self._server, limit=PIECE)
            ends = self._ends[connection] = (to_worker, to_server)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._greet(connection, from_server, to_worker))
                ways.create_task(self._pass_on(connection, from_worker, to_server, WORKER, SERVER))
            for end in ends:
                end.close()
            for end in ends:
                await end.wait_closed()
        except* (OSError, asyncio.CancelledError) as errors:  # cancelled by the relay's own end
            connection.is_over(f"{SERVER} cannot be reached: {errors.exceptions[0]}")
        finally:
            self._tasks.discard(task)
            for end in self._ends.pop(connection):
                _reset(end)

    async def _greet(self, connection: Connection, from_server: StreamReader, to_worker: StreamWriter) -> None:
        """Let the server's first packet through once the connection is noted, and then all else."""
        said = await greeting(from_server)
        connection.connection_id = said.connection_id
        if said.connection_id is not None:
            try:
                connection.thread_id = await asyncio.to_thread(self._note, said.connection_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the worker has nothing to do with it
                connection.trouble = str(error)
        elif said.refusal:
            connection.is_over(f"refused by {SERVER}: {said.refusal}")
        await self._pass_on(connection, from_server, to_worker, SERVER, WORKER, said.packet)

    async def _pass_on(
        self, connection: Connection, source: StreamReader, target: StreamWriter, sender: str, receiver: str,
        piece: bytes = b"",
    ) -> None:  # fmt: skip
        """Pass on all that ``source`` sends, beginning with ``piece``, and its end."""
        lost = sender
        try:
            piece = piece or await source.read(PIECE)
            while piece:
                await self._hold()
                if sender == WORKER and piece == QUIT:
                    connection.is_over(f"closed by {WORKER}")
                lost = receiver
                target.write(piece)
                await target.drain()
                lost = sender
                piece = await source.read(PIECE)
            await self._hold()
            connection.is_over(f"closed by {sender}")
            target.write_eof()
        except OSError:
            connection.is_over(f"reset by {lost}")
            raise

    async def _hold(self) -> None:
        if self._delay:
            await asyncio.wait([self._loop.create_future()], timeout=self._delay)  # which never comes
        await self._speaking.wait()

    async def _cut(self, connections: list[Connection], reset: bool) -> None:
        for connection in connections:
            connection.is_over("cut by the suite")
            for end in self._ends.get(connection, ()):
                _reset(end) if reset else end.close()

    async def _close(self) -> None:
        self._closing = True
        self._listener.close()
        for connection in list(self._ends):
            connection.is_over("closed with the relay")
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others & self._tasks:
                task.cancel()
            await asyncio.wait(others)
        await self._loop.shutdown_default_executor()


def _reset(end: StreamWriter) -> None:
    if not end.is_closing():
        # Linger of zero seconds: closing sends RST in place of FIN
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.transport.abort()
