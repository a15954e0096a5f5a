"""A session: one test environment that is begun, used for scenarios one after the other, and ended."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from support.checks.checklists import clean_up, pre_checks
from support.checks.needs import Offer, Unmet
from support.errors import AcceptanceError, TestEnvironmentError
from support.record.evidence import Check, Evidence, Secrets
from support.run.messages import Environment
from support.scenario.case import Case
from support.scenario.workload import seconds_of_a_burst
from support.settings import EXTERNAL, Settings
from support.stacks.kinds import make_stack
from support.stacks.stack import Stack
from support.stacks.warden import FOLDER_PREFIX, Warden, sweep_leftovers

WINDOW_TO_BURST = 2.5
"""A window's length to that of the longest burst of queries in it: it has to be noticed first, and noise be borne."""


class Session:
    """A running stack, and what it offers to scenarios. Make it with ``begun``."""

    def __init__(self, settings: Settings, stack: Stack) -> None:
        self._settings, self.stack = settings, stack
        self._offer = Offer(stack)
        self._window_factor = stack.window_factor * self._needed_length()

    def _needed_length(self) -> float:
        """How much longer than set the metrics windows have to be on this machine, as busy as it is now: at least 1.

        A window is open for a few times as long as what a scenario does in one usually takes here.
        """
        seconds = self._settings.scaled(self._settings.metrics_window_seconds) * self.stack.window_factor
        return max(1.0, WINDOW_TO_BURST * seconds_of_a_burst(self.stack.accounts.app) / seconds)

    @classmethod
    @contextmanager
    def begun(
        cls, settings: Settings, run_id: str, logs: Path, secret: str, secrets: Secrets, troubles: list[str]
    ) -> Iterator["Session"]:
        """Start everything under test, and end it with the block; nothing of it is left, also if it did not start.

        :param logs: the folder for the logs of the parts.
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

    def unmet(self, tags: Iterable[str]) -> Unmet | None:
        """The first need in a scenario's tags that is not met here."""
        return self._offer.unmet(tags)

    def case(self, record: Evidence, logs: Path, attempt: int) -> Case:
        """A scenario's case, with the database in its first state.

        :param logs: the folder for its workers' logs.
        :param attempt: 1 at first; each further one has windows twice as long.
        """
        self.stack.window_factor = self._window_factor * 2 ** (attempt - 1)
        return Case(self.stack, self._settings, record, logs)


def _stack(settings: Settings, run_id: str, folder: Path, logs: Path, secret: str, warden: Warden) -> Stack:
    try:
        return make_stack(settings, run_id, folder, logs, secret, warden)
    except pymysql.MySQLError as error:
        hint = "; make preflight lists what is missing" if settings.stack == EXTERNAL else ""
        raise TestEnvironmentError(
            f"MySQL refused what a run needs: {error.args[-1]} ({error.args[0]}){hint}"
        ) from error
