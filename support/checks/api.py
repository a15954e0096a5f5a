"""The SaaS API: is there one, and do its answers have the contract's shape. One run is scheduled, claimed and removed."""

from typing import Any

import requests

from support.checks.findings import Findings, Missing
from support.contract import HEALTH, KILL_SWITCH
from support.mysql.database import Account, Database
from support.settings import Settings
from support.stacks.saas_api import RunSpec

CALL_SECONDS = 10.0
SPEC = RunSpec("test-tc00-001", "conn-001", "idx_tc00_preflight", "test_orders", ["total_amount"])
UNKNOWN_RUN = "test-tc00-000"


class Caller:
    """Calls the API as anybody would, and holds each answer against what is expected."""

    def __init__(self, settings: Settings) -> None:
        self._base = settings.api_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self.secret = settings.api_secret

    def call(self, method: str, path: str, expected: int, body: object = None, secret: bool = True) -> Any:
        """The JSON of an answer with the expected status.

        :raises Missing: it has another, or no JSON.
        """
        headers = {"X-API-SECRET": self.secret} if secret and self.secret else {}
        answer = self._session.request(
            method, self._base + path, json=body, headers=headers, timeout=CALL_SECONDS, allow_redirects=False
        )
        if answer.status_code != expected:
            raise Missing(
                f"{method} {path} was answered {answer.status_code} in place of {expected}: {_short(answer.text)}"
            )
        try:
            return answer.json()
        except ValueError as error:
            raise Missing(f"{method} {path} was answered with no JSON: {_short(answer.text)}") from error


def look_at_api(findings: Findings, settings: Settings, suite: Account | None) -> bool:
    """Call everything that a person or the SaaS itself calls; true if nothing is missing.

    :param suite: the suite's account with its schema, to see what the API has written; None if that is not to be had.
    """
    findings.group(f"SaaS API at {settings.api_url}")
    api = Caller(settings)
    there = findings.look("GET /health", lambda: _health(api))
    looks = [findings.look("answers only with the secret", lambda: _guarded(api), there)] if api.secret else []
    looks += [
        findings.look("GET /api/kill-switch", lambda: _kill_switch(api, False)),
        findings.look("POST /api/kill-switch", lambda: _switching(api)),
        findings.look("GET /api/executions/{id}", lambda: _unknown_run(api)),
    ]
    made = findings.look("POST /api/executions", lambda: _make(api))
    looks += [
        findings.look("bad input, id taken", lambda: _refusals(api), made),
        findings.look("same database as mysql_host", lambda: _same_database(suite), made and suite is not None),
        findings.look("POST /api/executions/{id}/claim", lambda: _claim(api), made),
    ]
    return there and made and all(looks)


def _health(api: Caller) -> str:
    told = _with_fields(api.call("GET", "/health", 200, secret=False), dict.fromkeys(HEALTH, object))
    return ", ".join(f"{name} {told[name]}" for name in HEALTH)


def _guarded(api: Caller) -> str:
    api.call("GET", f"/api/kill-switch?connection_id={SPEC.connection_id}", 401, secret=False)
    return "a call without X-API-SECRET is answered 401"


def _kill_switch(api: Caller, active: bool) -> str:
    path = f"/api/kill-switch?connection_id={SPEC.connection_id}"
    told = _with_fields(api.call("GET", path, 200), KILL_SWITCH)
    if told["connection_active"] is not active or told["global_active"]:
        raise Missing(
            f"the switch of {SPEC.connection_id} should be {'on' if active else 'off'}, the global one off: {told}"
        )
    return f"well-formed, {'on' if active else 'off'}"


def _switching(api: Caller) -> str:
    switch = {"connection_id": SPEC.connection_id, "reason": "preflight"}
    api.call("POST", "/api/kill-switch", 200, {**switch, "active": True})
    try:
        _kill_switch(api, True)
    finally:
        api.call("POST", "/api/kill-switch", 200, {**switch, "active": False})
    _kill_switch(api, False)
    return "turned on and off again"


def _unknown_run(api: Caller) -> str:
    api.call("GET", f"/api/executions/{UNKNOWN_RUN}", 404)
    return "404 for a run that is not there"


def _make(api: Caller) -> str:
    api.call("POST", "/api/executions", 201, SPEC.body())
    told = _with_fields(api.call("GET", f"/api/executions/{SPEC.id}", 200), {"id": str, "status": str})
    if (told["id"], told["status"]) != (SPEC.id, "scheduled"):
        raise Missing(f"the new run should be {SPEC.id}, scheduled: {_short(str(told))}")
    return f"{SPEC.id} is scheduled"


def _refusals(api: Caller) -> str:
    api.call("POST", "/api/executions", 409, SPEC.body())
    api.call("POST", "/api/executions", 422, {"id": "test-tc00-002"})
    return "409 and 422"


def _same_database(suite: Account | None) -> str:
    database = Database(suite)
    try:
        if database.value("SELECT status FROM execution_runs WHERE id = %s", (SPEC.id,)) is None:
            raise Missing(
                f"the run is not in {suite!r}: the API writes to another database or schema than the settings name"
            )
    finally:
        database.close()
    return "the run is in execution_runs"


def _claim(api: Caller) -> str:
    path = f"/api/executions/{SPEC.id}/claim"
    api.call("POST", path, 200, {"worker_id": "preflight-1"})
    api.call("POST", path, 409, {"worker_id": "preflight-2"})
    return "200 for the first worker, 409 for the second"


def _with_fields(told: Any, fields: "dict[str, Any]") -> dict[str, Any]:
    if not isinstance(told, dict):
        raise Missing(f"the answer should be a JSON object: {_short(str(told))}")
    wrong = [name for name, kind in fields.items() if name not in told or not isinstance(told[name], kind)]
    if wrong:
        raise Missing(f"missing or of the wrong type in the answer: {', '.join(wrong)}; it is {_short(str(told))}")
    return told


def _short(text: str) -> str:
    return " ".join(text.split())[:120] or "(nothing)"
