"""What behave's hooks do, from a scenario's begin to its record."""

from collections import defaultdict
from pathlib import Path
from typing import Protocol

from behave.model import Scenario, Step
from behave.runner import ModelRunner

from support.clock import now
from support.errors import INTERRUPTED, NotMade, TestEnvironmentError, WrongAnswer, blame_of, in_words
from support.judgement.cause import cause_of, of_answer, of_records
from support.record import evidence
from support.record.evidence import Attempt, Cause, Evidence, Secrets
from support.result_words import FAIL, NOT_RUN, PASS
from support.run.notices import writing_to
from support.run.selection import id_of, location_of
from support.run.session import Session
from support.scenario.case import Case
from support.scenario.look import collect

MOST_ATTEMPTS = 3
"""How often the situation of a scenario is made, if it can't be made at first."""


class Recorder(Protocol):
    """Takes what the scenarios leave."""

    def begun(self, scenario: Scenario) -> None:
        """A scenario begins."""

    def judged(self, record: Evidence) -> None:
        """A scenario has its result."""

    def stopping(self, reason: str) -> None:
        """No further scenario is to be run, for this reason."""


class ScenarioHooks:
    """Takes the scenarios of a session one after the other; what goes wrong with one is never lost."""

    def __init__(self, session: Session, logs: Path, secrets: Secrets, recorder: Recorder) -> None:
        self._session, self._logs, self._secrets, self._recorder = session, logs, secrets, recorder
        self._attempts: dict[str, list[Attempt]] = defaultdict(list)
        self._not_made: NotMade | None = None
        self._answer: Cause | None = None

    def begin(self, scenario: Scenario) -> Case | None:
        """Start the record of a scenario and bring the database into its first state.

        :return: None if the scenario needs something that is not there: it is skipped, and its record says why.
        """
        self._recorder.begun(scenario)
        logs = self._logs / location_of(scenario).rpartition("/")[2].replace(".feature:", "-")
        with writing_to(self._logs):
            logs.mkdir(parents=True, exist_ok=True)
        record = _record_of(scenario)
        self._not_made = self._answer = None
        try:
            if unmet := self._session.offer.unmet(scenario.effective_tags):
                scenario.skip()
                record.unmet = scenario.skip_reason = unmet.reason
                self._judge(record, unmet.result)
                return None
            return self._session.case(record, logs, len(self._attempts[record.location]) + 1)
        except Exception as error:
            record.fail(in_words(error), blame_of(error, in_step=False))
            self._judge(record, FAIL)
            raise

    def note_step(self, case: Case, step: Step) -> None:
        """Note how long a phrase took, and the first thing that went wrong: where a part is gone, it is that."""
        record, error = case.evidence, step.exception
        record.steps.append(evidence.Step(f"{step.keyword} {step.name}", step.status.name, step.duration))
        if error is not None and record.failure is None:
            blames = blame_of(error, in_step=True)
            if blames != INTERRUPTED and (gone := self._session.stack.what_is_gone()):
                error, blames = gone, gone.blames
            record.fail(in_words(error), blames)
            self._not_made = error if isinstance(error, NotMade) else None
            self._answer = of_answer(error) if isinstance(error, WrongAnswer) else None

    def finish(self, case: Case, scenario: Scenario) -> str | None:
        """Clean up after a scenario and write its evidence.

        :return: what makes the whole run pointless from here on, if anything does.
        :raises TestEnvironmentError: behave took it for passed, and it is not: its clean-up or its evidence failed.
        """
        record = case.evidence
        try:
            collect(case)
        except Exception as error:  # noqa: BLE001 - evidence that can't be had must not hide the result
            record.fail(f"evidence could not be collected: {error}", TestEnvironmentError.blames)
        undone = case.close()
        for trouble in undone:
            record.fail(f"clean-up failed: {trouble}", TestEnvironmentError.blames)
        attempts = self._attempts[record.location]
        record.attempts = attempts.copy()
        for attempt in attempts:
            record.fact("Made again", attempt.reason, attempt.ended)
        if self._not_made and not undone:
            attempts.append(Attempt.of(record, str(self._not_made)))
            if len(attempts) == MOST_ATTEMPTS:
                self._judge(record, NOT_RUN)
            return None
        if record.failure is None:
            record.cause = of_records(record.rules)
        elif record.blames == "the executor":
            further = [self._answer] if self._answer else []
            with record.judging():
                record.cause = cause_of(record.history, record.rules, record.observations, further)
        behave_passed = scenario.status.name == "passed"
        if not behave_passed and record.failure is None:
            record.fail(f"behave calls the scenario {scenario.status.name}", "the suite")
        self._judge(record, PASS if record.failure is None else NOT_RUN if record.blames == INTERRUPTED else FAIL)
        if behave_passed and record.failure is not None:
            raise TestEnvironmentError(self._secrets.masked(record.failure))
        return self._reason_to_stop(record) or (f"clean-up failed: {undone[0]}" if undone else None)

    def wants_again(self, scenario: Scenario) -> bool:
        """The situation of the scenario that has just ended could not be made, and is to be made again."""
        return self._not_made is not None and 0 < len(self._attempts[location_of(scenario)]) < MOST_ATTEMPTS

    def stop(self, reason: str) -> None:
        """No further scenario is to be run, for this reason."""
        self._recorder.stopping(reason)

    def _judge(self, record: Evidence, result: str) -> None:
        """The scenario is over."""
        record.ended, record.result, self._not_made = now(), result, None
        self._recorder.judged(record)

    def _reason_to_stop(self, record: Evidence) -> str | None:
        if record.blames == "the agent command":
            return record.failure
        gone = self._session.stack.what_is_gone() if record.blames == TestEnvironmentError.blames else None
        return str(gone) if gone else None


def make_again_where_needed(scenario: Scenario) -> None:
    """Have ``scenario.run`` carry it out again as long as its hooks want that; never because of its result."""
    run_once = scenario.run

    def run(runner: ModelRunner) -> bool:
        failed = run_once(runner)
        hooks: ScenarioHooks = runner.context.acceptance
        while hooks.wants_again(scenario) and not runner.aborted:
            scenario.reset()
            failed = run_once(runner)
        return failed

    scenario.run = run


def _record_of(scenario: Scenario) -> Evidence:
    """A new record of the scenario, with nothing in it yet."""
    return Evidence(
        id=id_of(scenario),
        name=scenario.name,
        feature=scenario.feature.name,
        location=location_of(scenario),
        tags=sorted(str(tag) for tag in scenario.effective_tags),
        description=" ".join(scenario.description),
    )
