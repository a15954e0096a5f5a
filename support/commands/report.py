"""``acceptance report``: the Allure report as a page."""

import sys
from pathlib import Path

import click

from support.allure.report import ReportError, make
from support.resultlog.publishing import LATEST
from support.settings import Settings
from support.terminal import Terminal


@click.command()
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="[RUN_FOLDER]...")
def report(runs: tuple[Path, ...]) -> int:
    """Make the Allure report of one or several runs.

    Of the newest run, if none is named. Makes reports/allure-report/, and the same in one file that can be mailed,
    reports/allure-report.html; opens nothing. Needs Node.js with npm, which installs Allure the first time.

    \b
    Examples:
      acceptance report
      acceptance report reports/runs/20261124-061509-724031

    \b
    Exit status:
      0  made
      1  it cannot be made: no results, no Node.js, or Allure failed
    """
    reports = Settings.read({}).reports_folder
    try:
        made = make([run.resolve() for run in runs] or [(reports / LATEST).resolve()], reports)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    Terminal().say(f"Report: {made}", f"In one file: {made.with_suffix('.html')}")
    return 0
