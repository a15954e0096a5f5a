"""What the phrases of one scenario share: the run under test, what is planned for it, its workers, and its evidence."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from support.contract import LOCK_NONE_REFUSED, ROLLBACK_FAILED, TEST_TABLES
from support.errors import SuiteError
from support.gateway.faults import Fault
from support.gateway.gates import CallGate
from support.history.calls import Call, RunRow
from support.history.change import RunSpec
from support.history.notes import Notes
from support.mysql import tables
from support.mysql.database import quoted
from support.mysql.gates import TableGate
from support.record.evidence import Evidence
from support.scenario.workload import Measured
from support.settings import Settings
from support.stacks.stack import Stack
from support.stacks.worker import Worker
from support.waiting import eventually

BASELINE, INDEX, WINDOW = "the baseline window opens", "the index exists", "the metrics window opens"
MOMENTS = (BASELINE, INDEX, WINDOW)
"""The moments of a run at which a scenario can act, in the order in which they come."""

REST = (
    "connection_id", "action", "table_name", "index_name", "columns", "query_digests", "message", "error_message",
    "claimed_at",
)  # fmt: skip
"""The contract's columns of a run that each look compares as they are."""

RECORDS = {
    "execution_claims": "execution_run_id = %s",
    "rollbacks": "execution_run_id = %s",
    "audit_logs": f"resource_id = %s AND action = '{ROLLBACK_FAILED}'",  # there may be more than workers send
}
"""The tables with what is recorded for a run, and which of their rows are counted at each look."""

RUN_ROW = (
    f"SELECT status, fail_reason, claimed_by, {', '.join(map(quoted, REST))},"
    " TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), lease_expires_at) AS lease, UTC_TIMESTAMP(6) AS now, "
    + ", ".join(f"(SELECT COUNT(*) FROM {table} WHERE {which}) AS {table}" for table, which in RECORDS.items())
    + " FROM execution_runs WHERE id = %s"
)


@dataclass
class Plan:
    """What is to happen beside the workers: ``at`` each moment, in this order; and who claims the run as worker 1 is killed.

    ``fault`` meets worker 1's kill-switch calls: from the first one, or from the first after the index exists.
    ``times`` are the contract's variables of worker 1, in lower case, that differ from the run's settings. ``arrangements``
    are made with every worker before it starts.
    """

    at: defaultdict[str, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))
    fault: Fault | None = None
    fault_once_index_exists: bool = False
    claims_at_the_crash: int | None = None
    times: dict[str, float] = field(default_factory=dict)
    arrangements: list[Callable[[Worker], None]] = field(default_factory=list)


class Case:
    """A scenario in progress.

    ``measured`` are the application's queries that the run is about, if it is about any, and ``digests`` all that it names,
    of queries that never run, too. ``schema`` is what the schema has to be at the end but for the run's own index.
    ``table_gates`` are by table; ``waited`` is the statement with which worker 1 waited at one. ``frozen_call`` is the gate
    at the call in whose middle worker 1 froze. ``workers`` has the worker that was made last by its number; ``roles`` maps
    a worker's number in the result log to that of its process, where the two differ. ``beside`` are workers that carry out
    other runs meanwhile, by the ids of these; ``run_beside`` is such a run.
    """

    def __init__(self, stack: Stack, settings: Settings, evidence: Evidence, logs: Path) -> None:
        self.stack, self.settings, self.evidence, self.database = stack, settings, evidence, stack.database
        self.plan, self.notes, self._logs = Plan(), Notes(), logs
        self.workers: dict[int, Worker] = {}
        self.roles: dict[int, int] = {}
        self.beside: dict[str, Worker] = {}
        self.run_beside: RunSpec | None = None
        self.measured: list[Measured] = []
        self.digests: list[str] = []
        self.schema = stack.pristine
        self.table_gates: dict[str, TableGate] = {}
        self.frozen_call: CallGate | None = None
        self.waited = ""
        self._run: RunSpec | None = None
        self._clean_ups: list[Callable[[], object]] = []
        self._clear()
        self.at_the_end(self._clear)  # once all that was made later is undone
        self.stack.journal.mark()

    def _clear(self) -> None:
        """Empty the executor's tables and take away the indexes that runs have left, as they were to."""
        tables.empty_state(self.database)
        for index in tables.indexes(self.database, self.stack.schema):
            if index.table in TEST_TABLES and index not in self.stack.pristine.indexes:
                self.database.execute(f"ALTER TABLE {quoted(index.table)} DROP INDEX {quoted(index.name)}")

    def at_the_end(self, clean_up: Callable[[], object]) -> None:
        """Have something undone when the scenario is over, last things first."""
        self._clean_ups.append(clean_up)

    def close(self) -> list[str]:
        """Undo what the scenario did; what went wrong is returned, and nothing is left out for it."""
        troubles = []
        for clean_up in reversed(self._clean_ups):
            try:
                clean_up()
            except Exception as error:  # noqa: BLE001 - the rest still has to be cleaned up
                troubles.append(f"{type(error).__name__}: {error}")
        return troubles

    def change_schema(self, statement: str) -> None:
        """Change the schema as part of the scenario's preparation; what it is then is what it has to stay."""
        self.database.execute(statement)
        self.schema = tables.look(self.database, self.stack.schema)

    def table_gate(self, table: str) -> TableGate:
        """A gate at a table, still open; released with the scenario at the latest."""
        return self.hold(TableGate(self.database, self.stack.accounts.app, table))

    def hold(self, gate: TableGate) -> TableGate:
        """The same for a gate of another kind."""
        self.table_gates[gate.table] = gate
        self.at_the_end(gate.release)
        return gate

    # -- the run --------------------------------------------------------------------------------------------

    @property
    def run(self) -> RunSpec:
        """The run under test."""
        if self._run is None:
            raise SuiteError("this phrase needs an execution run; say which one in a Given before it")
        return self._run

    def approve(self, run: RunSpec) -> None:
        """This is the run under test; it is scheduled when the work begins."""
        self._run = run
        self.notes.expected_errors += LOCK_NONE_REFUSED  # the server's answer where it cannot do it online

    def eventually(self, check: Callable[[], object], what: str) -> None:
        """Wait for something for as long as the run's patience lasts; errors as of the function of that name."""
        eventually(check, within=self.settings.patience, what=what)

    def index_exists(self) -> bool:
        """The run's index is on the server now."""
        indexes = tables.indexes(self.database, self.stack.schema)
        return tables.find_index(indexes, self.run.table_name, self.run.index_name) is not None

    def lease_end(self) -> datetime | None:
        """When the run's lease ends by the database's clock, in UTC without a zone; None if it was never claimed."""
        end: datetime | None = self.database.value(
            "SELECT lease_expires_at FROM execution_runs WHERE id = %s", (self.run.id,)
        )
        return end

    def lease_seconds_left(self) -> float:
        """Seconds until the run's lease ends by the database's clock; 0 when it has run out."""
        left = self.database.value(
            "SELECT TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), lease_expires_at) FROM execution_runs WHERE id = %s",
            (self.run.id,),
        )
        return max(0.0, float(left or 0) / 1e6)

    def run_row(self, run_id: str | None = None) -> RunRow | None:
        """How the run under test, or another one, stands now; None if there is no such run."""
        row = self.database.first(RUN_ROW, [run_id or self.run.id] * (len(RECORDS) + 1))
        if row is None:
            return None
        lease = None if row["lease"] is None else float(row["lease"]) / 1e6
        rest = ", ".join(f"{name}: {'NULL' if row[name] is None else row[name]}" for name in REST)
        records = ", ".join(f"{table}: {row[table]} rows" for table in RECORDS)
        now = row["now"].replace(tzinfo=UTC)
        return RunRow(now, row["status"], row["fail_reason"], row["claimed_by"], lease, rest, records)

    # -- its workers ----------------------------------------------------------------------------------------

    def new_worker(self, number: int) -> Worker:
        """Worker ``number``, not yet started, with a process of its own; the run is scheduled with the first."""
        if not self.workers:
            self.schedule()
        earlier = self.workers.get(number)
        worker = self._worker_for(self.run.id, number, **(self.plan.times if number == 1 else {}))
        if earlier is not None:
            worker.earlier_calls, worker.earlier_connections = earlier.all_calls, earlier.connections
        self.workers[number] = worker
        worker.gateway.on_arrival, worker.gateway.look_at_run = self._note_index, self.run_row
        for arrange in self.plan.arrangements:
            arrange(worker)
        return worker

    def new_worker_beside(self, run_id: str, number: int) -> Worker:
        """The same for another run, which is scheduled already."""
        worker = self.beside[run_id] = self._worker_for(run_id, number)
        return worker

    def _worker_for(self, run_id: str, number: int, **times: float) -> Worker:
        log = self._logs / f"worker-{number}.log"
        worker = self.stack.worker(number, run_id, log, **times)
        self.at_the_end(worker.end)
        if str(log) not in self.evidence.logs:
            self.evidence.logs.append(str(log))
        return worker

    def start(self, worker: Worker) -> None:
        """Start the worker's process."""
        worker.start()
        self.evidence.fact(f"Worker {worker.number} Start Time", worker.name, worker.started)

    def calls(self) -> list[Call]:
        """All calls of all workers."""
        return [call for worker in self.workers.values() for call in worker.all_calls]

    def schedule(self) -> None:
        """Hand the run under test to the executor."""
        self.run.query_digests = self.digests
        if self.run.has_plain_names:
            self.stack.api.create_run(self.run)
        else:
            self.notes.turned_down = not self.stack.api.create_or_be_refused(self.run)
        for one in self.measured:
            one.counted_before = one.workload.counted(self.database, self.stack.schema)
        self.stack.journal.mark()

    def _note_index(self, call: Call) -> None:
        if call.kind == "kill switch":
            call.after_index = self.index_exists()
