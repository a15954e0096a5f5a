"""The record of a run as a whole; with the evidence of its scenarios it is all that reports are made from."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from support.record.evidence import Secrets, plain

RUN_FILE = "run.json"


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
    started: datetime
    time_zone: str
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
    ended: datetime | None = None

    def write(self, folder: Path, secrets: Secrets) -> None:
        """Write ``run.json``; the file is whole or as it was."""
        folder.mkdir(parents=True, exist_ok=True)
        text = secrets.masked(json.dumps(asdict(self), ensure_ascii=False, indent=1, default=plain))
        partial = folder / f"{RUN_FILE}.partial"
        partial.write_text(text, encoding="utf-8")
        partial.replace(folder / RUN_FILE)


def read(folder: Path) -> dict[str, Any]:
    """The record in ``folder``."""
    return json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
