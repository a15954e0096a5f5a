"""What phrases do when more than one worker wants a run: races for the claim, crashes, and successors."""

from datetime import UTC

from support.case import Case
from support.errors import StandError
from support.gateway import CallGate
from support.locks import RowGate
from support.waiting import WaitTimeout, eventually
from support.workers import Worker
from support.working import await_gate, wait_for

LEASE_TOLERANCE_SECONDS = 1.0

CLAIMS_MEET_SECONDS = 2.0
"""How long two claims may take to meet at the run's row; an API that keeps them apart by other means never lets them."""


def race_for_the_claim(case: Case) -> None:
    """Hold the claims of two workers until both have arrived, then let them go together.

    They are held twice: at the gateway, and at the run's row, where an API that reads and then writes has read already.
    """
    workers = [case.new_worker(number) for number in (1, 2)]
    gates = [worker.gateway.hold("claim") for worker in workers]
    for worker in workers:
        case.start(worker)
    for worker, gate in zip(workers, gates, strict=True):
        await_gate(case, worker, lambda gate=gate: gate.reached, "the claim")
    case.evidence.fact("Both claims have arrived", "let go together")
    row = case.row_gate()
    row.close()
    for gate in gates:
        gate.release()
    _let_meet(case, workers, row)
    for worker in workers:
        wait_for(case, worker)
    winners = [
        worker.number for worker in workers if any(call.status == 200 for call in worker.gateway.calls_of("claim"))
    ]
    if winners == [2]:
        case.roles = {1: 2, 2: 1}
    case.evidence.fact("Worker 1 of the result log", f"process worker-{case.roles.get(1, 1)}")


def _let_meet(case: Case, workers: list[Worker], row: RowGate) -> None:
    """Open the gate at the row once every claim waits there or has its answer."""

    def met() -> bool:
        answered = sum(1 for worker in workers for call in worker.gateway.calls_of("claim")[:1] if call.answered)
        return row.waiting() + answered >= len(workers)

    try:
        eventually(met, within=case.settings.scaled(CLAIMS_MEET_SECONDS), what="two claims at the run's row")
        case.evidence.fact("Claims at the row of the run", "both waited for it")
    except WaitTimeout:
        case.evidence.fact("Claims at the row of the run", "the API lets only one of them come as far as the row")
    row.release()


def ask_for_the_same_run_again(case: Case) -> None:
    """Schedule the run under test a second time, under the same id, which has to be refused."""
    case.plan.answer_to_same_id = case.stack.api.try_to_create(case.spec)
    case.evidence.fact("Same run asked for again", case.plan.answer_to_same_id)


def claim_at_the_crash(case: Case, number: int) -> None:
    """Worker ``number`` will have its claim in flight when worker 1 is killed."""
    case.plan.claims_at_the_crash = number


def crash_while_waiting(case: Case, index_is_made: bool | None) -> None:
    """Kill worker 1 while its ADD INDEX waits for the table.

    :param index_is_made: the server carries the orphaned statement out; else it is ended, as an administrator would. None:
        it is left waiting.
    """
    worker = case.new_worker(1)
    gate = case.table_gate(case.spec.table_name)
    gate.close()
    case.start(worker)
    waiting = await_gate(case, worker, gate.waiting, f"an ALTER of {gate.table} waiting for its lock")
    if waiting is None:
        gate.release()
        return  # the worker ended without an ALTER: the observations will say so
    successor = _successor_at_the_door(case) if case.plan.claims_at_the_crash else None
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
        eventually(lambda: not gate.holds(waiting), within=case.settings.patience, what="the end of the orphaned ALTER")
        gate.release()
        if successor:
            wait_for(case, successor[0])


def await_lease_end(case: Case) -> None:
    """Wait until the lease has run out by the database's clock; a lease far longer than was set is not waited for."""
    case.lease_end_before_takeover = case.lease_end()
    if case.lease_end_before_takeover is not None:
        case.evidence.fact(
            "Lease Expiry Time", case.lease_end_before_takeover, case.lease_end_before_takeover.replace(tzinfo=UTC)
        )
    if case.lease_left() > case.settings.scaled(case.settings.short_lease_seconds) + LEASE_TOLERANCE_SECONDS:
        case.evidence.fact("Lease longer than was set", f"{case.lease_left():.0f} s left; see short_lease_seconds")
        return  # the observations will say that it had not run out
    eventually(lambda: not case.lease_left(), within=case.settings.patience, what="the end of the lease")


def _successor_at_the_door(case: Case) -> tuple[Worker, CallGate]:
    """A second worker whose claim waits at its gateway."""
    successor = case.new_worker(case.plan.claims_at_the_crash)
    gate = successor.gateway.hold("claim")
    case.start(successor)
    await_gate(case, successor, lambda: gate.reached, "the claim")
    return successor, gate


def _let_in_too_early(case: Case, successor: Worker, gate: CallGate) -> None:
    gate.release()
    eventually(
        lambda: gate.call is None or gate.call.answered, within=case.settings.patience, what="the answer to the claim"
    )
    if not case.lease_left() and not any(call.status == 409 for call in successor.gateway.calls_of("claim")):
        raise StandError("the stand was too slow: the lease had ended before the early claim was answered")
    case.calls_before_takeover = successor.gateway.calls_of("claim")


def _kill(case: Case, worker: Worker) -> None:
    worker.kill()
    case.evidence.fact(f"Worker {worker.number} Crash Time", "kill -9", worker.killed)
