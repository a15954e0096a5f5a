"""Free ports that stay free until they are used."""

import secrets
import socket
import sys
import threading
from pathlib import Path

from support.errors import TestEnvironmentError

EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
EPHEMERAL_ELSEWHERE = (32768, 65535)
"""Wide enough for systems without that file: macOS gives outgoing connections 49152 to 65535."""

LOWEST, HIGHEST = 10000, 65535
TRIES = 200

_drawn: set[int] = set()
_lock = threading.Lock()
_marks: list[socket.socket] = []
"""On Linux a process marks each port it draws by a name without a file, so no other run on the machine draws it; the kernel
takes the names of the dead away."""


def ephemeral_range() -> tuple[int, int]:
    """First and last port that the kernel gives to outgoing connections."""
    try:
        first, last = EPHEMERAL_RANGE.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return EPHEMERAL_ELSEWHERE
    return int(first), int(last)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that no living run has drawn before.

    It lies outside the range of outgoing connections, so none of those takes it before the server binds it; and it is
    drawn at random, so that two runs at once do not draw the same one where they can't see each other's marks.

    :raises TestEnvironmentError: no such port was found.
    """
    first, last = ephemeral_range()
    candidates = [port for port in range(LOWEST, HIGHEST + 1) if not first <= port <= last]
    with _lock:
        for _ in range(TRIES if candidates else 0):
            port = secrets.choice(candidates)
            if port not in _drawn and _is_free(port):
                _drawn.add(port)
                return port
    raise TestEnvironmentError(
        f"no free port between {LOWEST} and {HIGHEST} outside the kernel's own range {first}-{last}"
    )


def _is_free(port: int) -> bool:
    mark = socket.socket(socket.AF_UNIX)
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
        if sys.platform == "linux":
            mark.bind(f"\0executor-v1-acceptance-port-{port}")
    except OSError:
        mark.close()
        return False  # somebody listens on it, or another process has drawn it
    _marks.append(mark)
    return True
