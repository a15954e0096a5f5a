"""Which calls a gateway does something to, and the gate that holds one of them."""

import threading
from collections.abc import Callable

from support.history.calls import Call

ANY = "any"
"""In place of a kind: calls of every kind."""

Condition = Callable[[Call], bool]


def always(_call: Call) -> bool:
    """The condition that every call meets."""
    return True


def of_kind(kind: str, when: Condition) -> Condition:
    """Met by the calls of ``kind``, or ``ANY``, that meet ``when``."""
    return lambda call: kind in (call.kind, ANY) and when(call)


def within(seconds: float, condition: Condition) -> Condition:
    """Met by the calls that meet ``condition`` and come no later than so many seconds after the first of them."""
    met: list[Call] = []

    def meets(call: Call) -> bool:
        if not condition(call):
            return False
        met.append(call)
        return (call.arrived - met[0].arrived).total_seconds() < seconds

    return meets


def after_the_first(condition: Condition) -> Condition:
    """Met by the calls that meet ``condition`` but the first of them."""
    met: list[Call] = []

    def meets(call: Call) -> bool:
        if not condition(call):
            return False
        met.append(call)
        return met[0] is not call

    return meets


class CallGate:
    """Holds the first call that meets the condition: arm, wait until reached, act, release."""

    def __init__(self, condition: Condition) -> None:
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

    def pass_or_hold(self, call: Call) -> None:
        """Keep the calling thread here until the release, if ``call`` is the one that this gate holds."""
        if self.reached or self._released.is_set() or not self._condition(call):
            return
        call.held = True
        self.call = call
        self._released.wait()
