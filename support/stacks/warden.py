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

import psutil

from support.errors import SuiteError, TestEnvironmentError
from support.mysql.database import Account
from support.mysql.schemas import clear_schema, drop_schemas
from support.settings import OWN_SCHEMA_PREFIX, PROJECT
from support.waiting import WaitTimeout, eventually

MARKER = "EXECUTOR_ACCEPTANCE_RUN"
"""The variable; its value is the id of the run."""

FOLDER_PREFIX = "executor-v1-acceptance-"
OWNER_FILE = "owner.json"

LOOK_SECONDS = 0.25
"""How often the warden looks whether the run is still its parent; a fork of the run may keep the pipe open."""

START_SECONDS, CLOSE_SECONDS, KILL_SECONDS = 20.0, 30.0, 5.0


class Warden:
    """The run's side of the warden, which is on guard from here to ``close``, and tells ``log`` what it can't clean up.

    :raises TestEnvironmentError: it does not start.
    """

    def __init__(self, run_id: str, log: Path | None = None) -> None:
        self.run_id, self._log = run_id, log
        self._owner_files: list[IO[str]] = []
        environment = {name: value for name, value in os.environ.items() if name != MARKER}
        (inbox, pipe), (ready, outbox) = os.pipe(), os.pipe()
        with open(inbox, "rb") as its_input, open(outbox, "wb") as its_output, open(log or os.devnull, "ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "support.stacks.warden", run_id, str(os.getpid())],
                stdin=its_input, stdout=its_output, stderr=errors,
                env=environment | {"PYTHONPATH": str(PROJECT)}, cwd=PROJECT, start_new_session=True,
            )  # fmt: skip
        self.pid, self._pipe = self._process.pid, os.fdopen(pipe, "wb")
        with open(ready, "rb", buffering=0) as answer:
            readable, _, _ = select.select([answer], [], [], START_SECONDS)
            if not readable or not answer.read(1):
                self._process.kill()
                self._process.wait()
                raise TestEnvironmentError(f"the warden of the run did not start{f'; see {log}' if log else ''}")

    def environment(self) -> dict[str, str]:
        """The variable that every process of the run has to carry."""
        return {MARKER: self.run_id}

    def remove_folder(self, folder: Path) -> None:
        """Have ``folder`` removed at the end of the run; until then ``sweep_leftovers`` of others leaves it alone."""
        self._tell("folder", str(folder.absolute()))
        new = folder / f".{OWNER_FILE}"
        owner = new.open("w", encoding="utf-8")
        fcntl.flock(owner, fcntl.LOCK_EX)
        json.dump({"run": self.run_id, "pid": os.getpid()}, owner)
        owner.flush()
        new.rename(folder / OWNER_FILE)  # under its name it is locked and whole
        self._owner_files.append(owner)

    def drop_schema(self, account: Account, names: Sequence[str], users: Sequence[tuple[str, str]] = ()) -> None:
        """Have schemas and ``users`` (user, host) dropped at the end of the run; SuiteError for a schema of somebody else's."""
        for name in names:
            if not name.startswith(OWN_SCHEMA_PREFIX):
                raise SuiteError(
                    f"the warden drops no schema {name!r}: its name does not start with {OWN_SCHEMA_PREFIX!r}"
                )
        self._tell("drop", vars(account), names, users)

    def remove_traces(self, account: Account, schema: str, users: Sequence[tuple[str, str]]) -> None:
        """Have what scenarios leave in a schema that stays removed at the end of the run, and the run's accounts dropped."""
        self._tell("clear", vars(account), schema, users)

    def run_at_the_end(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Have a command run, with these variables besides, once the run's processes are gone; it should not fail."""
        self._tell("command", command, environment)

    def close(self) -> None:
        """End the run in order; TestEnvironmentError if something could not be cleaned up."""
        if self._pipe.closed:
            return
        try:
            self._tell("done")
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

    def _tell(self, *message: object) -> None:
        try:
            self._pipe.write(json.dumps(message).encode() + b"\n")
            self._pipe.flush()
        except OSError as error:
            raise TestEnvironmentError("the warden of the run is gone") from error


def own_environments() -> list[dict[str, str]]:
    """The environment of every process that this one has started and that still runs."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            found.append(process.environ())
        except psutil.Error:
            continue  # it has just ended
    return found


def kill_marked(run_id: str) -> None:
    """Kill every process of the run except this one, until none is left; TestEnvironmentError if some don't end."""
    left: list[int] = []

    def none_is_left() -> bool:
        left.clear()
        for process in psutil.process_iter():
            try:
                if process.pid != os.getpid() and process.environ().get(MARKER) == run_id:
                    left.append(process.pid)
                    process.kill()
            except (psutil.Error, OSError):
                continue  # gone, or another user's
        return not left

    try:
        eventually(none_is_left, within=KILL_SECONDS, what="the end of the run's processes")
    except WaitTimeout as error:
        raise TestEnvironmentError(f"processes of run {run_id} that do not end: {left}") from error


def sweep_leftovers(parent: Path) -> list[Path]:
    """Remove from ``parent`` the folders of runs that died with their wardens, and kill their processes.

    A run holds a lock on its owner file as long as it lives: unlike a process id, it is never anybody else's.
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


def _messages(parent: int) -> Iterator[list[Any]]:
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
            if message == ["done"]:
                return
            yield message


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True)


def _remove(folder: str) -> None:
    if os.path.exists(folder):
        shutil.rmtree(folder)


CLEAN_UPS: dict[str, Callable[..., None]] = {
    "drop": lambda account, *more: drop_schemas(Account(**account), *more),
    "clear": lambda account, *more: clear_schema(Account(**account), *more),
    "command": _run,
    "folder": _remove,
}
"""What the warden can be told to do, by its name."""


def main(run_id: str, parent: str) -> int:
    """Be the warden of the run ``run_id``, whose process is ``parent``; return how much could not be cleaned up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.write(1, b"+")
    os.dup2(2, 1)
    tasks = sorted(_messages(int(parent)), key=lambda task: task[0] == "folder")  # folders at last: logs are in them
    failures = 0
    for work, *arguments in [(kill_marked, run_id), *((CLEAN_UPS[name], *more) for name, *more in tasks)]:
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest has to be cleaned up all the same
            failures += 1
            print(f"warden of {run_id}: {error}", file=sys.stderr, flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
