"""The SaaS API: is there one, and do its answers have the contract's shape. One run is scheduled, claimed and removed."""

from functools import partial
from typing import Any

from support.checks import probes
from support.checks.findings import Findings, Missing
from support.contract import EXECUTIONS_PATH, HEALTH, KILL_SWITCH_ANSWER, KILL_SWITCH_PATH, SCHEDULED
from support.mysql.database import Account, Database
from support.settings import Settings
from support.stacks.saas_api import RunSpec, SaasApi

CALL_SECONDS = 10.0
SPEC = RunSpec("test-tc00-001", "conn-001", "idx_tc00_preflight", "test_orders", ["total_amount"])
UNKNOWN_RUN = "test-tc00-000"


def look_at_api(findings: Findings, settings: Settings, suite: Account, server: bool) -> bool:
    """Call everything that a person or the SaaS itself calls; true if nothing is missing.

    :param suite: the suite's account with its schema, to see what the API has written.
    :param server: whether nothing is missing there.
    """
    findings.group(f"SaaS API at {settings.api_url}")
    api = SaasApi(settings.api_url, settings.api_secret, CALL_SECONDS)
    anybody = SaasApi(settings.api_url, "", CALL_SECONDS)
    there = findings.look("GET /health", partial(_health, anybody))
    looks = [there]
    if settings.api_secret:
        looks.append(findings.look("answers only with the secret", partial(_guarded, anybody), there))
    looks += [
        findings.look("GET /api/kill-switch", partial(_kill_switch, api)),
        findings.look("POST /api/kill-switch", partial(_switching, api)),
        findings.look("GET /api/executions/{id}", partial(_unknown_run, api)),
    ]
    scheduled = findings.look("POST /api/executions", partial(_schedule, api))
    looks += [
        scheduled,
        findings.look("bad input, id taken", partial(_refusals, api), scheduled),
        findings.look("same database as mysql_host", partial(_same_database, suite), scheduled and server),
        findings.look("POST /api/executions/{id}/claim", partial(_claim, api), scheduled),
    ]
    return all(looks)


def _health(api: SaasApi) -> str:
    health = _with_fields(api.health(), dict.fromkeys(HEALTH, object))
    return ", ".join(f"{name} {health[name]}" for name in HEALTH)


def _guarded(api: SaasApi) -> str:
    api.call("GET", f"{KILL_SWITCH_PATH}?connection_id={SPEC.connection_id}", 401)
    return "a call without X-API-SECRET is answered 401"


def _kill_switch(api: SaasApi) -> str:
    _with_fields(probes.kill_switch(api, SPEC.connection_id), KILL_SWITCH_ANSWER)
    return "well-formed, off"


def _switching(api: SaasApi) -> str:
    api.set_kill_switch(True, SPEC.connection_id, "preflight")
    try:
        probes.kill_switch(api, SPEC.connection_id, active=True)
    finally:
        api.set_kill_switch(False, SPEC.connection_id, "preflight")
    probes.kill_switch(api, SPEC.connection_id)
    return "turned on and off again"


def _unknown_run(api: SaasApi) -> str:
    api.call("GET", f"{EXECUTIONS_PATH}/{UNKNOWN_RUN}", 404)
    return "404 for a run that is not there"


def _schedule(api: SaasApi) -> str:
    api.create_run(SPEC)
    run = _with_fields(api.run(SPEC.id), {"id": str, "status": str})
    if (run["id"], run["status"]) != (SPEC.id, SCHEDULED):
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
