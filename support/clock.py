"""The wall clock of this machine, by which the suite times everything that it sees itself."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)
