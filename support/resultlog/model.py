"""What a result log says of its test cases, before it is written."""

from dataclasses import dataclass, field
from typing import Any

from support.form import Priority
from support.record.evidence import Observation
from support.result_words import PASS, UNJUDGED
from support.resultlog.boxes import Choice


@dataclass(frozen=True)
class Query:
    """A verification query. ``rows`` is None when it was not run."""

    title: str
    sql: str
    rows: list[dict[str, Any]] | None
    time: str = ""


@dataclass
class ScenarioLog:
    """One scenario. ``title`` is what its name adds to that of its test case.

    ``unmet`` is the need for which it was left out.
    """

    title: str
    location: str
    result: str
    description: str
    rows: list[Observation]
    details: list[tuple[str, str]]
    observations: list[str]
    queries: list[Query]
    failure: str = ""
    blames: str = ""
    unmet: str = ""
    copies: list[tuple[str, str]] = field(default_factory=list)

    @property
    def differing(self) -> list[Observation]:
        """The rows that are not as expected."""
        return [row for row in self.rows if row.differs]

    @property
    def ran(self) -> bool:
        """It was judged."""
        return self.result not in UNJUDGED

    @property
    def failed(self) -> bool:
        """It ran and did not pass."""
        return self.result not in (PASS, *UNJUDGED)


@dataclass
class CaseLog:
    """One test case: 2.1–2.10, and its rows in the tables. ``own`` has the form's own table."""

    id: str
    section: str
    title: str
    name: str
    description: str
    priority: Priority
    result: str
    expected_status: str
    actual_status: str
    reference: str
    note: str
    own: ScenarioLog
    further: list[ScenarioLog]
    unrun: list[str]
    count: str
    logs: list[str]

    @property
    def scenarios(self) -> list[ScenarioLog]:
        """All of them, the one with the form's own table first."""
        return [self.own, *self.further]

    @property
    def failed(self) -> list[ScenarioLog]:
        """Those that failed."""
        return [scenario for scenario in self.scenarios if scenario.failed]


@dataclass(frozen=True)
class Blocker:
    """A row of the "Critical Tests"."""

    priority: str
    case_id: str
    name: str
    reason: str
    choice: Choice


@dataclass(frozen=True)
class BlockerCount:
    """A row of the "Blocker Status Summary"."""

    kind: str
    total: int
    passed: int
    failed: int
    choice: Choice
    strong: bool = False
