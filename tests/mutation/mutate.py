"""``acceptance mutate``: how many small changes of the decision code do the ten test cases notice?"""

import json
import os
import shutil
import tempfile
import textwrap
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from support.commands.command_line import INTERRUPTED, end
from support.run.jobs import bearable
from support.settings import PROJECT
from support.terminal import Terminal
from tests.mutation import diffs, equivalents, report
from tests.mutation.decisions import DECISION_CODE
from tests.mutation.equivalents import Reason
from tests.mutation.judging import NO_ANSWER, SURVIVED, Trial
from tests.mutation.report import EQUIVALENT, Facts, Result
from tests.mutation.sessions import Mutant, Session, sample
from tests.mutation.trials import Trials
from tests.proof.side_by_side import side_by_side

LONGEST_DETAIL = 100
RUNS_FILE = "runs.json"


DRAWN = 230
_NUMBER = click.IntRange(1)


@click.command()
@click.option("--mutants", type=_NUMBER, help=f"How many to draw.  [default: {DRAWN}]")
@click.option(
    "--share", type=click.FloatRange(0, 1, min_open=True), help="Which share of all to draw, as 0.2, instead."
)
@click.option("--minimum", type=_NUMBER, default=5, show_default=True, help="At least so many of each module.")
@click.option("--seed", default="executor-v1", show_default=True, help="Another word draws other ones.")
@click.option(
    "--jobs", type=_NUMBER, default=bearable(), show_default=True, help="Copies of the project, and runs at a time."
)
@click.option(
    "--again", multiple=True, type=click.Choice((SURVIVED, NO_ANSWER, EQUIVALENT)), help="Try these once more."
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([module.name for module in DECISION_CODE]),
    metavar="MODULE",
    help="Try those of one module, as api/runs.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    default=PROJECT / "reports",
    help="Folder of the report and the sessions.",
)
@click.option("--report", is_flag=True, help="Try nothing, write the report of what is there.")
def mutate(**options: Any) -> int:
    """Change the executor's decision code: what is noticed?

    Draws mutants of the decision code, tries each that has no result yet, and writes the report. What was found is kept in
    DIR/mutation/, so that a run that was cut off, or a greater number, goes on where the last one stopped.

    \b
    Examples:
      acceptance mutate
      acceptance mutate --mutants 400
      acceptance mutate --only api/runs --again survived

    \b
    Exit status:
      0  the score is as it should be
      1  it is not, or the unchanged executor did not pass
      2  an option is wrong
      130  interrupted
    """
    if options["mutants"] and options["share"]:
        raise click.UsageError("--mutants or --share, not both.")
    # A mutant may have the size and the second of the one before it, which is all that a compiled file is known by.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return MutationRun(SimpleNamespace(**options), Terminal()).run()


class MutationRun:
    """One mutation run: the sessions of the modules, the mutants drawn from them, and what becomes of each."""

    def __init__(self, options: SimpleNamespace, terminal: Terminal) -> None:
        self._options, self._terminal = options, terminal
        self._into: Path = options.into.resolve()
        self._sessions = {module.name: Session(self._into / "mutation", module) for module in DECISION_CODE}
        every = [mutant for session in self._sessions.values() for mutant in session.mutants]
        number = round(options.share * len(every)) if options.share else options.mutants or DRAWN
        self._there_are, self._sites = len(every), len({mutant.site for mutant in every})
        self._drawn = sample(every, number, options.minimum, options.seed)
        self._reasons = equivalents.read()
        self._controls, self._started, self._done = 0, time.monotonic(), 0
        runs = self._into / "mutation" / RUNS_FILE
        self._told = (
            json.loads(runs.read_text(encoding="utf-8")) if runs.exists() else {"server": "no server", "controls": 0}
        )

    def run(self) -> int:
        """Try what has no result yet, and report."""
        todo = [] if self._options.report else [mutant for mutant in self._drawn if self._is_open(mutant)]
        tried = sum(self._trial(mutant) is not None for mutant in self._drawn)
        self._terminal.say(
            f"{len(self._drawn)} of {self._there_are} mutants drawn, {tried} tried before, {len(todo)} to try now"
        )
        code = self._try(todo) if todo else 0
        return code or self._conclude()

    def _is_open(self, mutant: Mutant) -> bool:
        if self._options.only and mutant.module.name not in self._options.only:
            return False
        trial, again = self._trial(mutant), self._options.again
        if self._reason(mutant):
            return EQUIVALENT in again and (trial is None or trial.outcome in (SURVIVED, NO_ANSWER))
        return trial is None or trial.outcome in again

    def _trial(self, mutant: Mutant) -> Trial | None:
        return self._sessions[mutant.module.name].trials.get(mutant.job)

    def _reason(self, mutant: Mutant) -> Reason | None:
        """Why it is equivalent, if it is written down as that."""
        return self._reasons.get(equivalents.change_of(mutant, self._sessions[mutant.module.name].source))

    def _try(self, todo: list[Mutant]) -> int:
        folder = Path(tempfile.mkdtemp(prefix="mutate-"))
        trials = Trials(folder, self._options.jobs)
        try:
            with side_by_side(self._options.jobs, trials.stop, self._terminal) as pool:
                if not self._unchanged_passes(pool, trials):
                    return 1
                works: dict[Future[Trial], Mutant] = {
                    pool.submit(trials.try_mutant, mutant, self._sessions[mutant.module.name].source): mutant
                    for mutant in todo
                }
                for work in as_completed(works):
                    self._keep(works[work], work.result(), len(todo))
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            self._remember(trials.server)
            shutil.rmtree(folder, ignore_errors=True)
        return 0

    def _unchanged_passes(self, pool: ThreadPoolExecutor, trials: Trials) -> bool:
        """The control, in each of the copies: where the executor as it is fails, nothing can be said of mutants."""
        for control in [pool.submit(trials.try_unchanged) for _ in range(self._options.jobs)]:
            unchanged = control.result()
            if unchanged.outcome != SURVIVED:
                red = f"{unchanged.outcome}: {unchanged.scenario} {unchanged.field}: {unchanged.detail}"
                self._terminal.say(f"The unchanged executor does not pass, so nothing can be said of mutants: {red}")
                return False
            self._controls += 1
        return True

    def _remember(self, server: str) -> None:
        """What a report of several runs has to tell of them."""
        told = {"server": server or self._told["server"], "controls": self._told["controls"] + self._controls}
        self._told = told
        (self._into / "mutation" / RUNS_FILE).write_text(json.dumps(told) + "\n", encoding="utf-8")

    def _keep(self, mutant: Mutant, trial: Trial, of: int) -> None:
        self._sessions[mutant.module.name].keep(mutant, trial)
        self._done += 1
        elapsed = time.monotonic() - self._started
        where = textwrap.shorten(f"{trial.case} {trial.field or trial.detail}", LONGEST_DETAIL, placeholder=" …")
        place = f"{mutant.module.name}:{mutant.spec.start_pos[0]}"
        operator = mutant.spec.operator_name.removeprefix("core/")
        self._terminal.say(
            f"{elapsed:6.0f} s  {self._done:3}/{of}  {trial.outcome:19} {place} {operator} {where} ({trial.seconds:.0f} s)"
        )

    def _conclude(self) -> int:
        results = self._results()
        left_out = Counter(reason for session in self._sessions.values() for reason in session.left_out)
        page = report.write(self._into, results, Facts(
            self._there_are, self._sites, left_out, self._options.seed, self._told["server"],
            datetime.now().astimezone(), self._told["controls"],
        ))  # fmt: skip
        outcomes = Counter(result.outcome for result in results)
        counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
        score = report.score(results)
        self._terminal.say("", f"Score {report.percent(score)} ({counts}): {page}")
        return 0 if score is not None and score >= report.GOAL else 1

    def _results(self) -> list[Result]:
        results = []
        for mutant in self._drawn:
            trial, reason = self._trial(mutant), self._reason(mutant)
            if trial or reason:
                source = self._sessions[mutant.module.name].source
                diff = diffs.unified(source, mutant.mutated(source), mutant.module.path)
                results.append(Result(mutant, trial, reason, diff))
        return results


if __name__ == "__main__":
    end(mutate, "acceptance mutate")
