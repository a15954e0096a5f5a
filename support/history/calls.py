"""What the gateway writes down of a call."""

import http.client
import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from pydantic import AwareDatetime

from support.clock import now
from support.contract import EXECUTIONS_PATH, RUNNING, TERMINAL, WORKER_CALLS, CallKind

_PATTERNS = [
    (kind, method, re.compile(path.replace("{id}", "[^/]+") + r"(\?.*)?")) for kind, method, path in WORKER_CALLS
]


def kind_of(method: str, path: str) -> CallKind:
    """The contract's name of a call; ``other`` for what the contract does not know."""
    for kind, its_method, pattern in _PATTERNS:
        if method == its_method and pattern.fullmatch(path):
            return kind
    return "other"


UNDER_A_LEASE: tuple[CallKind, ...] = ("heartbeat", "status", "rollback", "audit")
"""The calls that are a worker's only as long as its lease is alive."""


def name_of(number: int) -> str:
    """The name of a worker, whoever speaks of it: of who made a call, sent a statement, is to blame."""
    return f"worker {number}"


THE_SUITE = "caller "
"""With what the names of callers begin that are no workers, but the suite itself."""


@dataclass(frozen=True)
class RunRow:
    """The run's row at a moment, ``at`` and ``lease_seconds`` left both by the database's clock; None for no lease.

    ``rest`` are the contract's other columns, ``records`` how many rows of other tables are about the run, both in words.
    """

    at: AwareDatetime
    status: str
    fail_reason: str | None
    claimed_by: str | None
    lease_seconds: float | None
    rest: str = ""
    records: str = ""

    def __str__(self) -> str:
        lease = "no lease" if self.lease_seconds is None else f"{self.lease_seconds:.3f} s of its lease left"
        said = [
            f"{self.status} ({self.fail_reason or 'no reason'})",
            f"claimed by {self.claimed_by or 'nobody'}",
            lease,
        ]
        return ", ".join([*said, *filter(None, (self.rest, self.records))])

    @property
    def lease_alive(self) -> bool:
        return self.lease_seconds is not None and self.lease_seconds > 0


@dataclass
class Call:
    """One call of one worker, or of the suite itself, by its name, as it went over the wire.

    ``status`` is the status code the worker was given, or None when it got no whole answer. ``fault`` names what
    the gateway did to the call. ``row_before`` and ``row_after`` are the run's row just before the call reached the API and
    just after its answer. ``content_type`` is that of the answer as the worker was given it, empty for none; None: it is not
    known, for the evidence is older. ``token_fits``: it carried the token of the answer to its worker's last claim; None: that
    had none yet, or nobody looked. ``trouble`` says what was wrong with the test environment, when the API itself did not answer.

    Of the suite's own calls ``token_sent`` is what came as the claim's token, empty for nothing; None: not seen. ``api`` is the
    number of the API that got it, ``uninvited`` in what way it came without the secret, and ``database_away`` whether that
    API could not reach its database.
    """

    worker: str
    method: str
    path: str
    request_body: str
    arrived: AwareDatetime = field(default_factory=now)
    answered: AwareDatetime | None = None
    status: int | None = None
    response_body: str = ""
    content_type: str | None = None
    token_fits: bool | None = None
    fault: str | None = None
    held: bool = False
    after_index: bool | None = None
    trouble: str | None = None
    row_before: RunRow | None = None
    row_after: RunRow | None = None
    token_sent: str | None = None
    api: int = 1
    uninvited: str = ""
    database_away: bool = False

    @property
    def by_the_suite(self) -> bool:
        """No worker has sent it."""
        return self.worker.startswith(THE_SUITE)

    @property
    def about(self) -> str:
        """The id of the run that it is about; empty if it is about none."""
        if self.path.startswith(f"{EXECUTIONS_PATH}/"):
            return unquote(self.path.removeprefix(f"{EXECUTIONS_PATH}/").partition("?")[0].partition("/")[0])
        said = self.request_json
        return str(said.get("id" if self.path == EXECUTIONS_PATH else "execution_run_id", ""))

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

    @property
    def request_json(self) -> dict[str, Any]:
        """The body of the request; empty if it is no JSON object."""
        return _json_object(self.request_body)

    @property
    def response_json(self) -> dict[str, Any]:
        """The body of the answer; empty if it is no JSON object."""
        return _json_object(self.response_body)

    @property
    def media_type(self) -> str | None:
        """The content type of the answer without its parameters, in small letters; None if it is not known."""
        return None if self.content_type is None else self.content_type.partition(";")[0].strip().lower()

    @property
    def claim_token(self) -> str | None:
        """The token in the answer, if there is one."""
        token = self.response_json.get("claim_token")
        return token if isinstance(token, str) and token else None

    @property
    def is_granted_claim(self) -> bool:
        """It is a claim, and it was granted."""
        return self.kind == "claim" and self.status == HTTPStatus.OK

    @property
    def reached_the_api(self) -> bool:
        """The API has answered it, whatever the worker got."""
        return self.row_after is not None

    @property
    def row_ended(self) -> bool:
        """The run came to its end by it."""
        before, after = self.row_before, self.row_after
        return bool(before and after and before.status not in TERMINAL and after.status in TERMINAL)

    @property
    def says_inactive(self) -> bool | None:
        """The worker was given a well-formed "inactive"; None if nobody can tell, for its content type is not known."""
        if self.status != HTTPStatus.OK or self.fault is not None or not _is_inactive(self.response_body):
            return False
        return None if self.media_type is None else self.media_type == "application/json"

    @property
    def says_active(self) -> bool:
        """The worker was told that a switch is on."""
        answer = self.response_json
        return self.status == HTTPStatus.OK and self.fault is None and True in map(answer.get, _SWITCHES)

    def says_the_same(self, other: "Call") -> bool:
        """It tells the same thing as the other, which it may do in other words or with another time."""
        return self.kind == other.kind and all(
            self.request_json.get(name) == other.request_json.get(name) for name in _SAID
        )


_SWITCHES = ("global_active", "connection_active")
_SAID = ("status", "fail_reason", "action", "execution_run_id")
"""What of a report, a rollback record or an audit entry says which it is."""


def _is_inactive(body: str) -> bool:
    """One JSON object, and nothing else, in which both switches are there once and ``false``."""
    try:
        answer = json.loads(body, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and all(answer.get(name) is False for name in _SWITCHES)  # 0 is equal to False


def _no_constant(name: str) -> None:
    """``NaN`` and the infinities, which Python reads and JSON does not have."""
    raise ValueError(f"JSON has no {name}")


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a member that is there twice says nothing."""
    read = dict(members)
    if len(read) < len(members):
        raise ValueError("a member is there twice")
    return read


def _json_object(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
