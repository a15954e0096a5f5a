"""What a relay writes down of a connection, and what a server says first on it."""

from asyncio import StreamReader
from dataclasses import dataclass, field
from datetime import datetime

from support.clock import now

PIECE = 65536
"""Bytes that are passed on at once."""

GREETING, REFUSAL = 10, 255
"""The first byte of a greeting, and that of an error in its place."""

QUIT = b"\1\0\0\0\1"
"""What a client says before it leaves, if it is not encrypted; the server then closes the connection before the client does."""


@dataclass(eq=False)
class Connection:
    """One connection of one worker to the server.

    ``connection_id`` is the server's number of it, None if the server did not greet; ``thread_id`` is its number of the
    thread that all statements of this connection are recorded by, None if nobody could tell. ``end`` says how the
    connection came to its end, at ``closed``, by who was first: after a goodbye in TLS, which nobody can read, that is
    the server. ``trouble`` says what was wrong with the test environment, if anything.
    """

    worker: str
    opened: datetime = field(default_factory=now)
    connection_id: int | None = None
    thread_id: int | None = None
    closed: datetime | None = None
    end: str = ""
    trouble: str | None = None

    def is_over(self, end: str) -> None:
        """Write down how it ended, unless that is known already: what ends it first is what counts."""
        if self.closed is None:
            self.closed, self.end = now(), end


@dataclass(frozen=True)
class Greeting:
    """The first ``packet`` of a server: with the id of the connection, or with the reason why there will be none.

    Both are None in something that is not MySQL's.
    """

    packet: bytes
    connection_id: int | None = None
    refusal: str | None = None


async def greeting(reader: StreamReader) -> Greeting:
    """Read what a server says first; all that has arrived, whole or not, if it ends there or is not MySQL's."""
    packet = b""
    while len(packet) < 5 or len(packet) < 4 + int.from_bytes(packet[:3], "little"):
        piece = await reader.read(PIECE)
        packet += piece
        if not piece or any(packet[3:4]) or (packet[4:] and packet[4] not in (GREETING, REFUSAL)):
            return Greeting(packet)
    payload = packet[4:]
    if payload[0] == REFUSAL:
        text = payload[3:].decode("utf-8", "replace")
        text = text[6:] if text.startswith("#") else text  # the SQL state, which not all servers have here
        return Greeting(packet, refusal=f"error {int.from_bytes(payload[1:3], 'little')}: {text}")
    connection_id = payload[1:].partition(b"\0")[2][:4]  # after the server's version
    return Greeting(packet, int.from_bytes(connection_id, "little") if len(connection_id) == 4 else None)
