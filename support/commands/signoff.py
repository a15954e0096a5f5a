"""``acceptance signoff`` and ``acceptance report``: what people read, made of what runs have left; the decision first."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from support.allure.report import ReportError, make
from support.record.envelope import BadEvidence
from support.record.reading import Folder, read
from support.result_words import APPROVED, BLOCKED, CONDITIONAL
from support.resultlog import publishing, verifying
from support.resultlog.merging import merge, verdict_of
from support.resultlog.rendering import MARKDOWN
from support.run.verdict_table import show_verdict
from support.settings import Settings
from support.terminal import Terminal

EXIT_STATUS = {APPROVED: 0, CONDITIONAL: 3, BLOCKED: 4}

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folders", nargs=-1, type=_PATH, metavar="[RUN_FOLDER]...")
@click.option(
    "--into", type=_PATH, metavar="DIR", help="Where to write. Default: a single run's own folder, or reports/."
)
@click.option("--verify", is_flag=True, help="Write nothing: was evidence changed after the log was made?")
@click.option("--log", type=_PATH, metavar="FILE", help="With --verify: the result log. Default: the one written here.")
def signoff(folders: tuple[Path, ...], into: Path | None, verify: bool, log: Path | None) -> int:
    """Make verdict and result log from evidence; verify it.

    Of the newest run, if none is named; of several (two machines, two halves) as one. Where copies of a scenario differ,
    the worse one counts. Evidence that was changed after its log was made is refused.

    \b
    Examples:
      acceptance signoff
      acceptance signoff reports/runs/A reports/runs/B --into reports/both
      acceptance signoff --verify

    \b
    Exit status:
      0  APPROVED    3  CONDITIONAL    4  BLOCKED    2  nothing could be decided
      with --verify: 0 nothing was changed, 1 something was, 2 it cannot be said
    """
    return _verify(folders, into, log) if verify else decide(folders, into)


@click.command()
@click.argument("runs", nargs=-1, type=_PATH, metavar="[RUN_FOLDER]...")
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
        made = make([run.resolve() for run in runs] or [(reports / publishing.LATEST).resolve()], reports)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    Terminal().say(f"Report: {made}", f"In one file: {made.with_suffix('.html')}")
    return 0


def decide(paths: Sequence[Path], into: Path | None) -> int:
    """Write and show verdict and result log of one or several runs, or else the newest; the decision's exit status.

    :param into: where to write; None: one run's own folder, or the reports folder.
    :raises BadEvidence: it cannot be read, or was changed after its log was made.
    """
    reports, folders, home = _read(paths, into)
    for folder in folders:
        log = folder.path / MARKDOWN  # a log over changed evidence would hide the change
        if log.exists() and (changes := verifying.differences(verifying.hashes_in(log), [folder])):
            more = f" (and {len(changes) - 1} more)" if changes[1:] else ""
            raise BadEvidence(f"{changes[0]}{more}; if that is meant to be, remove {log}")
    content = publishing.write(merge(folders), home) if paths or into else publishing.publish(home, reports)
    show_verdict(Terminal(), content, str(home))
    return EXIT_STATUS[content["decision"]]


def _read(paths: Sequence[Path], into: Path | None) -> tuple[Path, list[Folder], Path]:
    """The reports folder, the runs, and where their products belong."""
    reports = Settings.read({}).reports_folder
    folders = [read(path) for path in paths or [reports / publishing.LATEST]]
    for folder in folders:
        if not folder.records:
            raise BadEvidence(f"{folder.path}: this run has left no evidence, so there is nothing to decide on")
    return reports, folders, into or (folders[0].path.resolve() if len(folders) == 1 else reports)


def _verify(paths: Sequence[Path], into: Path | None, log: Path | None) -> int:
    _, folders, home = _read(paths, into)
    log, terminal = log or home / MARKDOWN, Terminal()
    stated = verifying.hashes_in(log)
    changes = verifying.differences(stated, folders)
    decision, stated_decision = verdict_of(merge(folders))["decision"], verifying.decision_in(log)
    if stated_decision != decision:
        changes.append(f"{log}: says {stated_decision}, the evidence says {decision}")
    terminal.say(*changes)
    if changes:
        terminal.trouble("changed", f"{len(changes)} differences between {log} and the evidence")
        return 1
    terminal.say(f"{len(stated)} files are what {log} was made from; decision: {terminal.coloured(decision)}")
    return 0
