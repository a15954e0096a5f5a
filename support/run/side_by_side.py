"""Scenarios side by side: the run hands them out to jobs, and takes what they leave."""

import multiprocessing
import os
import re
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from behave.model import Scenario
from behave.model_type import Status
from behave.runner import ModelRunner

from support.errors import INTERRUPTED, AcceptanceError, TestEnvironmentError
from support.record.evidence import Check
from support.record.outcome import Outcome
from support.run.job import Job
from support.run.jobs import cores, longest_first, needs_the_machine
from support.run.messages import Begun, Broken, Ended, Environment, Judged, Settled
from support.run.notices import ScenarioBegun, ScenarioSettled, Stopping
from support.run.phases import PreparedRun
from support.run.selection import location_of, scenarios_of
from support.run.signals import interrupts_ignored, signals_held_back

END_SECONDS = 60.0
"""How long a job may take for its clean-up once it was told to end."""

_NUMBER = re.compile(r"\d+")

CONTEXT = multiprocessing.get_context("fork")


class _Hand:
    """The run's side of one job. ``scenario`` is what it works on."""

    def __init__(self, number: int, process: ForkProcess, connection: Connection) -> None:
        self.number, self.process, self.connection = number, process, connection
        self.scenario: Scenario | None = None
        self.ready = self.leaving = False

    def tell(self, index: int | None) -> None:
        """Hand it a scenario, or nothing any more."""
        try:
            self.connection.send(index)
        except OSError:
            pass  # it has died, which is heard next

    @property
    def idle(self) -> bool:
        """It waits for something to do."""
        return self.ready and not self.leaving and self.scenario is None


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
        self.failed = self.left_something_out = False

    def carry_out(self) -> None:
        """Start the jobs, and return when all have ended.

        :raises AcceptanceError: a job's test environment is not there, or a job has died.
        """
        for _ in range(min(cores(), self._run.jobs)):
            self._start_another()
        order = longest_first(self._run.selected, self._run.settings.reports_folder)
        self._queue = [scenario for scenario in order if not needs_the_machine(scenario)]
        self._alone = [scenario for scenario in order if needs_the_machine(scenario)]
        try:
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
        if self._started < self._run.jobs and not self._stopped:
            self._started += 1
            self._hands.append(self._start(self._started))

    def _start(self, number: int) -> _Hand:
        run, own = self._run, ""
        ours, theirs = CONTEXT.Pipe()
        logs = run.folder / "logs"
        if number > 1:
            own, logs = f".{number}", logs / f"job-{number}"
        job = Job(
            theirs, self._runner, run.selected, run.settings, f"{run.record.run_id}{own}", run.folder, logs, run.secret,
            run.secrets,
        )  # fmt: skip
        process = CONTEXT.Process(target=_work, args=(job, [ours, *(hand.connection for hand in self._hands)]))
        with signals_held_back():
            process.start()
        theirs.close()
        return _Hand(number, process, ours)

    def _hand_out(self) -> None:
        """Give every idle job something to do, or let it go."""
        for hand in self._hands:
            if not hand.idle:
                continue
            if self._queue and not self._stopped:
                self._give(hand, self._queue.pop(0))
            elif not self._alone or self._stopped or hand is not self._last():
                self._let_go(hand)
            elif hand.idle and len(self._hands) == 1:
                self._give(hand, self._alone.pop(0))

    def _last(self) -> _Hand:
        """The job that stays for the scenarios which need the machine for themselves."""
        return next(hand for hand in self._hands if not hand.leaving)

    def _give(self, hand: _Hand, scenario: Scenario) -> None:
        hand.scenario = scenario
        hand.tell(next(n for n, one in enumerate(self._run.selected) if one is scenario))

    def _let_go(self, hand: _Hand) -> None:
        hand.leaving = True
        hand.tell(None)

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
            case Begun():
                if hand.scenario:
                    run.notices.say(ScenarioBegun(hand.scenario.name))
            case Judged(record):
                run.judged(record)
            case Settled(outcome, left_something_out, stop):
                if hand.scenario:
                    _mirror(hand.scenario, outcome)
                hand.scenario = None
                self.left_something_out |= left_something_out
                run.watch.settled_elsewhere(outcome.location)
                run.notices.say(ScenarioSettled(outcome))
                failed = outcome.status not in ("passed", "skipped")
                self.failed |= failed
                if stop:
                    self._stop(stop)
                elif failed and self._runner.config.stop:
                    self._stopped = "--stop"
            case Broken(blames, text):
                hand.leaving = True
                raise _error(blames, text)
            case Ended():
                hand.leaving = True
                self._ended.append(message)

    def _gone(self, hand: _Hand) -> None:
        """A job has ended, or died."""
        hand.process.join(END_SECONDS)
        self._hands.remove(hand)
        hand.connection.close()
        if not hand.leaving:
            what = f" in the middle of {location_of(hand.scenario)}" if hand.scenario else ""
            raise TestEnvironmentError(f"job {hand.number} died{what}: exit status {hand.process.exitcode}")

    def _stop(self, reason: str) -> None:
        if self._stopped is None:
            self._stopped = reason
            self._run.notices.say(Stopping(reason))

    def _conclude(self) -> None:
        checks = _merged([ended.clean_up for ended in self._ended])
        script = "\n".join(dict.fromkeys(line for ended in self._ended for line in ended.clean_up_script.splitlines()))
        self._run.cleaned_up(checks, script)
        self._run.record.troubles += [trouble for ended in self._ended for trouble in ended.troubles]
        for ended in self._ended:
            self._run.watch.trouble_elsewhere(ended.elsewhere)
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


def _work(job: Job, others: list[Connection]) -> None:
    """Be a job, in its own process; the ends of pipes that are the run's own are closed there."""
    for connection in others:
        connection.close()
    job.work(os.getppid())


def _merged(lists: list[list[Check]]) -> list[Check]:
    """The checklists of all jobs as one: done where every job did it; details that differ in numbers only are one."""
    merged = []
    for checks in zip(*lists, strict=False):
        details = "; ".join({_NUMBER.sub("#", check.detail): check.detail for check in checks}.values())
        answers = [check.done for check in checks]
        merged.append(Check(checks[0].item, False if False in answers else answers[0], details))
    return merged


def _error(blames: str, message: str) -> AcceptanceError:
    error = AcceptanceError(message)
    error.blames = blames
    return error
