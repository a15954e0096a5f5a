"""What phrases do when two workers want one run: they claim it at the same moment, or one while the other still lives."""

from support.gateway.calls import Call
from support.mysql.gates import RowGate
from support.scenario.carrying_out import await_call, await_gate, wait_for
from support.scenario.case import Case
from support.stacks.worker import Worker
from support.waiting import WaitTimeout, eventually

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


def schedule_the_same_run_again(case: Case) -> None:
    """Schedule the run under test a second time, under the same id, which has to be refused."""
    case.notes.answer_to_same_id = case.stack.api.try_to_create(case.run)
    case.evidence.fact("Same run scheduled again", case.notes.answer_to_same_id)


def outlast_the_lease(case: Case, successor_number: int) -> None:
    """Worker 1 waits for the table for longer than the lease it was first granted; meanwhile another asks for the run."""
    worker, gate = case.new_worker(1), case.table_gate(case.run.table_name)
    gate.close()
    case.start(worker)
    if await_gate(case, worker, gate.waiting, f"an ALTER of {gate.table} waiting for its lock"):
        end = case.lease_end()
        case.evidence.fact("Lease of worker 1, if it is not renewed", f"until {end}")
        if end is not None:  # else nobody holds the run, and the observations will say so
            eventually(
                lambda: bool(case.database.value("SELECT UTC_TIMESTAMP(6)") > end),
                within=case.settings.patience,
                what="the end of the first lease",
            )
        successor = case.new_worker(successor_number)
        case.start(successor)
        await_gate(case, successor, lambda: _claim_answered(successor), "the answer to the claim")
        gate.release()
        wait_for(case, successor)
    gate.release()
    wait_for(case, worker)


def _claim_answered(worker: Worker) -> Call | None:
    return next((call for call in worker.gateway.calls_of("claim") if call.answered), None)
