"""``acceptance run``: behave, and the decision's exit status, so that a pipeline can gate on it."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from behave.__main__ import main as behave_main

from support.allure.report import REPORT
from support.allure.results import RESULTS
from support.commands.command_line import FOR_ANOTHER, NOTHING_DONE, behave_arguments
from support.commands.signoff import EXIT_STATUS
from support.errors import SettingsError
from support.resultlog import standing
from support.resultlog.publishing import withdraw
from support.run.runner import AcceptanceRunner
from support.settings import PROJECT, Settings


class _Run(click.Command):
    """A wrong word on its command line is a run that leaves no verdict, and no older one either."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        words = list(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError:
            _withdraw(words)
            raise


def _withdraw(arguments: Sequence[str]) -> None:
    """No verdict: nobody is to take an older one for it. The last whole run's log stays, and is listed as that."""
    defined = [word.removeprefix("-D") for word in arguments]
    given = [word.removeprefix("reports=") for word in defined if word.startswith("reports=")]
    try:
        reports = Settings.read({"reports": given[-1]} if given else {}).reports_folder
    except SettingsError:
        reports = Settings(reports=given[-1] if given else Settings.reports).reports_folder
    if reports.is_dir():
        withdraw(reports, RESULTS, REPORT)
        with contextlib.suppress(OSError):  # a full disk has been told of by then
            standing.write(reports)


@click.command(cls=_Run, context_settings=FOR_ANOTHER, options_metavar="")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), help="scenarios side by side; default: what the machine can handle"
)
@behave_arguments(metavar="[OPTIONS OF BEHAVE] [FILE[:LINE]]...")
def run(arguments: tuple[str, ...], jobs: int | None) -> int:
    """Run the test cases and decide.

    Takes everything that behave takes; without arguments it runs all scenarios. Leaves verdict, result log, evidence and
    Allure results in reports/. A part of the scenarios is enough to look at, never enough for APPROVED.

    \b
    Examples:
      acceptance run
      acceptance run --tags=@P0                  the blockers
      acceptance run --tags=@TC-03               one test case
      acceptance run features/claiming.feature:5 one scenario
      acceptance run --jobs 1                    one scenario after the other
      acceptance run -D server=mariadb-10.11     a setting; docs/settings.md lists them

    \b
    Exit status:
      0  APPROVED
      1  APPROVED, though a P2 failed
      2  no verdict at all
      3  CONDITIONAL
      4  BLOCKED; a run that is interrupted, or cannot start, is, too
    """
    return carry_out([*(["-D", f"jobs={jobs}"] if jobs else []), *arguments])


def carry_out(arguments: Sequence[str]) -> int:
    """Run behave with ``arguments``; the decision's exit status."""
    try:
        failed = behave(arguments)
    except SystemExit as end:  # behave's own, for options that make no sense
        failed = int(bool(end.code))
    if AcceptanceRunner.decision is None:
        if failed:
            _withdraw(arguments)
        return NOTHING_DONE
    return EXIT_STATUS[AcceptanceRunner.decision] or failed


def behave(arguments: Sequence[str]) -> int:
    """Run behave in the project's folder; its exit status.

    :raises SettingsError: this is another folder: its features would be run with this project's code.
    """
    if Path.cwd() != PROJECT:
        raise SettingsError(f"this is {Path.cwd()}: runs are started in the project's folder, {PROJECT}")
    return int(behave_main(list(arguments)))
