"""A Docker engine, asked by its own command-line programs: one project of ``docker compose``."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from support.errors import TestEnvironmentError, last_line

COMMAND_SECONDS = 600.0
"""For one command: the first one may build an image."""


class Engine:
    """One compose project.

    :param project: its name; every container, network and volume of it carries the name as a label.
    :param environment: variables that the compose file is read with, besides this process's own.
    """

    def __init__(self, project: str, file: Path, environment: Mapping[str, str]) -> None:
        self.project, self.environment = project, dict(environment)
        self.compose_command = ["docker", "compose", "--project-name", project, "--file", str(file)]

    def compose(self, *arguments: str) -> str:
        """What ``docker compose …`` prints.

        :raises TestEnvironmentError: it fails; with its last line.
        """
        return self._output([*self.compose_command, *arguments])

    def docker(self, *arguments: str) -> str:
        """What ``docker …`` prints; errors as of ``compose``."""
        return self._output(["docker", *arguments])

    def version(self) -> str:
        """The version of the engine.

        :raises TestEnvironmentError: no engine answers, or there is no compose.
        """
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

    def _output(self, command: list[str]) -> str:
        try:
            done = subprocess.run(
                command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except OSError as error:
            raise TestEnvironmentError(
                f"{command[0]} cannot be started: {error.strerror}; install Docker with compose"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise TestEnvironmentError(f"{' '.join(command)} was not done within {COMMAND_SECONDS:g} s") from error
        if done.returncode:
            complaint = last_line(done.stderr, last_line(done.stdout, f"exit status {done.returncode}"))
            raise TestEnvironmentError(f"{' '.join(command[:2])} {' '.join(command[-4:])} failed: {complaint}")
        return done.stdout
