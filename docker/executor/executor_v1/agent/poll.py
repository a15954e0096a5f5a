"""A worker that looks for work by itself, until it is told to stop."""

import signal
import threading

from executor_v1 import logs

from . import runner
from .client import ApiRefused, ApiUnavailable, Client
from .config import AgentConfig
from .lease import Lease


class Poller:
    """Told to stop, it gives up its run between two statements: the lease runs out and another worker goes on."""

    def __init__(self, config: AgentConfig):
        self._config = config
        self._stop = threading.Event()
        self._lease: Lease | None = None

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            # From a thread, since a handler interrupts this one anywhere, also while it holds a lock that stop() needs.
            signal.signal(number, lambda *_: threading.Thread(target=self.stop).start())
        logs.info("polling", interval_seconds=self._config.poll_interval)
        while not self._stop.is_set():
            self._work()
            self._stop.wait(self._config.poll_interval)
        logs.info("stopped")

    def stop(self) -> None:
        self._stop.set()
        if self._lease is not None:
            self._lease.surrender("told to stop")

    def _work(self) -> None:
        """Try every run that waits now, one after another."""
        try:
            waiting = Client(self._config).claimable()
        except (ApiUnavailable, ApiRefused) as error:
            logs.warning("poll_failed", error=str(error))
            return
        for run in waiting:
            if self._stop.is_set():
                return
            runner.run(self._config, run["id"], self._started)

    def _started(self, lease: Lease) -> None:
        self._lease = lease
        if self._stop.is_set():
            self.stop()
