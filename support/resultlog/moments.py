"""Times as people of the run's time zone read them. Everything in the evidence is UTC."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


class Clock:
    """Writes times in one time zone."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def _local(self, time: str) -> datetime:
        return datetime.fromisoformat(time).astimezone(self._zone)

    def date(self, time: str) -> str:
        """``YYYY-MM-DD``."""
        return f"{self._local(time):%Y-%m-%d}"

    def minute(self, time: str) -> str:
        """``HH:MM UTC+7``."""
        local = self._local(time)
        return f"{local:%H:%M} {_offset(local.utcoffset() or timedelta())}"

    def second(self, time: str) -> str:
        """``HH:MM:SS``."""
        return f"{self._local(time):%H:%M:%S}"

    def instant(self, time: str) -> str:
        """``HH:MM:SS.mmm``: where the order of things within a second matters."""
        local = self._local(time)
        return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"


def _offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02d}' if rest else ''}"
