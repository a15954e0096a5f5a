"""The envelope of a run's files: the format they are written in, and the check at the door when they are read."""

import json
from dataclasses import asdict, fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from support.errors import AcceptanceError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = 3
"""Goes up by one when a file written before can't be read any more."""

LATER = "later"
"""In the metadata of a field that files of this format may not have, for they were written before it came."""

Kind = TypeVar("Kind", bound="DataclassInstance")

_adapter = cache(TypeAdapter)


class BadEvidence(AcceptanceError):
    """A folder or a file that nothing can be made from; one clear line."""

    blames = "the evidence"


def as_json(record: "DataclassInstance", **more: Any) -> str:
    """The text of a record's file: its format, its fields, and ``more``."""
    content = {"format": FORMAT, **asdict(record), **more}
    return json.dumps(content, ensure_ascii=False, indent=1, default=_plain)


def from_json(kind: type[Kind], content: bytes, file: Path) -> Kind:
    """The record that a file holds; every field that its constructor takes has to be there.

    :raises BadEvidence: the file is torn, of another format, or no such record.
    """
    try:
        found = json.loads(content)
    except ValueError as error:
        raise BadEvidence(f"{file}: is torn or no JSON: {error}") from error
    keys = found if isinstance(found, dict) else {}
    missing = [one.name for one in fields(kind) if one.init and one.name not in keys and LATER not in one.metadata]
    written_in = keys.get("format")
    if written_in != FORMAT and (written_in is not None or not missing):
        what = "has no format" if written_in is None else f"is of format {written_in}"
        raise BadEvidence(
            f"{file}: {what}, and this version of the suite reads format {FORMAT}:"
            " use the version that wrote it, or run the scenarios again"
        )
    if missing:
        raise BadEvidence(f"{file}: is not such a record: it has no {', '.join(missing)}")
    try:
        adapter: TypeAdapter[Kind] = _adapter(kind)
        return adapter.validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadEvidence(f"{file}: has not the shape of such a record: {where}: {first['msg']}") from error


def _plain(value: Any) -> Any:
    """What JSON has no word for, as text or number; times in UTC."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
