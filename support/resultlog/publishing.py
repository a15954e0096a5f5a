"""Writing what people read, so that nobody ever reads half of it; and keeping the reports folder small."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.files import write_whole
from support.form import form
from support.record.reading import read
from support.result_words import WHOLE
from support.resultlog.machine import CSV, JUNIT, as_csv, as_junit
from support.resultlog.merging import Material, merge, verdict_of
from support.resultlog.rendering import MARKDOWN, PAGE, as_markdown, as_page
from support.resultlog.sections import build

VERDICT = "verdict.json"
LOGS = (MARKDOWN, PAGE)
PRODUCTS = (VERDICT, *LOGS)
LATEST, LATEST_WHOLE, RUNS = "latest", "latest-whole", "runs"


def write(material: Material, into: Path) -> dict[str, Any]:
    """Write ``verdict.json``, the log as ``result-log.md`` and ``.html``, and for programs, into a folder; return the verdict."""
    log, content = build(material)
    write_whole(into / MARKDOWN, as_markdown(log))
    write_whole(into / PAGE, as_page(log))
    write_whole(into / CSV, as_csv(material))
    write_whole(into / JUNIT, as_junit(material))
    write_whole(into / VERDICT, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    return content


def write_once(material: Material, into: Path) -> dict[str, Any]:
    """As ``write``; a log that is there already, and signed perhaps, stays as it is."""
    return verdict_of(material) if (into / MARKDOWN).exists() else write(material, into)


def publish(run_folder: Path, reports: Path) -> dict[str, Any]:
    """Make verdict and result log of one run, in its folder; put them into ``reports`` and point ``latest`` at the run.

    The verdict there is always that of the newest run; the log is that of the last whole run, if there is one. A run that
    has no evidence gets a log too: it says why. Returns the verdict.

    :raises BadEvidence: a file of the run is torn.
    """
    content = write_once(merge([read(run_folder)]), run_folder)
    before, whole = whole_run(reports), content["scope"] == WHOLE
    if (whole or not before) and before != run_folder.resolve():
        for name in LOGS:
            write_whole(reports / name, _from_the_top((run_folder / name).read_text(encoding="utf-8"), run_folder.name))
    if whole:
        point_at(run_folder, reports, LATEST_WHOLE)
    write_whole(reports / VERDICT, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    point_at(run_folder, reports)
    return content


def _from_the_top(text: str, run_id: str) -> str:
    """A log as it lies in ``reports``: its links lead to the same files as in the run's folder."""
    return text.replace('href="./', f'href="./{RUNS}/{run_id}/')


def whole_run(reports: Path) -> Path | None:
    """The folder of the last whole run, whose log is on top; None if there is none."""
    folder = (reports / LATEST_WHOLE).resolve()
    return folder if (folder / MARKDOWN).exists() and (reports / MARKDOWN).exists() else None


def folder_of(run: Path, reports: Path) -> Path:
    """The folder of a run that is named by its id, as ``latest``, or by a path, which is returned as it is."""
    by_id = reports / run if run.name == LATEST else reports / RUNS / run
    return by_id if len(run.parts) == 1 and not run.exists() and by_id.is_dir() else run


def point_at(run_folder: Path, reports: Path, link: str = LATEST) -> None:
    """Make ``link`` one to the folder of a run."""
    partial = reports / f".{link}-{os.getpid()}"
    partial.unlink(missing_ok=True)
    partial.symlink_to(os.path.relpath(run_folder.resolve(), reports.resolve()))
    partial.replace(reports / link)


def withdraw(reports: Path, *folders: str) -> None:
    """Take away what ``publish`` has put there of the newest run, and the ``folders`` beside it, with the pages of their
    names; runs stay, and so does the log of the last whole one.
    """
    for name in (VERDICT, LATEST, *(() if whole_run(reports) else LOGS)):
        (reports / name).unlink(missing_ok=True)
    for name in folders:
        shutil.rmtree(reports / name, ignore_errors=True)
        (reports / f"{name}.html").unlink(missing_ok=True)


def prune(reports: Path, now: datetime | None = None) -> list[str]:
    """Remove the folders of runs that are older than the form says, and return their names.

    The age is in a run's name, to within a day of time zones. What is not named like a run, is a link, or is the one
    that ``latest`` or ``latest-whole`` points at, stays.
    """
    runs, kept = reports / RUNS, {(reports / link).resolve() for link in (LATEST, LATEST_WHOLE)}
    oldest = (now or datetime.now(UTC)) - timedelta(days=form().retention_days)
    removed = []
    for folder in sorted(runs.iterdir()) if runs.is_dir() else []:
        started = _started(folder.name)
        if started is None or started >= oldest or folder.is_symlink() or folder.resolve() in kept:
            continue
        shutil.rmtree(folder, ignore_errors=True)  # another run may be removing it too
        removed.append(folder.name)
    return removed


def _started(name: str) -> datetime | None:
    """When a run of that name started, at the earliest that the name allows; None if it is no run's name."""
    try:
        return datetime.strptime(name.rpartition("-")[0], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
