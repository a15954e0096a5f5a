"""The decision from evidence: ``python -m support.commands.signoff [FOLDER ...]``, so that a pipeline can gate on it.

One folder of a run, or several (two shards, two machines) as one. Writes ``verdict.json``, ``result-log.md`` and
``result-log.html`` and prints the decision with its reasons. Exit status: 0 APPROVED, 3 CONDITIONAL, 4 BLOCKED, 2 nothing
could be decided; with ``--verify`` 0 nothing was changed, 1 something was.
"""

import argparse
import sys
from pathlib import Path

from support.errors import AcceptanceError
from support.result_words import APPROVED, BLOCKED, CONDITIONAL
from support.resultlog import publishing, verifying
from support.resultlog.merging import merge, verdict_of
from support.resultlog.reading import BadEvidence, Folder, read
from support.resultlog.rendering import MARKDOWN
from support.settings import Settings
from support.terminal import Terminal

EXIT_STATUS = {APPROVED: 0, CONDITIONAL: 3, BLOCKED: 4}
UNCHANGED, CHANGED, UNDECIDED = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; the exit status is the decision."""
    options = _parser().parse_args(arguments)
    terminal = Terminal()
    try:
        reports = Settings.read({}).reports_folder
        folders = _folders(options.folders or [reports / publishing.LATEST])
        if options.verify:
            return _verify(folders, options.log or _log_of(folders, reports, options.into), terminal)
        return _decide(folders, reports, options, terminal)
    except AcceptanceError as error:
        terminal.trouble(error.blames, str(error))
    except OSError as error:
        terminal.trouble("the disk", f"{error.filename}: {error.strerror}")
    return UNDECIDED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.commands.signoff", description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="of a run; default: reports/latest")
    parser.add_argument("--into", type=Path, metavar="DIR", help="where to write; default: one run's own, or reports/")
    parser.add_argument(
        "--verify", action="store_true", help="only see whether evidence was changed after the log was made"
    )
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="the result log to verify; default: the one written here"
    )
    return parser


def _folders(paths: list[Path]) -> list[Folder]:
    folders = [read(path) for path in paths]
    for folder in folders:
        if not folder.records:
            raise BadEvidence(f"{folder.path}: this run has left no evidence, so there is nothing to decide on")
    return folders


def _home(folders: list[Folder], reports: Path, into: Path | None) -> Path:
    """Where the products belong."""
    return into or (folders[0].path.resolve() if len(folders) == 1 else reports)


def _log_of(folders: list[Folder], reports: Path, into: Path | None) -> Path:
    return _home(folders, reports, into) / MARKDOWN


def _decide(folders: list[Folder], reports: Path, options: argparse.Namespace, terminal: Terminal) -> int:
    for folder in folders:
        _refuse_changed(folder)
    home = _home(folders, reports, options.into)
    if options.folders or options.into:
        content = publishing.write(merge(folders), home)
    else:
        content = publishing.publish(home, reports)
    terminal.verdict(content, str(home))
    return EXIT_STATUS[content["decision"]]


def _refuse_changed(folder: Folder) -> None:
    """A log over changed evidence would hide the change.

    :raises BadEvidence: a file is not what the folder's own result log was made from.
    """
    log = folder.path / MARKDOWN
    told = verifying.differences(verifying.hashes_in(log), [folder]) if log.exists() else []
    if told:
        raise BadEvidence(
            f"{told[0]}{f' (and {len(told) - 1} more)' if told[1:] else ''}; if that is meant to be, remove {log}"
        )


def _verify(folders: list[Folder], log: Path, terminal: Terminal) -> int:
    stated = verifying.hashes_in(log)
    told = verifying.differences(stated, folders)
    decision, said = verdict_of(merge(folders))["decision"], verifying.decision_in(log)
    if said != decision:
        told.append(f"{log}: says {said}, the evidence says {decision}")
    terminal.say(*told)
    if told:
        terminal.trouble("changed", f"{len(told)} differences between {log} and the evidence")
        return CHANGED
    terminal.say(f"{len(stated)} files are what {log} was made from; decision: {terminal.coloured(decision)}")
    return UNCHANGED


if __name__ == "__main__":
    sys.exit(main())
