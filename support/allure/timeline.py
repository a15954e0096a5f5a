"""A picture of a scenario over time: what the server did, and each worker's life, lease and calls.

Here is when things were, as a place from left to right; what they look like and are called is in ``timeline.svg.j2``.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from support.clock import Clock
from support.history.calls import Call
from support.history.history import Participant
from support.history.statements import Statement
from support.record.evidence import Evidence
from support.resultlog.rendering import template

WIDTH, LEFT, RIGHT = 860, 76, 16
"""Pixels: of the picture, of the lane names, of the right margin."""

TICKS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1e9)
"""Seconds that may be between two ticks of the axis."""

_ABOVE = {"claim": 3, "kill switch": 2, "rollback": 2, "status": 1}
"""Which calls cover others that are close to them."""


class _Scale:
    def __init__(self, moments: list[datetime]) -> None:
        self.start, self.end = min(moments), max(moments)
        self.seconds = max((self.end - self.start).total_seconds(), 0.001)

    def at(self, seconds: float) -> float:
        return round(LEFT + seconds / self.seconds * (WIDTH - LEFT - RIGHT), 1)

    def x(self, time: datetime) -> float:
        return self.at((min(max(time, self.start), self.end) - self.start).total_seconds())

    def width(self, start: datetime, end: datetime | None) -> float:
        """What has no end goes on to the end of the picture."""
        return max(self.x(end or self.end) - self.x(start), 2)


def svg(record: Evidence, clock: Clock) -> str:
    """The picture as an ``<svg>`` element; empty if nothing happened that has a place in time."""
    moments = list(_moments(record))
    if len(moments) < 2:
        return ""
    scale = _Scale(moments)
    step = next(step for step in TICKS if scale.seconds / step <= 10)
    times = {fact.label: fact.time for fact in record.facts}
    return template("timeline.svg.j2").render(
        width=WIDTH,
        left=LEFT,
        scale=scale,
        period=f"{clock.instant(scale.start)} + {scale.seconds:.2f} s",
        ticks=[(scale.at(n * step), f"+{n * step:g} s") for n in range(1, int(scale.seconds / step) + 1)],
        window=(times.get("Metrics Window"), times.get("Sample Count Observed")),
        statements=[_statement(one, scale) for one in record.changes],
        workers=[_worker(one, scale) for one in record.workers],
        facts=_facts(record, scale),
    )


def _moments(record: Evidence) -> Iterable[datetime]:
    yield from (time for call in record.calls for time in (call.arrived, call.answered) if time)
    yield from (time for one in record.changes for time in (one.started, one.ended) if time)
    yield from (time for one in record.workers for time in (one.started, one.ended) if time)
    yield from (fact.time for fact in record.facts)


def _facts(record: Evidence, scale: _Scale) -> list[dict[str, Any]]:
    """The facts, in rows so that their labels don't cover each other."""
    placed: list[dict[str, Any]] = []
    ends: list[float] = []
    for fact in sorted(record.facts, key=lambda fact: fact.time):
        label = fact.value if fact.label == "Moment" else fact.label
        x, width = scale.x(fact.time), 6.2 * len(label) + 8
        left = min(x, WIDTH - width)
        row = next((n for n, end in enumerate(ends) if end <= left), len(ends))
        ends[row:row + 1] = [left + width]  # fmt: skip
        placed.append({"x": x, "left": left, "row": row, "label": label})
    return placed


def _statement(one: Statement, scale: _Scale) -> dict[str, Any]:
    kind, error = "drop" if "DROP" in one.text.upper() else "add", one.errno
    words = f"{kind.upper()} INDEX" + (f": error {error}" if error else "" if one.ended else ": not ended")
    after = scale.x(one.ended or scale.end) + 5
    fits = after + 7 * len(words) < WIDTH
    place = {"x": after, "anchor": "start"} if fits else {"x": scale.x(one.started) - 4, "anchor": "end"}
    return {**vars(one), **place, "look": "error" if error else kind, "words": words}


def _worker(worker: Participant, scale: _Scale) -> dict[str, Any]:
    ordered = sorted(worker.calls, key=lambda call: _ABOVE.get(call.kind, 0))
    calls = [(scale.x(call.arrived), _look(call), call) for call in ordered]
    return {"worker": worker, "leases": _leases(worker.calls), "calls": calls}


def _leases(calls: list[Call]) -> list[tuple[datetime, datetime]]:
    """(granted, ends) of every lease the API gave, as its answers say."""
    found = []
    for call in calls:
        if call.kind not in ("claim", "heartbeat") or call.status != 200 or not call.answered:
            continue
        try:
            end = datetime.fromisoformat(json.loads(call.response_body)["lease_expires_at"])
        except (ValueError, KeyError, TypeError):
            continue  # a foreign API's answer; the picture does without
        found.append((call.answered, end if end.tzinfo else end.replace(tzinfo=call.answered.tzinfo)))
    return found


def _look(call: Call) -> str:
    """The kind of the call, or what became of it, by which it has its colour."""
    granted = call.status == 200
    if call.kind == "claim" and not granted:
        return "error"
    if call.kind == "kill switch" and (not granted or '_active":true' in call.response_body.replace(" ", "")):
        return "kill switch on"
    return call.kind
