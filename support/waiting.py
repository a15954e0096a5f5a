"""The only wait of the suite: for something to become true. It ends at that moment, and is no pause of fixed length."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from support.errors import AcceptanceError, TestEnvironmentError

T = TypeVar("T")

POLL_SECONDS = 0.01
"""How often a condition is looked at; short against every lease and window of a run."""

HISTORY_LIMIT = 12
"""How many of the last different values a message shows."""


class WaitTimeout(TestEnvironmentError):
    """What was waited for did not come in time; the message has the last value seen and the history before it."""


class _History:
    """The different values a check has returned, in order, with the time each was first seen (seconds)."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._seen: list[tuple[float, str]] = []
        self.last_error: Exception | None = None

    def add(self, value: object) -> None:
        text = repr(value)
        if not self._seen or self._seen[-1][1] != text:
            self._seen.append((time.monotonic() - self._started, text))

    def __str__(self) -> str:
        shown = self._seen[-HISTORY_LIMIT:]
        skipped = len(self._seen) - len(shown)
        lines = [f"… {skipped} earlier values"] if skipped else []
        lines += [f"{at:.3f} s: {text}" for at, text in shown]
        return "; ".join(lines) or "nothing"


_never_set = threading.Event()


def eventually(
    check: Callable[[], T | None],
    *,
    within: float,
    what: str,
    error: type[AcceptanceError] = WaitTimeout,
    ignoring: tuple[type[Exception], ...] = (),
) -> T:
    """Return the first true value of ``check``.

    :param within: seconds to wait at the most.
    :param what: what is waited for, in words that fit "… did not come to pass".
    :param error: the kind of error to raise when the time is up.
    :param ignoring: exceptions of ``check`` that only mean "not yet"; any other goes through at once.
    :raises AcceptanceError: of the kind ``error``, with the last cause and the history of the values seen.
    """
    history = _History()
    deadline = time.monotonic() + within
    while True:
        cause = None
        try:
            value = check()
        except ignoring as not_yet:
            cause = not_yet
            history.add(not_yet)
        else:
            if value:
                return value
            history.add(value)
        if time.monotonic() >= deadline:
            raise error(f"{what} did not come to pass within {within:g} s; seen: {history}") from cause
        _never_set.wait(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))
