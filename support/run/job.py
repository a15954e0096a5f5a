"""A job: a process of the run with a test environment of its own, which carries out the scenarios it is handed."""

import ctypes
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from behave.model import Feature, Rule, Scenario
from behave.runner import ModelRunner

from support.errors import AcceptanceError, TestEnvironmentError
from support.record.evidence import Check, Evidence, Secrets
from support.run.behave_watch import BehaveWatch
from support.run.messages import Begun, Broken, Ended, Judged, Settled
from support.run.scenario_hooks import ScenarioHooks
from support.run.selection import location_of
from support.run.session import Session
from support.run.signals import interrupts_ignored, only_terminated
from support.settings import Settings

PR_SET_PDEATHSIG = 1


class Job:
    """The job's own side; see ``work``.

    :param connection: to the run; what comes over it is the index of a scenario among ``selected``, or None at the end.
    :param run_id: this session's own.
    :param run_folder: of the run; the job's logs go to ``logs``.
    """

    def __init__(
        self, connection: Connection, runner: ModelRunner, selected: list[Scenario], settings: Settings, run_id: str,
        run_folder: Path, logs: Path, secret: str, secrets: Secrets,
    ) -> None:  # fmt: skip
        self._connection, self._runner, self._selected = connection, runner, selected
        self._settings, self._run_id, self._run_folder, self._logs = settings, run_id, run_folder, logs
        self._secret, self._secrets = secret, secrets
        self._watch = BehaveWatch([])
        self._stop: str | None = None

    def work(self, parent: int) -> None:
        """Begin a session, carry out what is handed, end the session; SIGTERM ends it in order, wherever it is.

        :param parent: the process id of the run, whose death is a SIGTERM.
        """
        with only_terminated():
            _die_with(parent)
            troubles: list[str] = []
            self._logs.mkdir(parents=True, exist_ok=True)
            _say_nothing(self._logs / "job.log")
            try:
                with Session.begun(
                    self._settings, self._run_id, self._logs, self._secret, self._secrets, troubles
                ) as session:
                    clean_up, script = list[Check](), ""
                    try:
                        self._carry_out(session)
                    finally:
                        with interrupts_ignored():
                            clean_up, script = session.clean_up(self._run_folder)
                self._send(Ended(clean_up, script, troubles, self._watch.end().elsewhere))
            except AcceptanceError as error:
                self._send(Broken(error.blames, str(error)))
            except OSError as error:
                self._send(Broken(TestEnvironmentError.blames, f"{error.filename or 'the disk'}: {error.strerror}"))
            except KeyboardInterrupt:
                self._send(Ended([], "", troubles, []))

    def _carry_out(self, session: Session) -> None:
        environment = session.environment()
        self._connection.send(environment)
        hooks = ScenarioHooks(session, self._run_folder / "logs", self._secrets, self)
        self._watch.attach(self._runner)
        self._runner.context.acceptance = hooks
        while (index := self._connection.recv()) is not None:
            self._run(self._selected[index], hooks)

    def _run(self, scenario: Scenario, hooks: ScenarioHooks) -> None:
        """Have behave run this scenario as if it were the only one there is."""
        _leave_only(scenario)
        ModelRunner.run_model(self._runner, [scenario.feature])
        settled = self._watch.end().settled
        outcome = settled[0] if settled else self._watch.never_begun(scenario)
        self._connection.send(Settled(outcome, hooks.left_something_out, self._stop))

    # -- what a Recorder does -------------------------------------------------------------------------------

    def begun(self, scenario: Scenario) -> None:
        self._watch.begin(scenario)
        self._connection.send(Begun(location_of(scenario)))

    def judged(self, record: Evidence) -> None:
        self._connection.send(Judged(record))

    def stopping(self, reason: str) -> None:
        self._stop = reason

    def _send(self, message: Broken | Ended) -> None:
        try:
            self._connection.send(message)
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
