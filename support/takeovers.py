"""What phrases do about a worker that is slow or held up, and not dead: it keeps its run while it lives, and not longer."""

from collections.abc import Callable

from support.case import Case
from support.gateway import FAULTS, Call, Condition, Gateway
from support.waiting import eventually
from support.workers import Worker
from support.working import await_gate, wait_for


def outlast_the_lease(case: Case, successor_number: int) -> None:
    """Worker 1 waits for the table for longer than the lease it was first granted; meanwhile another asks for the run."""
    worker, gate = case.new_worker(1), case.table_gate(case.spec.table_name)
    gate.close()
    case.start(worker)
    if await_gate(case, worker, gate.waiting, f"an ALTER of {gate.table} waiting for its lock"):
        end = case.lease_end()
        case.evidence.fact("Lease of worker 1, if it is not renewed", f"until {end}")
        eventually(lambda: case.database_time() > end, within=case.settings.patience, what="the end of the first lease")
        successor = case.new_worker(successor_number)
        case.start(successor)
        await_gate(case, successor, lambda: _claim_answered(successor), "the answer to the claim")
        gate.release()
        wait_for(case, successor)
    gate.release()
    wait_for(case, worker)


def succeed_a_waiting_statement(case: Case, number: int) -> None:
    """Worker ``number`` carries the run out while the ADD INDEX of its dead predecessor still waits for the table.

    The table comes free once an ADD INDEX of the successor waits, too. On a server that ends the statements of the
    dead by itself only that one does.
    """
    gate = case.gates[case.spec.table_name]
    orphan = gate.waiting()
    worker = case.new_worker(number)
    case.start(worker)
    await_gate(
        case,
        worker,
        lambda: [waiting for waiting in gate.all_waiting() if waiting != orphan],
        f"an ALTER of {gate.table} waiting for its lock",
    )
    gate.release()
    wait_for(case, worker)


REPORT_TROUBLES: dict[str, Callable[[Gateway, Condition], None]] = {
    "is answered with 503 at first": lambda gateway, first: gateway.fail(
        "status", FAULTS["503 Service Unavailable"], first
    ),
    "arrives, but its answer is lost": lambda gateway, first: gateway.lose_answer("status", first),
}
"""What can happen to a worker's last report, in the words of the features."""


def carry_out_with_a_troubled_report(case: Case, trouble: str) -> None:
    """Worker 1 carries the run out; the first time that it reports the end there is trouble, later all is well."""
    worker = case.new_worker(1)
    reports: list[Call] = []

    def first(call: Call) -> bool:
        if _is_an_end(call):
            reports.append(call)
        return reports == [call]

    REPORT_TROUBLES[trouble](worker.gateway, first)
    case.start(worker)
    wait_for(case, worker)


def _is_an_end(call: Call) -> bool:
    return '"running"' not in call.request_body


FROZEN_AT = {
    "after its ADD INDEX": ("kill switch", lambda call: bool(call.after_index)),
    "while its last report is on the way": ("status", _is_an_end),
}
"""The calls in whose middle worker 1 can freeze, in the words of the features."""


def freeze(case: Case, moment: str) -> None:
    """Worker 1 stops dead in the middle of a call, as a machine does that is suspended, and its lease runs out.

    The answer it will find when it comes back is a failure where that makes it act: a kill-switch call that failed.
    """
    kind, condition = FROZEN_AT[moment]
    worker = case.new_worker(1)
    case.frozen = worker.gateway.hold(kind, condition)
    if kind == "kill switch":
        worker.gateway.fail(kind, FAULTS["500 Internal Server Error"], condition)
    case.start(worker)
    if await_gate(case, worker, lambda: case.frozen.reached, f"worker 1 {moment}"):
        worker.freeze()
        case.evidence.fact("Worker 1 Freeze Time", moment)


def take_over_and_wake(case: Case, number: int) -> None:
    """Worker ``number`` takes the run over; when it is in the middle of it, worker 1 wakes up and does what it does."""
    first, second = case.workers[1], case.new_worker(number)
    at_work = second.gateway.hold("kill switch", lambda call: bool(call.after_index))
    case.start(second)
    await_gate(case, second, lambda: at_work.reached, "its look at the kill switch with the index there")
    if first.running:
        first.thaw()
        case.evidence.fact("Worker 1 Wake-up Time", first.name)
    case.frozen.release()
    wait_for(case, first)
    at_work.release()
    wait_for(case, second)


def _claim_answered(worker: Worker) -> Call | None:
    return next((call for call in worker.gateway.calls_of("claim") if call.answered), None)
