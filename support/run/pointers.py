"""What stands under a failure: whom it blames, where to look, and how to run it again."""

from pathlib import Path

from support.files import shown
from support.record.evidence import Evidence


def where_to_look(record: Evidence, path: Path) -> list[tuple[str, str]]:
    """(label, value) of what stands under a failure.

    :param path: the record's file.
    """
    notes = [("Blame", f"{record.blames}"), ("Evidence", shown(path))]
    notes += [("Log", shown(log)) for log in record.logs]
    return [*notes, ("Again", f"behave {record.location}")]
