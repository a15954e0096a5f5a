"""What phrases do to a worker whose statement waits for the table: it loses its lease, or dies in its rollback."""

from typing import NamedTuple

from support.gateway.faults import FAULTS, REPORT_FAULTS, Fault
from support.mysql.gates import TableGate, WaitingStatement
from support.scenario.carrying_out import await_call, await_gate, wait_for
from support.scenario.case import Case
from support.scenario.preparing import INTERRUPTED, set_kill_switch
from support.scenario.two_workers import held_at_the_table
from support.stacks.worker import Worker


class Loss(NamedTuple):
    """How a worker loses its lease: what its heartbeats meet. ``thai`` is the Thai phrase's word for it."""

    thai: str
    fault: Fault


LOSSES = {
    "are refused with 409": Loss("ถูกปฏิเสธด้วย 409", REPORT_FAULTS[409]),
    "are not answered until its lease is over": Loss("ไม่ได้รับคำตอบจน lease หมดอายุ", FAULTS["503 Service Unavailable"]),
}
"""What can happen to heartbeats, in the words of the features."""


def _waiting_drop(case: Case) -> tuple[Worker, TableGate, WaitingStatement | None]:
    """As ``held_at_the_table`` with its DROP INDEX, for the kill switch is turned on as soon as the index is there."""
    worker, table = case.new_worker(1), case.table_gate(case.run.table_name)
    gate = worker.gateway.hold("kill switch", lambda call: bool(call.after_index))
    case.start(worker)
    if await_call(case, worker, gate, "its look at the kill switch with the index there") is None:
        return worker, table, None
    set_kill_switch(case, case.run.connection_id)
    table.close()
    gate.release()
    return worker, table, await_gate(case, worker, table.waiting, "its DROP INDEX waiting for the table's lock")


WAITING = {"ADD": held_at_the_table, "DROP": _waiting_drop}
"""The statements that can wait for the table, and how a worker is brought there."""


def lose_the_lease_while_waiting(case: Case, statement: str, loss: str) -> None:
    """While a statement of worker 1 waits, its heartbeats fail; the table comes free when its lease is lost."""
    worker, table, waiting = WAITING[statement](case)
    gateway, fault = worker.gateway, LOSSES[loss].fault

    def lost() -> bool:
        heartbeats = [call for call in gateway.calls_of("heartbeat") if call.fault and call.answered]
        return bool(heartbeats) and (fault.status == 409 or not case.lease_seconds_left())

    if waiting:
        gateway.fail("heartbeat", fault)
        await_gate(case, worker, lost, "the loss of its lease")
        case.evidence.fact("Worker 1 has lost its lease", f"its heartbeats {loss}")
    table.release()
    wait_for(case, worker)


def crash_in_the_rollback(case: Case) -> None:
    """Kill worker 1 while its DROP INDEX, sent for an active kill switch, waits; the statement is ended with it."""
    worker, gate, waiting = _waiting_drop(case)
    if waiting:
        worker.kill()
        case.evidence.fact(f"Worker {worker.number} Crash Time", "kill -9", worker.killed)
        case.notes.expected_errors.append(INTERRUPTED)
        gate.abort(waiting)
        case.eventually(lambda: gate.waiting() != waiting, "the end of the orphaned DROP INDEX")
    gate.release()
