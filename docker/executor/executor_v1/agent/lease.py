"""The lease: kept alive by a thread of its own, and the one word on whether this worker may still act."""

import threading
import time
from types import TracebackType

from executor_v1 import logs

from . import http
from .client import ApiRefused, Client

RENEWALS_PER_LEASE = 3
RETRY_PAUSE = 0.1


class LeaseLost(Exception):
    """The run is not this worker's any more: no statement, no rollback and no report may follow."""


def seconds_left(expires_at: float, now: float) -> float:
    """How long a lease still runs, both times on this machine's monotonic clock; never below zero."""
    return max(0.0, expires_at - now)


class Lease:
    """A lease just granted for `seconds`, asked for at `asked_at` on the monotonic clock.

    The end is counted from the moment a renewal was *asked* for, so that it is never later here than in the database.
    """

    def __init__(self, client: Client, run_id: str, seconds: float, asked_at: float, call_timeout: float):
        self._client, self._run_id, self._seconds = client, run_id, seconds
        self._call_timeout = call_timeout
        self._expires_at = asked_at + seconds
        self._lost = threading.Event()
        self._why = ""
        self._closed, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed.set()

    def surrender(self, why: str) -> None:
        """Stop acting on the run; its lease runs out and another worker takes it over."""
        if not self._lost.is_set():
            self._why = why
            self._lost.set()
            logs.warning("lease_lost", why=why)

    def expect_end(self) -> None:
        """The outcome is being reported: from here on a refused renewal may mean that the report has arrived."""
        self._ending.set()

    def is_lost(self) -> bool:
        """Whether the lease was lost, also if no answer came for so long that it must have run out."""
        if not self._lost.is_set() and not seconds_left(self._expires_at, time.monotonic()):
            self.surrender("not renewed in time")
        return self._lost.is_set()

    def require(self) -> None:
        """Raises LeaseLost if the lease is known to be lost, without asking."""
        if self.is_lost():
            raise LeaseLost(self._why)

    def check(self) -> None:
        """Ask the API now, and again until it answers or the lease has run out. Raises LeaseLost."""
        while not self._renew():
            self.require()
            self._lost.wait(RETRY_PAUSE)
        self.require()

    def wait(self, seconds: float) -> None:
        """Let time pass. Raises LeaseLost as soon as the lease is lost."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            self._lost.wait(min(rest, max(0.01, seconds_left(self._expires_at, time.monotonic()))))
            self.require()

    def _keep(self) -> None:
        """Renew at a third of the lease, sooner after a failure, until closed or lost."""
        pause = self._seconds / RENEWALS_PER_LEASE
        while not self._closed.wait(pause) and not self.is_lost():
            renewed = self._renew()
            pause = self._seconds / RENEWALS_PER_LEASE if renewed else RETRY_PAUSE

    def _renew(self) -> bool:
        """One attempt; whether the lease was renewed. A refusal is final."""
        asked_at = time.monotonic()
        deadline = min(self._call_timeout, seconds_left(self._expires_at, asked_at))
        if deadline <= 0 or self._lost.is_set() or self._closed.is_set():
            return False
        try:
            self._client.heartbeat(self._run_id, deadline)
        except http.NoAnswer as error:
            logs.warning("heartbeat_failed", error=str(error))
            return False
        except ApiRefused as error:
            if self._ending.is_set():
                self._closed.set()
            else:
                self.surrender(str(error))
            return False
        self._expires_at = max(self._expires_at, asked_at + self._seconds)
        return True
