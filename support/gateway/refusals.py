"""Refused connections, which nobody sees at the port itself: the kernel counts them."""

from collections.abc import Callable
from typing import TextIO


class Refusals:
    """Counts the refused connections of a network.

    :param counters: names the file with its counters when it is first needed; of a process in another network it stays
        open, and can be read, when that process has ended.
    """

    def __init__(self, counters: Callable[[], str] = lambda: "/proc/net/snmp") -> None:
        self._counters = counters
        self._file: TextIO | None = None

    def count(self) -> int:
        """How many connections the kernel has seen refused (``Tcp: AttemptFails``)."""
        if self._file is None:
            self._file = open(self._counters(), encoding="ascii")  # noqa: SIM115 - stays open
        self._file.seek(0)
        names, values = (line.split() for line in self._file if line.startswith("Tcp:"))
        return int(values[names.index("AttemptFails")])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
