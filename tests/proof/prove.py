"""``python -m tests.proof.prove [MUTANT …] [--case TC-NN] [--jobs N] [--into DIR] [--without FIELD] [--list]``.

Runs each mutant against the scenarios it concerns and demands that they notice, where they should; and, unless mutants
are named, the unbroken executor against everything. Exit codes: 0 all as it should be, 1 not so, 2 a name or an option
is wrong, 130 interrupted.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import Future, as_completed
from datetime import datetime
from pathlib import Path

from support.catalogue import TEST_CASES
from support.judgement.observations import known_fields
from support.terminal import Terminal
from tests.proof import catalogue, matrix
from tests.proof.catalogue import PROJECT, Mutant
from tests.proof.judging import Finding
from tests.proof.running import Runs
from tests.proof.side_by_side import positive, side_by_side

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Prove, write the matrix, and return the exit code."""
    options, terminal = _options(arguments), Terminal()
    mutants = catalogue.load()
    try:
        chosen = [catalogue.look_up(mutants, name) for name in options.mutants] or list(mutants.values())
        for mutant in chosen:
            for target in mutant.targets:
                catalogue.find(target)
    except (catalogue.UnknownMutant, catalogue.PatchGone) as error:
        print(error, file=sys.stderr)
        return 2
    chosen = [mutant for mutant in chosen if options.case in (None, mutant.case)]
    if options.list:
        terminal.say(*[f"{mutant.case}  {mutant.id}: {mutant.says}" for mutant in chosen])
        return 0
    return Proof(chosen, options, terminal).run()


class Proof:
    """One proof: the mutants, whether the unbroken executor is part of it, and what has been found so far."""

    def __init__(self, mutants: list[Mutant], options: argparse.Namespace, terminal: Terminal) -> None:
        self._mutants, self._terminal = mutants, terminal
        self._whole = not (options.mutants or options.case or options.without)
        self._jobs, self._into, self._without = options.jobs, options.into.resolve(), options.without
        self._started = time.monotonic()
        self._done = 0

    def run(self) -> int:
        """Run everything, tell each end, and write the matrix."""
        folder = Path(tempfile.mkdtemp(prefix="prove-"))
        runs, found = Runs(folder, self._without), {}
        try:
            with side_by_side(self._jobs, runs.stop, self._terminal) as pool:
                # the longest first, so that it is not the one that is waited for at the end
                works: dict[Future[Finding], str] = {}
                if self._whole:
                    works[pool.submit(runs.prove_unbroken)] = ""
                works.update({pool.submit(runs.prove, mutant): mutant.id for mutant in self._mutants})
                for work in as_completed(works):
                    found[works[work]] = work.result()
                    self._tell(found[works[work]], len(works))
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            self._keep(folder, found)
        return self._conclude(found)

    def _conclude(self, found: dict[str, Finding]) -> int:
        pairs = [(mutant, found[mutant.id]) for mutant in self._mutants]
        seconds = time.monotonic() - self._started
        page = matrix.write(self._into, pairs, found.get(""), datetime.now().astimezone(), seconds)
        bad = [finding for finding in found.values() if not finding.good]
        self._terminal.say("", f"{len(found) - len(bad)} of {len(found)} as they should be, in {seconds:.0f} s: {page}")
        for finding in bad:
            self._terminal.say(f"  {finding.outcome}: {finding.id}: {finding.detail}")
        return 1 if bad else 0

    def _tell(self, finding: Finding, of: int) -> None:
        self._done += 1
        elapsed = time.monotonic() - self._started
        where = f" at {finding.where.field or 'no Field'}" if finding.where and finding.good else ""
        self._terminal.say(
            f"{elapsed:6.0f} s  {self._done:3}/{of}  {finding.outcome:11} {finding.id}{where} ({finding.seconds:.1f} s)"
        )

    def _keep(self, folder: Path, found: dict[str, Finding]) -> None:
        """The reports of the runs that were not as they should be stay, so that one can see why."""
        for name in [name or "unbroken" for name, finding in found.items() if not finding.good]:
            if (folder / name).exists():
                kept = self._into / "prove" / name
                shutil.rmtree(kept, ignore_errors=True)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(folder / name, kept)
        shutil.rmtree(folder, ignore_errors=True)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.prove", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("mutants", nargs="*", metavar="MUTANT", help="a mutant's id; all of them if none is named")
    parser.add_argument("--case", choices=list(TEST_CASES), help="only the mutants of one test case")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, help="runs at a time (as many as cores)")
    parser.add_argument("--into", type=Path, default=PROJECT / "reports", help="folder for prove.md and prove.json")
    parser.add_argument(
        "--without", choices=known_fields(), metavar="FIELD", help="remove one observation first: it has to show"
    )
    parser.add_argument("--list", action="store_true", help="show the mutants and run nothing")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
