"""Writes the Allure results of a run while it runs, and at its end holds them against everything else."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from behave.model import Scenario
from behave.runner import Context, ModelRunner

from support.allure.check import check
from support.allure.judgement import TEST_ENVIRONMENT, judge
from support.allure.outcomes import Outcome, Trouble, outcome_of, troubles_of
from support.allure.results import Results
from support.errors import INTERRUPTED, blame_of
from support.record.evidence import Secrets
from support.record.run_record import RunRecord
from support.run.selection import Selection

RESULTS = "allure-results"
CUT_OFF = "the run was cut off before it"


class AllureRecorder:
    """The results of the selected scenarios in ``<folder>/allure-results``.

    Each selected scenario has a result from the start, "not run", which is replaced once behave is done with it: that
    is when the next one begins, or the run ends, since hooks and clean-ups still count after its last hook of ours. So
    a run that is killed leaves results that hide nothing.

    :param folder: the run's own folder, with its evidence and logs.
    :param record: of the run; its environment and troubles are read again at the end.
    """

    def __init__(self, folder: Path, selection: Selection, record: RunRecord, secrets: Secrets) -> None:
        self._folder, self._selection, self._record = folder, selection, record
        self._results = Results(folder / RESULTS, folder, record, secrets)
        self._runner: ModelRunner | None = None
        self._begun: list[Scenario] = []
        self._settled: dict[int, Outcome] = {}
        self._evidence: dict[str, dict[str, Any]] = {}
        self._read: set[str] = set()
        self._cleanup_errors: dict[int, list[BaseException]] = {}
        self._elsewhere: list[Trouble] = []
        self._results.describe(self._environment())
        for scenario in selection.selected:
            self._write(scenario, CUT_OFF)

    def watch(self, runner: ModelRunner) -> None:
        """Hear of what behave tells nobody: clean-ups that raise, and the errors of before_all and after_all."""

        def note(context: Context, function: Callable, error: BaseException) -> None:
            context.print_cleanup_error(context, function, error)
            self._note_cleanup_error(context, error)

        self._runner = runner
        runner.context.on_cleanup_error = note
        for name in ("before_all", "after_all"):
            if name in runner.hooks:
                runner.hooks[name] = self._noting(name, runner.hooks[name])

    def _noting(self, name: str, hook: Callable[[Context], None]) -> Callable[[Context], None]:
        def noting(context: Context) -> None:
            try:
                hook(context)
            except BaseException as error:
                told = f"HOOK-ERROR in {name}: {type(error).__name__}: {error}"
                self._elsewhere.append(Trouble(name, blame_of(error, False), told))
                raise

        return noting

    def _note_cleanup_error(self, context: Context, error: BaseException) -> None:
        scenario = getattr(context, "scenario", None)
        if scenario is not None:
            self._cleanup_errors.setdefault(id(scenario), []).append(error)
            return
        container = getattr(context, "rule", None) or getattr(context, "feature", None)
        where = f"{container.keyword}: {container.name}" if container is not None else "the end of the run"
        message = f"clean-up failed: {type(error).__name__}: {error}"
        self._elsewhere.append(Trouble(where, blame_of(error, False), message))

    def begin(self, scenario: Scenario) -> None:
        """A scenario begins, so those before it have ended."""
        self._settle()
        self._begun.append(scenario)

    def conclude(self, failed: bool) -> list[str]:
        """Write what is not written yet, check everything, and return the differences, which fail the run.

        :param failed: behave calls the run failed.
        """
        self._settle()
        features = {id(scenario.feature): scenario.feature for scenario in self._selection.selected}
        elsewhere = [*self._elsewhere, *troubles_of(features.values())]
        troubles = list(self._record.troubles)
        if self._runner is not None and self._runner.aborted and not elsewhere and INTERRUPTED not in troubles:
            troubles.insert(0, INTERRUPTED)  # between two scenarios, where behave keeps it to itself
        elsewhere += _of_the_run(troubles)
        unfinished = elsewhere[0].message.splitlines()[0] if elsewhere else "the run ended before it"
        for scenario in self._selection.selected:
            if id(scenario) not in self._settled:
                self._settled[id(scenario)] = self._write(scenario, unfinished)
        self._results.describe(self._environment())
        for number, trouble in enumerate(elsewhere):
            self._results.run_trouble(number, trouble)
        differences = check(
            self._results.folder, self._folder / "evidence", self._settled.values(), failed, self._selection.expected
        )
        if differences:
            message = "the results do not agree:\n" + "\n".join(differences)
            self._results.run_trouble(len(elsewhere), Trouble("the check at the end", "the suite", message))
        return [f"the results do not agree: {difference}" for difference in differences]

    def _environment(self) -> dict[str, str]:
        there = sum(len(locations) for locations in self._selection.expected.values())
        return {
            "Run": self._record.run_id,
            "Scenarios": f"{len(self._selection.selected)} of {there} selected",
            **self._record.environment,
            "Tester": self._record.tester,
            "Reviewer": self._record.reviewer,
            **{f"Setting {name}": value for name, value in self._record.settings},
        }

    def publish(self, place: Path) -> None:
        """Put the results where people look for them, in the place of those of an earlier run.

        Another run may be doing the same: a folder is moved away before it is removed, and only a name that is free is
        taken, so whoever comes last has the place, and nobody half of it.
        """
        fresh, old = (place.with_name(f"{place.name}.{word}-{os.getpid()}") for word in ("new", "old"))
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(self._results.folder, fresh)
        while True:
            try:
                fresh.rename(place)
                return
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            try:
                place.rename(old)
            except FileNotFoundError:
                continue  # another run was faster
            shutil.rmtree(old, ignore_errors=True)

    def _settle(self) -> None:
        for scenario in self._begun:
            self._settled[id(scenario)] = self._write(scenario, CUT_OFF, begun=True)
        self._begun.clear()

    def _write(self, scenario: Scenario, unfinished: str, begun: bool = False) -> Outcome:
        outcome = outcome_of(scenario, begun, self._cleanup_errors.get(id(scenario), ()))
        record = self._evidence_of(outcome) if begun else None
        self._results.scenario(outcome, judge(outcome, record, unfinished), record)
        return outcome

    def _evidence_of(self, outcome: Outcome) -> dict[str, Any] | None:
        for path in (self._folder / "evidence").glob("*.json"):
            if path.name not in self._read:
                self._read.add(path.name)
                record = json.loads(path.read_text("utf-8"))
                self._evidence[record["location"]] = {**record, "file": path.name}
        return self._evidence.get(outcome.location)


def _of_the_run(troubles: list[str]) -> list[Trouble]:
    """The troubles of the run as a whole as one; the first of them says whom it blames, ``the test environment: …``."""
    if not troubles:
        return []
    blames, separator, _ = troubles[0].partition(": ")
    known = (separator and blames.startswith("the ")) or blames == INTERRUPTED
    return [Trouble("the run as a whole", blames if known else TEST_ENVIRONMENT, "\n".join(troubles))]
