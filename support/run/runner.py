"""Behave's runner, with what a verdict needs around it: settings, a selection that is not empty, the stack, signals."""

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from behave.exception import ConfigError, InvalidFileLocationError, InvalidFilenameError
from behave.model import Feature
from behave.runner import Runner, the_step_registry

from support.errors import INTERRUPTED, AcceptanceError, SettingsError, SuiteError, TestEnvironmentError
from support.run.acceptance_run import AcceptanceRun
from support.run.phrases import check_phrases
from support.run.selection import Selection, select
from support.settings import PROJECT, Settings
from support.terminal import Terminal

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AcceptanceRunner(Runner):
    """Runs the features inside an AcceptanceRun; trouble before the first scenario is one line and a failed run.

    ``decision`` is that of the last run in this process; None if it left no verdict.
    """

    decision: ClassVar[str | None] = None
    _loaded = False

    def run(self) -> bool:
        """Load and run everything and return whether it failed; what can't be loaded is a run that cannot start."""
        AcceptanceRunner.decision = None
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
        shows_lines = list(self.config.format) == [self.config.default_format]
        run = AcceptanceRun(settings, selection, Terminal(), shows_lines)
        with signals_as_interrupts():
            return self._run_inside(run, features)

    def _refuse(self, error: AcceptanceError) -> bool:
        """Nothing can be run: say so, and leave it as the newest result."""
        try:
            settings = Settings.read(self.config.userdata)
        except AcceptanceError:
            settings = Settings(reports=self.config.userdata.get("reports", Settings.reports))
        run = AcceptanceRun(settings, Selection([], {}), Terminal(), shows_lines=False)
        run.refuse(error)
        self._close(run, failed=True)
        return True

    def _run_inside(self, run: AcceptanceRun, features: list[Feature] | None) -> bool:
        failed = True
        try:
            run.open()
            run.allure.watch(self)
            self.context.acceptance = run
            failed = super().run_model(features)
            if self.aborted and INTERRUPTED not in run.record.troubles:
                run.record.troubles.append(INTERRUPTED)
        except AcceptanceError as error:
            run.fail(error)
        except OSError as error:  # a full disk, for one
            run.fail(TestEnvironmentError(f"{error.filename or 'the disk'}: {error.strerror or error}"))
        except KeyboardInterrupt:
            run.record.troubles.append(INTERRUPTED)
        finally:
            with _interrupts_ignored():
                self._close(run, failed)
        return failed or bool(run.record.troubles) or run.left_something_out

    def _close(self, run: AcceptanceRun, failed: bool) -> None:
        verdict = run.close(failed)
        AcceptanceRunner.decision = verdict["decision"] if verdict else None


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


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a lost terminal end a run in order, with a verdict, also where a shell has SIGINT ignored."""

    def interrupt(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    with _handling(interrupt, ENDING_SIGNALS):
        yield


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Nobody's second Ctrl-C cuts the clean-up short; it is bounded by itself."""
    with _handling(signal.SIG_IGN, ENDING_SIGNALS):
        yield


@contextmanager
def _handling(handler: Callable | signal.Handlers, numbers: tuple[signal.Signals, ...]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
