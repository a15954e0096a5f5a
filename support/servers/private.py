"""A private, throwaway database server for one run, and its data directory, which is made once and copied for each run."""

import hashlib
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.errors import TestEnvironmentError
from support.mysql.database import Account
from support.mysql.schemas import make_schema
from support.servers.long_work import file_lock, progress
from support.servers.ports import free_port
from support.servers.process import COMMON_OPTIONS, HOST, ROOT, Launch, last_error
from support.servers.programs import ServerProgram

VERSION = 1
"""To be raised when this module makes a different data directory of the same files."""

SCHEMA = "executor_test"
STEP_SECONDS = 120.0


class PrivateServer:
    """A running server that nobody else uses, with the schema ``executor_test``; it listens on 127.0.0.1 only.

    ``root`` is its only account; ``version`` is what the server itself reports.

    :param folder: for its data, socket and log; made if need be.
    :param init_files: SQL files, loaded in order when there is no data directory of the same content in ``cache``.
    :param cache: the folder for data directories to copy from, kept between runs.
    :param environment: variables for every process started, besides this process's own.
    :raises TestEnvironmentError: the server could not be prepared, died (with the reason from its log), or does not answer.
    """

    def __init__(
        self,
        program: ServerProgram,
        folder: Path,
        init_files: Sequence[Path],
        cache: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        launch = Launch(program, folder, environment or {})
        _copy_data_directory(launch, init_files, cache)
        self.flavour, self.socket, self.log = program.flavour, launch.socket, launch.log
        self.root = Account(HOST, free_port(), ROOT, secrets.token_urlsafe(24))
        self._process, self.version = launch.serve(self.root)
        self.pid = self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """End the server at once; its data are not needed any more. Does nothing if it has ended."""
        self._process.kill()
        self._process.wait()


def _copy_data_directory(launch: Launch, init_files: Sequence[Path], cache: Path) -> None:
    """Make ``launch.data`` from a template in ``cache``, which runs at the same time may share."""
    program = launch.program
    name = f"{program.flavour.lower()}-{program.version}"
    template = cache / f"{name}-{_fingerprint(program, init_files)}"
    with file_lock(cache / f".{name}.lock", f"another run is making a data directory for {program.flavour}"):
        if not template.is_dir():
            with progress(f"making a data directory for {program}"):
                fresh = _make(Launch(program, launch.folder / "making", launch.environment), init_files)
            for old in cache.glob(f"{name}-*"):
                shutil.rmtree(old)
            # Made elsewhere and renamed: what bears the name of a template is whole.
            half = cache / f".{name}.new"
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(fresh, half)
            half.rename(template)
            shutil.rmtree(fresh.parent)
        shutil.copytree(template, launch.data)


def _fingerprint(program: ServerProgram, init_files: Sequence[Path]) -> str:
    digest = hashlib.sha256(f"{VERSION} {program.banner}".encode())
    for file in (COMMON_OPTIONS, *init_files):
        try:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError as error:
            raise TestEnvironmentError(f"cannot read {file}: {error.strerror}") from error
    return digest.hexdigest()[:16]


def _make(launch: Launch, init_files: Sequence[Path]) -> Path:
    small = launch.program.small_redo_log
    if launch.program.initialises_itself:
        _finish(launch, launch.run("--initialize-insecure", small))
    else:
        launch.data.mkdir()
        _finish(launch, launch.run("--bootstrap", small, reading=_system_tables(launch)))
    root = Account(HOST, free_port(), ROOT, secrets.token_urlsafe(24))
    server, _ = launch.serve(root, small)
    try:
        make_schema(root, SCHEMA, init_files)
        server.terminate()  # the orderly way: the template must not begin with a recovery
        _finish(launch, server)
    finally:
        server.kill()
        server.wait()
    return launch.data


def _finish(launch: Launch, process: subprocess.Popen[bytes]) -> None:
    try:
        code = process.wait(STEP_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise TestEnvironmentError(f"{launch.program} did not end within {STEP_SECONDS:.0f} s") from error
    finally:
        process.kill()  # does nothing to one that has ended
        process.wait()
    if code:
        raise TestEnvironmentError(f"{launch.program} could not make a data directory: {last_error(launch.log)}")


def _system_tables(launch: Launch) -> Path:
    """The script for a server that makes its system tables from SQL files; their names have changed with MariaDB 11."""
    share = launch.program.messages or Path("/usr/share/mysql")
    parts = ["CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\n"]
    names, forgotten = launch.program.system_tables
    for part in names:
        files = [file for brand in ("mariadb", "mysql") if (file := share / f"{brand}_{part}.sql").is_file()]
        if not files:
            raise TestEnvironmentError(
                f"{launch.program} has no SQL file of its {part} in {share}; its package is incomplete"
            )
        parts.append(files[0].read_text(encoding="utf-8"))
    script = launch.folder / "system-tables.sql"
    script.write_text("".join([*parts, "\n", forgotten]), encoding="utf-8")  # its other accounts have no password
    return script
