"""The run's Allure results."""

from pathlib import Path

from support.allure.recorder import AllureRecorder
from support.allure.results import RESULTS
from support.record.evidence import Secrets
from support.run.notices import FolderMade, Notice, ScenariosEnded, ScenarioSettled


class AllureResults:
    """Has each scenario's result written as it ends, and all of them published in ``reports``."""

    def __init__(self, reports: Path, secrets: Secrets) -> None:
        self._reports, self._secrets = reports, secrets
        self._recorder: AllureRecorder | None = None  # a run that can't make its folder has none

    def hear(self, notice: Notice) -> None:
        match notice, self._recorder:
            case FolderMade(folder, record, planned), None:
                self._recorder = AllureRecorder(folder, record, self._secrets, planned)
            case ScenarioSettled(outcome), AllureRecorder() as recorder:
                recorder.settle(outcome)
            case ScenariosEnded() as ended, AllureRecorder() as recorder:
                self._conclude(recorder, ended)

    def _conclude(self, recorder: AllureRecorder, ended: ScenariosEnded) -> None:
        troubles, ending = ended.record.troubles, ended.ending
        try:
            for outcome in ending.settled:
                recorder.settle(outcome)
            troubles += recorder.conclude(ended.failed, ending.left, ending.elsewhere, ending.aborted)
            recorder.publish(self._reports / RESULTS)
        except Exception as error:  # noqa: BLE001 - the verdict still has to be written
            troubles.append(f"the suite: the Allure results could not be written: {error}")
