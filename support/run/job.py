"""A job: a process of the run with a test environment of its own, which carries out the scenarios it is handed."""

import ctypes
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from behave.model import Feature, Rule, Scenario
from behave.runner import ModelRunner

from support.errors import AcceptanceError, TestEnvironmentError
from support.record.evidence import Check, Evidence
from support.record.outcome import Trouble
from support.run.behave_watch import BehaveWatch
from support.run.notices import ScenarioBegun, ScenarioSettled, Stopping
from support.run.outcomes import outcome_of
from support.run.phases import PreparedRun
from support.run.scenario_hooks import ScenarioHooks
from support.run.session import Session
from support.run.signals import interrupts_ignored, only_terminated

PR_SET_PDEATHSIG = 1


class Ended(NamedTuple):
    """A job has ended its test environment, and is done."""

    clean_up: list[Check]
    clean_up_script: str
    troubles: list[str]
    elsewhere: list[Trouble]


class Job:
    """The job's own side; see ``work``.

    What it says to the run is, as values: its ``Environment``; the notices and the evidence of each scenario; and in
    the end ``Ended``, or the error for which its test environment is not to be had.

    :param connection: to the run; what comes over it is the index of a scenario among the selected, or None at the end.
    """

    def __init__(self, number: int, connection: Connection, run: PreparedRun, runner: ModelRunner) -> None:
        self._number, self._connection, self._run, self._runner = number, connection, run, runner
        self._watch = BehaveWatch([])

    def work(self, parent: int, others: list[Connection]) -> None:
        """Begin a session, carry out what is handed, end the session; SIGTERM ends it in order, wherever it is.

        :param parent: the process id of the run, whose death is a SIGTERM.
        :param others: ends of pipes that are the run's own, and are closed here.
        """
        for connection in others:
            connection.close()
        run, run_id, logs = self._run, self._run.record.run_id, self._run.folder / "logs"
        if self._number > 1:
            run_id, logs = f"{run_id}.{self._number}", logs / f"job-{self._number}"
        with only_terminated():
            troubles: list[str] = []
            clean_up: list[Check] = []
            script = ""
            logs.mkdir(parents=True, exist_ok=True)
            _say_nothing(logs / "job.log")
            try:
                _die_with(parent)
                with Session.begun(run.settings, run_id, logs, run.secret, run.secrets, troubles) as session:
                    try:
                        self._carry_out(session)
                    finally:
                        with interrupts_ignored():
                            clean_up, script = session.clean_up(run.folder)
                self._tell(Ended(clean_up, script, troubles, self._watch.end().elsewhere))
            except AcceptanceError as error:
                self._tell(error)
            except OSError as error:
                self._tell(TestEnvironmentError(f"{error.filename or 'the disk'}: {error.strerror}"))
            except KeyboardInterrupt:
                self._tell(Ended(clean_up, script, troubles, []))

    def _carry_out(self, session: Session) -> None:
        self._connection.send(session.environment())
        self._watch.attach(self._runner)
        self._runner.context.acceptance = ScenarioHooks(session, self._run.folder / "logs", self._run.secrets, self)
        while (index := self._connection.recv()) is not None:
            self._have_it_run(self._run.selected[index])

    def _have_it_run(self, scenario: Scenario) -> None:
        """Have behave run this scenario as if it were the only one there is."""
        _leave_only(scenario)
        ModelRunner.run_model(self._runner, [scenario.feature])
        settled = self._watch.end().settled or [outcome_of(scenario, begun=False)]
        self._connection.send(ScenarioSettled(settled[0]))

    # -- what a Recorder does -------------------------------------------------------------------------------

    def begun(self, scenario: Scenario) -> None:
        self._watch.begin(scenario)
        self._connection.send(ScenarioBegun(scenario.name))

    def judged(self, record: Evidence) -> None:
        self._connection.send(record)

    def stopping(self, reason: str) -> None:
        self._connection.send(Stopping(reason))

    def _tell(self, last: Ended | AcceptanceError) -> None:
        try:
            self._connection.send(last)
        except OSError:
            pass  # the run is gone, and there is nobody to tell


def _leave_only(scenario: Scenario) -> None:
    """Take all other scenarios out of its feature, in this process's copy of it."""
    container = scenario.parent
    item: Scenario | Rule = scenario
    while not isinstance(container, Feature):
        if isinstance(container, Rule):
            container.run_items = [item]
            item = container
        container = container.parent
    container.run_items = [item]


def _die_with(parent: int) -> None:
    """Have the kernel end this process in order when the run dies, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise KeyboardInterrupt("the run is gone")


def _say_nothing(log: Path) -> None:
    """What people see is the run's business; what behave says of hooks goes to ``log``."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
