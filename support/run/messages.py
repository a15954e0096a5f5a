"""What a job and the run say to each other, as values."""

from dataclasses import dataclass

from support.record.evidence import Check, Evidence
from support.record.outcome import Outcome, Trouble


@dataclass(frozen=True)
class Environment:
    """A test environment that is there: what its parts report, its pre-test checks, and what must never be shown."""

    parts: dict[str, str]
    pre_checks: list[Check]
    server_version: str
    api_version: str
    secrets: list[str]


@dataclass(frozen=True)
class Broken:
    """The test environment of a job is not to be had."""

    blames: str
    message: str


@dataclass(frozen=True)
class Begun:
    """A job has begun a scenario."""

    location: str


@dataclass(frozen=True)
class Judged:
    """A scenario has its result."""

    record: Evidence


@dataclass(frozen=True)
class Settled:
    """behave is done with a scenario. ``stop`` is why no further one can be run, if so."""

    outcome: Outcome
    left_something_out: bool
    stop: str | None


@dataclass(frozen=True)
class Ended:
    """A job has ended its test environment, and is done."""

    clean_up: list[Check]
    clean_up_script: str
    troubles: list[str]
    elsewhere: list[Trouble]
