"""Behave's runner, with what a verdict needs around it: settings, a selection that is not empty, the stack, signals."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from behave.model import Feature
from behave.runner import Runner

from support.acceptance import AcceptanceRun
from support.errors import INTERRUPTED, AcceptanceError
from support.selection import Selection, select
from support.settings import Settings
from support.terminal import Terminal

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AcceptanceRunner(Runner):
    """Runs the features inside an AcceptanceRun; trouble before the first scenario is one line and a failed run."""

    def run_model(self, features: list[Feature] | None = None) -> bool:
        """Run everything and return whether it failed."""
        if self.config.dry_run:
            return super().run_model(features)
        terminal = Terminal()
        settings = Settings(reports=self.config.userdata.get("reports", Settings.reports))
        try:
            settings = Settings.read(self.config.userdata)
            selection = select(features or self.features, self.config)
        except AcceptanceError as error:
            refused = AcceptanceRun(settings, Selection([], {}), terminal, shows_lines=False)
            refused.refuse(error)
            refused.close(failed=True)
            return True
        shows_lines = list(self.config.format) == [self.config.default_format]
        run = AcceptanceRun(settings, selection, terminal, shows_lines)
        with signals_as_interrupts():
            return self._run_inside(run, features, terminal)

    def _run_inside(self, run: AcceptanceRun, features: list[Feature] | None, terminal: Terminal) -> bool:
        failed = True
        try:
            run.open()
            run.allure.watch(self)
            self.context.acceptance = run
            failed = super().run_model(features)
            if self.aborted and INTERRUPTED not in run.record.troubles:
                run.record.troubles.append(INTERRUPTED)
        except AcceptanceError as error:
            run.record.troubles.append(run.secrets.masked(f"{error.blames}: {error}"))
            terminal.trouble(error.blames, run.secrets.masked(str(error)))
        except KeyboardInterrupt:
            run.record.troubles.append(INTERRUPTED)
        finally:
            with _interrupts_ignored():
                run.close(failed)
        return failed or bool(run.record.troubles) or run.left_something_out


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
