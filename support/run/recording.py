"""A scenario's record: how it begins, and what it says of a failure: whose fault, where to look, how to run it again."""

import traceback
from pathlib import Path

from behave.model import Scenario

from support.errors import AcceptanceError
from support.record.evidence import Evidence
from support.run.selection import id_of, location_of
from support.settings import PROJECT


def record_of(scenario: Scenario) -> Evidence:
    """A new record of the scenario, with nothing in it yet."""
    return Evidence(
        id=id_of(scenario),
        name=scenario.name,
        feature=scenario.feature.name,
        location=location_of(scenario),
        tags=sorted(str(tag) for tag in scenario.effective_tags),
        description=" ".join(scenario.description),
    )


def in_words(error: BaseException) -> str:
    """What a person reads of an error; of one that nobody foresaw also the last places it came through."""
    text = str(error) or type(error).__name__
    if isinstance(error, AssertionError | AcceptanceError):
        return text
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted ({text})"
    return f"{type(error).__name__}: {text}\n{''.join(traceback.format_tb(error.__traceback__)[-3:])}"


def add_failure(record: Evidence, message: str, blames: str) -> None:
    """One more thing that went wrong; the first one says who is to blame."""
    record.failure = f"{record.failure}\n{message}" if record.failure else message
    record.blames = record.blames or blames


def where_to_look(record: Evidence, path: Path) -> list[tuple[str, str]]:
    """(label, value) of what stands under a failure.

    :param path: the record's file.
    """
    notes = [("Blame", f"{record.blames}"), ("Evidence", shown(path))]
    notes += [("Log", shown(Path(log))) for log in record.logs]
    return [*notes, ("Again", f"behave {record.location}")]


def shown(path: Path) -> str:
    """A path as a person types it in the project's folder."""
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)
