"""A Docker engine, asked by its own command-line programs: one project of ``docker compose``, and a worker in it."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.errors import TestEnvironmentError, last_line
from support.gateway.gateway import Gateway
from support.relay.relay import Relay
from support.stacks.worker import Worker

COMMAND_SECONDS = 600.0
"""For one command: the first one may build an image."""

_BY_THE_ENGINE = {signal.SIGKILL: "kill", signal.SIGSTOP: "pause", signal.SIGCONT: "unpause"}


class Engine:
    """One compose project, whose name labels all that it makes; its file is read with ``environment``, too."""

    def __init__(self, project: str, file: Path, environment: Mapping[str, str]) -> None:
        self.project, self.environment = project, dict(environment)
        self.compose_command = ["docker", "compose", "--project-name", project, "--file", str(file)]

    def compose(self, *arguments: str) -> str:
        """What ``docker compose …`` prints; errors as of ``docker``."""
        return self.docker(*self.compose_command[1:], *arguments)

    def docker(self, *arguments: str) -> str:
        """What ``docker …`` prints; TestEnvironmentError with its last line if it fails."""
        command = ["docker", *arguments]
        try:
            done = subprocess.run(
                command, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                timeout=COMMAND_SECONDS, check=False,
            )  # fmt: skip
        except OSError as error:
            raise TestEnvironmentError(
                f"docker cannot be started: {error.strerror}; install Docker with compose"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise TestEnvironmentError(f"{' '.join(command)} was not done within {COMMAND_SECONDS:g} s") from error
        if done.returncode:
            complaint = last_line(done.stderr, last_line(done.stdout, f"exit status {done.returncode}"))
            raise TestEnvironmentError(f"{' '.join(command[:2])} {' '.join(command[-4:])} failed: {complaint}")
        return done.stdout

    def version(self) -> str:
        """The version of the engine; TestEnvironmentError if none answers, or there is no compose."""
        try:
            version = self.docker("version", "--format", "{{.Server.Version}}").strip()
            self.docker("compose", "version", "--short")
        except TestEnvironmentError as error:
            raise TestEnvironmentError(f"the stack compose needs a Docker engine with compose: {error}") from error
        return version

    def containers(self, service: str) -> list[str]:
        """The ids of the running containers of a service, in the order of their numbers."""
        return self.compose("ps", "--quiet", service).split()

    def inspect(self, container: str, template: str) -> str:
        """One thing about a container, by a Go template as in ``docker inspect --format``."""
        return self.docker("inspect", "--format", template, container).strip()

    def published(self, container: str, port: int) -> int:
        """The port of 127.0.0.1 at which a container's ``port`` is to be reached."""
        ports = self.docker("port", container, f"{port}/tcp").splitlines()
        return int(ports[0].rpartition(":")[2])


class ContainerWorker(Worker):
    """One agent in a container, given the variables ``names``; its process here is the client that waits for its end."""

    def __init__(
        self,
        number: int,
        words: Sequence[str],
        environment: Mapping[str, str],
        gateway: Gateway,
        relay: Relay,
        log: Path,
        engine: Engine,
        container: str,
        names: Sequence[str],
    ) -> None:
        super().__init__(number, " ".join(words), {**engine.environment, **environment}, gateway, relay, log)
        passed = [word for name in names for word in ("--env", name)]  # by name: no secret on a command line
        run = ["run", "--rm", "--no-deps", "--no-TTY", "--name", container, *passed, "agent", *words]
        self._engine, self._container, self._client = engine, container, [*engine.compose_command, *run]

    def _words(self) -> list[str]:
        return self._client

    def _send(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        self._engine.docker(_BY_THE_ENGINE[number], self._container)

    def _status(self, code: int) -> int:
        """The engine's client tells of a death by signal n as 128 + n."""
        return 128 - code if 128 < code < 128 + signal.NSIG else code

    def end(self) -> None:
        if self._process is not None:
            try:
                self._engine.docker("rm", "--force", "--volumes", self._container)
            except TestEnvironmentError:
                pass  # ended and removed already, the usual case
        super().end()
