"""``acceptance prove``: every test case can fail."""

import shutil
import sys
import tempfile
import time
from concurrent.futures import Future, as_completed
from datetime import datetime
from pathlib import Path

import click

from support.commands.command_line import INTERRUPTED, end
from support.form import TEST_CASES
from support.judgement.fields import known_fields
from support.judgement.rules import RULES
from support.run.jobs import bearable
from support.terminal import Terminal
from tests.proof import catalogue, matrix
from tests.proof.catalogue import PROJECT, Mutant
from tests.proof.judging import Finding, disagreement
from tests.proof.running import Runs
from tests.proof.side_by_side import side_by_side


@click.command()
@click.argument("mutants", nargs=-1, metavar="[MUTANT]...")
@click.option("--case", type=click.Choice(list(TEST_CASES)), help="Only the mutants of one test case.")
@click.option("--jobs", type=click.IntRange(1), default=bearable(), help="Runs at a time (what the machine bears).")
@click.option(
    "--into", type=click.Path(path_type=Path), default=PROJECT / "reports", help="Folder for prove.md and prove.json."
)
@click.option(
    "--without",
    type=click.Choice([*known_fields(), *sorted(RULES)]),
    metavar="FIELD|RULE",
    help="Remove one observation or rule first: it has to show.",
)
@click.option("--list", "only_list", is_flag=True, help="Show the mutants and run nothing.")
def prove(
    mutants: tuple[str, ...], case: str | None, jobs: int, into: Path, without: str | None, only_list: bool
) -> int:
    """Prove that every test case can fail.

    Runs each MUTANT, an executor with one defect, against the scenarios it concerns and demands that they notice, where
    they should; and, unless mutants are named, the unbroken executor against everything.

    \b
    Examples:
      acceptance prove
      acceptance prove --case TC-09
      acceptance prove fail-open-on-500
      acceptance prove --without "Kill switch detected" kill-switch-asked-and-ignored
      acceptance prove --without R-12 switch-not-asked-when-the-window-closes

    \b
    Exit status:
      0  all as it should be
      1  not so
      2  a name or an option is wrong
      130  interrupted
    """
    every, terminal = catalogue.load(), Terminal()
    try:
        chosen = [catalogue.look_up(every, name) for name in mutants] or list(every.values())
        for mutant in chosen:
            for target in mutant.targets:
                catalogue.find(target)
    except (catalogue.UnknownMutant, catalogue.PatchGone) as error:
        print(error, file=sys.stderr)
        return 2
    chosen = [mutant for mutant in chosen if case in (None, mutant.case)]
    if only_list:
        terminal.say(*[f"{mutant.case}  {mutant.id}: {mutant.says}" for mutant in chosen])
        return 0
    whole = not (mutants or case or without)
    return Proof(chosen, whole, without, jobs, into.resolve(), terminal).run()


class Proof:
    """One proof: the mutants, whether the unbroken executor is part of it, and what has been found so far."""

    def __init__(
        self, mutants: list[Mutant], whole: bool, without: str | None, jobs: int, into: Path, terminal: Terminal
    ) -> None:
        self._mutants, self._terminal = mutants, terminal
        self._whole, self._jobs, self._into, self._without = whole, jobs, into, without
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
        named = [(one, disagreement(one, finding)) for one, finding in pairs if one.cause and finding.good]
        if named:
            agree = sum(1 for _, differs in named if not differs)
            self._terminal.say(f"the cause is the one that was named for {agree} of {len(named)}")
        for mutant, differs in named:
            if differs:
                self._terminal.say(f"  {mutant.id}: {differs}")
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


if __name__ == "__main__":
    end(prove, "acceptance prove")
