"""What there is to see after the workers have ended: read once, from every side, for all observations."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from support.contract import LATENCY_DEGRADATION, ROWS_EXAMINED_DEGRADATION, CallKind
from support.gateway.calls import Call
from support.mysql.statements import Statement
from support.mysql.tables import Index
from support.stacks.saas_api import RunSpec

_MEASURES = {"latency": "seconds", "rows examined": "rows_examined", "full scans": "full_scan"}
_FACTORS = {"latency": 1 + LATENCY_DEGRADATION, "rows examined": 1 + ROWS_EXAMINED_DEGRADATION, "full scans": 1.0}


@dataclass(frozen=True)
class Window:
    """A metrics window of the executor, as the server saw it open and close; ``asked`` is when the opening read began."""

    asked: datetime
    opened: datetime
    closed: datetime
    samples: list[Statement]

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.closed - self.opened).total_seconds()

    @property
    def seconds_at_most(self) -> float:
        """How long the executor may have waited: it may know the answer of a read before a busy server calls it ended."""
        return (self.closed - self.asked).total_seconds()

    @property
    def last_sample(self) -> str | None:
        """When the last sample ended, in seconds from the opening; None without samples."""
        ends = [(sample.ended - self.opened).total_seconds() for sample in self.samples if sample.ended]
        return f"{max(ends):.3f} s" if ends else None

    def average(self, measure: str) -> float:
        """The mean of ``seconds``, ``rows_examined`` or ``full_scan`` over the samples; 0 without samples."""
        return sum(getattr(sample, measure) for sample in self.samples) / len(self.samples) if self.samples else 0.0


@dataclass
class Participant:
    """A worker, as the suite saw it from outside."""

    number: int
    calls: list[Call]
    killed: datetime | None
    exit_status: int | None

    def calls_of(self, kind: CallKind) -> list[Call]:
        """Its calls of one kind, in order."""
        return [call for call in self.calls if call.kind == kind]

    @property
    def claim(self) -> Call | None:
        """Its first claim."""
        return next(iter(self.calls_of("claim")), None)


@dataclass
class Notes:
    """What phrases keep for the observations while the scenario goes on."""

    index_before: Index | None = None
    lease_end_before_takeover: datetime | None = None
    calls_before_takeover: list[Call] = field(default_factory=list)
    answer_to_same_id: str | None = None


@dataclass(kw_only=True)
class World(Notes):
    """Three sides of one story: what the executor says (row, API), what is (index), what the server counted.

    ``participants`` are by the number the result log gives them, which is the order of their roles, not of their start.
    """

    run: RunSpec
    row: dict[str, Any] | None
    told: dict[str, Any]
    claims: list[dict[str, Any]]
    rollbacks: list[dict[str, Any]]
    audit: list[dict[str, Any]]
    index: Index | None
    statements: list[Statement]
    metric_reads: list[Statement]
    workload: list[Statement]
    participants: dict[int, Participant]
    unexpected_changes: list[str]
    min_samples: int

    # -- what the server counted ----------------------------------------------------------------------------

    @property
    def adds(self) -> list[Statement]:
        """Statements that were to add the run's index, whatever became of them."""
        return self._changes("create_index", r"(?i)\bADD\b")

    @property
    def drops(self) -> list[Statement]:
        """Statements that were to drop the run's index, whatever became of them."""
        return self._changes("drop_index", r"(?i)\bDROP\b")

    @property
    def added(self) -> Statement | None:
        """The statement that made the index, if one did."""
        return next((statement for statement in self.adds if statement.succeeded), None)

    @property
    def dropped(self) -> Statement | None:
        """The statement that took the index back, if one did."""
        return next((statement for statement in self.drops if statement.succeeded), None)

    def _changes(self, kind: str, clause: str) -> list[Statement]:
        """Those of a kind, or with a clause in their ALTER TABLE, that name the index."""
        index = rf"(?<![0-9A-Za-z_$]){re.escape(self.run.index_name)}(?![0-9A-Za-z_$])"
        return [
            one
            for one in self.statements
            if one.kind == kind or (one.kind == "alter_table" and re.search(clause, one.text))
            if re.search(index, one.text)
        ]

    # -- the executor's windows -----------------------------------------------------------------------------

    @property
    def baseline_window(self) -> Window | None:
        """The window before the index was added."""
        before = [read for read in self.metric_reads if not self.adds or read.started < self.adds[0].started]
        return self._window(before)

    @property
    def metrics_window(self) -> Window | None:
        """The window after the index was added, up to the rollback if there was one."""
        if self.added is None or self.added.ended is None:
            return None
        start, end = self.added.ended, self.drops[0].started if self.drops else None
        return self._window(
            [read for read in self.metric_reads if read.started >= start and (end is None or read.started < end)]
        )

    def _window(self, reads: list[Statement]) -> Window | None:
        if len(reads) < 2:
            return None
        opened, closed = reads[0].ended or reads[0].started, reads[-1].started
        return Window(
            reads[0].started, opened, closed, [s for s in self.workload if s.ended and opened <= s.ended <= closed]
        )

    def measured(self) -> dict[str, tuple[float, float]]:
        """(before, after) of each measure per execution, as the server measured them in the executor's two windows.

        Empty when the executor did not open and close both windows. Latency is in seconds.
        """
        before, after = self.baseline_window, self.metrics_window
        if before is None or after is None:
            return {}
        return {name: (before.average(measure), after.average(measure)) for name, measure in _MEASURES.items()}

    def worse(self) -> list[str]:
        """The measures in which the server saw a degradation beyond the thresholds."""
        return [name for name, (before, after) in self.measured().items() if after > before * _FACTORS[name]]

    # -- what the executor says -----------------------------------------------------------------------------

    def said(self, column: str) -> str:
        """A column of the run's row, in words; ``NULL`` for none."""
        value = (self.row or {}).get(column)
        return "NULL" if value is None else str(value)

    @property
    def status(self) -> str:
        """The run's status by its row, in capitals as the result log has it; ``NO ROW`` without one."""
        return str(self.row["status"]).upper() if self.row else "NO ROW"

    def ended_as(self, *statuses: str) -> bool:
        """The run's row has one of these statuses of the contract."""
        return self.status in [status.upper() for status in statuses]
