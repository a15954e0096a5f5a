"""All that happened in one scenario, read once, from every side: what Fields, rules and cause are functions of."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime

from support.contract import CallKind
from support.history.calls import UNDER_A_LEASE, Call, RunRow, name_of
from support.history.change import Index, RunSpec
from support.history.notes import Notes
from support.history.statements import Statement
from support.history.windows import LIMITS, MEASURES, Window

NOTED_LATE_SECONDS = 0.5
"""How long a server may take to note that a statement has ended once its sender has the answer."""


@dataclass
class Participant:
    """A worker, as the suite saw it from outside: all its processes of one number.

    ``given`` are the contract's variables that decide what it has to do, in the contract's units. ``frozen`` is when it
    was stopped. ``connections`` are the server's ids of its connections, None for one that the server did not greet.
    """

    number: int
    calls: list[Call]
    killed: AwareDatetime | None
    exit_status: int | None
    given: dict[str, float] = field(default_factory=dict)
    started: AwareDatetime | None = None
    ended: AwareDatetime | None = None
    frozen: AwareDatetime | None = None
    last_words: str = ""
    connections: list[int | None] = field(default_factory=list)

    def __str__(self) -> str:
        return name_of(self.number)

    @property
    def worker_id(self) -> str:
        """The WORKER_ID that it was given."""
        return f"worker-{self.number}"

    def calls_of(self, kind: CallKind) -> list[Call]:
        """Its calls of one kind, in order."""
        return [call for call in self.calls if call.kind == kind]

    def may_grow(self, measure: str) -> float:
        """The share by which a measure may grow by what this worker was told."""
        variable, default = LIMITS[measure]
        return self.given.get(variable, default)

    @property
    def claim(self) -> Call | None:
        """Its first claim."""
        return next(iter(self.calls_of("claim")), None)

    @property
    def granted(self) -> list[Call]:
        """Its claims that were granted."""
        return [call for call in self.calls if call.is_granted_claim]

    @property
    def writes(self) -> list[Call]:
        """Its calls that need the lease."""
        return [call for call in self.calls if call.kind in UNDER_A_LEASE]


@dataclass(kw_only=True)
class History(Notes):
    """All that happened in one scenario, and how things stand at its end: what is judged, and nothing else is.

    ``participants`` are by the number the result log gives them, which is the order of their roles, not of their start.
    ``statements`` are all that workers sent, and everybody's schema changes; ``workload`` are the application's queries.
    ``row`` and ``told`` are the run at the end, by its row and by the API. ``foreign_rows`` names rows about other runs, ``leaks``
    where a secret is that has no business there, ``left_running`` workers of which a process still runs,
    ``left_connected`` what workers that had ended by themselves left on the server, by their names.
    ``beside`` are workers that carry out other runs meanwhile, by the ids of these.
    ``apart`` is how far, in seconds, the times of calls and those of statements may be from each other.
    """

    run: RunSpec
    row: dict[str, Any] | None
    told: dict[str, Any]
    claims: list[dict[str, Any]]
    rollbacks: list[dict[str, Any]]
    audit: list[dict[str, Any]]
    index: Index | None
    statements: list[Statement]
    workload: list[Statement]
    participants: dict[int, Participant]
    unexpected_changes: list[str]
    min_samples: int
    foreign_rows: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    left_running: list[str] = field(default_factory=list)
    switches: list[dict[str, Any]] = field(default_factory=list)
    left_connected: dict[str, list[str]] = field(default_factory=dict)
    beside: dict[str, Participant] = field(default_factory=dict)
    apart: float = 0.001

    def before(self, first: datetime, second: datetime) -> bool | None:
        """``first`` was before ``second``; None if they are nearer to each other than their clocks can tell."""
        seconds = (second - first).total_seconds()
        return None if abs(seconds) < self.apart else seconds > 0

    def done_before(self, statement: Statement, moment: datetime) -> bool | None:
        """The server had carried the statement out by then; None if nobody can tell, for a busy one notes ends late."""
        if statement.ended is None or statement.started >= moment:
            return False
        if self.before(statement.ended, moment):
            return True
        return None if (statement.ended - moment).total_seconds() < NOTED_LATE_SECONDS else False

    @property
    def calls(self) -> list[Call]:
        """All calls of all workers, and the suite's own about the run, in the order of their arrival."""
        return [call for call in self.all_calls if not call.by_the_suite or call.about == self.run.id]

    @property
    def all_calls(self) -> list[Call]:
        """The same, with the suite's calls about other runs, and about none."""
        calls = [*self.suite_calls, *(call for one in self.participants.values() for call in one.calls)]
        return sorted(calls, key=lambda call: call.arrived)

    def by(self, worker: Participant, statements: list[Statement]) -> list[Statement]:
        """Those that the worker sent."""
        return [one for one in statements if one.owner == str(worker)]

    def reports_of(self, status: str) -> list[tuple[Participant, Call]]:
        """Every report of this end of the run, with the worker that sent it."""
        return [
            (worker, call)
            for worker in self.participants.values()
            for call in worker.calls_of("status")
            if call.request_json.get("status") == status
        ]

    @property
    def end_report(self) -> Call | None:
        """The report by which the run came to its end."""
        reports = (call for call in self.calls if call.reports_an_end and call.reached_the_api)
        return next((call for call in reports if call.row_ended), None)

    @property
    def ended_at(self) -> datetime | None:
        """When the report of the end was answered; None while the run has none."""
        return self.end_report.answered if self.end_report else None

    @property
    def ended_by(self) -> str:
        """Whose report ended the run."""
        return self.end_report.worker if self.end_report else "nobody"

    @property
    def states(self) -> list[RunRow]:
        """The run's row as it was seen before and after each call, in order."""
        rows = (row for call in self.calls for row in (call.row_before, call.row_after) if row)
        return sorted(rows, key=lambda row: row.at)

    # -- what the server counted ----------------------------------------------------------------------------

    @property
    def changes(self) -> list[Statement]:
        """The schema changes, whoever sent them."""
        return [one for one in self.statements if one.changes_schema]

    @property
    def metric_reads(self) -> list[Statement]:
        """The reads of the digest table."""
        return [one for one in self.statements if one.reads_metrics]

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
        name = self.run.index_name
        index = rf"(?<![0-9A-Za-z_$]){re.escape(name)}(?![0-9A-Za-z_$])|`{re.escape(name.replace('`', '``'))}`"
        return [
            one
            for one in self.changes
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

    def _window(self, every_read: list[Statement]) -> Window | None:
        reads = [one for one in every_read if not one.errno]
        if len(reads) < 2:
            return None
        opened, closed = reads[0].ended or reads[0].started, reads[-1].started
        return Window(
            reads[0].started, opened, closed, [s for s in self.workload if s.ended and opened <= s.ended <= closed]
        )

    def measured(self, digest: str) -> dict[str, tuple[float, float]]:
        """(before, after) of each measure per execution of a digest, as the server measured them in the executor's windows.

        Empty when the executor did not open and close both windows. Latency is in seconds.
        """
        if self.baseline_window is None or self.metrics_window is None:
            return {}
        before, after = self.baseline_window.of(digest), self.metrics_window.of(digest)
        return {name: (before.average(measure), after.average(measure)) for name, measure in MEASURES.items()}

    def worse_in(self, digest: str) -> list[str]:
        """The measures in which the server saw a digest get worse beyond what the workers were told to allow."""
        shares = {
            name: max((one.may_grow(name) for one in self.participants.values()), default=0.0) for name in MEASURES
        }
        return [name for name, (before, after) in self.measured(digest).items() if after > before * (1 + shares[name])]

    def samples_of(self, digest: str) -> list[int]:
        """How many executions of it each window has to judge by: none in one in which the counters went back."""
        back, windows = self.counters_set_back, (self.baseline_window, self.metrics_window)
        return [
            0 if window is None or (back and window.opened <= back <= window.closed) else len(window.of(digest).samples)
            for window in windows
        ]

    def worse(self) -> list[str]:
        """The measures in which one of the run's digests that can be judged got worse."""
        judged = [one for one in self.run.query_digests if min(self.samples_of(one)) >= self.min_samples]
        return [name for name in MEASURES if any(name in self.worse_in(one) for one in judged)]

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
