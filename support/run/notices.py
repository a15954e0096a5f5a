"""What a run makes known of itself, as typed notices in one stream; every report is a handler of that stream."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from support.errors import TestEnvironmentError
from support.record.evidence import Evidence, RunRecord
from support.record.outcome import Outcome
from support.run.behave_watch import Ending


@dataclass(frozen=True)
class SettingsRead:
    """The settings that are not at their default, secrets masked."""

    settings: list[tuple[str, str]]


@dataclass(frozen=True)
class FolderMade:
    """The run has its folder, and nothing in it yet; ``planned`` is every selected scenario."""

    folder: Path
    record: RunRecord
    planned: list[Outcome]


@dataclass(frozen=True)
class EnvironmentReady:
    """The test environment is there and well; the scenarios come next."""

    run_id: str
    scenarios: int
    server_version: str
    api_version: str
    jobs: int
    why_one_job: str


@dataclass(frozen=True)
class ScenarioBegun:
    """A scenario begins."""

    name: str


@dataclass(frozen=True)
class ScenarioJudged:
    """A scenario has its result, and its evidence is written to ``path``."""

    record: Evidence
    path: Path


@dataclass(frozen=True)
class ScenarioSettled:
    """behave is done with a scenario, its hooks and clean-ups included."""

    outcome: Outcome


@dataclass(frozen=True)
class Stopping:
    """No further scenario is run, for this reason."""

    reason: str


@dataclass(frozen=True)
class RunTrouble:
    """Something went wrong with the run as a whole."""

    blames: str
    message: str


@dataclass(frozen=True)
class ScenariosEnded:
    """All is run that will be, and the test environment is gone; behave says whether it ``failed``.

    Whoever finds trouble now adds it to the record's.
    """

    record: RunRecord
    failed: bool
    ending: Ending


@dataclass(frozen=True)
class RunRecorded:
    """The record of the run is whole and written: what is made of it can be made."""

    folder: Path


@dataclass(frozen=True)
class VerdictReached:
    """The content of ``verdict.json``; ``anything_run`` is False if no scenario began."""

    content: dict[str, Any]
    folder: Path
    anything_run: bool


@dataclass(frozen=True)
class NoVerdict:
    """The verdict could not be written."""

    message: str
    runs: Path


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
    | RunRecorded
    | VerdictReached
    | NoVerdict
)


class Handler(Protocol):
    """One report of a run."""

    def hear(self, notice: Notice) -> None:
        """Do what this report does about ``notice``, if anything."""


class Notices:
    """The stream. ``seconds`` is the time that what the run leaves has taken, for the benchmark.

    :param place: where that is written, for messages.
    """

    def __init__(self, handlers: Sequence[Handler], place: Path) -> None:
        self._handlers, self._place = handlers, place
        self.seconds = 0.0

    def say(self, notice: Notice) -> None:
        """Have every handler hear ``notice``, in their order.

        :raises TestEnvironmentError: a report can't be written; in place of the OSError that says so.
        """
        with self.writing():
            for handler in self._handlers:
                handler.hear(notice)

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
    """What the run leaves is written to ``place``.

    :raises TestEnvironmentError: it can't be; in place of the OSError that says so.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise TestEnvironmentError(f"what the run leaves cannot be written to {place}: {why}") from error
