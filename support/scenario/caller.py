"""The suite as a caller of the SaaS API: what it sends, and what comes of it, is in the history like a worker's calls."""

import json
from typing import Any
from urllib.parse import quote

from support.clock import now
from support.contract import (
    AUDIT_PATH,
    CLAIM_TOKEN_HEADER,
    EXECUTIONS_PATH,
    KILL_SWITCH_PATH,
    ROLLBACKS_PATH,
    SECRET_HEADER,
)
from support.history.calls import THE_SUITE, Call
from support.history.change import RunSpec
from support.mysql.database import quoted
from support.scenario.case import Case
from support.stacks.saas_api import SaasApi

Body = dict[str, Any]

UNKNOWN: Body = {"colour": "blue", "x-trace": {"hops": [1, 2]}}
"""Fields that no API knows."""

ADDRESS = "in the address"
"""In place of a header's name: the secret goes into the query."""


class Caller:
    """One who calls the API, by its name, with the token of the claim that was last granted to it.

    :param apis: the API, or several of one schema.
    """

    def __init__(self, case: Case, number: int, *apis: SaasApi) -> None:
        self.case, self.name, self.token = case, f"{THE_SUITE}{number}", ""
        self._apis = apis or (case.stack.api,)

    def send(
        self, method: str, path: str, body: Body | str | None = None, *, token: str = "", api: int = 1, **more: Any
    ) -> Call:
        """Any call.

        :param body: an object, or a text as it is.
        :param token: what is sent as the claim's token.
        :param api: the number of the API that is called.
        :param more: ``headers`` beside those of every call, None to leave one out; else as in ``Call``.
        """
        others = dict(more.pop("headers", {}))
        secret = quote(others.pop(ADDRESS, ""))  # which stays out of what is written down
        address = f"{path}{'&' if '?' in path else '?'}X-API-SECRET={secret}&api_secret={secret}" if secret else path
        headers = {"Content-Type": "application/json", CLAIM_TOKEN_HEADER: token or None, **others}
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        call = Call(self.name, method, path, text, token_sent=token, api=api, **more)
        self.case.notes.suite_calls.append(call)
        call.row_before = self.case.run_row(call.about)
        answer = self._apis[api - 1].ask(method, address, data=text.encode(), headers=headers)
        call.answered, call.row_after = now(), self.case.run_row(call.about)
        call.status, call.response_body = answer.status_code, answer.text
        call.content_type = answer.headers.get("Content-Type", "")
        return call

    # -- the calls of the contract; ``more`` is as for ``send`` ---------------------------------------------

    def schedule(self, run_id: str, connection_id: str, **more: Any) -> Call:
        """Another run, of the same change as the one under test."""
        run = self.case.run
        self.case.notes.suite_runs.append(run_id)
        spec = RunSpec(run_id, connection_id, run.index_name, run.table_name, run.columns)
        return self.send("POST", EXECUTIONS_PATH, spec.body() | more.pop("extra", {}), **more)

    def look(self, run_id: str | None = None, **more: Any) -> Call:
        return self.send("GET", self._of(run_id), **more)

    def runs(self, status: str, **more: Any) -> Call:
        return self.send("GET", f"{EXECUTIONS_PATH}?status={status}", **more)

    def claim(self, run_id: str | None = None, body: Body | None = None, **more: Any) -> Call:
        call = self.send(
            "POST", f"{self._of(run_id)}/claim", {"worker_id": self.name.replace(" ", "-"), **(body or {})}, **more
        )
        if call.is_granted_claim:
            self.token = call.claim_token or ""
        return call

    def heartbeat(self, body: Body | None = None, **more: Any) -> Call:
        return self.send("POST", f"{self._of()}/heartbeat", body, **self._holding(more))

    def report(self, status: str, reason: str | None = None, **more: Any) -> Call:
        body = {
            "status": status,
            "fail_reason": reason,
            "message": "asked by the acceptance suite",
            "error_message": None,
        }
        return self.send("PATCH", f"{self._of()}/status", body | more.pop("extra", {}), **self._holding(more))

    def record_rollback(self, **more: Any) -> Call:
        """A rollback that is to come: it has the statement that there would be, and no outcome."""
        run = self.case.run
        online = "ALGORITHM=INPLACE, LOCK=NONE"
        body = {
            "execution_run_id": run.id,
            "rollback_type": "auto",
            "trigger_reason": "asked by the acceptance suite",
            "rollback_sql": f"ALTER TABLE {quoted(run.table_name)} DROP INDEX {quoted(run.index_name)}, {online}",
            "status": "pending",
        }
        return self.send("POST", ROLLBACKS_PATH, body | more.pop("extra", {}), **self._holding(more))

    def audit(self, action: str = "suite_note", **more: Any) -> Call:
        body = {"execution_run_id": self.case.run.id, "action": action, "details": {"by": "the acceptance suite"}}
        return self.send("POST", AUDIT_PATH, body | more.pop("extra", {}), **self._holding(more))

    def switch(self, connection_id: str | None, **more: Any) -> Call:
        """How the switch of a connection, that of the run's if None, and the global one are."""
        connection = quote(connection_id or self.case.run.connection_id, safe="")
        return self.send("GET", f"{KILL_SWITCH_PATH}?connection_id={connection}", **more)

    def turn(self, active: bool, connection_id: str | None, **more: Any) -> Call:
        """Turn the switch of a connection, or the global one (None), on or off; without a reason, if ``extra`` has none."""
        body = {"active": active} | ({} if connection_id is None else {"connection_id": connection_id})
        return self.send("POST", KILL_SWITCH_PATH, body | more.pop("extra", {}), **more)

    def _of(self, run_id: str | None = None) -> str:
        return f"{EXECUTIONS_PATH}/{quote(run_id or self.case.run.id, safe='')}"

    def _holding(self, more: Body) -> Body:
        """With the caller's own token, if no other is asked for."""
        return {"token": self.token, **more}


def without_the_secret(secret: str) -> dict[str, dict[str, Any]]:
    """The ways to call without the secret in its place, in words: what of ``send`` is different."""
    here = SECRET_HEADER
    return {
        "without a secret": {here: None},
        "with a wrong secret": {here: "not-the-secret"},
        "with an empty secret": {here: ""},
        "with the beginning of the secret": {here: secret[:-1]},
        "with more than the secret": {here: f"{secret}x"},
        "with the secret in other letters": {here: secret.swapcase()},
        "with the secret in other headers": {
            here: None, "Authorization": f"Bearer {secret}", "X-API-KEY": secret, "API-SECRET": secret,
            CLAIM_TOKEN_HEADER: secret, "Cookie": f"{here}={secret}; api_secret={secret}",
        },
        "with the secret in the address": {here: None, ADDRESS: secret},
    }  # fmt: skip


def begin(case: Case) -> None:
    """Have the run of the scenario scheduled, and note what leases the APIs grant by themselves."""
    case.schedule()
    case.notes.api_leases = case.stack.api_leases()
