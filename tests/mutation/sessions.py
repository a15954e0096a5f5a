"""The cosmic-ray sessions: one database for each module, named after its text, with the mutants and what became of them.

A module that was changed gets a new session, as its mutants are others; the results of the rest stay.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

from support.settings import PROJECT
from tests.mutation import exclusions
from tests.mutation.decisions import Module
from tests.mutation.judging import KILLED_OUTCOMES, Trial

_OUTCOMES = {True: TestOutcome.KILLED, False: TestOutcome.SURVIVED}


@dataclass(frozen=True)
class Mutant:
    """One change that cosmic-ray makes to one module. ``job`` is its number in the session."""

    module: Module
    job: str
    spec: MutationSpec

    @property
    def key(self) -> str:
        """The same for the same change of the same text, whenever and wherever the session was made."""
        return f"{self.module.name} {self.spec.operator_name} {self.spec.occurrence}"

    @property
    def site(self) -> str:
        """The place and the kind of change: the several operators that can stand in for one are one site."""
        family = self.spec.operator_name.removeprefix("core/").partition("_")[0]
        if family == "AddNot" or self.spec.operator_name.endswith("Delete_Not"):
            family = "Not"  # `not` put before a condition, and taken away from one: the same
        return f"{self.module.name} {self.spec.start_pos} {family}"

    def mutated(self, source: str) -> str:
        """The module's text with the change in it."""
        return mutate_code(
            source, get_operator(self.spec.operator_name)(**self.spec.operator_args), self.spec.occurrence
        )


class Session:
    """The session of one module in ``folder``; made if it is not there."""

    def __init__(self, folder: Path, module: Module) -> None:
        self.module, self.source = module, module.source()
        text = hashlib.sha256(self.source.encode()).hexdigest()[:12]
        self._path = folder / f"{module.name.replace('/', '-')}-{text}.sqlite"
        if not self._path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            partial = self._path.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            with use_db(partial) as database:
                init([PROJECT / module.path], database, {})
            partial.rename(self._path)
        with use_db(self._path, WorkDB.Mode.open) as database:
            every = [Mutant(module, item.job_id, item.mutations[0]) for item in database.work_items]
            self.trials = {
                job: _trial(result) for job, result in database.results if result.worker_outcome == WorkerOutcome.NORMAL
            }
        places = exclusions.regions(module.name, self.source)
        reasons = {mutant.job: exclusions.reason_for(mutant.spec, places) for mutant in every}
        self.mutants = [mutant for mutant in every if reasons[mutant.job] is None]
        self.left_out = [reason for reason in reasons.values() if reason is not None]

    def keep(self, mutant: Mutant, trial: Trial) -> None:
        """Write down what became of a mutant."""
        self.trials[mutant.job] = trial
        outcome = _OUTCOMES[trial.outcome in KILLED_OUTCOMES]
        with use_db(self._path, WorkDB.Mode.open) as database:
            result = WorkResult(WorkerOutcome.NORMAL, json.dumps(asdict(trial)), outcome)
            database.set_result(mutant.job, result)


def sample(mutants: Iterable[Mutant], number: int, minimum: int, seed: str) -> list[Mutant]:
    """``number`` mutants, spread over the modules by their sites, from each one at least ``minimum`` if it has so many.

    The same seed draws the same ones, and a greater number draws the same ones and more. A second change at one site is
    drawn only when every site of the module has had its first.
    """
    by_module: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_module.setdefault(mutant.module.name, []).append(mutant)
    sites = {name: len({mutant.site for mutant in group}) for name, group in by_module.items()}
    drawn = []
    for name, group in by_module.items():
        share = max(minimum, round(number * sites[name] / sum(sites.values())))
        drawn += _in_order(group, seed)[:share]
    return drawn


def _in_order(group: list[Mutant], seed: str) -> list[Mutant]:
    ranks: dict[str, int] = {}
    ordered = []
    for mutant in sorted(group, key=lambda mutant: _lot(mutant, seed)):
        rank = ranks[mutant.site] = ranks.get(mutant.site, 0) + 1
        ordered.append((rank, mutant))
    return [mutant for _, mutant in sorted(ordered, key=lambda pair: pair[0])]


def _lot(mutant: Mutant, seed: str) -> str:
    return hashlib.sha256(f"{seed} {mutant.key}".encode()).hexdigest()


def _trial(result: WorkResult) -> Trial:
    return Trial(**json.loads(result.output))
