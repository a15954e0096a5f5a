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

_never_set = threading.Event()


class WaitTimeout(TestEnvironmentError):
    """What was waited for did not come in time; the message has the last value seen and the history before it."""


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
    started, history, last = time.monotonic(), [], ""
    while True:
        value, cause = None, None
        try:
            value = check()
        except ignoring as not_yet:
            cause = not_yet
        if value:
            return value
        if (text := repr(cause or value)) != last:
            history.append(f"{time.monotonic() - started:.3f} s: {text}")
            last = text
        left = started + within - time.monotonic()
        if left <= 0:
            earlier = [f"… {len(history) - HISTORY_LIMIT} earlier values"] if history[HISTORY_LIMIT:] else []
            seen = "; ".join([*earlier, *history[-HISTORY_LIMIT:]])
            raise error(f"{what} did not come to pass within {within:g} s; seen: {seen}") from cause
        _never_set.wait(min(POLL_SECONDS, left))
