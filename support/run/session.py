"""A session: one test environment that is begun, used for scenarios one after the other, and ended."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pymysql

from support.checks.checklists import clean_up, pre_checks
from support.checks.needs import Offer
from support.errors import AcceptanceError, TestEnvironmentError
from support.record.evidence import Check, Evidence, Secrets
from support.run.jobs import pace
from support.scenario.case import Case
from support.scenario.workload import seconds_of_a_burst
from support.settings import EXTERNAL, PROJECT, Settings
from support.stacks.kinds import make_stack
from support.stacks.stack import Stack
from support.stacks.warden import FOLDER_PREFIX, Warden, sweep_leftovers

WINDOW_TO_BURST = 2.5
"""A window's length to that of the longest burst of queries in it: it has to be noticed first, and noise be borne."""


class Environment(NamedTuple):
    """A test environment that is there: what its parts report, its pre-test checks, and what must never be shown."""

    parts: dict[str, str]
    pre_checks: list[Check]
    server_version: str
    api_version: str
    secrets: list[str]


class Session:
    """A running ``stack``, and what it has to ``offer`` to scenarios. Make it with ``begun``."""

    def __init__(self, settings: Settings, stack: Stack) -> None:
        self._settings, self.stack, self.offer = settings, stack, Offer(stack)
        # On a busy machine longer than set: as long that what a scenario does in a window fits in well
        seconds = settings.scaled(settings.metrics_window_seconds) * stack.window_factor
        needed = max(1.0, WINDOW_TO_BURST * seconds_of_a_burst(stack.accounts.app) / seconds)
        self._window_factor = stack.window_factor * needed

    @classmethod
    @contextmanager
    def begun(
        cls, settings: Settings, run_id: str, logs: Path, secret: str, secrets: Secrets, troubles: list[str]
    ) -> Iterator["Session"]:
        """Start everything under test, and end it with the block; nothing of it is left, also if it did not start.

        :param secret: shared by agents and API.
        :param secrets: gets what must never be shown.
        :param troubles: gets what went wrong at the end.
        :raises AcceptanceError: something is not there or not well.
        """
        sweep_leftovers(Path(tempfile.gettempdir()))
        warden = Warden(run_id, logs / "warden.log")
        try:
            folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
            warden.remove_folder(folder)
            stack = _stack(settings, run_id, folder, logs, secret, warden)
            try:
                for password in stack.secrets():
                    secrets.add(password)
                yield cls(settings, stack)
            finally:
                try:
                    stack.stop()
                except Exception as error:  # noqa: BLE001 - the warden still has to clean up
                    troubles.append(f"the stack did not stop well: {error}")
        finally:
            try:
                warden.close()
            except AcceptanceError as error:
                troubles.append(str(error))

    def environment(self) -> Environment:
        """What there is, with the form's checks before the first scenario."""
        stack = self.stack
        version = str(stack.health.get("version"))
        return Environment(stack.environment(), pre_checks(stack), stack.server_version, version, stack.secrets())

    def clean_up(self, run_folder: Path) -> tuple[list[Check], str]:
        """The form's clean-up list, done, and the SQL it took; ``run_folder`` is where the logs have to lie."""
        return clean_up(self.stack, run_folder)

    def case(self, record: Evidence, logs: Path, attempt: int) -> Case:
        """A scenario's case, with the database in its first state; each ``attempt`` after 1 has windows twice as long.

        All its times are longer on a machine that is far too busy (``pace``).
        """
        self.stack.window_factor = self._window_factor * 2 ** (attempt - 1)
        self.stack.pace = times = pace()
        if times > 1:
            record.fact("The machine is busy", f"all times are {times} times as long as set")
        return Case(self.stack, replace(self._settings, time_scale=self._settings.time_scale * times), record, logs)


def suite_version() -> str:
    """The suite's commit, with a word if its files were changed since; unknown where git does not tell."""
    words = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty=, changed", "--abbrev=12", "--exclude=*"]
    try:
        asked = subprocess.run(words, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "commit unknown"
    return asked.stdout.strip()


def _stack(settings: Settings, run_id: str, folder: Path, logs: Path, secret: str, warden: Warden) -> Stack:
    try:
        return make_stack(settings, run_id, folder, logs, secret, warden)
    except pymysql.MySQLError as error:
        hint = "; make preflight lists what is missing" if settings.stack == EXTERNAL else ""
        raise TestEnvironmentError(
            f"MySQL refused what a run needs: {error.args[-1]} ({error.args[0]}){hint}"
        ) from error
