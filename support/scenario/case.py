"""One scenario in progress: the run under test, what is planned for it, its workers, and its evidence."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from support import verification_queries
from support.errors import SuiteError, TestEnvironmentError
from support.gateway.calls import Call
from support.gateway.faults import Fault
from support.gateway.gates import CallGate
from support.judgement.workload_check import refuse_a_failed_workload
from support.judgement.world import Participant, World
from support.mysql import tables
from support.mysql.database import quoted
from support.mysql.gates import RowGate, TableGate
from support.mysql.statements import Statement
from support.record.evidence import Evidence
from support.scenario.workload import Workload
from support.settings import Settings
from support.stacks.saas_api import RunSpec
from support.stacks.stack import Stack
from support.stacks.worker import Worker

BASELINE, INDEX, WINDOW = "the baseline window opens", "the index exists", "the metrics window opens"
MOMENTS = (BASELINE, INDEX, WINDOW)
"""The moments of a run at which a scenario can act, in the order in which they come."""


@dataclass
class Plan:
    """What is to happen beside the workers: actions by moment, a fault of kill-switch calls, early and double requests."""

    actions: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    fault: Fault | None = None
    fault_once_index_exists: bool = False
    claims_at_the_crash: int | None = None
    answer_to_same_id: str | None = None

    def at(self, moment: str, action: Callable[[], None]) -> None:
        """Add an action; those of one moment are done in the order they were added."""
        self.actions.setdefault(moment, []).append(action)


class Case:
    """The state that the phrases of one scenario share.

    ``worker_times`` are the contract's variables of worker 1 that differ from the run's settings; ``roles`` maps a worker's number
    in the result log to that of its process, where the two differ. ``samples`` are the executions of the application's
    query in the two windows, ``intended`` the measure that is to come out worse.
    """

    def __init__(self, stack: Stack, settings: Settings, evidence: Evidence, logs: Path) -> None:
        self.stack, self.settings, self.evidence, self._logs = stack, settings, evidence, logs
        self.database, self.plan = stack.database, Plan()
        self.workers: dict[int, Worker] = {}
        self.roles: dict[int, int] = {}
        self.worker_times: dict[str, float] = {}
        self.workload: Workload | None = None
        self.samples: tuple[int, int] | None = None
        self.intended: str | None = None
        self.index_before: tables.Index | None = None
        self.lease_end_before_takeover: datetime | None = None
        self.calls_before_takeover: list[Call] = []
        self.gates: dict[str, TableGate] = {}
        self.frozen: CallGate | None = None
        self._spec: RunSpec | None = None
        self._submitted, self._count_before = False, 0
        self._clean_ups: list[Callable[[], None]] = []
        self._statements: list[Statement] | None = None
        self._expected = stack.pristine
        self._clear()
        self.stack.journal.mark()

    def _clear(self) -> None:
        """Empty the executor's tables and take away what indexes an earlier scenario left, as its run was to."""
        tables.empty_state(self.database)
        for index in tables.indexes(self.database, self.stack.schema):
            if index.table in tables.JUDGED_TABLES and index not in self.stack.pristine.indexes:
                self.database.execute(f"ALTER TABLE {quoted(index.table)} DROP INDEX {quoted(index.name)}")

    def at_the_end(self, clean_up: Callable[[], None]) -> None:
        """Have something undone when the scenario is over, last things first."""
        self._clean_ups.append(clean_up)

    def change_schema(self, statement: str) -> None:
        """Change the schema as part of the scenario's preparation; what it is then is what it has to stay."""
        self.database.execute(statement)
        self._expected = tables.look(self.database, self.stack.schema)

    # -- the run and its workers ----------------------------------------------------------------------------

    @property
    def spec(self) -> RunSpec:
        """The run under test."""
        if self._spec is None:
            raise SuiteError("this phrase needs an execution run; say which one in a Given before it")
        return self._spec

    def approve(self, spec: RunSpec) -> None:
        """This is the run under test; it is scheduled when the work begins."""
        self._spec = spec

    def _submit(self) -> None:
        if not self._submitted:
            if self.workload is not None:
                self.spec.query_digests = [self.workload.digest]
            self.stack.api.create_run(self.spec)
            self._submitted = True
            self._count_before = self._count()
            self.stack.journal.mark()

    def _count(self) -> int:
        """How many executions of the application's query the server has counted, as the executor is told."""
        if self.workload is None:
            return 0
        return int(
            self.database.value(
                "SELECT COUNT_STAR FROM performance_schema.events_statements_summary_by_digest"
                " WHERE SCHEMA_NAME = %s AND DIGEST = %s",
                (self.stack.schema, self.workload.digest),
            )
        )

    def new_worker(self, number: int) -> Worker:
        """Worker ``number``, not yet started; a new process if the one before it has ended."""
        self._submit()
        earlier = self.workers.get(number)
        log = self._logs / f"worker-{number}.log"
        worker = self.stack.worker(number, self.spec.id, log, **(self.worker_times if number == 1 else {}))
        self.at_the_end(worker.end)
        if earlier is not None:
            worker.earlier_calls = [*earlier.earlier_calls, *earlier.gateway.calls]
        self.workers[number] = worker
        if str(log) not in self.evidence.logs:
            self.evidence.logs.append(str(log))
        worker.gateway.on_arrival = self._note_index
        return worker

    def _note_index(self, call: Call) -> None:
        if call.kind == "kill switch":
            call.after_index = self.index_exists()

    def start(self, worker: Worker) -> None:
        """Start the worker's process."""
        worker.start()
        self.evidence.fact(f"Worker {worker.number} Start Time", worker.name, worker.started)

    def table_gate(self, table: str) -> TableGate:
        """A gate at a table, still open; released with the scenario at the latest."""
        gate = self.gates[table] = TableGate(self.database, self.stack.accounts.app, table)
        self.at_the_end(gate.release)
        return gate

    def row_gate(self) -> RowGate:
        """A gate at the run's row, still open; released with the scenario at the latest."""
        gate = RowGate(self.database, self.stack.accounts.suite, self.spec.id)
        self.at_the_end(gate.release)
        return gate

    def index_exists(self) -> bool:
        """The run's index is on the server now."""
        return self._find_index(tables.indexes(self.database, self.stack.schema)) is not None

    def _find_index(self, among: Iterable[tables.Index]) -> tables.Index | None:
        return tables.find_index(among, self.spec.table_name, self.spec.index_name)

    def lease_end(self) -> datetime | None:
        """When the lease of the run ends, by the database's clock, in UTC without a zone."""
        return self.database.value("SELECT lease_expires_at FROM execution_runs WHERE id = %s", (self.spec.id,))

    def database_time(self) -> datetime:
        """The database's clock, in UTC without a zone."""
        return self.database.value("SELECT UTC_TIMESTAMP(6)")

    def lease_left(self) -> float:
        """Seconds until then, by the database's clock; 0 when it has run out."""
        left = self.database.value(
            "SELECT TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), lease_expires_at) FROM execution_runs WHERE id = %s",
            (self.spec.id,),
        )
        return max(0.0, float(left or 0) / 1e6)

    # -- after the work -------------------------------------------------------------------------------------

    def look(self) -> World:
        """Read everything there is to see, once all workers have ended.

        :raises TestEnvironmentError: a part of the test environment is gone, or was too slow for anything to be said.
        """
        self.stack.check_alive()
        for call in self._calls():
            if call.trouble:
                raise TestEnvironmentError(call.trouble)
        run_id, found = self.spec.id, tables.look(self.database, self.stack.schema)
        index = self._find_index(found.indexes)
        threads = self.workload.threads if self.workload else []
        statements = self.stack.journal.read(threads)
        self._statements = [statement for statement in statements if statement.changes_schema]
        world = World(
            run=self.spec,
            row=self.database.one("SELECT * FROM execution_runs WHERE id = %s", (run_id,)),
            told=self.stack.api.run(run_id),
            claims=self.database.rows("SELECT * FROM execution_claims WHERE execution_run_id = %s", (run_id,)),
            rollbacks=self.database.rows("SELECT * FROM rollbacks WHERE execution_run_id = %s", (run_id,)),
            audit=self.database.rows("SELECT * FROM audit_logs WHERE resource_id = %s", (run_id,)),
            index=index,
            index_before=self.index_before,
            statements=self._statements,
            metric_reads=[statement for statement in statements if statement.reads_metrics],
            workload=[statement for statement in statements if statement.thread in threads],
            participants={role: self._participant(role) for role in self.workers},
            unexpected_changes=tables.differences(self._expected_with(index), found),
            min_samples=self.settings.min_sample_count,
            lease_end_before_takeover=self.lease_end_before_takeover,
            calls_before_takeover=self.calls_before_takeover,
            answer_to_same_id=self.plan.answer_to_same_id,
        )
        if self.samples is not None:
            counted = self._count() - self._count_before
            length = self.settings.scaled(self.settings.metrics_window_seconds)
            refuse_a_failed_workload(world, counted, self.samples, self.intended, self.stack.journal.hidden, length)
        self._record(world)
        return world

    def _calls(self) -> list[Call]:
        return [call for worker in self.workers.values() for call in worker.all_calls]

    def _participant(self, role: int) -> Participant:
        worker = self.workers[self.roles.get(role, role)]
        return Participant(
            worker.number, worker.all_calls, worker.started, worker.ended, worker.killed, worker.exit_status
        )

    def _expected_with(self, index: tables.Index | None) -> tables.Snapshot:
        """The state a scenario may end in: as before, or with the run's own index, whose presence its Fields judge."""
        before = self._expected
        if index is None or index in before.indexes or list(index.columns) != self.spec.columns or index.unique:
            return before
        return tables.Snapshot(before.tables, before.columns, before.indexes | {index}, before.rows)

    def _record(self, world: World) -> None:
        self.evidence.actual_status = world.status
        window = world.metrics_window
        if window:
            self.evidence.fact("Metrics Window", f"{window.seconds:.3f} s by the server's clock", window.opened)
            self.evidence.fact("Sample Count Observed", len(window.samples), window.closed)
            self.evidence.fact("Last sample ended after", window.last_sample)
        self.evidence.queries += verification_queries.run(self.database, self.evidence.id, world.run)

    def collect(self) -> None:
        """Take transcripts, statements and the workers' times into the evidence, whatever became of the scenario."""
        self.evidence.add_calls(self._calls())
        self.evidence.workers += [worker.record() for worker in self.workers.values()]
        statements = self.stack.journal.schema_changes() if self._statements is None else self._statements
        self.evidence.statements += [vars(statement) for statement in statements]

    def close(self) -> list[str]:
        """Undo what the scenario did, last things first; what went wrong is returned, and nothing is left out for it."""
        troubles = []
        for clean_up in reversed(self._clean_ups):
            try:
                clean_up()
            except Exception as error:  # noqa: BLE001 - the rest still has to be cleaned up
                troubles.append(f"{type(error).__name__}: {error}")
        return troubles
