"""A session: one test environment that is begun, used for scenarios one after the other, and ended."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from support.checks.checklists import clean_up, pre_checks
from support.checks.needs import Offer, Unmet
from support.errors import AcceptanceError, TestEnvironmentError
from support.record.evidence import Evidence
from support.record.run_record import Check
from support.scenario.case import Case
from support.settings import EXTERNAL, Settings
from support.stacks.kinds import make_stack
from support.stacks.stack import Stack
from support.stacks.warden import FOLDER_PREFIX, Warden, sweep_leftovers


class Session:
    """A running stack, and what it offers to scenarios. Make it with ``begun``."""

    def __init__(self, settings: Settings, stack: Stack) -> None:
        self._settings, self.stack = settings, stack
        self._offer = Offer(stack)

    @classmethod
    @contextmanager
    def begun(
        cls, settings: Settings, run_id: str, logs: Path, secret: str, troubles: list[str]
    ) -> Iterator["Session"]:
        """Start everything under test, and end it with the block; nothing of it is left, also if it did not start.

        :param logs: the folder for the logs of the parts.
        :param secret: shared by agents and API.
        :param troubles: gets what went wrong at the end.
        :raises AcceptanceError: something is not there or not well.
        """
        sweep_leftovers(Path(tempfile.gettempdir()))
        warden = Warden.start(run_id, logs / "warden.log")
        try:
            folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
            warden.remove_folder(folder)
            stack = _stack(settings, run_id, folder, logs, secret, warden)
            try:
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

    def pre_checks(self) -> list[Check]:
        """The form's checks before the first scenario."""
        return pre_checks(self.stack)

    def clean_up(self, run_folder: Path) -> tuple[list[Check], str]:
        """The form's clean-up list, done, and the SQL it took; ``run_folder`` is where the logs have to lie."""
        return clean_up(self.stack, run_folder)

    def unmet(self, tags: Iterable[str]) -> Unmet | None:
        """The first need in a scenario's tags that is not met here."""
        return self._offer.unmet(tags)

    def case(self, record: Evidence, logs: Path) -> Case:
        """A scenario's case, with the database in its first state; ``logs`` is the folder for its workers' logs."""
        return Case(self.stack, self._settings, record, logs)


def _stack(settings: Settings, run_id: str, folder: Path, logs: Path, secret: str, warden: Warden) -> Stack:
    try:
        return make_stack(settings, run_id, folder, logs, secret, warden)
    except pymysql.MySQLError as error:
        hint = "; make preflight lists what is missing" if settings.stack == EXTERNAL else ""
        raise TestEnvironmentError(
            f"MySQL refused what a run needs: {error.args[-1]} ({error.args[0]}){hint}"
        ) from error
