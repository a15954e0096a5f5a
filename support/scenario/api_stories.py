"""What phrases do when the SaaS API is called by nobody but the suite: each story is a scenario's whole When."""

from collections.abc import Callable
from typing import Any, NamedTuple

from support.contract import (
    COMPLETED,
    EXECUTION_ERROR,
    EXECUTIONS_PATH,
    FAILED,
    HEALTH_PATH,
    KILL_SWITCH_PATH,
    NOT_ENDED,
    REQUIRES_MANUAL,
    ROLLBACK_FAILED,
    ROLLED_BACK,
    RUNNING,
    TERMINAL,
)
from support.history.calls import Call
from support.scenario.caller import UNKNOWN, Caller, begin, without_the_secret
from support.scenario.case import Case
from support.scenario.stories_of_two_apis import claims_at_once, switches_on_two, without_its_database
from support.scenario.two_workers import await_lease_end, await_overdue

OTHER_WORDS = {"message": "in other words", "error_message": "another error"}
ODD_LEASE_SECONDS = 0.9
"""What a lease has beyond whole seconds."""

LONG_COLUMN = "c" * 64 + "(10)"
TOKEN = "0123456789abcdef" * 4
"""A token that an agent may choose."""

LEGAL = (
    "a", "0", "null", "global", "GLOBAL", "true", "test-tc11.a_b:c-9", "TEST-TC11.A_B:C-9", "9.._::--", "x" * 64,
    "health", "claim", "status", "executions",
)  # fmt: skip
NOT_LEGAL = ("", "x" * 65, "-a", ".a", "_a", ":a", "a b", " a", "a/b", "run-1\n", "a\x00", "é", "ก", "a*", "*")


def to_its_end(case: Case) -> None:
    """A claim, the same one again and another by its holder, a renewal, the end, and all that may be said after it."""
    caller = Caller(case, 1)
    begin(case)
    lease = int(case.settings.scaled(case.settings.lease_seconds)) + ODD_LEASE_SECONDS
    chosen = caller.claim(body={"claim_token": TOKEN, "lease_seconds": lease})
    if chosen.claim_token == TOKEN:  # which an API may leave to its agents
        caller.claim(body={"claim_token": TOKEN})
    caller.claim()
    caller.heartbeat()
    caller.runs(RUNNING)
    caller.report(FAILED, EXECUTION_ERROR)
    caller.report(FAILED, EXECUTION_ERROR)
    caller.report(FAILED, EXECUTION_ERROR, extra=OTHER_WORDS)
    caller.report(FAILED, EXECUTION_ERROR, extra=OTHER_WORDS, token="")
    for status in (COMPLETED, ROLLED_BACK, REQUIRES_MANUAL, *NOT_ENDED):
        caller.report(status)
    caller.heartbeat()
    caller.claim()
    for status in (*NOT_ENDED, *TERMINAL):
        caller.runs(status)


def without_the_claim(case: Case) -> None:
    """Writes before there is a claim, without its token, with others', when its lease is over, and when another has the run."""
    first, second = Caller(case, 1), Caller(case, 2)
    other = f"{case.run.id}-other"
    begin(case)
    second.schedule(other, case.run.connection_id)
    second.claim(other)
    _write(first, token="")
    first.claim(body={"lease_seconds": case.settings.scaled(case.settings.short_lease_seconds)})
    for token in ("", "not-the-token", first.token[:-1], second.token):
        _write(first, token=token)
    await_lease_end(case)
    if not case.lease_seconds_left():  # else a longer one was granted, and the Fields will say that these were let in
        await_overdue(case)
    _write(first)
    second.claim()
    _write(first)
    second.report(FAILED, EXECUTION_ERROR)


def _write(caller: Caller, **more: Any) -> None:
    """Everything that only the holder of the run may write."""
    caller.heartbeat(**more)
    caller.record_rollback(**more)
    caller.audit(ROLLBACK_FAILED, **more)
    caller.report(REQUIRES_MANUAL, EXECUTION_ERROR, **more)


def without_the_secret_in_its_place(case: Case) -> None:
    """Every call without a secret and with a wrong one; one that reads and one that writes in all other ways."""
    caller, secret, namesake = Caller(case, 1), case.stack.api.secret, HEALTH_PATH.strip("/")
    begin(case)
    caller.claim()
    caller.schedule(namesake, case.run.connection_id)
    for number, (words, headers) in enumerate(without_the_secret(secret).items()):
        more: dict[str, Any] = {"uninvited": words, "headers": headers}
        caller.switch(None, **more)
        caller.turn(True, None, **more)
        if number < 2:
            caller.schedule(f"{case.run.id}-other", case.run.connection_id, **more)
            caller.look(**more)
            caller.look(namesake, **more)
            caller.runs(RUNNING, **more)
            caller.claim(**more)
            caller.heartbeat(**more)
            caller.record_rollback(**more)
            caller.audit(**more)
            caller.report(FAILED, EXECUTION_ERROR, **more)
            caller.send("GET", HEALTH_PATH, **more)
    caller.report(FAILED, EXECUTION_ERROR)


def ids_and_fields(case: Case) -> None:
    """Ids of every form, fields that no API knows, and calls that can't be carried out."""
    caller = Caller(case, 1)
    begin(case)
    for one in LEGAL:
        caller.schedule(one, one)
    for one in LEGAL:
        caller.look(one)
    caller.schedule(LEGAL[0], LEGAL[0])
    for one in NOT_LEGAL:
        caller.schedule(one, case.run.connection_id)
        caller.schedule(f"{case.run.id}-other", one)
    for path in ("/api/no-such-call", EXECUTIONS_PATH + "/no-such-run"):
        caller.send("GET", path)
    caller.send("PUT", EXECUTIONS_PATH, {})
    caller.send("POST", KILL_SWITCH_PATH, {"active": "yes"})
    caller.send("POST", KILL_SWITCH_PATH, '{"active": tr')
    caller.schedule(f"{case.run.id}-fields", case.run.connection_id, extra=UNKNOWN)
    caller.schedule(f"{case.run.id}-column", case.run.connection_id, extra={"columns": [LONG_COLUMN]})
    caller.claim(body=UNKNOWN)
    caller.heartbeat(UNKNOWN)
    caller.record_rollback(extra=UNKNOWN)
    caller.audit(extra=UNKNOWN)
    caller.turn(False, None, extra=UNKNOWN)
    caller.report(FAILED, EXECUTION_ERROR, extra=UNKNOWN)


class Story(NamedTuple):
    """A story of the SaaS API. ``thai`` is the Thai phrase's word for it."""

    thai: str
    tell: Callable[[Case], None]


STORIES = {
    "a run from its claim to its end, and reports after it": Story(
        "run หนึ่งตั้งแต่ claim จนจบ และรายงานหลังจากนั้น", to_its_end
    ),
    "writes by callers that do not hold the run": Story("การเขียนของผู้ที่ไม่ได้ถือ run อยู่", without_the_claim),
    "calls without the secret in its place": Story("คำขอที่ไม่มี secret ในที่ที่กำหนด", without_the_secret_in_its_place),
    "ids of every form, unknown fields, and calls that are wrong": Story(
        "id ทุกรูปแบบ field ที่ไม่รู้จัก และคำขอที่ผิด", ids_and_fields
    ),
    "kill switches turned at one API and looked at by two": Story(
        "kill switch ที่เปิดปิดผ่าน API หนึ่งและดูจากทั้งสอง", switches_on_two
    ),
    "many claims at once at two APIs, one of them in another time zone": Story(
        "claim จำนวนมากพร้อมกันผ่านสอง API ซึ่งตัวหนึ่งอยู่คนละ time zone", claims_at_once
    ),
    "calls while the API has lost its database": Story("คำขอระหว่างที่ API ติดต่อฐานข้อมูลไม่ได้", without_its_database),
}
"""What the suite can do with the API by itself, in the words of the features."""


def tell(case: Case, story: str) -> None:
    """Carry a story out; what the API answers is for the rules and Fields to judge."""
    STORIES[story].tell(case)
    calls: list[Call] = case.notes.suite_calls
    case.evidence.fact(
        "Calls of the suite itself", f"{len(calls)} calls by {len({one.worker for one in calls})} callers"
    )
