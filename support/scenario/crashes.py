"""What phrases do when worker 1 is killed in the middle of its run, and another takes the run over."""

from datetime import UTC

from support.errors import NotMade
from support.gateway.gates import CallGate
from support.scenario.carrying_out import await_gate, wait_for
from support.scenario.case import Case
from support.stacks.worker import Worker
from support.waiting import eventually

LEASE_TOLERANCE_SECONDS = 1.0


def claim_at_the_crash(case: Case, number: int) -> None:
    """Worker ``number`` will have its claim in flight when worker 1 is killed."""
    case.plan.claims_at_the_crash = number


def crash_while_waiting(case: Case, index_is_made: bool | None) -> None:
    """Kill worker 1 while its ADD INDEX waits for the table.

    :param index_is_made: the server carries the orphaned statement out; else it is ended, as an administrator would. None:
        it is left waiting.
    """
    worker = case.new_worker(1)
    gate = case.table_gate(case.run.table_name)
    gate.close()
    case.workers.start(worker)
    waiting = await_gate(case, worker, gate.waiting, f"an ALTER of {gate.table} waiting for its lock")
    if waiting is None:
        gate.release()
        return  # the worker ended without an ALTER: the observations will say so
    number = case.plan.claims_at_the_crash
    successor = _successor_at_the_door(case, number) if number else None
    if index_is_made is None:
        _kill(case, worker)
    elif index_is_made:
        # Frozen first: MariaDB ends the statement of a dead client, but a frozen one is alive to every server
        worker.freeze()
        gate.release()
        eventually(case.index_exists, within=case.settings.patience, what="the index made by the server")
        _kill(case, worker)
    else:
        _kill(case, worker)
        if successor:
            _let_in_too_early(case, *successor)
        gate.abort(waiting)
        eventually(
            lambda: gate.waiting() != waiting, within=case.settings.patience, what="the end of the orphaned ALTER"
        )
        gate.release()
        if successor:
            wait_for(case, successor[0])


def await_lease_end(case: Case) -> None:
    """Wait until the lease has run out by the database's clock; a lease far longer than was set is not waited for."""
    case.notes.lease_end_before_takeover = end = case.lease.end()
    if end is not None:
        case.evidence.fact("Lease Expiry Time", end, end.replace(tzinfo=UTC))
    if case.lease.seconds_left() > case.settings.scaled(case.settings.short_lease_seconds) + LEASE_TOLERANCE_SECONDS:
        case.evidence.fact(
            "Lease longer than was set", f"{case.lease.seconds_left():.0f} s left; see short_lease_seconds"
        )
        return  # the observations will say that it had not run out
    eventually(lambda: not case.lease.seconds_left(), within=case.settings.patience, what="the end of the lease")


def succeed_a_waiting_statement(case: Case, number: int) -> None:
    """Worker ``number`` carries the run out while the ADD INDEX of its dead predecessor still waits for the table.

    The table comes free once an ADD INDEX of the successor waits, too. On a server that ends the statements of the
    dead by itself only that one does.
    """
    gate = case.table_gates[case.run.table_name]
    orphan = gate.waiting()
    worker = case.new_worker(number)
    case.workers.start(worker)
    await_gate(
        case,
        worker,
        lambda: [waiting for waiting in gate.all_waiting() if waiting != orphan],
        f"an ALTER of {gate.table} waiting for its lock",
    )
    gate.release()
    wait_for(case, worker)


def _successor_at_the_door(case: Case, number: int) -> tuple[Worker, CallGate]:
    """A second worker whose claim waits at its gateway."""
    successor = case.new_worker(number)
    gate = successor.gateway.hold("claim")
    case.workers.start(successor)
    await_gate(case, successor, lambda: gate.reached, "the claim")
    return successor, gate


def _let_in_too_early(case: Case, successor: Worker, gate: CallGate) -> None:
    gate.release()
    eventually(
        lambda: gate.call is None or gate.call.answered, within=case.settings.patience, what="the answer to the claim"
    )
    if not case.lease.seconds_left() and not any(call.status == 409 for call in successor.gateway.calls_of("claim")):
        raise NotMade("the test environment was too slow: the lease had ended before the early claim was answered")
    case.notes.calls_before_takeover = successor.gateway.calls_of("claim")


def _kill(case: Case, worker: Worker) -> None:
    worker.kill()
    case.evidence.fact(f"Worker {worker.number} Crash Time", "kill -9", worker.killed)
