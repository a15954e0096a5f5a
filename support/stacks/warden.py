"""Nothing of a run is left when the run dies, however it dies: SIGKILL of it, of its process group, of its terminal.

The run starts the warden, a small process in a session of its own, and tells it through a pipe what to clean up. When
the pipe closes or the run is gone, the warden kills the run's processes, drops its schemas and removes its folders. The
processes are known by a variable in their environment, which a child keeps wherever it goes; a process that was started
with another environment is not found.
"""

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from support.errors import SuiteError, TestEnvironmentError
from support.mysql.database import Account
from support.mysql.schemas import clear_schema, drop_schemas
from support.settings import PROJECT
from support.stacks.run_processes import MARKER, kill_marked

FOLDER_PREFIX = "executor-v1-acceptance-"
SCHEMA_PREFIX = "executor_test"
OWNER_FILE = "owner.json"

LOOK_SECONDS = 0.25
"""How often the warden looks whether the run is still its parent; a fork of the run may keep the pipe open."""

START_SECONDS, CLOSE_SECONDS = 20.0, 30.0


class Warden:
    """The run's side of the warden. Make it with ``start``; end it with ``close``."""

    def __init__(self, run_id: str, process: subprocess.Popen[bytes], pipe: IO[bytes], log: Path | None) -> None:
        self.run_id, self.pid = run_id, process.pid
        self._process, self._pipe, self._log = process, pipe, log
        self._owner_files: list[IO[str]] = []

    @classmethod
    def start(cls, run_id: str, log: Path | None = None) -> "Warden":
        """Start the warden of the run ``run_id``; return it when it is on guard.

        :param log: where it writes what it could not clean up.
        :raises TestEnvironmentError: it does not start.
        """
        environment = {name: value for name, value in os.environ.items() if name != MARKER}
        (inbox, pipe), (ready, outbox) = os.pipe(), os.pipe()
        with open(inbox, "rb") as its_input, open(outbox, "wb") as its_output, open(log or os.devnull, "ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "support.stacks.warden", run_id, str(os.getpid())],
                stdin=its_input, stdout=its_output, stderr=errors,
                env=environment | {"PYTHONPATH": str(PROJECT)}, cwd=PROJECT, start_new_session=True,
            )  # fmt: skip
        warden = cls(run_id, process, os.fdopen(pipe, "wb"), log)
        with open(ready, "rb", buffering=0) as answer:
            readable, _, _ = select.select([answer], [], [], START_SECONDS)
            if not readable or not answer.read(1):
                process.kill()
                process.wait()
                raise TestEnvironmentError(f"the warden of the run did not start{f'; see {log}' if log else ''}")
        return warden

    def environment(self) -> dict[str, str]:
        """The variable that every process of the run has to carry."""
        return {MARKER: self.run_id}

    def remove_folder(self, folder: Path) -> None:
        """Have ``folder`` removed at the end of the run; until then ``sweep_leftovers`` of others leaves it alone."""
        self._tell({"folder": str(folder.absolute())})
        new = folder / f".{OWNER_FILE}"
        owner = new.open("w", encoding="utf-8")
        fcntl.flock(owner, fcntl.LOCK_EX)
        json.dump({"run": self.run_id, "pid": os.getpid()}, owner)
        owner.flush()
        new.rename(folder / OWNER_FILE)  # under its name it is locked and whole
        self._owner_files.append(owner)

    def drop_schema(self, account: Account, names: Sequence[str], users: Sequence[tuple[str, str]] = ()) -> None:
        """Have schemas and accounts that the run made dropped at its end, on a server that it did not start.

        :param account: one that may drop them.
        :param users: the accounts to drop, pairs of user and host.
        :raises SuiteError: a name that is not this suite's.
        """
        for name in names:
            if not name.startswith(SCHEMA_PREFIX):
                raise SuiteError(f"the warden drops no schema {name!r}: its name does not start with {SCHEMA_PREFIX!r}")
        self._tell({"schema": vars(account), "names": list(names), "users": [list(pair) for pair in users]})

    def remove_traces(self, account: Account, schema: str, users: Sequence[tuple[str, str]]) -> None:
        """Have what scenarios leave in a schema that stays removed at the end of the run, and the run's accounts dropped."""
        self._tell({"traces": vars(account), "schema_name": schema, "users": [list(pair) for pair in users]})

    def run_at_the_end(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Have a command run at the end of the run, once the run's processes are gone; its failure is one of the clean-up.

        :param environment: variables it gets besides the run's own.
        """
        self._tell({"command": list(command), "environment": dict(environment)})

    def close(self) -> None:
        """End the run in order: its processes killed, its schemas dropped, its folders removed, the warden gone.

        :raises TestEnvironmentError: something could not be cleaned up.
        """
        if self._pipe.closed:
            return
        try:
            self._tell({"done": True})
            self._pipe.close()
            failures = self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            self._process.wait()
            raise TestEnvironmentError(f"the warden was not done within {CLOSE_SECONDS:.0f} s") from error
        finally:
            for file in self._owner_files:
                file.close()
        if failures:
            raise TestEnvironmentError(
                f"something of the run could not be cleaned up; see {self._log or 'a warden with a log'}"
            )

    def _tell(self, message: dict[str, Any]) -> None:
        try:
            self._pipe.write(json.dumps(message).encode() + b"\n")
            self._pipe.flush()
        except OSError as error:
            raise TestEnvironmentError("the warden of the run is gone") from error


def sweep_leftovers(parent: Path) -> list[Path]:
    """Remove from ``parent`` the folders of runs that died with their wardens, and kill their processes.

    A run holds a lock on its owner file as long as it lives: unlike a process id, it is never anybody else's.

    :return: the folders removed.
    """
    swept = []
    for folder in sorted(parent.glob(f"{FOLDER_PREFIX}*")):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            with (folder / OWNER_FILE).open(encoding="utf-8") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                kill_marked(json.load(owner)["run"])
                shutil.rmtree(folder)
                swept.append(folder)
        except (OSError, ValueError, KeyError):
            continue  # of a living run, of nobody's, or being swept by another run just now
    return swept


def _messages(parent: int) -> Iterator[dict[str, Any]]:
    """What the run says, until it is done, closes the pipe or is gone."""
    buffer = b""
    while True:
        readable, _, _ = select.select([0], [], [], LOOK_SECONDS)
        if not readable and os.getppid() == parent:
            continue
        chunk = os.read(0, 65536) if readable else b""
        if not chunk:
            return
        *lines, buffer = (buffer + chunk).split(b"\n")
        for message in map(json.loads, lines):
            if "done" in message:
                return
            yield message


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True)


def main(run_id: str, parent: str) -> int:
    """Be the warden of the run ``run_id``, whose process is ``parent``; return how much could not be cleaned up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.write(1, b"+")
    os.dup2(2, 1)
    messages = list(_messages(int(parent)))
    failures = 0

    def attempt(work: Callable[..., None], *arguments: Any) -> None:
        nonlocal failures
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest has to be cleaned up all the same
            failures += 1
            print(f"warden of {run_id}: {error}", file=sys.stderr, flush=True)

    attempt(kill_marked, run_id)
    for message in messages:
        if "schema" in message:
            account = Account(**message["schema"])
            attempt(drop_schemas, account, message["names"], message["users"])
        if "traces" in message:
            attempt(clear_schema, Account(**message["traces"]), message["schema_name"], message["users"])
        if "command" in message:
            attempt(_run, message["command"], message["environment"])
    for message in messages:
        if "folder" in message and os.path.exists(message["folder"]):
            attempt(shutil.rmtree, message["folder"])
    return failures


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
