"""A private, throwaway database server for one run."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.mysql.database import Account
from support.servers.data_directory import copy_data_directory
from support.servers.ports import free_port
from support.servers.process import HOST, ROOT, Launch
from support.servers.programs import ServerProgram


class PrivateServer:
    """A running server that nobody else uses; it listens on 127.0.0.1 only.

    ``root`` is its only account; ``version`` is what the server itself reports.
    """

    def __init__(self, launch: Launch) -> None:
        self.flavour, self.socket, self.log = launch.program.flavour, launch.socket, launch.log
        self.root = Account(HOST, free_port(), ROOT, secrets.token_urlsafe(24))
        self._process, self.version = launch.serve(self.root)
        self.pid = self._process.pid

    @classmethod
    def start(
        cls,
        program: ServerProgram,
        folder: Path,
        init_files: Sequence[Path],
        cache: Path,
        environment: Mapping[str, str] | None = None,
    ) -> "PrivateServer":
        """Start a server with the schema ``executor_test``, filled from ``init_files``; return it when it answers.

        :param folder: for its data, socket and log; made if need be.
        :param init_files: SQL files, loaded in order when there is no data directory of the same content in ``cache``.
        :param cache: the folder for data directories to copy from, kept between runs.
        :param environment: variables for every process started, besides this process's own.
        :raises TestEnvironmentError: the server could not be prepared, died (with the reason from its log), or does not answer.
        """
        launch = Launch(program, folder, folder / "data", environment or {})
        launch.prepare()
        copy_data_directory(launch, init_files, cache)
        return cls(launch)

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the server at once; its data are not needed any more. Does nothing if it has ended."""
        self._process.kill()
        self._process.wait()
