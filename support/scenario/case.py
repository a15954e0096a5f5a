"""What the phrases of one scenario share: the run under test, what is planned for it, its workers, and its evidence."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from support.contract import TEST_TABLES
from support.errors import SuiteError
from support.gateway.calls import Call
from support.gateway.gates import CallGate
from support.mysql import tables
from support.mysql.database import quoted
from support.mysql.gates import RowGate, TableGate
from support.record.evidence import Evidence
from support.scenario.clean_ups import CleanUps
from support.scenario.lease import Lease
from support.scenario.plan import Plan
from support.scenario.workers import Workers
from support.scenario.workload import Measured
from support.settings import Settings
from support.stacks.saas_api import RunSpec
from support.stacks.stack import Stack
from support.stacks.worker import Worker


@dataclass
class Notes:
    """What phrases keep for the observations; each as in ``World``."""

    index_before: tables.Index | None = None
    lease_end_before_takeover: datetime | None = None
    calls_before_takeover: list[Call] = field(default_factory=list)
    answer_to_same_id: str | None = None


class Case:
    """A scenario in progress.

    ``measured`` are the application's queries that the run is about, if it is about any. ``schema`` is what the schema
    has to be at the end but for the run's own index. ``table_gates`` are by table.
    """

    def __init__(self, stack: Stack, settings: Settings, evidence: Evidence, logs: Path) -> None:
        self.stack, self.settings, self.evidence, self.database = stack, settings, evidence, stack.database
        self.plan, self.notes, self._clean_ups = Plan(), Notes(), CleanUps()
        self.workers = Workers(stack, evidence, logs, self._clean_ups)
        self.measured: Measured | None = None
        self.schema = stack.pristine
        self.table_gates: dict[str, TableGate] = {}
        self._frozen_call: CallGate | None = None
        self._run: RunSpec | None = None
        self._scheduled = False
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
        self._clean_ups.add(clean_up)

    def close(self) -> list[str]:
        """Undo what the scenario did; what went wrong is returned."""
        return self._clean_ups.run()

    def change_schema(self, statement: str) -> None:
        """Change the schema as part of the scenario's preparation; what it is then is what it has to stay."""
        self.database.execute(statement)
        self.schema = tables.look(self.database, self.stack.schema)

    # -- the run and its workers ----------------------------------------------------------------------------

    @property
    def run(self) -> RunSpec:
        """The run under test."""
        if self._run is None:
            raise SuiteError("this phrase needs an execution run; say which one in a Given before it")
        return self._run

    @property
    def lease(self) -> Lease:
        """The lease of the run under test."""
        return Lease(self.database, self.run.id)

    def approve(self, run: RunSpec) -> None:
        """This is the run under test; it is scheduled when the work begins."""
        self._run = run

    def new_worker(self, number: int) -> Worker:
        """Worker ``number``, not yet started; the run is scheduled with the first."""
        if not self._scheduled:
            self._schedule()
        return self.workers.new(number, self.run.id, self._note_index)

    def _schedule(self) -> None:
        if self.measured:
            self.run.query_digests = [self.measured.workload.digest]
        self.stack.api.create_run(self.run)
        self._scheduled = True
        if self.measured:
            self.measured.begin()
        self.stack.journal.mark()

    def _note_index(self, call: Call) -> None:
        if call.kind == "kill switch":
            call.after_index = self.index_exists()

    def index_exists(self) -> bool:
        """The run's index is on the server now."""
        indexes = tables.indexes(self.database, self.stack.schema)
        return tables.find_index(indexes, self.run.table_name, self.run.index_name) is not None

    # -- gates ----------------------------------------------------------------------------------------------

    def table_gate(self, table: str) -> TableGate:
        """A gate at a table, still open; released with the scenario at the latest."""
        gate = self.table_gates[table] = TableGate(self.database, self.stack.accounts.app, table)
        self.at_the_end(gate.release)
        return gate

    def row_gate(self) -> RowGate:
        """A gate at the run's row, still open; released with the scenario at the latest."""
        gate = RowGate(self.database, self.stack.accounts.suite, self.run.id)
        self.at_the_end(gate.release)
        return gate

    @property
    def frozen_call(self) -> CallGate:
        """The gate at the call in whose middle worker 1 froze."""
        if self._frozen_call is None:
            raise SuiteError("this phrase needs a worker that froze; say so in a When before it")
        return self._frozen_call

    @frozen_call.setter
    def frozen_call(self, gate: CallGate) -> None:
        self._frozen_call = gate
