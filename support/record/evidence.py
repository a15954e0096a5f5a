"""The records that a run leaves: the evidence of each scenario (what was seen, when, and what it was held against), and
the record of the run as a whole. They are all that reports are made from.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime

from support.clock import now
from support.files import write_whole
from support.history.calls import Call
from support.history.history import History, Participant
from support.history.statements import Statement
from support.record.envelope import LATER, as_json
from support.result_words import NOT_RUN, PASS, UNJUDGED
from support.secret_text import forms_of
from support.settings import MASK

RUN_FILE = "run.json"
SUITE = "Acceptance suite"
"""What a run's environment calls the suite that judged."""
_TOKEN = re.compile(r'((?:\\?")[a-z_]*(?:token|secret|password)[a-z_]*\\?"\s*:\s*\\?")([^"\\]+)(\\?")', re.IGNORECASE)


class Secrets:
    """Takes every known secret out of what is written or shown."""

    def __init__(self, values: list[str]) -> None:
        self._forms = {form for value in values for form in forms_of(value)}

    def add(self, value: str) -> None:
        """Know one more secret."""
        self._forms |= forms_of(value)

    def masked(self, text: str) -> str:
        """``text`` without the secrets, and without the claim tokens of an executor, which are its own passwords."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return _TOKEN.sub(_pseudonym, text)


def _pseudonym(found: re.Match[str]) -> str:
    """In place of a token a name for it: two are still told apart, so what is kept can be judged again."""
    before, token, after = found.groups()
    name = token if token.startswith(MASK) else f"{MASK}{sha256(token.encode()).hexdigest()[:6]}"
    return f"{before}{name}{after}"


@dataclass(frozen=True)
class Fact:
    """Something worth knowing that is not judged, with the time it was true at."""

    label: str
    value: str
    time: AwareDatetime


@dataclass(frozen=True)
class Observation:
    """One row of the result log. ``because`` says what the actual value rests on; ``verdict`` is PASS, FAIL or UNKNOWN, in
    the log also that of a scenario that was not judged.
    """

    field: str
    expected: str
    actual: str
    verdict: str
    because: str = ""

    @property
    def differs(self) -> bool:
        """True for what was observed and is not as expected, or could not be observed."""
        return self.verdict not in (PASS, *UNJUDGED)


@dataclass(frozen=True)
class Query:
    """A database verification query with the rows it returned."""

    title: str
    sql: str
    rows: list[dict[str, Any]]
    time: AwareDatetime


@dataclass(frozen=True)
class Judged:
    """What became of a rule of the contract: ``state`` is kept, broken, unknown or not tried, of ``times`` occasions.

    ``because``, ``who`` and ``at`` are of the first breach, or of what could not be told. ``of`` are the ids of the
    contract's sentences that were kept, broken, or not to be told.
    """

    rule: str
    state: str
    times: int
    because: str = ""
    who: str = ""
    at: AwareDatetime | None = None
    of: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cause:
    """Why a scenario is red, in a sentence. ``kind`` is what sort of event it was, ``number`` its error, status or rule.

    Two scenarios of one cause have the same ``who``, ``kind`` and ``number``.
    """

    who: str
    kind: str
    number: str
    sentence: str
    at: AwareDatetime | None = None


@dataclass
class Step:
    """A phrase that ran, with its duration in seconds."""

    phrase: str
    status: str
    seconds: float


@dataclass(frozen=True)
class Attempt:
    """A scenario whose situation could not be made, for ``reason``, before anything of it was judged."""

    reason: str
    started: AwareDatetime
    ended: AwareDatetime
    facts: list[Fact]
    steps: list[Step]
    history: History | None

    @classmethod
    def of(cls, record: "Evidence", reason: str) -> "Attempt":
        """The attempt that ``record`` is of, which ends now."""
        return cls(reason, record.started, now(), record.facts, record.steps, record.history)


@dataclass
class Evidence:
    """All that one scenario leaves. ``unmet`` is the need for which it was left out, if it was; ``history`` is all that
    happened, if any worker was made, and ``rules`` what was judged of it: nothing, if not all of it could be read;
    ``judging_cpu_s`` are the CPU seconds that history, rules and cause have taken; ``attempts`` are those before this one in
    which its situation could not be made.
    """

    id: str
    name: str
    feature: str
    location: str
    tags: list[str]
    description: str
    started: AwareDatetime = field(default_factory=now)
    ended: AwareDatetime | None = None
    result: str = NOT_RUN
    unmet: str | None = None
    failure: str | None = None
    blames: str | None = None
    actual_status: str | None = None
    facts: list[Fact] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    history: History | None = None
    cause: Cause | None = None
    rules: list[Judged] = field(default_factory=list)
    judging_cpu_s: float = 0.0
    logs: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def fact(self, label: str, value: object, time: datetime | None = None) -> None:
        """Note a fact; without ``time`` it was true now."""
        self.facts.append(Fact(label, str(value), time or now()))

    def fail(self, message: str, blames: str) -> None:
        """One more thing that went wrong; the first one says who is to blame."""
        self.failure = f"{self.failure}\n{message}" if self.failure else message
        self.blames = self.blames or blames

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Count the CPU time of what is done meanwhile in this thread."""
        began = time.thread_time()
        try:
            yield
        finally:
            self.judging_cpu_s = round(self.judging_cpu_s + time.thread_time() - began, 4)

    @property
    def workers(self) -> list[Participant]:
        """Its workers, by the numbers of their processes."""
        return sorted(self.history.participants.values(), key=lambda one: one.number) if self.history else []

    @property
    def calls(self) -> list[Call]:
        """Their calls, worker by worker."""
        return [call for worker in self.workers for call in worker.calls]

    @property
    def changes(self) -> list[Statement]:
        """The schema changes that the server counted, whoever sent them."""
        return self.history.changes if self.history else []

    @property
    def why(self) -> str:
        """Why it is not passed, in one line: its cause, what it lacked, or the beginning of its failure; empty for nothing."""
        said = self.unmet or (self.failure or "").strip().partition("\n")[0]
        return self.cause.sentence if self.cause else said

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last moment."""
        return ((self.ended or now()) - self.started).total_seconds()


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone") from None
    return name


@dataclass
class Check:
    """One item of the pre-test or the clean-up checklist. ``done`` is None where it does not apply."""

    item: str
    done: bool | None
    detail: str


@dataclass(frozen=True)
class Before:
    """The last whole run before another one: its results by test case, and the parts that it judged."""

    run_id: str
    decision: str
    results: dict[str, str]
    environment: dict[str, str]


@dataclass
class RunRecord:
    """What a run was. ``expected`` are the locations of all scenarios there are by id, ``selected`` those of this run;
    ``ended`` is None for a run that was cut off; ``troubles`` are what went wrong with the run as a whole.
    """

    run_id: str
    started: AwareDatetime
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    tester: str
    reviewer: str
    settings: list[tuple[str, str]]
    expected: dict[str, list[str]]
    selected: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    pre_checks: list[Check] = field(default_factory=list)
    clean_up: list[Check] = field(default_factory=list)
    clean_up_script: str = ""
    troubles: list[str] = field(default_factory=list)
    ended: AwareDatetime | None = None
    before: Before | None = field(default=None, metadata={LATER: True})

    def write(self, folder: Path, secrets: Secrets) -> None:
        """Write ``run.json``; the file is whole or as it was."""
        write_whole(folder / RUN_FILE, secrets.masked(as_json(self)))


def write(evidence: Evidence, folder: Path, secrets: Secrets) -> Path:
    """Write the record, secrets masked, and return its path; the file is whole or not there."""
    path = folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', f'{evidence.id} {evidence.location}').strip('-')}.json"
    write_whole(path, secrets.masked(as_json(evidence, duration_s=round(evidence.duration_s, 3))))
    return path
