"""What stands under a failure: whom it blames, where to look, and how to run it again."""

from pathlib import Path

from support.record.evidence import Evidence
from support.settings import PROJECT


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
