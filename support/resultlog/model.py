"""What a result log says, before it is written. None stands for a blank that a person fills."""

from dataclasses import dataclass, field
from typing import Any

from support.form import Priority
from support.result_words import PASS, UNJUDGED
from support.resultlog.boxes import Choice, pass_fail


@dataclass(frozen=True)
class Row:
    """A row of a Field/Expected/Actual table. ``verdict`` is PASS, FAIL, UNKNOWN, NOT RUN or N/A."""

    field: str
    expected: str
    actual: str
    verdict: str
    because: str = ""

    @property
    def differs(self) -> bool:
        """True for what was observed and is not as expected, or could not be observed."""
        return self.verdict not in (PASS, *UNJUDGED)


@dataclass(frozen=True)
class Query:
    """A verification query. ``rows`` is None when it was not run."""

    title: str
    sql: str
    rows: list[dict[str, Any]] | None
    time: str = ""


@dataclass
class ScenarioLog:
    """One scenario. ``number`` counts within its test case, from 1; ``title`` is what its name adds to that.

    ``unmet`` is the need for which it was left out.
    """

    number: int
    title: str
    location: str
    result: str
    description: str
    rows: list[Row]
    details: list[tuple[str, str]]
    observations: list[str]
    queries: list[Query]
    failure: str = ""
    blames: str = ""
    unmet: str = ""
    copies: list[tuple[str, str]] = field(default_factory=list)

    @property
    def differing(self) -> list[Row]:
        """The rows that are not as expected."""
        return [row for row in self.rows if row.differs]

    @property
    def strong_choice(self) -> Choice:
        """Its result."""
        return pass_fail(self.result, strong=True)

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
    behaviour: str
    reference: str
    note: str
    own: ScenarioLog
    further: list[ScenarioLog]
    unrun: list[str]
    count: str
    notes: list[str]
    logs: list[str]
    security: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def scenarios(self) -> list[ScenarioLog]:
        """All of them, the one with the form's own table first."""
        return [self.own, *self.further]

    @property
    def choice(self) -> Choice:
        """Its result in the tables."""
        return pass_fail(self.result)

    @property
    def strong_choice(self) -> Choice:
        """Its result under the details."""
        return pass_fail(self.result, strong=True)

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


@dataclass(frozen=True)
class FailureBlock:
    """A block of 3.4."""

    case_id: str
    name: str
    summary: list[str]
    cause: list[str]
    impacts: list[tuple[str, bool]]
    action: list[str]
    again: list[str]


@dataclass(frozen=True)
class Issue:
    """A row of 4.1."""

    number: int
    text: str
    severity: str
    case_id: str


@dataclass(frozen=True)
class ChecklistRow:
    """A row of 1.3 or 5."""

    number: int
    item: str
    choice: Choice


@dataclass(frozen=True)
class EvidenceRow:
    """A row of the appendix of hashes."""

    record: str
    scenario: str
    sha256: str


@dataclass
class Log:
    """The whole result log."""

    title: str
    decision: str
    decision_choice: Choice
    reasons: list[str]
    troubles: list[str]
    information: list[tuple[str, str | None]]
    environment: list[tuple[str, str]]
    pre_checks: list[ChecklistRow]
    pre_notes: list[str]
    cases: list[CaseLog]
    beyond: list[tuple[str, str, str, str]]
    overall: Choice
    completed: Choice
    passed: int
    failed: int
    skipped: int
    critical: list[Blocker]
    blockers: list[BlockerCount]
    failures: list[FailureBlock]
    issues: list[Issue]
    observations: list[str]
    recommendations: list[str]
    clean_up: list[ChecklistRow]
    clean_up_script: str
    tester: str | None
    reviewer: str | None
    conditions: str
    log_folders: list[str]
    common_logs: list[str]
    schema: str
    evidence: list[EvidenceRow]

    @property
    def total(self) -> int:
        """How many test cases there are."""
        return len(self.cases)
