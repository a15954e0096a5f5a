"""What a gateway does to chosen calls: holds the one, makes the others fail."""

import threading
from collections.abc import Callable

from support.gateway.calls import Call
from support.gateway.faults import Fault

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


class Failing:
    """A fault that meets every call of a kind which fulfils the condition."""

    def __init__(self, kind: str, fault: Fault, condition: Condition) -> None:
        self.kind, self.fault, self.condition = kind, fault, condition

    def hits(self, call: Call) -> bool:
        """True for a call that has to fail."""
        return call.kind == self.kind and self.condition(call)


def always(_call: Call) -> bool:
    """The condition of a gate or a fault that concerns every call of its kind."""
    return True
