"""The wall clock of this machine, by which the suite times all that it sees itself; and times as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def moment(time: datetime | str) -> datetime:
    """The moment of an ISO 8601 text with its zone."""
    return datetime.fromisoformat(time) if isinstance(time, str) else time


class Clock:
    """Writes moments, or their ISO 8601 texts, as people of one time zone read them. Everything in the evidence is UTC."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def _local(self, time: datetime | str) -> datetime:
        return moment(time).astimezone(self._zone)

    def date(self, time: datetime | str) -> str:
        """``YYYY-MM-DD``."""
        return f"{self._local(time):%Y-%m-%d}"

    def minute(self, time: datetime | str) -> str:
        """``HH:MM UTC+7``."""
        local = self._local(time)
        hours, minutes = f"{local:%z}"[:3], f"{local:%z}"[3:5]
        return f"{local:%H:%M} UTC{int(hours):+d}{f':{minutes}' if minutes != '00' else ''}"

    def second(self, time: datetime | str) -> str:
        """``HH:MM:SS``."""
        return f"{self._local(time):%H:%M:%S}"

    def instant(self, time: datetime | str | None) -> str:
        """``HH:MM:SS.mmm``: where the order of things within a second matters; empty for none."""
        return f"{self._local(time):%H:%M:%S.%f}"[:-3] if time else ""
