"""How the run's queries do: counters of performance_schema, and what they grew by in a window of time."""

from dataclasses import asdict, dataclass
from typing import Any

from executor_v1 import logs

from .errors import ServerError
from .session import Session

TABLE = "performance_schema.events_statements_summary_by_digest"


@dataclass(frozen=True)
class Counters:
    """Totals of one digest since the server began to count it. Times are picoseconds.

    A full scan is a SELECT that read its first table from end to end (SUM_SELECT_SCAN): of the counters that say such a
    thing it is the one that MySQL and MariaDB both keep up.
    """

    executions: int
    time: int
    rows: int
    scans: int
    first_seen: str


@dataclass(frozen=True)
class Sample:
    """What one digest did within one window; `problem` says why nothing can be told from it."""

    executions: int = 0
    time: int = 0
    rows: int = 0
    scans: int = 0
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


Snapshot = dict[str, Counters]
Window = dict[str, Sample]


def is_measurable(session: Session) -> str | None:
    """Why nothing can be measured on this server, None if it can; reads no counters."""
    enabled = session.query("SELECT @@GLOBAL.performance_schema AS enabled")[0]["enabled"]
    return None if enabled in (1, "1", "ON") else "performance_schema is off"


def read_snapshot(session: Session, digests: tuple[str, ...]) -> Snapshot:
    """The counters of the run's digests in its own schema, all from one statement. Raises ServerError."""
    places = ", ".join(["%s"] * len(digests))
    rows = session.query(
        "SELECT DIGEST AS digest, COUNT_STAR AS executions, SUM_TIMER_WAIT AS time, SUM_ROWS_EXAMINED AS `rows`,"
        f" SUM_SELECT_SCAN AS scans, FIRST_SEEN AS first_seen FROM {TABLE}"
        f" WHERE SCHEMA_NAME = %s AND DIGEST IN ({places})",
        (session.schema, *digests),
    )
    snapshot = {
        row["digest"].lower(): Counters(
            int(row["executions"]), int(row["time"]), int(row["rows"]), int(row["scans"]), str(row["first_seen"])
        )
        for row in rows
    }
    logs.debug("metrics_snapshot", counters={digest: asdict(counters) for digest, counters in snapshot.items()})
    return snapshot


def window(opening: Snapshot, closing: Snapshot, digests: tuple[str, ...]) -> Window:
    """What each digest did between two snapshots."""
    return {digest: sample(opening.get(digest), closing.get(digest)) for digest in digests}


def sample(before: Counters | None, after: Counters | None) -> Sample:
    """The growth of one digest's counters. A digest that was first seen within the window counts from zero."""
    if after is None:
        return Sample(problem="the digest is not among the counted statements")
    if before is None:
        return Sample(after.executions, after.time, after.rows, after.scans)
    growth = (
        after.executions - before.executions,
        after.time - before.time,
        after.rows - before.rows,
        after.scans - before.scans,
    )
    if before.first_seen != after.first_seen or min(growth) < 0:
        return Sample(problem="the counters were set back within the window")
    return Sample(*growth)


def unmeasured(digests: tuple[str, ...], problem: str) -> Window:
    return {digest: Sample(problem=problem) for digest in digests}


def window_from_json(value: Any, digests: tuple[str, ...]) -> Window:
    """A window that an earlier worker recorded; what is not there was not measured."""
    recorded = value if isinstance(value, dict) else {}
    missing = Sample(problem="the earlier worker left no measurement")
    return {digest: Sample(**recorded[digest]) if digest in recorded else missing for digest in digests}


def why_unreadable(error: ServerError) -> str:
    return f"the counters can't be read: {error}"
