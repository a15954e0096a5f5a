"""The mutants that keep the contract: which, and why. Written down in ``equivalent.toml``, one by one.

A mutant is known by its module, its function (empty: the module itself) and its line before and after the change, so that
the list holds when lines move, and an entry dies with the code it is about.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.mutation import diffs
from tests.mutation.sessions import Mutant

FILE = Path(__file__).with_name("equivalent.toml")
NEVER, UNPROMISED = "never", "unpromised"


@dataclass(frozen=True)
class Change:
    """What a mutant changes, without the indentation."""

    module: str
    function: str
    was: str
    becomes: str


def change_of(mutant: Mutant, source: str) -> Change:
    """The change that a mutant makes to its module's text."""
    before, after = diffs.lines_changed(source, mutant.mutated(source))
    return Change(mutant.module.name, mutant.spec.definition_name or "", "\n".join(before), "\n".join(after))


@dataclass(frozen=True)
class Reason:
    """Why a mutant keeps the contract: it ``differs`` ``never``, or only in what is ``unpromised``."""

    differs: str
    because: str


def read(file: Path = FILE) -> dict[Change, Reason]:
    """The reasons of all entries.

    :raises ValueError: an entry without a reason, or one that is there twice.
    """
    reasons: dict[Change, Reason] = {}
    for entry in tomllib.loads(file.read_text(encoding="utf-8")).get("equivalent", []):
        reason = Reason(entry["differs"], " ".join(entry["because"].split()))
        for becomes in entry["becomes"] if isinstance(entry["becomes"], list) else [entry["becomes"]]:
            change = Change(entry["module"], entry.get("function", ""), entry["was"], becomes)
            if not reason.because or reason.differs not in (NEVER, UNPROMISED) or change in reasons:
                raise ValueError(f"{file.name}: an entry has no reason or is there twice: {change}")
            reasons[change] = reason
    return reasons
