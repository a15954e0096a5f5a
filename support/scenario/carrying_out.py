"""What phrases do while workers work: carry a run out, with everything that is planned happening at its moment."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple, TypeVar

from support.clock import now
from support.contract import KILL_SWITCH_PATH
from support.errors import GateNotReached
from support.gateway.faults import REPORT_FAULTS
from support.gateway.gates import ANY, CallGate, Condition
from support.gateway.gateway import Gateway
from support.history.calls import Call
from support.mysql.gates import TableGate, WaitingStatement
from support.scenario.case import BASELINE, INDEX, MOMENTS, WINDOW, Case
from support.scenario.conduct import SHORT_OUTAGE_IN_LEASES, fail_reports_for
from support.stacks.worker import UnusableAgent, Worker
from support.waiting import eventually

T = TypeVar("T")


OVERLONG_SECONDS = 2.0
"""What a statement may take beside its two waits for a lock, and the second that the server's count of them may be off."""

OVERLONG_LOOK_SECONDS = 0.25


class Trouble(NamedTuple):
    """What happens to the calls that a condition names, of a worker with a lease of so many seconds.

    ``thai`` is the Thai phrase's word for it.
    """

    thai: str
    befall: Callable[[Gateway, Condition, float], None]


REPORT_TROUBLES = {
    "is answered with 503 and its like at first": Trouble(
        "ได้ response 503 และ 5xx อื่นในช่วงแรก",
        lambda gateway, _first, lease: fail_reports_for(gateway, SHORT_OUTAGE_IN_LEASES * lease),
    ),
    "is refused with 422": Trouble(
        "ถูกปฏิเสธด้วย 422",
        lambda gateway, _first, _lease: gateway.fail("status", REPORT_FAULTS[422], lambda call: call.reports_an_end),
    ),
    "arrives, but its answer is lost": Trouble(
        "ไปถึงแต่ response หายกลางทาง", lambda gateway, first, _lease: gateway.lose_answer("status", first)
    ),
}
"""What can happen to a worker's last report, in the words of the features."""


def carry_out(case: Case, number: int) -> None:
    """Let worker ``number`` do the run from start to end."""
    worker = case.new_worker(number)
    act_at_moments(case, worker)
    wait_for(case, worker)


def act_at_moments(case: Case, worker: Worker) -> None:
    """Start the worker, and do what is planned for each moment when it comes."""
    gate = _arm(case, worker)
    case.start(worker)
    for moment in MOMENTS:
        actions = case.plan.at.pop(moment, [])
        if not actions:
            continue
        if not _comes(case, moment, worker, gate):
            break
        for action in actions:
            action()
        if moment == INDEX and gate:
            gate.release()
    if gate:
        gate.release()


def carry_out_with_a_troubled_report(case: Case, trouble: str) -> None:
    """Worker 1 carries the run out; the first time that it reports the end there is trouble, later all is well."""
    worker = case.new_worker(1)
    reports: list[Call] = []

    def first(call: Call) -> bool:
        if call.reports_an_end:
            reports.append(call)
        return reports == [call]

    lease = case.settings.scaled(case.settings.short_lease_seconds)
    REPORT_TROUBLES[trouble].befall(worker.gateway, first, lease)
    case.start(worker)
    wait_for(case, worker)


def _arm(case: Case, worker: Worker) -> CallGate | None:
    """Set up the planned fault, and the gate at the kill-switch call that comes when the index exists."""
    plan, gateway, gate = case.plan, worker.gateway, None
    if plan.at[INDEX]:
        gate = gateway.hold("kill switch", lambda call: bool(call.after_index))
    if plan.fault:
        deadline = float(worker.environment["KILL_SWITCH_TIMEOUT_SECONDS"])
        failing = lambda call: bool(call.after_index) or not plan.fault_once_index_exists  # noqa: E731
        gateway.fail("kill switch", plan.fault, failing, deadline)
        if plan.fault.refuses:
            gateway.refuse_after("claim")
    return gate


def _comes(case: Case, moment: str, worker: Worker, gate: CallGate | None) -> bool:
    """Wait for the moment; false if the worker ended without it, which is for the observations to judge.

    A window is open when the read that opens it has ended: what runs beside it is counted by half, or not at all.
    """
    has_come = {
        BASELINE: lambda: any(one.reads_metrics for one in case.stack.journal.ended()),
        INDEX: lambda: gate is not None and gate.reached,
        WINDOW: lambda: _window_is_open(case),
    }[moment]
    came = bool(await_gate(case, worker, has_come, f"the moment when {moment}"))
    case.evidence.fact("Moment" if came else "Moment that never came", moment)
    return came


def await_gate(case: Case, worker: Worker, reached: Callable[[], T | None], what: str) -> T | None:
    """Wait until the worker has arrived where it is awaited, and return what ``reached`` says then.

    :return: None if the worker ended without arriving, which is for the observations to judge.
    :raises GateNotReached: it neither arrives nor ends.
    :raises TestEnvironmentError: a part of the test environment is gone, so nobody can arrive any more.
    """

    def arrived_or_over() -> tuple[T | None] | None:
        case.stack.watch()
        if seen := reached():
            return (seen,)
        return None if worker.running else (None,)

    within, what = case.settings.patience, f"{what} ({worker.name})"
    return eventually(arrived_or_over, within=within, what=what, error=GateNotReached)[0]


def await_another(case: Case, worker: Worker, gate: TableGate, first: WaitingStatement | None) -> None:
    """Wait until an ALTER waits at the gate that is not the first one, and note if that waits there, too; or for the end."""

    def another() -> bool:
        waiting = set(gate.all_waiting())
        case.notes.waited_together |= first in waiting and len(waiting) > 1
        return bool(waiting - {first})

    await_gate(case, worker, another, f"another ALTER of {gate.table} waiting for its lock")


def await_call(case: Case, worker: Worker, gate: CallGate, what: str) -> Call | None:
    """The same for the call that ``gate`` is to hold."""
    return await_gate(case, worker, lambda: gate.call, what)


def _window_is_open(case: Case) -> bool:
    """The executor has read the statement statistics after the server had made the index."""
    seen = case.stack.journal.ended()
    made = [s.ended for s in seen if s.changes_schema and not s.errno and s.ended and case.run.index_name in s.text]
    return bool(made) and any(s.reads_metrics and s.ended and s.started >= made[0] for s in seen)


def wait_for(case: Case, worker: Worker) -> None:
    """Wait for the worker's end.

    :raises UnusableAgent: it ended without ever calling the API.
    :raises AssertionError: it does not end.
    :raises TestEnvironmentError: a part of the test environment is gone, so there is nothing to wait for.
    """
    if case.plan.fault and case.plan.fault.refuses:
        _refuse_first_attempts(case, worker, case.plan.fault.name)
    overlong = _Overlong(case, worker)

    def watch() -> None:
        case.stack.watch()
        overlong.let_go()

    status = worker.wait(case.settings.patience, watch)
    case.evidence.fact(f"Worker {worker.number} End Time", f"exit status {status}", worker.ended)
    if not worker.gateway.calls:
        raise UnusableAgent(
            f"{worker.name} ended with exit status {status} and never called the SaaS API; its last words:"
            f" {worker.last_words()}; check agent_command: {worker.command}"
        )


class _Overlong:
    """Lets go of a table for which one statement has waited longer than any right one does: its end is then to be judged."""

    def __init__(self, case: Case, worker: Worker) -> None:
        self._case, self._gates, self._looked = case, list(case.table_gates.values()), now()
        limit = float(worker.environment.get("DDL_LOCK_WAIT_TIMEOUT_SECONDS", case.settings.patience))
        self._longest = 2 * limit + OVERLONG_SECONDS

    def let_go(self) -> None:
        """To be called all the time; looks once in a while."""
        if not self._gates or now() - self._looked < timedelta(seconds=OVERLONG_LOOK_SECONDS):
            return
        self._looked = now()
        for gate in self._gates:
            for one in gate.all_waiting(self._longest):
                self._case.evidence.fact("Let go of the table", f"for longer than is right this had waited: {one.text}")
                gate.release()


def _refuse_first_attempts(case: Case, worker: Worker, fault: str) -> None:
    """From the claim on refuse every call once, and let it through when it is tried again.

    Which calls come before that to the kill switch is the executor's business (a renewal of the lease, for one), and
    nobody can see whose connection was refused. This way it is the kill-switch call that is refused, too. If it is tried
    again it fails in another way.

    The kernel's count of refused connections is the whole machine's: if another program's ended the refusal early, the
    worker's call meets a reset in place of a refusal, and still fails.
    """
    gateway, refused_at = worker.gateway, None
    while await_gate(case, worker, gateway.refusal_seen, "a refused connection"):
        if not case.index_exists():
            refused_at = now()
        gateway.refuse_after(ANY)
        gateway.listen_again()
        await_gate(case, worker, lambda: gateway.refusing, "another attempt after a refused connection")
    if refused_at and all(call.after_index for call in gateway.calls_of("kill switch")):
        refused = Call(worker.name, "GET", KILL_SWITCH_PATH, "", fault=fault, arrived=refused_at)
        refused.after_index = False
        gateway.calls.append(refused)
        gateway.calls.sort(key=lambda call: call.arrived)
