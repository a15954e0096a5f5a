"""Stories of two SaaS APIs of one schema, and of one that loses its database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from support.contract import EXECUTION_ERROR, FAILED, RUNNING
from support.errors import SuiteError
from support.mysql.database import quoted
from support.mysql.gates import RowGate
from support.scenario.caller import UNKNOWN, Caller, begin
from support.scenario.case import Case
from support.scenario.two_workers import CLAIMS_MEET_SECONDS
from support.stacks.stack import SecondApi
from support.waiting import WaitTimeout, eventually

CLAIMS_AT_ONCE = 8
NO_REASONS: tuple[object, ...] = (5, ["maintenance"], "x" * 300)
"""What is no reason for a switch; an API may take some of it, or refuse the call."""


def switches_on_two(case: Case) -> None:
    """Switches turned on and off at one API and looked at by both, in the presence of connections with names like theirs."""
    caller, own = _caller_of_two(case), case.run.connection_id
    begin(case)

    def look(*connections: str) -> None:
        for connection in connections:
            for api in (1, 2):
                caller.switch(connection, api=api)

    look(own)
    caller.turn(True, own, api=1)
    look(own, own.upper(), "global")
    caller.turn(True, None, api=2, extra={"reason": "acceptance test", **UNKNOWN})
    look(own, "global")
    caller.turn(False, own, api=2)
    look(own)
    caller.turn(False, None, api=1)
    look(own, "global")
    for reason in NO_REASONS:
        caller.turn(True, own, extra={"reason": reason})
        look(own)
        caller.turn(False, own)
    for name in ("global", "null", "0"):
        caller.turn(True, name, api=2)
        look(own, name)
        caller.turn(False, name, api=1)
        look(name)


def claims_at_once(case: Case) -> None:
    """Many claims at once on two APIs, and what the one that is granted then writes by both."""
    begin(case)
    callers = [_caller_of_two(case, number) for number in range(1, CLAIMS_AT_ONCE + 1)]
    row = RowGate(case.database, case.stack.accounts.suite, case.run.id)
    case.at_the_end(row.release)
    row.close()
    with ThreadPoolExecutor(len(callers)) as pool:
        claims = [pool.submit(caller.claim, api=1 + number % 2) for number, caller in enumerate(callers)]
        try:
            within, what = case.settings.scaled(CLAIMS_MEET_SECONDS), "the claims at the run's row"
            eventually(
                lambda: row.waiting() + sum(one.done() for one in claims) >= len(claims), within=within, what=what
            )
        except WaitTimeout:
            case.evidence.fact("Claims at the row of the run", "the APIs let only some of them come as far as the row")
        row.release()
        granted = [one.result().is_granted_claim for one in claims]
    if True not in granted:
        return  # for the Fields to judge
    holder = callers[granted.index(True)]
    for api in (1, 2):
        holder.heartbeat(api=api)
    holder.record_rollback(api=2)
    holder.audit(api=2)
    holder.turn(True, case.run.connection_id, api=2)
    holder.look(api=2)
    holder.report(FAILED, EXECUTION_ERROR, api=2)
    other = f"{case.run.id}-other"
    holder.schedule(other, case.run.connection_id, api=2)
    holder.claim(other, api=2 - granted.index(True) % 2)  # the one that did not grant the other claim


def without_its_database(case: Case) -> None:
    """Calls to an API whose database is away, with a switch on, and again when it is back."""
    second = _second(case)
    caller = _caller_of_two(case)
    begin(case)
    caller.turn(True, case.run.connection_id)
    caller.claim(api=2)
    case.at_the_end(second.database_back)
    second.database_away()
    away: dict[str, Any] = {"api": 2, "database_away": True}
    caller.switch(None, **away)
    caller.switch("conn-012", **away)
    caller.look(**away)
    caller.runs(RUNNING, **away)
    caller.heartbeat(**away)
    caller.record_rollback(**away)
    caller.audit(**away)
    caller.report(FAILED, EXECUTION_ERROR, **away)
    caller.claim(**away)
    caller.schedule(f"{case.run.id}-other", case.run.connection_id, **away)
    caller.turn(False, case.run.connection_id, **away)
    second.database_back()
    case.eventually(lambda: caller.switch(None, api=2).status == HTTPStatus.OK, "an answer with the database back")
    with _table_away(case, "kill_switches"):
        caller.switch(None, **away)
    caller.report(FAILED, EXECUTION_ERROR)


@contextmanager
def _table_away(case: Case, table: str) -> Iterator[None]:
    """The table has another name for as long as the block lasts."""
    elsewhere = f"{table}_away"
    case.database.execute(f"RENAME TABLE {quoted(table)} TO {quoted(elsewhere)}")
    try:
        yield
    finally:
        case.database.execute(f"RENAME TABLE {quoted(elsewhere)} TO {quoted(table)}")


def _second(case: Case) -> SecondApi:
    second = case.stack.second_api()
    if second is None:
        raise SuiteError("this phrase needs a second SaaS API; say so by @needs.second_api")
    return second


def _caller_of_two(case: Case, number: int = 1) -> Caller:
    return Caller(case, number, case.stack.api, _second(case).api)
