"""What phrases do when a run meets two workers: both claim it, or one dies, freezes or waits, and another takes it over."""

from datetime import UTC
from typing import NamedTuple

from support.errors import NotMade, SuiteError
from support.gateway.faults import FAULTS
from support.gateway.gates import CallGate, Condition, always
from support.mysql.gates import RowGate, TableGate, WaitingStatement
from support.scenario.carrying_out import await_another, await_call, await_gate, wait_for
from support.scenario.case import Case
from support.scenario.preparing import INTERRUPTED
from support.stacks.worker import Worker
from support.waiting import WaitTimeout, eventually

CLAIMS_MEET_SECONDS = 8.0
"""How long two claims may take to meet at the run's row; an API that keeps them apart by other means never lets them."""

LEASE_TOLERANCE_SECONDS = 1.0

OVERDUE_SECONDS = 0.2


class Moment(NamedTuple):
    """The call in whose middle a worker freezes: its kind, and which of that kind. ``thai`` is the Thai phrase's word."""

    thai: str
    kind: str
    condition: Condition


FROZEN_AT = {
    "after its ADD INDEX": Moment("หลัง ADD INDEX", "kill switch", lambda call: bool(call.after_index)),
    "while its last report is on the way": Moment("ขณะส่งรายงานสุดท้าย", "status", lambda call: call.reports_an_end),
}
"""When worker 1 can freeze, in the words of the features."""


def race_for_the_claim(case: Case, first: int, second: int) -> None:
    """Hold the claims of two workers until both have arrived, then let them go together; who gets the run is ``first``.

    They are held twice: at the gateway, and at the run's row, where an API that reads and then writes has read already.
    """
    workers = [case.new_worker(number) for number in (first, second)]
    gates = [worker.gateway.hold("claim") for worker in workers]
    for worker in workers:
        case.start(worker)
    for worker, gate in zip(workers, gates, strict=True):
        await_call(case, worker, gate, "the claim")
    case.evidence.fact("Both claims have arrived", "let go together")
    row = RowGate(case.database, case.stack.accounts.suite, case.run.id)
    case.at_the_end(row.release)
    row.close()
    for gate in gates:
        gate.release()
    _let_meet(case, workers, row)
    for worker in workers:
        wait_for(case, worker)
    if [any(call.status == 200 for call in worker.gateway.calls_of("claim")) for worker in workers] == [False, True]:
        case.roles = {first: second, second: first}
    case.evidence.fact(f"Worker {first} of the result log", f"process worker-{case.roles.get(first, first)}")


def _let_meet(case: Case, workers: list[Worker], row: RowGate) -> None:
    """Open the gate at the row once every claim waits there or has its answer."""

    def met() -> bool:
        answered = sum(1 for worker in workers for call in worker.gateway.calls_of("claim")[:1] if call.answered)
        return row.waiting() + answered >= len(workers)

    try:
        eventually(met, within=case.settings.scaled(CLAIMS_MEET_SECONDS), what="two claims at the run's row")
        case.evidence.fact("Claims at the row of the run", "both waited for it")
        case.notes.claims_met = True
    except WaitTimeout:
        case.evidence.fact("Claims at the row of the run", "the API lets only one of them come as far as the row")
        case.notes.claims_met = False
    row.release()


def schedule_the_same_run_again(case: Case) -> None:
    """Schedule the run under test a second time, under the same id, which has to be refused."""
    case.notes.answer_to_same_id = case.stack.api.try_to_create(case.run)
    case.evidence.fact("Same run scheduled again", case.notes.answer_to_same_id)


def held_at_the_table(case: Case) -> tuple[Worker, TableGate, WaitingStatement | None]:
    """Worker 1 with its ADD INDEX waiting for the table; None if it ended without one: the observations will say so."""
    worker, gate = case.new_worker(1), case.table_gate(case.run.table_name)
    gate.close()
    case.start(worker)
    return worker, gate, await_gate(case, worker, gate.waiting, f"an ALTER of {gate.table} waiting for its lock")


def outlast_the_lease(case: Case, successor_number: int) -> None:
    """Worker 1 waits for the table for longer than the lease it was first granted; meanwhile another asks for the run."""
    worker, gate, waiting = held_at_the_table(case)
    if waiting:
        end = case.lease_end()
        case.evidence.fact("Lease of worker 1, if it is not renewed", f"until {end}")
        if end is not None:  # else nobody holds the run, and the observations will say so
            case.eventually(lambda: case.database.value("SELECT UTC_TIMESTAMP(6)") > end, "the end of the first lease")
        successor = case.new_worker(successor_number)
        case.start(successor)

        def answered() -> bool:
            return any(call.answered for call in successor.gateway.calls_of("claim"))

        await_gate(case, successor, answered, "the answer to the claim")
        gate.release()
        wait_for(case, successor)
    gate.release()
    wait_for(case, worker)


def crash_while_waiting(case: Case, index_is_made: bool | None) -> None:
    """Kill worker 1 while its ADD INDEX waits for the table.

    :param index_is_made: the server carries the orphaned statement out; else it is ended, as an administrator would. None:
        it is left waiting.
    """
    worker, gate, waiting = held_at_the_table(case)
    if waiting is None:
        gate.release()
        return
    case.waited, number = waiting.text, case.plan.claims_at_the_crash
    successor = _held_at(case, number, "claim", always, "the claim") if number else None
    if index_is_made:
        # Frozen first: MariaDB ends the statement of a dead client, but a frozen one is alive to every server
        worker.freeze()
        gate.release()
        case.eventually(case.index_exists, "the index made by the server")
    worker.kill()
    case.evidence.fact(f"Worker {worker.number} Crash Time", "kill -9", worker.killed)
    if index_is_made is False:
        if successor:
            _let_in_too_early(case, *successor)
        case.notes.expected_errors.append(INTERRUPTED)
        gate.abort(waiting)
        case.eventually(lambda: gate.waiting() != waiting, "the end of the orphaned ALTER")
        gate.release()
        if successor:
            wait_for(case, successor[0])


def await_lease_end(case: Case) -> None:
    """Wait until the lease has run out by the database's clock; a lease far longer than was set is not waited for."""
    case.notes.lease_end_before_takeover = end = case.lease_end()
    if end is not None:
        case.evidence.fact("Lease Expiry Time", end, end.replace(tzinfo=UTC))
    left = case.lease_seconds_left()
    if left > case.settings.scaled(case.settings.short_lease_seconds) + LEASE_TOLERANCE_SECONDS:
        case.evidence.fact("Lease longer than was set", f"{left:.0f} s left; see short_lease_seconds")
        return  # the observations will say that it had not run out
    case.eventually(lambda: not case.lease_seconds_left(), "the end of the lease")


def succeed_a_waiting_statement(case: Case, number: int) -> None:
    """Worker ``number`` carries the run out while the ADD INDEX of its dead predecessor still waits for the table.

    The table comes free once an ADD INDEX of the successor waits, too. On a server that ends the statements of the
    dead by itself only that one does.
    """
    gate = case.table_gates[case.run.table_name]
    orphan = gate.waiting()
    worker = case.new_worker(number)
    case.start(worker)
    await_another(case, worker, gate, orphan)
    gate.release()
    wait_for(case, worker)


def _held_at(case: Case, number: int, kind: str, condition: Condition, what: str) -> tuple[Worker, CallGate]:
    """Another worker, started and held at a call of this kind."""
    worker = case.new_worker(number)
    gate = worker.gateway.hold(kind, condition)
    case.start(worker)
    await_call(case, worker, gate, what)
    return worker, gate


def _let_in_too_early(case: Case, successor: Worker, gate: CallGate) -> None:
    gate.release()
    case.eventually(lambda: gate.call is None or gate.call.answered, "the answer to the claim")
    if not case.lease_seconds_left() and not any(call.status == 409 for call in successor.gateway.calls_of("claim")):
        raise NotMade("the test environment was too slow: the lease had ended before the early claim was answered")
    case.notes.calls_before_takeover = successor.gateway.calls_of("claim")


def freeze(case: Case, moment: str) -> None:
    """Worker 1 stops dead in the middle of a call, as a machine does that is suspended, and its lease runs out.

    The answer it will find when it comes back is a failure where that makes it act: a kill-switch call that failed.
    """
    _, kind, condition = FROZEN_AT[moment]
    worker = case.new_worker(1)
    gate = case.frozen_call = worker.gateway.hold(kind, condition)
    if kind == "kill switch":
        worker.gateway.fail(kind, FAULTS["500 Internal Server Error"], condition)
    case.start(worker)
    if await_call(case, worker, gate, f"worker 1 {moment}"):
        worker.freeze()
        case.evidence.fact("Worker 1 Freeze Time", moment)


def take_over_and_wake(case: Case, number: int) -> None:
    """Worker ``number`` takes the run over; when it is in the middle of it, worker 1 wakes up and does what it does."""
    what = "its look at the kill switch with the index there"
    second, at_work = _held_at(case, number, "kill switch", lambda call: bool(call.after_index), what)
    wake(case)
    at_work.release()
    wait_for(case, second)


def wake_late(case: Case) -> None:
    """The same with no successor, when the lease has been over for so long that no API can say it was not."""
    await_overdue(case)
    wake(case)


def await_overdue(case: Case) -> None:
    """Wait until the lease has been over for so long that no API can say it was not."""

    def overdue() -> bool:
        row = case.run_row()
        return row is not None and row.lease_seconds is not None and row.lease_seconds < -OVERDUE_SECONDS

    case.eventually(overdue, "the lease over for a while")


def wake(case: Case) -> None:
    """Worker 1 wakes up, finds the answer to the call in whose middle it froze, and does what it does."""
    if case.frozen_call is None:
        raise SuiteError("this phrase needs a worker that froze; say so in a When before it")
    first = case.workers[1]
    if first.running:
        first.thaw()
        case.evidence.fact("Worker 1 Wake-up Time", first.name)
    case.frozen_call.release()
    wait_for(case, first)
