"""What phrases do about a worker's last report, which has to arrive whatever happens to it on the way."""

from collections.abc import Callable
from typing import NamedTuple

from support.gateway.calls import Call
from support.gateway.faults import FAULTS
from support.gateway.gates import Condition
from support.gateway.gateway import Gateway
from support.scenario.carrying_out import wait_for
from support.scenario.case import Case


class Trouble(NamedTuple):
    """What happens to the calls that a condition names. ``thai`` is the Thai phrase's word for it."""

    thai: str
    befall: Callable[[Gateway, Condition], None]


REPORT_TROUBLES = {
    "is answered with 503 at first": Trouble(
        "ได้ response 503 ในครั้งแรก",
        lambda gateway, first: gateway.fail("status", FAULTS["503 Service Unavailable"], first),
    ),
    "arrives, but its answer is lost": Trouble(
        "ไปถึงแต่ response หายกลางทาง", lambda gateway, first: gateway.lose_answer("status", first)
    ),
}
"""What can happen to a worker's last report, in the words of the features."""


def carry_out_with_a_troubled_report(case: Case, trouble: str) -> None:
    """Worker 1 carries the run out; the first time that it reports the end there is trouble, later all is well."""
    worker = case.new_worker(1)
    reports: list[Call] = []

    def first(call: Call) -> bool:
        if call.reports_an_end:
            reports.append(call)
        return reports == [call]

    REPORT_TROUBLES[trouble].befall(worker.gateway, first)
    case.workers.start(worker)
    wait_for(case, worker)
