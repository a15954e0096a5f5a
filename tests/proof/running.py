"""One run of the suite against one executor, in a process and a reports folder of its own."""

import json
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.settings import BUNDLED_AGENT, BUNDLED_API
from tests.proof import judging
from tests.proof.catalogue import PROJECT, Mutant
from tests.proof.judging import Finding

LONGEST_RUN_SECONDS = 300.0
ENDING_SECONDS = 30.0
BUNDLED = {"agent": BUNDLED_AGENT, "api": BUNDLED_API}


@dataclass(frozen=True)
class Left:
    """What a run of the suite left: the evidence of its scenarios, and the record of the run if it was written."""

    records: judging.Records
    run: dict
    last_line: str


class Stopped(Exception):
    """The proof was told to stop, and this run with it."""


class Runs:
    """Starts runs of the suite and knows those that are going on, so that all of them can be stopped.

    :param folder: where each run gets a folder for its reports; that of a run that was as it should be is removed.
    :param without: a Field whose observation is removed from the suite.
    """

    def __init__(self, folder: Path, without: str | None = None) -> None:
        self._folder = folder
        self._behave = [sys.executable, "-m", *(["tests.proof.blinded", without] if without else ["behave"])]
        self._going_on: set[subprocess.Popen[bytes]] = set()
        self._lock, self._stopped = threading.Lock(), False

    def prove(self, mutant: Mutant) -> Finding:
        """Run the scenarios that the mutant concerns against it."""
        launch = f"{shlex.quote(sys.executable)} -m tests.proof.launch {mutant.id} {mutant.program}"
        commands = {
            "agent": {"agent": f"{launch} run {{execution_id}}", "api": BUNDLED_API},
            "api": {"agent": BUNDLED_AGENT, "api": launch},
        }[mutant.program]
        arguments = [*executor_options(commands), f"--tags=@{mutant.case}"]
        if mutant.scenario:
            arguments += ["--name", mutant.scenario]
        return self._judged(mutant.id, arguments, lambda left: judging.judge(mutant, left.records))

    def prove_unbroken(self) -> Finding:
        """Run every scenario against the executor as it is."""

        def judge(left: Left) -> Finding:
            expected = [location for locations in left.run.get("expected", {}).values() for location in locations]
            return judging.judge_unbroken(left.records, expected)

        return self._judged("unbroken", executor_options(BUNDLED), judge)

    def stop(self) -> None:
        """End every run in order; none is started any more."""
        with self._lock:
            self._stopped = True
            for process in self._going_on:
                process.send_signal(signal.SIGINT)

    def _judged(self, name: str, arguments: list[str], judge: Callable[[Left], Finding]) -> Finding:
        reports, started = self._folder / name, time.monotonic()
        shutil.rmtree(reports, ignore_errors=True)
        left = self.run(reports, arguments)
        finding = (
            judge(left)
            if left.run.get("ended")
            else Finding(name, judging.TEST_ENVIRONMENT, detail="the run did not end")
        )
        if left.run.get("troubles"):
            finding.outcome, finding.detail = judging.TEST_ENVIRONMENT, left.run["troubles"][0]
        if not left.run:
            finding.detail = f"there was no run: {left.last_line}"
        finding.seconds = round(time.monotonic() - started, 1)
        finding.server = left.run.get("environment", {}).get("MySQL Server", "")
        if finding.good:
            shutil.rmtree(reports, ignore_errors=True)
        return finding

    def run(self, reports: Path, arguments: list[str], project: Path = PROJECT) -> Left:
        """One run of the suite of the folder ``project``.

        :raises Stopped: in the middle of it, or before.
        """
        reports.mkdir(parents=True)
        log = reports / "behave.log"
        command = [*self._behave, "-D", f"reports={reports}", "-D", "jobs=1", *arguments]  # these runs are side by side
        with log.open("wb") as out, self._lock:
            if self._stopped:
                raise Stopped
            process = subprocess.Popen(
                command,
                cwd=project,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the proof, which then ends its runs in order
            )
            self._going_on.add(process)
        try:
            _end_of(process)
        finally:
            with self._lock:
                self._going_on.discard(process)
        if self._stopped:
            raise Stopped
        return _left(reports, log)


def executor_options(commands: dict[str, str]) -> list[str]:
    """Both programs are named, so that no setting of the machine puts another executor in their place."""
    return [word for program, command in commands.items() for word in ("-D", f"{program}_command={command}")]


def _end_of(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end; a run that takes too long is interrupted, which it answers with what evidence it has."""
    for within, ending in ((LONGEST_RUN_SECONDS, signal.SIGINT), (ENDING_SECONDS, signal.SIGKILL)):
        try:
            process.wait(within)
            return
        except subprocess.TimeoutExpired:
            process.send_signal(ending)
    process.wait()


def _left(reports: Path, log: Path) -> Left:
    folders = sorted((reports / "runs").glob("*"))
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    last_line = lines[-1] if lines else "it said nothing"
    if not folders or not (folders[0] / "run.json").exists():
        return Left([], {}, last_line)
    records = [_content(file) for file in (folders[0] / "evidence").glob("*.json")]
    return Left(sorted(records, key=lambda one: one["started"]), _content(folders[0] / "run.json"), last_line)


def _content(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text("utf-8"))
