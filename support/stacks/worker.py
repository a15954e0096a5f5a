"""A worker: one running agent process, started for one run."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from support.clock import now
from support.errors import AcceptanceError, TestEnvironmentError
from support.gateway.gateway import Gateway
from support.history.calls import Call
from support.relay.connections import Connection
from support.relay.relay import Relay
from support.waiting import WaitTimeout, eventually

LAST_LINES = 5


class UnusableAgent(AcceptanceError):
    """The agent command does not give a worker that could be judged: nothing else in this run can be, either."""

    blames = "the agent command"


def start_part(words: Sequence[str], environment: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a part under test with nothing but ``environment``, in a session of its own; OSError if that can't be done.

    Ctrl-C is for the run, which then ends its parts in order.
    """
    with log.open("ab") as out:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True
        )


class Worker:
    """One agent process with its own gateway, relay and log; ``name`` is the WORKER_ID it is given.

    :param command: the agent command with the run's id filled in.
    :param environment: all that the process is given.
    """

    def __init__(
        self, number: int, command: str, environment: Mapping[str, str], gateway: Gateway, relay: Relay, log: Path
    ) -> None:
        self.number, self.name, self.command, self.environment = number, f"worker-{number}", command, environment
        self.gateway, self.relay, self.log = gateway, relay, log
        self._process: subprocess.Popen[bytes] | None = None
        self.started: datetime | None = None
        self.ended: datetime | None = None
        self.killed: datetime | None = None
        self.frozen: datetime | None = None
        self.exit_status: int | None = None
        self.earlier_calls: list[Call] = []
        self.earlier_connections: list[Connection] = []

    def check_command(self) -> None:
        """Raise UnusableAgent if there is no program to start; nothing is started."""
        program = self._words()[0]
        if shutil.which(program, path=self.environment.get("PATH")) is None:
            raise UnusableAgent(
                f"agent_command cannot be started: {program or '(empty)'} is no program that can be run"
            )

    def _words(self) -> list[str]:
        try:
            return shlex.split(self.command)
        except ValueError as error:
            raise UnusableAgent(f"agent_command cannot be read: {error}: {self.command}") from error

    def start(self) -> None:
        """Start the process; raise UnusableAgent if that cannot be done."""
        words, self.started = self._words(), now()
        try:
            self._process = start_part(words, self.environment, self.log)
        except OSError as error:
            raise UnusableAgent(f"agent_command cannot be started: {words[0]}: {error.strerror}") from error

    @property
    def all_calls(self) -> list[Call]:
        """Its calls, with those of the processes of the same number before it."""
        return [*self.earlier_calls, *self.gateway.calls]

    @property
    def connections(self) -> list[Connection]:
        """Its connections to the server, with those of the processes of the same number before it."""
        return [*self.earlier_connections, *self.relay.connections]

    @property
    def running(self) -> bool:
        """True until the process has ended; a frozen process runs."""
        if self._process is None or self.exit_status is not None:
            return False
        status = self._process.poll()
        if status is None:
            return True
        self.exit_status, self.ended = self._status(status), now()
        return False

    def _status(self, code: int) -> int:
        """The agent's exit status, by that of the process started here."""
        return code

    def wait(self, within: float, watch: Callable[[], None] = lambda: None) -> int:
        """Wait ``within`` seconds for the end and return the exit status, negative for a signal.

        :param watch: called all the time; what it raises ends the wait.
        :raises AssertionError: it did not end in time: an executor that hangs breaks the contract.
        """
        if self._process is None:
            raise TestEnvironmentError(f"{self.name} was never started")

        def over() -> bool:
            watch()
            return not self.running

        try:
            eventually(over, within=within, what=f"the end of {self.name}")
        except WaitTimeout:
            raise AssertionError(
                f"{self.name} should end by itself; after {within:g} s it still ran. Its last words: {self.last_words()}"
            ) from None
        return self.exit_status or 0

    def kill(self) -> None:
        """kill -9, for the process and all it started."""
        self._signal(signal.SIGKILL)
        self.killed = now()
        eventually(lambda: not self.running, within=10, what=f"the end of {self.name} after SIGKILL")

    def freeze(self) -> None:
        """SIGSTOP: the process keeps its connections and does nothing."""
        self._signal(signal.SIGSTOP)
        self.frozen = now()

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Make sure that nothing of this worker runs any more, and that its gateway and relay are closed."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # ended already, the usual case
            self._process.wait()
            self.running  # noqa: B018 - notes the end
        self.gateway.close()
        self.relay.close()

    def left_something(self) -> bool:
        """It has ended, and a process that it started has not; one that went into a session of its own is not seen."""
        if self._process is None or self.running:
            return False
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def text(self) -> str:
        """All that it has written."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def last_words(self) -> str:
        lines = self.text().strip().splitlines()
        return " | ".join(lines[-LAST_LINES:]) or "(it wrote no log)"

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or not self.running:
            raise TestEnvironmentError(
                f"{self.name} was to get {number.name}, but it had ended; its last words: {self.last_words()}"
            )
        self._send(self._process, number)

    def _send(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        os.killpg(process.pid, number)
