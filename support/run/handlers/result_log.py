"""The run's result log and verdict."""

from pathlib import Path
from typing import Any

from support.resultlog.publishing import prune, publish
from support.run.notices import Notice, RunRecorded


class ResultLog:
    """Makes result log and verdict from the run's record and evidence, and publishes them in ``reports``.

    ``verdict`` is then the content of ``verdict.json``.
    """

    def __init__(self, reports: Path) -> None:
        self._reports = reports
        self.verdict: dict[str, Any] = {}

    def hear(self, notice: Notice) -> None:
        if isinstance(notice, RunRecorded):
            self.verdict = publish(notice.folder, self._reports)
            prune(self._reports)
