"""One HTTP call with a deadline that covers all of it: name lookup, connecting, headers and a body that drips in."""

import threading
from dataclasses import dataclass
from typing import Any

import urllib3


class NoAnswer(Exception):
    """No complete answer came in time; the text says what happened instead."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str


def call(
    method: str, url: str, deadline: float, headers: dict[str, str], params: Any = None, body: Any = None
) -> Answer:
    """Send one request, never a second one, and follow no redirect. Raises NoAnswer after `deadline` seconds.

    The call runs in a thread of its own that is left behind when it is late, because the timeouts of sockets bound each
    wait for a byte and not the whole.
    """
    outcome: list[Answer | Exception] = []
    finished = threading.Event()

    def work() -> None:
        try:
            outcome.append(send(method, url, deadline, headers, params, body))
        except Exception as error:  # noqa: BLE001  (handed to the waiting thread)
            outcome.append(error)
        finally:
            finished.set()

    threading.Thread(target=work, name="http-call", daemon=True).start()
    if not finished.wait(deadline):
        raise NoAnswer(f"no complete answer within {deadline:g} s")
    result = outcome[0]
    if isinstance(result, Answer):
        return result
    raise NoAnswer(f"{type(result).__name__}: {result}") from result


def send(method: str, url: str, timeout: float, headers: dict[str, str], params: Any, body: Any) -> Answer:
    """The bare call, on a connection of its own and without proxies or credentials out of the environment."""
    with urllib3.PoolManager(retries=False) as pool:
        response = pool.request(method, url, fields=params, json=body, headers=headers, timeout=timeout, redirect=False)
        return Answer(response.status, response.data, response.headers.get("Content-Type", ""))
