"""Scenarios side by side: the run hands them out to jobs, and takes what they leave."""

import multiprocessing
import os
import re
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from behave.model import Scenario
from behave.model_type import Status
from behave.runner import ModelRunner

from support.errors import INTERRUPTED, AcceptanceError, TestEnvironmentError
from support.record.evidence import Check, Evidence
from support.record.outcome import Outcome
from support.run.job import Ended, Job
from support.run.jobs import cores, longest_first, needs_the_machine
from support.run.notices import ScenarioBegun, ScenarioSettled, Stopping
from support.run.phases import PreparedRun
from support.run.selection import location_of, scenarios_of
from support.run.session import Environment
from support.run.signals import interrupts_ignored, signals_held_back
from support.servers.programs import fetch_first
from support.settings import EMBEDDED, PROJECT

END_SECONDS = 60.0
"""How long a job may take for its clean-up once it was told to end."""

_NUMBER = re.compile(r"\d+")

CONTEXT = multiprocessing.get_context("fork")


@dataclass
class _Hand:
    """The run's side of one job. ``scenario`` is what it works on."""

    number: int
    process: ForkProcess
    connection: Connection
    scenario: Scenario | None = None
    ready: bool = False
    leaving: bool = False


class SideBySide:
    """Carries out the scenarios of a run in several jobs: the longest first, those last that need the machine for themselves."""

    def __init__(self, run: PreparedRun, runner: ModelRunner) -> None:
        self._run, self._runner = run, runner
        self._queue: list[Scenario] = []
        self._alone: list[Scenario] = []
        self._hands: list[_Hand] = []
        self._ended: list[Ended] = []
        self._started = 0
        self._stopped: str | None = None
        self._trouble: AcceptanceError | None = None
        self._failed = False

    def carry_out(self) -> bool:
        """Start the jobs, and return when all have ended: whether a scenario failed.

        :raises AcceptanceError: a job's test environment is not there, or a job has died.
        """
        settings = self._run.settings
        if settings.stack == EMBEDDED and not settings.mysql_host:
            fetch_first(settings.server, PROJECT)
        order = longest_first(self._run.selected, self._run.settings.reports_folder)
        self._queue = [scenario for scenario in order if not needs_the_machine(scenario)]
        self._alone = [scenario for scenario in order if needs_the_machine(scenario)]
        try:
            for _ in range(min(cores(), self._run.jobs)):
                self._start_another()
            while self._hands:
                self._take_what_comes()
        except KeyboardInterrupt:
            self._run.interrupt()
            self._stopped = self._stopped or INTERRUPTED
            for hand in self._hands:
                hand.process.terminate()
            with interrupts_ignored():
                while self._hands:
                    self._take_what_comes()
        self._conclude()
        if self._trouble:
            raise self._trouble
        return self._failed

    def _take_what_comes(self) -> None:
        """Hear the jobs, and give those that are idle something to do."""
        try:
            self._listen()
        except AcceptanceError as error:
            self._trouble = self._trouble or error
            self._stopped = self._stopped or str(error)
        self._hand_out()

    def _start_another(self) -> None:
        """Start one more job, if there is to be one and something left for it."""
        if self._started == self._run.jobs or self._stopped:
            return
        self._started += 1
        ours, theirs = CONTEXT.Pipe()
        job = Job(self._started, theirs, self._run, self._runner)
        others = [ours, *(hand.connection for hand in self._hands)]
        process = CONTEXT.Process(target=job.work, args=(os.getpid(), others))
        with signals_held_back():
            process.start()
            theirs.close()  # or its death would not be heard
            self._hands.append(_Hand(self._started, process, ours))

    def _hand_out(self) -> None:
        """Give every idle job something to do, or let it go; one stays for what needs the machine for itself."""
        last = next((hand for hand in self._hands if not hand.leaving), None)
        for hand in self._hands:
            if hand.scenario or hand.leaving or not hand.ready:
                continue
            if self._queue and not self._stopped:
                self._give(hand, self._queue.pop(0))
            elif not self._alone or self._stopped or hand is not last:
                self._give(hand, None)
            elif len(self._hands) == 1:
                self._give(hand, self._alone.pop(0))

    def _give(self, hand: _Hand, scenario: Scenario | None) -> None:
        """Hand it a scenario, or nothing any more."""
        hand.scenario, hand.leaving = scenario, scenario is None
        try:
            hand.connection.send(next((n for n, one in enumerate(self._run.selected) if one is scenario), None))
        except OSError:
            pass  # it has died, which is heard next

    def _listen(self) -> None:
        """Take what the jobs have said."""
        for ready in wait([hand.connection for hand in self._hands]):
            hand = next(one for one in self._hands if one.connection is ready)
            try:
                message = hand.connection.recv()
            except (EOFError, OSError):
                self._gone(hand)
                continue
            self._take(hand, message)

    def _take(self, hand: _Hand, message: object) -> None:
        run = self._run
        match message:
            case Environment():
                hand.ready = True
                run.ready(message)
                self._start_another()  # not all at once: the first would have to wait for the last
            case ScenarioBegun():
                run.notices.say(message)
            case Evidence():
                run.judged(message)
            case Stopping(reason) if self._stopped is None:
                self._stopped = reason
                run.notices.say(message)
            case ScenarioSettled(outcome):
                if hand.scenario:
                    _mirror(hand.scenario, outcome)
                hand.scenario = None
                run.watch.settled.add(outcome.location)
                run.notices.say(message)
                if outcome.status not in ("passed", "skipped"):
                    self._failed = True
                    if self._runner.config.stop:
                        self._stopped = self._stopped or "--stop"
            case Ended():
                hand.leaving = True
                self._ended.append(message)
            case AcceptanceError():
                hand.leaving = True
                raise message

    def _gone(self, hand: _Hand) -> None:
        """A job has ended, or died."""
        hand.process.join(END_SECONDS)
        self._hands.remove(hand)
        hand.connection.close()
        if not hand.leaving:
            what = f" in the middle of {location_of(hand.scenario)}" if hand.scenario else ""
            raise TestEnvironmentError(f"job {hand.number} died{what}: exit status {hand.process.exitcode}")

    def _conclude(self) -> None:
        run, ended = self._run, self._ended
        script = "\n".join(dict.fromkeys(line for one in ended for line in one.clean_up_script.splitlines()))
        run.cleaned_up(_merged([one.clean_up for one in ended if one.clean_up]), script)
        for one in ended:
            run.record.troubles += one.troubles
            run.watch.elsewhere += one.elsewhere
        self._report()

    def _report(self) -> None:
        """Have behave's own reporters say what they say at the end of a run."""
        for scenario in scenarios_of(self._runner.features):
            if not any(one is scenario for one in self._run.selected):
                scenario.mark_skipped()
        for reporter in self._runner.config.reporters:
            for feature in self._runner.features:
                reporter.feature(feature)
            reporter.end()


def _mirror(scenario: Scenario, outcome: Outcome) -> None:
    """Make of the run's own copy of a scenario what the job has made of its."""
    scenario.set_status(Status[outcome.status])
    for step, seen in zip(scenario.all_steps, outcome.steps, strict=True):
        step.status, step.duration = Status[seen.status], seen.seconds


def _merged(lists: list[list[Check]]) -> list[Check]:
    """The checklists of all jobs as one: done where every job did it; details that differ in numbers only are one."""
    merged = []
    for checks in zip(*lists, strict=False):
        details = "; ".join({_NUMBER.sub("#", check.detail): check.detail for check in checks}.values())
        answers = [check.done for check in checks]
        merged.append(Check(checks[0].item, False if False in answers else answers[0], details))
    return merged
