"""Behave's runner, with what a verdict needs around it: settings, a selection that is not empty, a run, signals."""

import os
import traceback
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, TextIO

from behave.exception import ConfigError, InvalidFileLocationError, InvalidFilenameError
from behave.model import Feature
from behave.reporter.summary import AbstractSummaryReporter as SummaryReporter
from behave.runner import Runner, the_step_registry

from support.clock import now
from support.errors import AcceptanceError, SettingsError, SuiteError, TestEnvironmentError
from support.record.evidence import Secrets
from support.run.handlers.terminal_lines import TerminalLines
from support.run.jobs import number_of_jobs
from support.run.phases import PreparedRun
from support.run.phrase_check import check_phrases
from support.run.scenario_hooks import make_again_where_needed
from support.run.selection import Selection, check_encoding, select
from support.run.side_by_side import SideBySide
from support.run.signals import interrupts_ignored, signals_as_interrupts
from support.settings import PROJECT, Settings
from support.terminal import Terminal


class AcceptanceRunner(Runner):
    """Runs the features inside a run of the suite; trouble before the first scenario is one line and a failed run.

    ``decision`` is that of the last run in this process; None if it left no verdict.
    """

    decision: ClassVar[str | None] = None
    _loaded = False

    def run(self) -> bool:
        """Load and run everything and return whether it failed; what can't be loaded is a run that cannot start."""
        AcceptanceRunner.decision = None
        try:
            check_encoding(self.config.paths)
        except SuiteError as error:
            return self._refuse(error)
        try:
            return super().run()
        except Exception as error:  # noqa: BLE001 - a step file may raise anything, and each leaves no verdict
            if self._loaded or self.config.dry_run:
                raise
            return self._refuse(_not_loaded(error))

    def run_model(self, features: list[Feature] | None = None) -> bool:
        """Run everything and return whether it failed."""
        self._loaded = True
        if self.config.dry_run:
            return super().run_model(features)
        try:
            settings = Settings.read(self.config.userdata)
            selection = select(features or self.features, self.config)
            check_phrases(selection.selected, self.step_registry or the_step_registry)
        except AcceptanceError as error:
            return self._refuse(error)
        for scenario in selection.selected:
            make_again_where_needed(scenario)
        with signals_as_interrupts():
            return self._run_inside(self._prepared(settings, selection), features)

    def _refuse(self, error: AcceptanceError) -> bool:
        """Nothing can be run: say so, and leave it as the newest result."""
        try:
            settings = Settings.read(self.config.userdata)
        except AcceptanceError:
            settings = Settings(reports=self.config.userdata.get("reports", Settings.reports))
        AcceptanceRunner.decision = self._prepared(settings, Selection([], {})).refuse(error)
        return True

    def _prepared(self, settings: Settings, selection: Selection) -> PreparedRun:
        secrets = Secrets(settings.secrets())
        each = list(self.config.format) == [self.config.default_format]
        jobs, why_one = number_of_jobs(settings, self.config.jobs, len(selection.selected), own_formatter=not each)
        order = [scenario.name for scenario in selection.selected] if jobs > 1 else []
        lines = TerminalLines(Terminal(), secrets, each, order)
        return PreparedRun(settings, selection, secrets, jobs, why_one, [lines.hear])

    def _run_inside(self, run: PreparedRun, features: list[Feature] | None) -> bool:
        failed = True
        _short_summary(self.config.reporters, run.record.started)
        try:
            run.begin()
            if run.jobs > 1:
                failed = SideBySide(run, self).carry_out()
            else:
                with run.opened() as hooks:
                    run.watch.attach(self)
                    self.context.acceptance = hooks
                    failed = super().run_model(features)
                    if self.aborted:
                        run.interrupt()
        except AcceptanceError as error:
            run.fail(error)
        except OSError as error:  # a full disk, for one
            run.fail(TestEnvironmentError(f"{error.filename or 'the disk'}: {error.strerror or error}"))
        except KeyboardInterrupt:
            run.interrupt()
        finally:
            with interrupts_ignored():
                AcceptanceRunner.decision = run.conclude(failed)
        return failed or bool(run.record.troubles) or run.left_something_out


def _short_summary(reporters: Sequence[Any], started: datetime) -> None:
    """Of behave's summary only the counts, and how long the run took: what is red stands under its cause."""

    def print_duration(stream: TextIO) -> None:
        minutes, seconds = divmod((now() - started).total_seconds(), 60)
        stream.write(f"Took {minutes:.0f} min {seconds:.1f} s\n")

    for reporter in reporters:
        if isinstance(reporter, SummaryReporter):
            reporter.show_failed_scenarios = False
            reporter.print_duration = lambda stream=None, own=reporter: print_duration(stream or own.stream)


def _not_loaded(error: Exception) -> AcceptanceError:
    """What kept the features, phrases or hooks from being loaded, in one line with its place."""
    said = " ".join(str(error).split())
    if isinstance(error, FileNotFoundError | InvalidFileLocationError | InvalidFilenameError | ConfigError):
        return SettingsError(f"there is nothing to run: {said}")
    own = [
        f"{os.path.relpath(frame.filename, PROJECT)}:{frame.lineno}: "
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.abspath(frame.filename).startswith(f"{PROJECT}{os.sep}") and frame.filename != __file__
    ]
    return SuiteError(f"{''.join(own[-1:])}{type(error).__name__}: {said}")
