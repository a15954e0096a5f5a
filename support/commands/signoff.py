"""``acceptance signoff`` and ``acceptance report``: what people read, made of what runs have left; the decision first."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from support.allure.report import ReportError, make
from support.files import shown
from support.record.envelope import BadEvidence
from support.record.reading import Folder, read
from support.result_words import APPROVED, BLOCKED, CONDITIONAL
from support.resultlog import publishing, standing, verifying
from support.resultlog.front import seal
from support.resultlog.merging import differences_of, merge, verdict_of
from support.resultlog.rendering import MARKDOWN
from support.run.verdict_table import show_verdict
from support.settings import Settings
from support.terminal import Terminal

EXIT_STATUS = {APPROVED: 0, CONDITIONAL: 3, BLOCKED: 4}

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("runs", nargs=-1, type=_PATH, metavar="[RUN]...")
@click.option(
    "--into",
    type=_PATH,
    metavar="DIR",
    help="Where to write. Default: a single run's own folder, or one in reports/merged/.",
)
@click.option("--verify", is_flag=True, help="Write nothing: was evidence changed after the log was made?")
@click.option(
    "--log", type=_PATH, metavar="FILE", help="With --verify: the result log. Default: the one on top, or that of RUN."
)
def signoff(runs: tuple[Path, ...], into: Path | None, verify: bool, log: Path | None) -> int:
    """Make verdict and result log from evidence; verify it.

    RUN is the id or the folder of a run. If none is named, it is the run whose log is reports/result-log.html: the last
    whole one, or the newest if none was whole. Several (two machines, two halves) are taken as one; their executor,
    settings and commits have to be the same. Where copies of a scenario differ, the worse one counts. A log that is there
    stays as it is; evidence that was changed after it was made is refused.

    \b
    Examples:
      acceptance signoff
      acceptance signoff 20261124-061509-724031 20261124-071210-5a1b2c
      acceptance signoff --verify

    \b
    Exit status:
      0  APPROVED    3  CONDITIONAL    4  BLOCKED    2  nothing could be decided
      with --verify: 0 nothing was changed, 1 something was, 2 it cannot be said
    """
    return _verify(runs, into, log) if verify else decide(runs, into)


@click.command()
@click.argument("runs", nargs=-1, type=_PATH, metavar="[RUN]...")
def report(runs: tuple[Path, ...]) -> int:
    """Make the Allure report of one or several runs.

    RUN is the id or the folder of a run; the newest, if none is named. Makes reports/allure-report/, and the same in one
    file that can be mailed, reports/allure-report.html; opens nothing. Needs Node.js with npm, which installs Allure the
    first time.

    \b
    Examples:
      acceptance report
      acceptance report 20261124-061509-724031

    \b
    Exit status:
      0  made
      1  it cannot be made: no results, no Node.js, or Allure failed
    """
    reports = Settings.read({}).reports_folder
    try:
        folders = [publishing.folder_of(run, reports) for run in runs] or [reports / publishing.LATEST]
        made = make([folder.resolve() for folder in folders], reports)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    Terminal().say(f"Report: {made}", f"In one file: {made.with_suffix('.html')}")
    return 0


def decide(paths: Sequence[Path], into: Path | None) -> int:
    """Write and show verdict and result log of one or several runs, or else of that whose log is on top; the exit status.

    :param into: where to write; None: one run's own folder, or one of its own for several. There a log is made once.
    :raises BadEvidence: it cannot be read, or was changed after its log was made; or the runs are not of one kind.
    """
    reports, folders, home = _read(paths, into)
    for folder in folders:
        log = folder.path / MARKDOWN  # a log over changed evidence would hide the change
        if log.exists() and (changes := verifying.differences(verifying.hashes_in(log), [folder])):
            more = f" (and {len(changes) - 1} more)" if changes[1:] else ""
            raise BadEvidence(f"{changes[0]}{more}; if that is meant to be, remove {log}")
    if not paths and not into:
        newest = home == (reports / publishing.LATEST).resolve()
        content = publishing.publish(home, reports) if newest else verdict_of(merge(folders))
        standing.write(reports)
    else:
        content = (publishing.write if into else publishing.write_once)(merge(folders), home)
    terminal, stated = Terminal(), verifying.decision_in(home / MARKDOWN)
    show_verdict(terminal, content, shown(home))
    if stated != content["decision"]:
        terminal.say(
            f"The log that was made then says {stated}; by what the suite knows today it is {content['decision']}."
        )
    return EXIT_STATUS[content["decision"]]


def _read(paths: Sequence[Path], into: Path | None) -> tuple[Path, list[Folder], Path]:
    """The reports folder, the runs, and where their products belong."""
    reports = Settings.read({}).reports_folder
    on_top = publishing.whole_run(reports) or reports / publishing.LATEST
    folders = [read(path) for path in [publishing.folder_of(path, reports) for path in paths] or [on_top]]
    for folder in folders:
        if not folder.records:
            raise BadEvidence(f"{folder.path}: this run has left no evidence, so there is nothing to decide on")
    if differences := differences_of(folders):
        raise BadEvidence(f"these runs are not of one kind, and no log can be about both: {differences[0]}")
    several = reports / "merged" / "+".join(sorted(folder.run.run_id for folder in folders))
    return reports, folders, into or (folders[0].path.resolve() if len(folders) == 1 else several)


def _verify(paths: Sequence[Path], into: Path | None, log: Path | None) -> int:
    reports, folders, home = _read(paths, into)
    on_top = not paths and not into and (reports / MARKDOWN).exists()  # it is what people look at, and sign
    log, terminal = log or (reports if on_top else home) / MARKDOWN, Terminal()
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
    terminal.say(f"SHA-256 of the list of their hashes, as on the first page: {seal(stated)}")
    return 0
