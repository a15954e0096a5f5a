"""What the gateway writes down of a call."""

import http.client
import re
from dataclasses import dataclass, field
from datetime import datetime

from support.clock import now
from support.contract import RUNNING, WORKER_CALLS, CallKind

_PATTERNS = [
    (kind, method, re.compile(path.replace("{id}", "[^/]+") + r"(\?.*)?")) for kind, method, path in WORKER_CALLS
]


def kind_of(method: str, path: str) -> CallKind:
    """The contract's name of a call; ``other`` for what the contract does not know."""
    for kind, its_method, pattern in _PATTERNS:
        if method == its_method and pattern.fullmatch(path):
            return kind
    return "other"


@dataclass
class Call:
    """One call of one worker, as it went over the wire.

    ``status`` is the status code the worker was given, or None when it got no whole answer. ``fault`` names what
    the gateway did to the call. ``trouble`` says what was wrong with the test environment, when the API itself did not answer.
    """

    worker: str
    method: str
    path: str
    request_body: str
    arrived: datetime = field(default_factory=now)
    answered: datetime | None = None
    status: int | None = None
    response_body: str = ""
    fault: str | None = None
    held: bool = False
    after_index: bool | None = None
    trouble: str | None = None

    @property
    def kind(self) -> CallKind:
        return kind_of(self.method, self.path)

    @property
    def reports_an_end(self) -> bool:
        """It reports that the run has come to an end, not its progress."""
        return self.kind == "status" and f'"{RUNNING}"' not in self.request_body

    @property
    def answer(self) -> str:
        """The answer as people write it: ``200 OK``, ``409 Conflict``, or what happened instead."""
        if self.status is None:
            return self.fault or "no answer"
        return f"{self.status} {http.client.responses.get(self.status, '')}".rstrip()
