"""What phrases have the SaaS API do: choose the terms of a claim, answer in other forms, refuse, and fail for a while."""

from support.contract import ROLLBACK_FAILED, ROLLBACK_PENDING
from support.gateway.faults import FAULTS, REPORT_FAULTS, Fault
from support.gateway.gates import Condition, within
from support.gateway.gateway import Gateway
from support.history.calls import Call
from support.scenario.case import Case
from support.stacks.worker import Worker

LONG_LEASE_SECONDS = 12
"""A lease for whose length somebody has to go on trying, so that an agent does not get by with a fixed ten seconds."""

OUTAGE_IN_LEASES, NEARLY_A_LEASE = 1.3, 0.9
"""How long something is not taken: longer than such a lease, and nearly as long."""

SHORT_OUTAGE_IN_LEASES = 0.6
"""How long where nobody may give up yet."""

PASSING = (FAULTS["503 Service Unavailable"], REPORT_FAULTS[507], REPORT_FAULTS[520], FAULTS["connection reset"])
"""Ways to fail that may pass; what is sent meets one after the other."""


def api_chooses_tokens(case: Case) -> None:
    """Each claim is answered with a token that no worker could know before, and no other one counts."""

    def choose(worker: Worker) -> None:
        worker.gateway.terms.own_tokens = True

    case.plan.arrangements.append(choose)


def api_grants_a_shorter_lease(case: Case) -> None:
    """Worker 1 is granted a short lease, whatever it asks for."""

    def shorten(worker: Worker) -> None:
        if worker.number == 1:
            worker.gateway.terms.lease_seconds = case.settings.scaled(case.settings.short_lease_seconds)

    case.plan.arrangements.append(shorten)


def api_answers_in_another_form(case: Case) -> None:
    """What the API says of the kill switch comes in chunks, with a charset, and compressed for who accepts that."""

    def change(worker: Worker) -> None:
        worker.gateway.other_form = True

    case.plan.arrangements.append(change)


def refuse_records_of_the_rollback(case: Case) -> None:
    """Every record of a rollback is refused with 422."""
    case.plan.arrangements.append(lambda worker: worker.gateway.fail("rollback", REPORT_FAULTS[422]))


def fail_first_records_of_the_rollback(case: Case) -> None:
    """The first two attempts to record the outcome of a rollback come to nothing; to audit that it failed, all for long."""
    case.plan.times["execution_lease_timeout_seconds"] = LONG_LEASE_SECONDS
    seconds = NEARLY_A_LEASE * case.settings.scaled(LONG_LEASE_SECONDS)

    def fail(worker: Worker) -> None:
        _in_turn(worker.gateway, "rollback", PASSING[1:3], lambda call: _says(call, "status") != ROLLBACK_PENDING)
        _fail_for(worker.gateway, "audit", seconds, lambda call: _says(call, "action") == ROLLBACK_FAILED)

    case.plan.arrangements.append(fail)


def _says(call: Call, name: str) -> object:
    return call.request_json.get(name)


def _in_turn(gateway: Gateway, kind: str, ways: tuple[Fault, ...], when: Condition) -> None:
    """Each of the first calls that meet the condition fails in its way."""

    def is_number(number: int) -> Condition:
        return lambda call: when(call) and [one for one in gateway.calls_of(kind) if when(one)].index(call) == number

    for number, fault in enumerate(ways):
        gateway.fail(kind, fault, is_number(number))


def fail_reports_for(gateway: Gateway, seconds: float) -> None:
    """From the first report of the end on none gets through for so long; each fails in another way."""
    _fail_for(gateway, "status", seconds, lambda call: call.reports_an_end)


def _fail_for(gateway: Gateway, kind: str, seconds: float, when: Condition) -> None:
    lasting = within(seconds, when)

    def is_turn_of(number: int) -> Condition:
        return lambda call: lasting(call) and gateway.calls_of(kind).index(call) % len(PASSING) == number

    for number, fault in enumerate(PASSING):
        gateway.fail(kind, fault, is_turn_of(number))


def fail_reports_for_longer_than_the_lease(case: Case) -> None:
    """Worker 1 can't report the end for longer than its lease; its heartbeats get through."""
    case.plan.times["execution_lease_timeout_seconds"] = LONG_LEASE_SECONDS
    seconds = OUTAGE_IN_LEASES * case.settings.scaled(LONG_LEASE_SECONDS)
    case.plan.arrangements.append(lambda worker: fail_reports_for(worker.gateway, seconds))


def break_the_claim(case: Case) -> None:
    """Worker 1's claim is answered with 500, and with 404 when it is sent again."""

    def fail(worker: Worker) -> None:
        _in_turn(worker.gateway, "claim", (REPORT_FAULTS[500],), lambda _call: True)
        worker.gateway.fail("claim", REPORT_FAULTS[404])

    case.plan.arrangements.append(fail)
