"""The suite's own calls to the SaaS API: what a person or the SaaS itself would do, never a worker's part."""

from typing import Any

import requests

from support.contract import EXECUTIONS_PATH, HEALTH_PATH, KILL_SWITCH_PATH, SECRET_HEADER
from support.errors import TestEnvironmentError, WrongAnswer, cause_of
from support.history.change import RunSpec


class SaasApi:
    """A client of the SaaS API at ``url`` with the shared secret, if there is one; ``timeout`` is in seconds.

    Every method raises, in one line, TestEnvironmentError when the API does not answer, and AssertionError, which blames the
    executor, when its answer is not the contract's.
    """

    def __init__(self, url: str, secret: str, timeout: float = 30.0) -> None:
        self.url, self._timeout = url.rstrip("/"), timeout
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment has no business between the suite and the API
        if secret:
            self._session.headers[SECRET_HEADER] = secret

    def health(self) -> dict[str, Any]:
        return self.call("GET", HEALTH_PATH, 200)

    def create_run(self, run: RunSpec) -> None:
        self.call("POST", EXECUTIONS_PATH, 201, run.body())

    def try_to_create(self, run: RunSpec) -> str:
        """Ask for ``run`` and return the answer in words, as ``409 Conflict``, whatever it is."""
        answer = self._answer("POST", EXECUTIONS_PATH, json=run.body())
        return f"{answer.status_code} {answer.reason}"

    def create_or_be_refused(self, run: RunSpec) -> bool:
        """Schedule a run whose names the API may turn down; false if it does."""
        return self._expect("POST", EXECUTIONS_PATH, (201, 422), run.body()).status_code == 201

    def run(self, run_id: str) -> dict[str, Any]:
        """What the API says of a run."""
        return self.call("GET", f"{EXECUTIONS_PATH}/{run_id}", 200)

    def kill_switch(self, connection_id: str) -> dict[str, Any]:
        """What the API says of the switch of a connection and of the global one."""
        return self.call("GET", f"{KILL_SWITCH_PATH}?connection_id={connection_id}", 200)

    def set_kill_switch(self, active: bool, connection_id: str | None, reason: str | None = None) -> None:
        """Turn the switch of a connection, or the global one (None), on or off."""
        body = {"active": active, "connection_id": connection_id, "reason": reason}
        self.call("POST", KILL_SWITCH_PATH, 200, {name: value for name, value in body.items() if value is not None})

    def try_to_turn_off(self, connection_id: str, secret: str | None) -> str:
        """Ask for a switch to be turned off with another ``secret``, or none; the answer in words, whatever it is."""
        body = {"active": False, "connection_id": connection_id}
        answer = self._answer("POST", KILL_SWITCH_PATH, json=body, headers={SECRET_HEADER: secret})
        return f"{answer.status_code} {answer.reason}"

    @property
    def secret(self) -> str:
        """With what it is called; empty for nothing."""
        return str(self._session.headers.get(SECRET_HEADER, ""))

    @property
    def has_secret(self) -> bool:
        """It is called with a secret."""
        return bool(self.secret)

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any call, with the options of ``requests``; the answer, whatever it is."""
        return self._answer(method, path, **options)

    def call(self, method: str, path: str, expected: int, body: object = None) -> dict[str, Any]:
        """Any call: the content of an answer with the status ``expected``, ``items`` of it where that is no object."""
        answer = self._expect(method, path, (expected,), body)
        try:
            content = answer.json()
        except ValueError as error:
            raise TestEnvironmentError(
                f"the SaaS API at {self.url} answered {method} {path}, but not with JSON: {answer.text[:100]!r}"
            ) from error
        return content if isinstance(content, dict) else {"items": content}

    def close(self) -> None:
        self._session.close()

    def _expect(self, method: str, path: str, expected: tuple[int, ...], body: object) -> requests.Response:
        answer = self._answer(method, path, json=body)
        if answer.status_code not in expected:
            complaint = (
                f"the SaaS API at {self.url} answered {method} {path} with {answer.status_code}"
                f" instead of {' or '.join(map(str, expected))}: {answer.text[:300]}"
            )
            # One that can't answer may have lost its database; one that has it, or answers wrongly, breaks the contract
            environment_broke = answer.status_code >= 500 and not self._is_well()
            raise TestEnvironmentError(complaint) if environment_broke else WrongAnswer(complaint, answer.status_code)
        return answer

    def _answer(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            return self._session.request(
                method, self.url + path, timeout=self._timeout, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            raise TestEnvironmentError(
                f"the SaaS API at {self.url} does not answer {method} {path}: {cause_of(error)}"
            ) from error

    def _is_well(self) -> bool:
        """Whether the API says of itself that it has what it needs, its database above all."""
        self._session.close()  # one that failed may have closed the connection; the next call makes another
        try:
            return self._answer("GET", HEALTH_PATH).status_code == 200
        except TestEnvironmentError:
            return False
