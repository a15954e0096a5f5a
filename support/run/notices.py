"""What a run makes known of itself, as typed notices in one stream; every report is a handler of that stream."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from support.errors import TestEnvironmentError
from support.record.evidence import Evidence, RunRecord
from support.record.outcome import Outcome
from support.run.behave_watch import Ending


class SettingsRead(NamedTuple):
    """The settings that are not at their default, secrets masked."""

    settings: list[tuple[str, str]]


class FolderMade(NamedTuple):
    """The run has its folder, and nothing in it yet; ``planned`` is every selected scenario."""

    folder: Path
    record: RunRecord
    planned: list[Outcome]


class EnvironmentReady(NamedTuple):
    """The test environment is there and well; the scenarios come next."""

    run_id: str
    scenarios: int
    server_version: str
    api_version: str
    jobs: int
    why_one_job: str


class ScenarioBegun(NamedTuple):
    """A scenario begins."""

    name: str


class ScenarioJudged(NamedTuple):
    """A scenario has its result, and its evidence is written to ``path``."""

    record: Evidence
    path: Path


class ScenarioSettled(NamedTuple):
    """behave is done with a scenario, its hooks and clean-ups included."""

    outcome: Outcome


class Stopping(NamedTuple):
    """No further scenario is run, for this reason."""

    reason: str


class RunTrouble(NamedTuple):
    """Something went wrong with the run as a whole: whom that blames, or that there is no verdict for it."""

    kind: str
    message: str


class ScenariosEnded(NamedTuple):
    """All is run that will be; behave says whether it ``failed``. Whoever finds trouble now adds it to the record's."""

    record: RunRecord
    failed: bool
    ending: Ending


class VerdictReached(NamedTuple):
    """The content of ``verdict.json``; ``anything_run`` is False if no scenario began; ``standing`` are lines about the last
    whole run, and what ran since.
    """

    content: dict[str, Any]
    folder: Path
    anything_run: bool
    standing: list[str]


Notice = (
    SettingsRead
    | FolderMade
    | EnvironmentReady
    | ScenarioBegun
    | ScenarioJudged
    | ScenarioSettled
    | Stopping
    | RunTrouble
    | ScenariosEnded
    | VerdictReached
)


Handler = Callable[[Notice], None]
"""What one report of a run does about a notice, if anything."""


class Notices:
    """The stream. ``seconds`` is the time that what the run leaves in ``place`` has taken, for the benchmark."""

    def __init__(self, handlers: Sequence[Handler], place: Path) -> None:
        self._handlers, self._place = handlers, place
        self.seconds = 0.0

    def say(self, notice: Notice) -> None:
        """Have every handler hear ``notice``, in their order.

        :raises TestEnvironmentError: a report can't be written; in place of the OSError that says so.
        """
        with self.writing():
            for handler in self._handlers:
                handler(notice)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Count the time that something takes which the run leaves; errors as of ``say``."""
        began = time.monotonic()
        try:
            with writing_to(self._place):
                yield
        finally:
            self.seconds += time.monotonic() - began


@contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """What the run leaves is written to ``place``; a TestEnvironmentError in place of the OSError if it can't be."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise TestEnvironmentError(f"what the run leaves cannot be written to {place}: {why}") from error
