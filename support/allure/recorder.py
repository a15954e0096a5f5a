"""Writes the Allure results of a run while it runs, and at its end holds them against everything else."""

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from support.allure.check import check
from support.allure.judgement import TEST_ENVIRONMENT, judge
from support.allure.results import Results
from support.errors import INTERRUPTED
from support.record.evidence import RunRecord, Secrets
from support.record.outcome import Outcome, Trouble
from support.record.reading import EVIDENCE, Record, read_record


class AllureRecorder:
    """The results of the selected scenarios in ``allure-results`` of the run's own ``folder``.

    Each selected scenario has a result from the start, "not run", which is replaced once it is certain how it ended. So
    a run that is killed leaves results that hide nothing.

    :param record: of the run; its environment and troubles are read again at the end.
    :param planned: every selected scenario, before anything ran.
    """

    def __init__(self, folder: Path, record: RunRecord, secrets: Secrets, planned: Iterable[Outcome]) -> None:
        self._folder, self._record = folder, record
        self._results = Results(folder, record, secrets)
        self._outcomes: dict[str, Outcome] = {}
        self._evidence: dict[str, Record] = {}
        self._read: set[str] = set()
        self._results.describe()
        for outcome in planned:
            self.settle(outcome)

    def settle(self, outcome: Outcome, unfinished: str = "the run was cut off before it") -> None:
        """Write how a scenario ended; ``unfinished`` is why one that never began did not run."""
        for path in (self._folder / EVIDENCE).glob("*.json") if outcome.begun else ():
            if path.name not in self._read:
                self._read.add(path.name)
                found = read_record(path)
                self._evidence[found.location] = found
        record = self._evidence.get(outcome.location) if outcome.begun else None
        self._results.scenario(outcome, judge(outcome, record, unfinished), record)
        self._outcomes[outcome.location] = outcome

    def conclude(self, failed: bool, left: Iterable[Outcome], elsewhere: list[Trouble], aborted: bool) -> list[str]:
        """Write what is not written yet, check everything, and return the differences, which fail the run.

        ``failed`` is what behave calls the run, ``left`` are the scenarios that never began, ``elsewhere`` is what went
        wrong outside of every scenario; ``aborted``: somebody ended the run.
        """
        troubles = list(self._record.troubles)
        if aborted and not elsewhere and INTERRUPTED not in troubles:
            troubles.insert(0, INTERRUPTED)  # between two scenarios, where behave keeps it to itself
        if troubles:  # the first of them says whom it blames, "the test environment: …"
            blames, separator, _ = troubles[0].partition(": ")
            known = (separator and blames.startswith("the ")) or blames == INTERRUPTED
            whom = blames if known else TEST_ENVIRONMENT
            elsewhere = [*elsewhere, Trouble("the run as a whole", whom, "\n".join(troubles))]
        unfinished = elsewhere[0].message.splitlines()[0] if elsewhere else "the run ended before it"
        for outcome in left:
            self.settle(outcome, unfinished)
        self._results.describe()
        for number, trouble in enumerate(elsewhere):
            self._results.run_trouble(number, trouble)
        differences = check(
            self._results.folder, self._folder / EVIDENCE, self._outcomes.values(), failed, self._record.expected
        )
        if differences:
            message = "the results do not agree:\n" + "\n".join(differences)
            self._results.run_trouble(len(elsewhere), Trouble("the check at the end", "the suite", message))
        return [f"the results do not agree: {difference}" for difference in differences]

    def publish(self, place: Path) -> None:
        """Put the results where people look for them, in the place of those of an earlier run.

        Another run may be doing the same: a folder is moved away before it is removed, and only a name that is free is
        taken, so whoever comes last has the place, and nobody half of it.
        """
        fresh, old = (place.with_name(f"{place.name}.{word}-{os.getpid()}") for word in ("new", "old"))
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(self._results.folder, fresh)
        while True:
            try:
                fresh.rename(place)
                return
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            try:
                place.rename(old)
            except FileNotFoundError:
                continue  # another run was faster
            shutil.rmtree(old, ignore_errors=True)
