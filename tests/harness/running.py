"""Runs of the suite as a person starts them, in the project or in a copy of it that may be spoilt, and what they leave."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from support.stacks.warden import FOLDER_PREFIX, MARKER
from support.waiting import eventually

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds for one run; only a run that hangs needs them."""

SOURCES = ("environment.py", "behave.ini", "Makefile", "pyproject.toml", "requirements.txt", "README.md", "docker", "docs",
           "features", "steps", "support")  # fmt: skip


BEHAVE = (sys.executable, "-m", "behave")


def command(reports: Path, *arguments: str, program: Sequence[str] = BEHAVE) -> list[str]:
    """The command line of behave, or of another ``program`` with its arguments, with everything it leaves in ``reports``."""
    return [*program, "-D", f"reports={reports}", *arguments]


def behave(reports: Path, *arguments: str, project: Path = PROJECT, **environment: str) -> tuple[int, str]:
    """Run behave to its end; return its exit status and everything it said."""
    return done(command(reports, *arguments), project, **environment)


def done(words: Sequence[str], project: Path = PROJECT, **environment: str) -> tuple[int, str]:
    """Run a command of the project to its end; return its exit status and everything it said."""
    ended = subprocess.run(
        words, cwd=project, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout


def start(
    reports: Path, *arguments: str, program: Sequence[str] = BEHAVE, **environment: str
) -> tuple["subprocess.Popen[bytes]", str]:
    """A run whose first worker is at work, and its id; what it says goes to ``output`` beside ``reports``."""
    told = reports.parent / "output"
    with told.open("wb") as out:
        process = subprocess.Popen(
            command(reports, *arguments, program=program),
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
        )

    def worker_logs() -> list[Path]:
        assert process.poll() is None, told.read_text()
        return list(reports.glob("runs/*/logs/*/worker-1.log"))

    log = eventually(worker_logs, within=PATIENCE, what="a worker at work")[0]
    return process, log.relative_to(reports / "runs").parts[0]


def copy_of_the_project(into: Path) -> Path:
    """A copy of the suite that a test may change; servers, tools and installed packages are the project's own."""
    into.mkdir()
    for name in SOURCES:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, into / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(PROJECT / name, into / name)
    (into / "reports").mkdir()
    (into / ".servers").symlink_to(PROJECT / ".servers")
    virtual = into / ".venv"
    virtual.mkdir()
    for path in Path(sys.prefix).iterdir():
        (virtual / path.name).symlink_to(path)
    for stamp in (".ready", ".tools-ready"):
        (virtual / stamp).unlink(missing_ok=True)
        (virtual / stamp).touch()  # newer than what is copied: make has nothing to install
    return into


def change(file: Path, old: str, new: str) -> None:
    """Replace a text that is in the file once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file}: {text.count(old)} times {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def run_id_of(reports: Path) -> str:
    """The id of the one run in ``reports``."""
    (folder,) = (reports / "runs").iterdir()
    return folder.name


def left_behind(run_id: str) -> list[str]:
    """Processes and folders of a run, and of its jobs, that are still there."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get(MARKER, "")
            if any(name.partition(".")[0] == run_id for name in (mark, *process.cmdline())):
                found.append(f"process {process.pid}: {' '.join(process.cmdline())}")
        except psutil.Error:
            continue
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*/owner.json"):
        if json.loads(folder.read_text())["run"].partition(".")[0] == run_id:
            found.append(str(folder.parent))
    return found


def verdict_of(reports: Path) -> dict[str, Any]:
    """The newest verdict."""
    return json.loads((reports / "verdict.json").read_text(encoding="utf-8"))


def evidence_of(reports: Path, run: str = "../latest") -> dict[str, dict[str, Any]]:
    """The evidence records of a run, by default the newest, by the scenario's name."""
    records = (json.loads(path.read_text("utf-8")) for path in (reports / "runs" / run / "evidence").glob("*.json"))
    return {record["name"]: record for record in records}


def allure_of(reports: Path) -> dict[str, str]:
    """The status that Allure shows of every scenario, by its name."""
    results = (json.loads(path.read_text()) for path in (reports / "allure-results").glob("*-result.json"))
    return {result["name"]: result["status"] for result in results}


def log_of(reports: Path) -> str:
    """The newest result log."""
    return (reports / "result-log.md").read_text(encoding="utf-8")
