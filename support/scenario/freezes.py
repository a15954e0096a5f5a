"""What phrases do about a worker that stops dead and comes back when another has taken its run over."""

from typing import NamedTuple

from support.errors import SuiteError
from support.gateway.faults import FAULTS
from support.gateway.gates import Condition
from support.scenario.carrying_out import await_call, wait_for
from support.scenario.case import Case


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
    if case.frozen_call is None:
        raise SuiteError("this phrase needs a worker that froze; say so in a When before it")
    first, second = case.workers[1], case.new_worker(number)
    at_work = second.gateway.hold("kill switch", lambda call: bool(call.after_index))
    case.start(second)
    await_call(case, second, at_work, "its look at the kill switch with the index there")
    if first.running:
        first.thaw()
        case.evidence.fact("Worker 1 Wake-up Time", first.name)
    case.frozen_call.release()
    wait_for(case, first)
    at_work.release()
    wait_for(case, second)
