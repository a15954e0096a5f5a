"""The executor's metrics windows, and what is measured in them."""

from dataclasses import dataclass, replace
from datetime import datetime

from support.contract import LATENCY_DEGRADATION, ROWS_EXAMINED_DEGRADATION
from support.history.statements import Statement

MEASURES = {"latency": "seconds", "rows examined": "rows_examined", "full scans": "full_scan"}
"""By measure the attribute of a statement."""

LIMITS = {
    "latency": ("LATENCY_DEGRADATION_THRESHOLD", LATENCY_DEGRADATION),
    "rows examined": ("ROWS_EXAMINED_DEGRADATION_THRESHOLD", ROWS_EXAMINED_DEGRADATION),
    "full scans": ("", 0.0),
}
"""By measure the variable with the share by which it may grow, and that share where a worker was not told."""


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

    def of(self, digest: str) -> "Window":
        """The same window of the queries of one digest."""
        return replace(self, samples=[one for one in self.samples if one.digest == digest])

    @property
    def last_sample(self) -> str | None:
        """When the last sample ended, in seconds from the opening; None without samples."""
        ends = [(sample.ended - self.opened).total_seconds() for sample in self.samples if sample.ended]
        return f"{max(ends):.3f} s" if ends else None

    def average(self, measure: str) -> float:
        """The mean of ``seconds``, ``rows_examined`` or ``full_scan`` over the samples; 0 without samples."""
        return sum(getattr(sample, measure) for sample in self.samples) / len(self.samples) if self.samples else 0.0
