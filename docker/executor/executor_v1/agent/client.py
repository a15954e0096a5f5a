"""The agent's calls to the SaaS API, other than the kill switch's."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from executor_v1 import logs

from . import http
from .config import AgentConfig

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0

Check = Callable[[], None]


def no_check() -> None:
    """Nothing speaks against another attempt."""


class ApiUnavailable(Exception):
    """The API gave no usable answer for as long as the agent may wait."""


class ApiRefused(Exception):
    """The API answered that the request is wrong; sending it again would not help."""

    def __init__(self, status: int, text: str):
        super().__init__(f"HTTP {status}: {text}")
        self.status = status


class Conflict(ApiRefused):
    """409: the run is somebody else's, or has ended."""


def is_worth_retrying(status: int) -> bool:
    return status >= 500 or status in (408, 429)


def is_success(status: int) -> bool:
    return 200 <= status < 300


class Client:
    """Every call carries what it needs to be recognised when it is sent twice, so each may be tried again."""

    def __init__(self, config: AgentConfig, claim_token: str = ""):
        self._config = config
        self._token = claim_token
        self.lease_seconds = config.lease_seconds
        self._pause = threading.Event()

    def get_run(self, run_id: str) -> dict[str, Any]:
        run: dict[str, Any] = self.send("GET", run_path(run_id), None, self._config.api_timeout)
        return run

    def claimable(self) -> list[dict[str, Any]]:
        """Runs that wait for a worker, those left by a dead one first."""
        runs: list[dict[str, Any]] = []
        for status in ("running", "scheduled"):
            listed = self.send("GET", "/api/executions", None, self._config.api_timeout, params={"status": status})
            runs.extend(run for run in listed if run["claimable"])
        return runs

    def claim(self, run_id: str) -> dict[str, Any] | None:
        """The run and its lease, or None when somebody else has it or it has ended.

        The API may take the token that is sent, so that the claim can be sent again, or give one of its own.
        """
        wish = {
            "worker_id": self._config.worker_id,
            "lease_seconds": self._config.lease_seconds,
            "claim_token": self._token,
        }
        try:
            run: dict[str, Any] = self.send("POST", f"{run_path(run_id)}/claim", wish, self._config.api_timeout)
            self._token = run.get("claim_token") or self._token
            logs.protect(self._token)
            return run
        except Conflict as error:
            logs.info("claim_refused", answer=str(error))
            return None

    def heartbeat(self, run_id: str, deadline: float) -> None:
        """One attempt. Raises NoAnswer or ApiRefused."""
        self.once("POST", f"{run_path(run_id)}/heartbeat", None, deadline)

    def record_progress(self, run_id: str, phase: str, progress: dict[str, Any], check: Check) -> None:
        body = {"phase": phase, "progress": progress}
        self.send("POST", f"{run_path(run_id)}/progress", body, self._config.report_timeout, check=check)

    def change_status(self, run_id: str, change: dict[str, Any]) -> None:
        self.send("PATCH", f"{run_path(run_id)}/status", change, self.patience())

    def record_rollback(self, record: dict[str, Any], check: Check) -> None:
        """One that only says what is about to be done holds nothing up."""
        patience = self._config.api_timeout if record["status"] == "pending" else self.patience()
        self.send("POST", "/api/rollbacks", record, patience, check=check)

    def audit(self, entry: dict[str, Any], check: Check) -> None:
        self.send("POST", "/api/audit", entry, self.patience(), check=check)

    def patience(self) -> float:
        """For how long what has happened is told to an API that does not answer."""
        return max(self._config.report_timeout, self.lease_seconds)

    def send(
        self, method: str, path: str, body: Any, patience: float, params: Any = None, check: Check = no_check
    ) -> Any:
        """Try until there is an answer, for `patience` seconds. Raises ApiUnavailable or ApiRefused.

        `check` is called before each further attempt and may raise to end them.
        """
        give_up, pause = time.monotonic() + patience, FIRST_PAUSE
        while True:
            try:
                return self.once(method, path, body, self._config.api_timeout, params)
            except http.NoAnswer as error:
                logs.warning("api_unavailable", method=method, path=path, error=str(error))
                if time.monotonic() + pause >= give_up:
                    raise ApiUnavailable(f"{method} {path}: {error}") from error
            self._pause.wait(pause)
            check()
            pause = min(pause * 2, LONGEST_PAUSE)

    def once(self, method: str, path: str, body: Any, deadline: float, params: Any = None) -> Any:
        """One attempt. Raises NoAnswer, for an answer that is worth another attempt too, or ApiRefused."""
        answer = http.call(method, self._config.api_url + path, deadline, self.headers(), params, body)
        logs.debug("api_call", method=method, path=path, status=answer.status)
        if is_worth_retrying(answer.status):
            raise http.NoAnswer(f"HTTP {answer.status}")
        if is_success(answer.status):
            try:
                return json.loads(answer.body)
            except ValueError as error:
                raise http.NoAnswer(f"HTTP {answer.status} with a body that is no JSON") from error
        refusal = Conflict if answer.status == 409 else ApiRefused
        raise refusal(answer.status, detail(answer.body))

    def headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "X-Claim-Token": self._token, "X-API-SECRET": self._config.api_secret}
        return {name: value for name, value in headers.items() if value}


def run_path(run_id: str) -> str:
    return f"/api/executions/{quote(run_id, safe='')}"


def detail(body: bytes) -> str:
    """What a problem document says, or the start of whatever came instead."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode("utf-8", "replace")
