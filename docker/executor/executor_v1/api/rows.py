"""What the tables have in common: times, JSON columns and the audit log that every change leaves a row in."""

import json
from datetime import datetime
from typing import Any

from pymysql.cursors import DictCursor


def utc(moment: datetime | None) -> str | None:
    """A time of the database, whose sessions are all in UTC, as ISO 8601."""
    return moment.isoformat(timespec="microseconds") + "Z" if moment else None


def from_json(text: str | None) -> Any:
    """What a JSON column holds; a text that is no JSON comes as it is, for the reader to reject."""
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return text


def add_audit(
    cursor: DictCursor, action: str, resource_id: str, details: Any, resource_type: str = "execution_run"
) -> int:
    """Returns the id of the new row."""
    cursor.execute(
        "INSERT INTO audit_logs (action, resource_type, resource_id, details) VALUES (%s, %s, %s, %s)",
        (action, resource_type, resource_id, json.dumps(details, ensure_ascii=False)),
    )
    return cursor.lastrowid
