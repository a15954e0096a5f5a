"""The lease of a run, by the database's clock."""

from datetime import datetime

from support.mysql.database import Database


class Lease:
    """The lease of the run ``run_id``, whoever holds it."""

    def __init__(self, database: Database, run_id: str) -> None:
        self._database, self._run_id = database, run_id

    def end(self) -> datetime | None:
        """When it ends, in UTC without a zone; None if the run was never claimed."""
        end: datetime | None = self._database.value(
            "SELECT lease_expires_at FROM execution_runs WHERE id = %s", (self._run_id,)
        )
        return end

    def is_past(self, end: datetime) -> bool:
        """The database's clock is past ``end``, a time in UTC without a zone."""
        return bool(self._database.value("SELECT UTC_TIMESTAMP(6)") > end)

    def seconds_left(self) -> float:
        """Seconds until it ends; 0 when it has run out."""
        left = self._database.value(
            "SELECT TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), lease_expires_at) FROM execution_runs WHERE id = %s",
            (self._run_id,),
        )
        return max(0.0, float(left or 0) / 1e6)
