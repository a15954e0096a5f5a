"""The terms of a claim that are the API's to choose: the gateway lets it choose others than the worker would expect."""

import json
import secrets
from typing import Any

from support.contract import CLAIM_TOKEN_HEADER
from support.history.calls import Call

NO_TOKEN = "this-token-was-never-given"


class Terms:
    """What becomes of one worker's claims.

    ``lease_seconds`` is the length of the lease that it is granted, whatever it asks for; None: what it asks for.
    ``own_tokens``: the token in the answer is another one than the worker may have sent, and the only one that counts.
    """

    def __init__(self) -> None:
        self.lease_seconds: float | None = None
        self.own_tokens = False
        self._given: dict[str, str] = {}
        self._last: str | None = None

    def of_request(self, call: Call, headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        """What the API is sent in place of the worker's headers and body."""
        if call.kind == "claim" and self.lease_seconds is not None:
            body = json.dumps(_object(body) | {"lease_seconds": self.lease_seconds}).encode()
            headers = {"Content-Type": "application/json"} | headers
        sent = next((value for name, value in headers.items() if name.lower() == CLAIM_TOKEN_HEADER.lower()), None)
        call.token_fits = None if self._last is None else sent == self._last
        return {name: self._token(name, value) for name, value in headers.items()}, body

    def of_answer(self, call: Call, content: bytes) -> bytes:
        """What the worker is given in place of the API's answer."""
        token = _object(content).get("claim_token")
        if call.kind != "claim" or not isinstance(token, str):
            return content
        if not self.own_tokens:
            self._last = token
            return content
        again = (given for given, real in self._given.items() if real == token)
        given = next(again, f"given-{secrets.token_hex(24)}")
        self._given[given], self._last = token, given
        return json.dumps(_object(content) | {"claim_token": given}).encode()

    def _token(self, name: str, value: str) -> str:
        if name.lower() != CLAIM_TOKEN_HEADER.lower() or not self.own_tokens:
            return value
        return NO_TOKEN if value in self._given.values() else self._given.get(value, value)


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object; empty if it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
