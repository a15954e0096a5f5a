"""A worker in a container: started, killed and frozen by the engine."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.errors import TestEnvironmentError
from support.gateway.gateway import Gateway
from support.stacks.engine import Engine
from support.stacks.worker import Worker

_BY_THE_ENGINE = {signal.SIGKILL: "kill", signal.SIGSTOP: "pause", signal.SIGCONT: "unpause"}


class ContainerWorker(Worker):
    """One agent in a container of its own; its process here is the client that waits for the container's end.

    :param service: the service of the compose file whose image, network and limits it gets.
    :param words: the agent's command.
    :param names: the variables of ``environment`` that it gets.
    """

    def __init__(
        self,
        number: int,
        engine: Engine,
        service: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        names: Sequence[str],
        gateway: Gateway,
        log: Path,
        container: str,
    ) -> None:
        passed = [word for name in names for word in ("--env", name)]  # by name: no secret on a command line
        self._engine, self._container, self._client = engine, container, [
            *engine.compose_command, "run", "--rm", "--no-deps", "--no-TTY", "--name", container, *passed, service, *words
        ]  # fmt: skip
        super().__init__(number, " ".join(words), {**engine.environment, **environment}, gateway, log)

    def _words(self) -> list[str]:
        return self._client

    def _send(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        self._engine.docker(_BY_THE_ENGINE[number], self._container)

    def _status(self, code: int) -> int:
        """The engine's client tells of a death by signal n as 128 + n."""
        return 128 - code if 128 < code < 128 + signal.NSIG else code

    def end(self) -> None:
        """Make sure that nothing of this worker runs any more, and that its gateway is closed."""
        if self._process is not None:
            try:
                self._engine.docker("rm", "--force", "--volumes", self._container)
            except TestEnvironmentError:
                pass  # ended and removed already, the usual case
        super().end()
