"""The catalogue of mutants: executors with one defect each, made by patching a function of the bundled one at its start."""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent
EXECUTOR_FOLDER = PROJECT / "docker" / "executor"
ROOMS = {
    "agent": (
        "changing",
        "claims",
        "connections",
        "conduct",
        "looks",
        "measures",
        "outcomes",
        "records",
        "rollbacks",
        "statements",
        "switch",
        "takeovers",
        "verifying",
    ),
    "api": ("answers", "claiming", "records"),
}
"""The modules that hold the mutants of each program; each program loads only its own."""

Patch = Callable[..., Any]
Cause = tuple[str, str, str]
"""Who, kind and number of a cause, as the record of a red scenario has them."""


class UnknownMutant(Exception):
    """A name that is not in the catalogue; the text is one line."""


class PatchGone(Exception):
    """What a mutant patches is not there any more: the executor changed, and the mutant has to follow."""


@dataclass(frozen=True)
class Mutant:
    """One defect.

    :param id: its name on the command line.
    :param says: the defect in one sentence.
    :param case: the test case that has to notice.
    :param fields: the Fields at which it has to, or the rules that it breaks, such as ``R-12``; one of them is enough.
    :param targets: what is patched, as dotted names inside ``executor_v1``.
    :param patch: is given what the targets were, and returns what they are to be.
    :param failure: a part of the failure, for a defect that shows before any Field can be observed.
    :param scenario: a regular expression; only the scenarios whose names it matches are run. Empty: the whole test case.
    :param cause: what a good engineer who knows the defect would name as the cause, if somebody has said so.
    """

    id: str
    says: str
    case: str
    fields: tuple[str, ...]
    targets: tuple[str, ...]
    patch: Patch
    failure: str
    scenario: str
    cause: Cause | None = None

    @property
    def program(self) -> str:
        """``agent`` or ``api``."""
        return self.targets[0].split(".")[0]

    def apply(self) -> None:
        """Make this process the mutant.

        :raises PatchGone: a target does not exist.
        """
        places = [find(target) for target in self.targets]
        patched = self.patch(*[getattr(owner, name) for owner, name in places])
        for (owner, name), replacement in zip(
            places, patched if isinstance(patched, tuple) else (patched,), strict=True
        ):
            setattr(owner, name, replacement)


MUTANTS: dict[str, Mutant] = {}


def mutant(
    case: str,
    *fields: str,
    of: str | tuple[str, ...],
    failure: str = "",
    scenario: str = "",
    cause: Cause | None = None,
) -> Callable[[Patch], Patch]:
    """Put a patch into the catalogue: its name is the mutant's id, its docstring the sentence that tells the defect."""

    def register(patch: Patch) -> Patch:
        name = patch.__name__.replace("_", "-")
        if name in MUTANTS:
            raise ValueError(f"two mutants are named {name}")
        says = " ".join((patch.__doc__ or "").split())
        targets = (of,) if isinstance(of, str) else of
        MUTANTS[name] = Mutant(name, says, case, fields, targets, patch, failure, scenario, cause)
        return patch

    return register


def find(target: str) -> tuple[Any, str]:
    """The module or class that has the target, and its name there.

    :raises PatchGone: there is no such thing, or it is no function.
    """
    parts = target.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            owner = importlib.import_module(".".join(["executor_v1", *parts[:length]]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:-1]:
            owner = getattr(owner, part, None)
        if not callable(getattr(owner, parts[-1], None)):
            raise PatchGone(f"executor_v1.{target} is not there any more; the mutants that patch it have to follow")
        return owner, parts[-1]
    raise PatchGone(f"executor_v1.{target} is not there any more: no such module")


def load(*programs: str) -> dict[str, Mutant]:
    """The mutants of the programs named, or all there are, in the order of their test cases."""
    if str(EXECUTOR_FOLDER) not in sys.path:
        sys.path.insert(0, str(EXECUTOR_FOLDER))
    for program in programs or tuple(ROOMS):
        for room in ROOMS[program]:
            importlib.import_module(f"tests.proof.{program}.{room}")
    return dict(sorted(MUTANTS.items(), key=lambda item: item[1].case))


def look_up(mutants: dict[str, Mutant], name: str) -> Mutant:
    """The mutant of that name.

    :raises UnknownMutant: there is none.
    """
    if name not in mutants:
        raise UnknownMutant(f"there is no mutant {name!r}; --list shows those there are")
    return mutants[name]
