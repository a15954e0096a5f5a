"""The record of a run as a whole; with the evidence of its scenarios it is all that reports are made from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime

from support.files import write_whole
from support.record.envelope import as_json
from support.record.evidence import Secrets

RUN_FILE = "run.json"


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone") from None
    return name


@dataclass
class Check:
    """One item of the pre-test or the clean-up checklist. ``done`` is None where it does not apply."""

    item: str
    done: bool | None
    detail: str


@dataclass
class RunRecord:
    """What a run was. ``expected`` are the locations of all scenarios there are by id, ``selected`` those of this run.

    ``ended`` is None for a run that was cut off. ``troubles`` are what went wrong with the run as a whole.
    """

    run_id: str
    started: AwareDatetime
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    tester: str
    reviewer: str
    settings: list[tuple[str, str]]
    expected: dict[str, list[str]]
    selected: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    pre_checks: list[Check] = field(default_factory=list)
    clean_up: list[Check] = field(default_factory=list)
    clean_up_script: str = ""
    troubles: list[str] = field(default_factory=list)
    ended: AwareDatetime | None = None

    def write(self, folder: Path, secrets: Secrets) -> None:
        """Write ``run.json``; the file is whole or as it was."""
        write_whole(folder / RUN_FILE, secrets.masked(as_json(self)))
