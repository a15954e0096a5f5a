"""What phrases do while a schema change of worker 1 waits for the table: to the table, its connection, its lease, itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from support.contract import DUPLICATE_NAME, LOCK_WAIT, NO_SUCH_COLUMN
from support.gateway.faults import FAULTS, REPORT_FAULTS
from support.mysql import tables
from support.mysql.database import quoted
from support.mysql.gates import OwnedTable, TableGate, WaitingStatement
from support.scenario.carrying_out import act_at_moments, await_another, await_gate, wait_for
from support.scenario.case import INDEX, Case
from support.scenario.meddling import note_meddling, plain_add
from support.scenario.preparing import INTERRUPTED, NO_SUCH_INDEX, use_short_lease
from support.stacks.worker import Worker

LEASE_WAIT_FACTOR = 3
"""How many of the short waits a statement has where the lease, which is as short as one of them, runs out meanwhile."""


class Incident(NamedTuple):
    """What happens while the statement waits. ``thai`` is the Thai phrase's word for it.

    ``befall`` also lets the table go, unless it stays as it is until the worker has ended. ``prepare`` comes before the
    worker. ``owned``: the table is another session's own, so that it can be changed before the statement looks at it.
    """

    thai: str
    befall: Callable[[Case, Worker, TableGate, WaitingStatement], None]
    prepare: Callable[[Case], None] = lambda _case: None
    owned: bool = False


def carry_out_with_an_incident(case: Case, verb: str, incident: str) -> None:
    """Worker 1 carries the run out; while its ADD INDEX, or DROP INDEX, waits for the table, something happens.

    A statement of the dead would still wait, so a table that was not let go stays held until the scenario is over.
    """
    what, table, statement = INCIDENTS[incident], case.run.table_name, f"{verb} INDEX"
    what.prepare(case)
    worker = case.new_worker(1)
    gate = (
        case.hold(OwnedTable(case.database, case.stack.accounts.suite, table)) if what.owned else case.table_gate(table)
    )
    if verb == "ADD":
        gate.close()
    else:
        case.plan.at[INDEX].append(gate.close)
    act_at_moments(case, worker)
    waiting = await_gate(case, worker, gate.waiting, f"a {statement} that waits for {table}")
    if waiting:
        case.evidence.fact(f"While the {statement} waits", incident)
        what.befall(case, worker, gate, waiting)
    wait_for(case, worker)
    if what.owned:
        gate.release()


def _expect_a_time_out(case: Case) -> None:
    case.plan.times["ddl_lock_wait_timeout_seconds"] = case.settings.short_ddl_lock_wait_seconds
    case.notes.expected_errors.append(LOCK_WAIT)


def _let_the_lease_be_short(case: Case) -> None:
    use_short_lease(case)
    wait = LEASE_WAIT_FACTOR * case.settings.short_ddl_lock_wait_seconds
    case.plan.times["ddl_lock_wait_timeout_seconds"] = wait
    case.notes.expected_errors += [LOCK_WAIT, INTERRUPTED]  # a worker that leaves may end its own statement


def _nothing(_case: Case, _worker: Worker, _gate: TableGate, _waiting: WaitingStatement) -> None:
    """The table stays locked."""


def _hold_at_its_commit(case: Case, _worker: Worker, gate: TableGate, _waiting: WaitingStatement) -> None:
    """The table comes free, and is locked again while the index is made."""
    gate.follow_to_the_commit(case.eventually)


def _rename_the_column(case: Case, _worker: Worker, gate: TableGate, _waiting: WaitingStatement) -> None:
    """The last column gets another name, and gets its own back with the end of the scenario."""
    assert isinstance(gate, OwnedTable)
    table, old = gate.table, case.run.columns[-1]
    new = f"{old}_renamed"
    where = "TABLE_SCHEMA = %s AND TABLE_NAME = %s AND COLUMN_NAME = %s"
    sql = f"SELECT COLUMN_TYPE AS type FROM information_schema.COLUMNS WHERE {where}"
    kind = case.database.value(sql, (case.stack.schema, table, old))
    back = f"ALTER TABLE {quoted(table)} CHANGE {quoted(new)} {quoted(old)} {kind}"
    case.at_the_end(lambda: case.database.execute(back))
    gate.change(f"CHANGE {quoted(old)} {quoted(new)} {kind}")
    columns = {(t, new if (t, c) == (table, old) else c, what) for t, c, what in case.schema.columns}
    case.schema = replace(case.schema, columns=frozenset(columns))
    case.notes.expected_errors.append(NO_SUCH_COLUMN)
    gate.release()


def _add_one_of_the_name(case: Case, _worker: Worker, gate: TableGate, _waiting: WaitingStatement) -> None:
    assert isinstance(gate, OwnedTable)
    run = case.run
    gate.change(plain_add(run))
    indexes = tables.indexes(case.database, case.stack.schema)
    case.schema = replace(case.schema, indexes=indexes)
    case.notes.index_before = tables.find_index(indexes, run.table_name, run.index_name)
    case.notes.expected_errors.append(DUPLICATE_NAME)
    gate.release()


def _drop_the_index(case: Case, _worker: Worker, gate: TableGate, _waiting: WaitingStatement) -> None:
    assert isinstance(gate, OwnedTable)
    gate.change(f"DROP INDEX {quoted(case.run.index_name)}")
    note_meddling(case, "dropped the index")
    case.notes.expected_errors.append(NO_SUCH_INDEX)
    gate.release()


def _make_anew_when_it_gives_up(case: Case, worker: Worker, gate: TableGate, _waiting: WaitingStatement) -> None:
    """That the statement gave up is told late: by then the index is another one, so whatever comes next comes after that."""
    assert isinstance(gate, OwnedTable)
    run = case.run

    def gave_up() -> bool:
        return any(one.changes_schema and one.errno == LOCK_WAIT for one in case.stack.journal.ended())

    worker.relay.silence()
    case.eventually(gave_up, "the end of the statement's wait")
    gate.change(f"DROP INDEX {quoted(run.index_name)}")
    gate.change(plain_add(run))
    note_meddling(case, "made the index anew")
    gate.release()
    worker.relay.silence(False)


def _rename_and_cut(case: Case, worker: Worker, gate: TableGate, waiting: WaitingStatement) -> None:
    """The index has another name when the network loses the connection, so nobody can find it under its own."""
    assert isinstance(gate, OwnedTable)
    name = case.run.index_name
    gate.change(f"RENAME INDEX {quoted(name)} TO {quoted(f'{name}_renamed')}")
    note_meddling(case, "renamed the index")
    case.notes.expected_errors += [INTERRUPTED, NO_SUCH_INDEX]
    _cut_off(worker, waiting)
    gate.release()


def _end_the_statement(case: Case, _worker: Worker, gate: TableGate, waiting: WaitingStatement) -> None:
    case.notes.expected_errors.append(INTERRUPTED)
    gate.abort(waiting, "QUERY")
    case.eventually(lambda: waiting not in gate.all_waiting(), "the end of the statement")
    gate.release()


def _cut_off(worker: Worker, waiting: WaitingStatement) -> None:
    """The network loses the connection of the statement."""
    worker.relay.cut(one for one in worker.relay.open_connections if one.connection_id == waiting.connection)


def _cut(case: Case, worker: Worker, gate: TableGate, waiting: WaitingStatement) -> None:
    """The network loses the connection. The table comes free when another ALTER waits, too, or the worker has ended."""
    case.notes.expected_errors += [
        INTERRUPTED,
        DUPLICATE_NAME,
    ]  # who comes back may end what is left, or meet what it made
    _cut_off(worker, waiting)
    await_another(case, worker, gate, waiting)
    gate.release()


def _lose_the_answer(case: Case, worker: Worker, gate: TableGate, waiting: WaitingStatement) -> None:
    """The server carries the statement out, and what it answers is lost with the connection."""
    worker.relay.silence()
    gate.release()
    case.eventually(case.index_exists, "the index made by the server")
    _cut_off(worker, waiting)
    worker.relay.silence(False)


def _lease_runs_out(case: Case, worker: Worker, _gate: TableGate, _waiting: WaitingStatement) -> None:
    worker.gateway.fail("heartbeat", FAULTS["time-out"])
    case.eventually(lambda: not case.lease_seconds_left(), "the end of the lease")


def _lease_is_refused(_case: Case, worker: Worker, _gate: TableGate, _waiting: WaitingStatement) -> None:
    worker.gateway.fail("heartbeat", REPORT_FAULTS[409])


INCIDENTS = {
    "the table stays locked": Incident("ตารางถูก lock ค้างอยู่", _nothing, _expect_a_time_out),
    "the table is locked again before it commits": Incident(
        "ตารางถูก lock อีกครั้งก่อน commit", _hold_at_its_commit, _expect_a_time_out
    ),
    "somebody else renames the column": Incident("คนอื่นเปลี่ยนชื่อคอลัมน์", _rename_the_column, owned=True),
    "somebody else adds an index of that name": Incident(
        "คนอื่นสร้าง index ชื่อเดียวกัน", _add_one_of_the_name, owned=True
    ),
    "somebody else drops the index": Incident("คนอื่นลบ index ทิ้ง", _drop_the_index, owned=True),
    "it gives up, and somebody else makes the index anew": Incident(
        "คำสั่งหมดเวลารอ และคนอื่นลบ index แล้วสร้างใหม่", _make_anew_when_it_gives_up, _expect_a_time_out, owned=True
    ),
    "somebody else renames the index, and its connection is cut": Incident(
        "คนอื่นเปลี่ยนชื่อ index และ connection ขาด", _rename_and_cut, owned=True
    ),
    "an administrator ends it": Incident("ผู้ดูแลระบบยกเลิกคำสั่งนั้น", _end_the_statement),
    "its connection is cut": Incident("connection ขาด", _cut),
    "the server carries it out but the answer is lost": Incident("server ทำจนเสร็จแต่คำตอบหายกลางทาง", _lose_the_answer),
    "the lease runs out unrenewed": Incident("lease หมดอายุเพราะ heartbeat ไม่ได้รับคำตอบ", _lease_runs_out, _let_the_lease_be_short),
    "the lease is refused": Incident("heartbeat ได้ 409", _lease_is_refused, _let_the_lease_be_short),
}  # fmt: skip
"""What can happen meanwhile, in the words of the features."""
