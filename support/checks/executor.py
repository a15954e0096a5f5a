"""The executor: do the SaaS API's answers have the contract's shape, does a worker start, talk and end, and which
scenarios could not run. Two runs are scheduled for that; preflight removes them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from support import contract
from support.checks import checklists
from support.checks.findings import Findings, Missing
from support.checks.needs import Offer
from support.contract import EXECUTIONS_PATH, KILL_SWITCH_PATH
from support.form import TEST_CASES, TestCase
from support.history.change import RunSpec
from support.mysql.database import Account, Database
from support.result_words import NOT_APPLICABLE
from support.settings import Settings
from support.stacks.saas_api import SaasApi
from support.stacks.stack import Stack
from support.stacks.worker import Worker

CALL_SECONDS = 10.0
SPEC = RunSpec("test-tc00-001", "conn-001", "idx_tc00_preflight", "test_orders", ["total_amount"])
WORKERS_SPEC = replace(SPEC, id="test-tc00-003")


def look_at_api(findings: Findings, settings: Settings, suite: Account, server: bool) -> None:
    """Call everything that a person or the SaaS itself calls.

    :param suite: the suite's account with its schema, to see what the API has written.
    :param server: whether nothing is missing there.
    """
    findings.group(f"SaaS API at {settings.api_url}")
    api = SaasApi(settings.api_url, settings.api_secret, CALL_SECONDS)
    anybody = SaasApi(settings.api_url, "", CALL_SECONDS)
    there = findings.look("GET /health", partial(_health, anybody))
    if settings.api_secret:
        findings.look("answers only with the secret", partial(_guarded, anybody), there)
    findings.look("GET /api/kill-switch", partial(_kill_switch, api))
    findings.look("POST /api/kill-switch", partial(_switching, api))
    findings.look("GET /api/executions/{id}", partial(_unknown_run, api))
    scheduled = findings.look("POST /api/executions", partial(_schedule, api))
    findings.look("bad input, id taken", partial(_refusals, api), scheduled)
    findings.look("same database as mysql_host", partial(_same_database, suite), scheduled and server)
    findings.look("POST /api/executions/{id}/claim", partial(_claim, api), scheduled)


def look_at_agent(findings: Findings, stack: Stack, settings: Settings, log: Path) -> None:
    """Have a worker refuse a run because the kill switch is on: it starts, talks and ends, and changes nothing."""
    findings.group(f"Agent: {settings.agent_command}")
    worker = stack.worker(1, WORKERS_SPEC.id, log)
    try:
        ready = findings.look("program", partial(checklists.worker_ready, worker))
        findings.look("a run with the kill switch on", partial(_refuses_a_run, stack, settings, worker), ready)
    finally:
        worker.end()


def look_at_test_cases(findings: Findings, stack: Stack, scenarios: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
    """What each test case needs besides, and whether it is met.

    :param scenarios: the tags of each scenario, by the id of its test case and its name.
    """
    findings.group("Test cases")
    offer = Offer(stack)
    for case in TEST_CASES.values():
        findings.look(f"{case.id} {case.name}", partial(_can_run, offer, case, scenarios.get(case.id, {})))


def _health(api: SaasApi) -> str:
    health = _with_fields(api.health(), dict.fromkeys(contract.HEALTH, object))
    return ", ".join(f"{name} {health[name]}" for name in contract.HEALTH)


def _guarded(api: SaasApi) -> str:
    api.call("GET", f"{KILL_SWITCH_PATH}?connection_id={SPEC.connection_id}", 401)
    return "a call without X-API-SECRET is answered 401"


def _kill_switch(api: SaasApi) -> str:
    _with_fields(checklists.kill_switch(api, SPEC.connection_id), contract.KILL_SWITCH_ANSWER)
    return "well-formed, off"


def _switching(api: SaasApi) -> str:
    api.set_kill_switch(True, SPEC.connection_id, "preflight")
    try:
        checklists.kill_switch(api, SPEC.connection_id, active=True)
    finally:
        api.set_kill_switch(False, SPEC.connection_id, "preflight")
    checklists.kill_switch(api, SPEC.connection_id)
    return "turned on and off again"


def _unknown_run(api: SaasApi) -> str:
    api.call("GET", f"{EXECUTIONS_PATH}/test-tc00-000", 404)
    return "404 for a run that is not there"


def _schedule(api: SaasApi) -> str:
    api.create_run(SPEC)
    run = _with_fields(api.run(SPEC.id), {"id": str, "status": str})
    if (run["id"], run["status"]) != (SPEC.id, contract.SCHEDULED):
        raise Missing(f"the new run should be {SPEC.id}, scheduled: {_short(run)}")
    return f"{SPEC.id} is scheduled"


def _refusals(api: SaasApi) -> str:
    api.call("POST", EXECUTIONS_PATH, 409, SPEC.body())
    api.call("POST", EXECUTIONS_PATH, 422, {"id": "test-tc00-002"})
    return "409 and 422"


def _same_database(suite: Account) -> str:
    with Database(suite) as database:
        if database.value("SELECT status FROM execution_runs WHERE id = %s", (SPEC.id,)) is None:
            raise Missing(
                f"the run is not in {suite!r}: the API writes to another database or schema than the settings name"
            )
    return "the run is in execution_runs"


def _claim(api: SaasApi) -> str:
    path = f"{EXECUTIONS_PATH}/{SPEC.id}/claim"
    api.call("POST", path, 200, {"worker_id": "preflight-1"})
    api.call("POST", path, 409, {"worker_id": "preflight-2"})
    return "200 for the first worker, 409 for the second"


def _with_fields(answer: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    wrong = [name for name, kind in fields.items() if name not in answer or not isinstance(answer[name], kind)]
    if wrong:
        raise Missing(f"missing or of the wrong type in the answer: {', '.join(wrong)}; it is {_short(answer)}")
    return answer


def _short(answer: dict[str, Any]) -> str:
    return " ".join(str(answer).split())[:120]


def _can_run(offer: Offer, case: TestCase, scenarios: Mapping[str, Iterable[str]]) -> str:
    unmet = {name: offer.unmet(tags) for name, tags in scenarios.items()}
    lacking = {name: f"{name}: {why.result}, {why.reason}" for name, why in unmet.items() if why}
    if case.is_beyond and all(why.result == NOT_APPLICABLE for why in unmet.values() if why):
        if lacking:  # the form's own decision does without them
            return f"{len(scenarios) - len(lacking)} of its {len(scenarios)} scenarios can run; {'; '.join(lacking.values())}"
    elif lacking:
        raise Missing("\n".join(lacking.values()))
    return f"all {len(scenarios)} of its scenarios can run" if len(scenarios) > 1 else "its scenario can run"


def _refuses_a_run(stack: Stack, settings: Settings, worker: Worker) -> str:
    stack.api.create_run(WORKERS_SPEC)
    stack.api.set_kill_switch(True, WORKERS_SPEC.connection_id, "preflight")
    try:
        worker.start()
        status = worker.wait(settings.patience)
    finally:
        stack.api.set_kill_switch(False, WORKERS_SPEC.connection_id)
    calls = ", ".join(f"{call.kind} {call.answer}" for call in worker.gateway.calls) or "none"
    row = stack.database.first("SELECT status, fail_reason FROM execution_runs WHERE id = %s", (WORKERS_SPEC.id,)) or {}
    lacking = []
    if not worker.gateway.calls_of("claim"):
        lacking.append(f"it made no claim at SAAS_API_URL, its address of the API; its calls: {calls}")
    if not worker.gateway.calls_of("kill switch"):
        lacking.append(f"it did not ask for the kill switch; its calls: {calls}")
    refusal = contract.EXIT_DONE, contract.FAILED, contract.KILL_SWITCH_REASON
    if (status, row.get("status"), row.get("fail_reason")) != refusal:
        lacking.append(
            f"it should end with 0 and leave the run failed, kill_switch; it ended with {status} and left it"
            f" {row.get('status')}, {row.get('fail_reason')}; its last words: {worker.last_words()}"
        )
    if lacking:
        raise Missing("\n".join(lacking))
    return f"it ended with 0 and left the run failed, kill_switch; its calls: {calls}"
