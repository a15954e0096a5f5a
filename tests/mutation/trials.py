"""Trying mutants: each in a copy of the project, first against the test cases that concern it, then against the rest."""

import queue
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

from support.form import TEST_CASES
from tests.mutation import judging
from tests.mutation.copies import changed, copy_project
from tests.mutation.judging import NO_ANSWER, SURVIVED, Trial
from tests.mutation.sessions import Mutant
from tests.proof.running import BUNDLED, Runs, executor_options

PATIENCE_SECONDS = 15
"""How long a worker may hang here; a run of its own gives twice that."""


class Trials:
    """Tries mutants in ``jobs`` copies of the project below ``folder``, one at a time in each."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._runs = Runs(folder)
        self._reports = folder / "reports"
        self._copies: queue.Queue[Path] = queue.Queue()
        self.server = ""
        self._number, self._lock = 0, threading.Lock()
        for number in range(1, jobs + 1):
            self._copies.put(copy_project(folder / f"copy-{number}"))

    def stop(self) -> None:
        """End the runs that go on; none is started any more."""
        self._runs.stop()

    def try_unchanged(self) -> Trial:
        """The executor without a change, against all ten test cases: it has to survive."""
        copy = self._copies.get()
        try:
            return self._all_parts(copy, tuple(TEST_CASES))
        finally:
            self._copies.put(copy)

    def try_mutant(self, mutant: Mutant, source: str) -> Trial:
        """What becomes of a mutant."""
        mutated = mutant.mutated(source)
        copy, started = self._copies.get(), time.monotonic()
        try:
            with changed(copy, mutant.module.path, mutated):
                trial = self._all_parts(copy, mutant.module.cases)
        finally:
            self._copies.put(copy)
        return replace(trial, seconds=round(time.monotonic() - started, 1))

    def _all_parts(self, copy: Path, first: tuple[str, ...]) -> Trial:
        trial, runs = Trial(SURVIVED), 0
        rest = tuple(case for case in TEST_CASES if case not in first)
        for part in (first, rest):
            # The test environment may have had a bad moment: one more try says whether it was that.
            for _ in range(2):
                if part:
                    trial, runs = self._one_part(copy, part), runs + 1
                if trial.outcome != NO_ANSWER:
                    break
            if trial.outcome != SURVIVED:
                break
        return replace(trial, runs=runs)

    def _one_part(self, copy: Path, cases: tuple[str, ...]) -> Trial:
        with self._lock:
            self._number += 1
            reports = self._reports / str(self._number)
        tags = " or ".join(f"@{case}" for case in cases)
        arguments = [
            *executor_options(BUNDLED),
            "-D",
            f"patience_seconds={PATIENCE_SECONDS}",
            "--stop",
            f"--tags={tags}",
        ]
        left = self._runs.run(reports, arguments, copy)
        self.server = self.server or left.run.get("environment", {}).get("MySQL Server", "")
        trial = judging.judge(left)
        if trial.outcome != NO_ANSWER:
            shutil.rmtree(reports, ignore_errors=True)
        return trial
