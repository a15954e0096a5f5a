"""The kill switch, fail-closed: whatever is not a well-formed "inactive" counts as active."""

import json
from dataclasses import dataclass
from typing import Any

from . import http
from .config import AgentConfig

PATH = "/api/kill-switch"
JSON = "application/json"


class Repeated(ValueError):
    """A member of a JSON object that is there twice; the text is its name. Which of the two holds nobody can say."""


@dataclass(frozen=True)
class Switch:
    """`reason` says who turned it on, or what was wrong with the answer."""

    active: bool
    reason: str


def ask(config: AgentConfig, connection_id: str) -> Switch:
    """Ask once, with a deadline for the whole call. Never raises."""
    headers = {"Accept": "application/json", "Cache-Control": "no-store", "X-API-SECRET": config.api_secret}
    if not config.api_secret:
        del headers["X-API-SECRET"]
    try:
        answer = http.call(
            "GET",
            config.api_url + PATH,
            config.kill_switch_timeout,
            headers,
            params={"connection_id": connection_id},
        )
    except Exception as error:  # noqa: BLE001  (fail-closed, whatever it is)
        return assume_active(f"the call failed: {error}")
    return interpret(answer.status, answer.body, answer.content_type)


def interpret(status: int, body: bytes, content_type: str) -> Switch:
    """What an answer says."""
    if status != 200:
        return assume_active(f"the answer was HTTP {status}")
    try:
        answer = json.loads(body.decode("utf-8"), object_pairs_hook=without_repeats, parse_constant=no_constant)
    except Repeated as error:
        return assume_active(f"the answer had {error} twice")
    except (ValueError, RecursionError):
        return assume_active("the answer was no JSON")
    if content_type.partition(";")[0].strip().lower() != JSON:
        return assume_active(f"the answer was not told to be JSON but {content_type!r}")
    if not isinstance(answer, dict):
        return assume_active("the answer was no JSON object")
    for name in ("global_active", "connection_active"):
        if not isinstance(answer.get(name), bool):
            return assume_active(f"the answer had no true or false as {name}")
    return read_flags(answer["global_active"], answer["connection_active"], answer.get("reason"))


def without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises Repeated."""
    read: dict[str, Any] = {}
    for name, value in members:
        if name in read:
            raise Repeated(name)
        read[name] = value
    return read


def no_constant(name: str) -> None:
    """NaN and the infinities, which Python reads and JSON does not have. Raises ValueError."""
    raise ValueError(f"JSON has no {name}")


def read_flags(global_active: bool, connection_active: bool, reason: object) -> Switch:
    """Either switch is enough."""
    if global_active is False and connection_active is False:
        return Switch(False, "kill switch inactive")
    which = "global" if global_active else "connection"
    told = f": {reason[:1000]}" if isinstance(reason, str) and reason else ""
    return Switch(True, f"{which} kill switch active{told}")


def assume_active(why: str) -> Switch:
    return Switch(True, f"kill switch state unknown, assumed active (fail-closed): {why[:1000]}")
