"""A picture of a scenario over time: what the server did, and each worker's life, lease and calls."""

import json
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any

from support.clock import Clock, moment
from support.record.evidence import Evidence

WIDTH, LEFT, RIGHT = 860, 76, 16
"""Pixels: of the picture, of the lane names, of the right margin."""

LANE, FACT, FOOT = 64, 15, 58
"""Pixels: the height of a lane, of a line of facts, of scale and legend."""

COLOURS = {
    "claim": "#1a73e8",
    "kill switch": "#137333",
    "kill switch on": "#b3261e",
    "heartbeat": "#9aa0a6",
    "status": "#5f6368",
    "rollback": "#e37400",
    "other": "#c5cad0",
    "lease": "#a8c7fa",
    "window": "#fff3c4",
    "life": "#e4e7eb",
    "add": "#34a853",
    "drop": "#e37400",
    "error": "#b3261e",
}

_LEGEND = [
    ("claim", "claim"), ("kill switch", "kill switch: off"), ("kill switch on", "kill switch: on, or the call failed"),
    ("heartbeat", "heartbeat"), ("status", "status"), ("rollback", "rollback"), ("lease", "lease"),
    ("window", "metrics window"), ("add", "ADD INDEX"), ("drop", "DROP INDEX"), ("error", "refused, or killed"),
]  # fmt: skip


_WEIGHT = {"claim": 3, "kill switch": 2, "rollback": 2, "status": 1}
"""What covers what where calls are close together."""


class _Picture:
    """The shapes drawn so far, on a scale from the first to the last moment."""

    def __init__(self, moments: list[datetime]) -> None:
        self.start, self.end = min(moments), max(moments)
        self.seconds = max((self.end - self.start).total_seconds(), 0.001)
        self.shapes: list[str] = []

    def at(self, seconds: float) -> float:
        return round(LEFT + seconds / self.seconds * (WIDTH - LEFT - RIGHT), 1)

    def x(self, time: datetime) -> float:
        return self.at((min(max(time, self.start), self.end) - self.start).total_seconds())

    def text(
        self, x: float, y: float, text: str, colour: str = "#1b1f24", anchor: str = "start", weight: str = "400"
    ) -> None:
        look = f'fill="{colour}" text-anchor="{anchor}" font-weight="{weight}"'
        self.shapes.append(f'<text x="{x}" y="{y}" {look}>{escape(text)}</text>')

    def line(self, x: float, top: float, bottom: float, look: str) -> None:
        self.shapes.append(f'<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" {look}></line>')

    def bar(self, start: datetime, end: datetime, y: float, height: float, kind: str, title: str) -> None:
        x = self.x(start)
        size = f'width="{max(self.x(end) - x, 2):.1f}" height="{height}" rx="2" fill="{COLOURS[kind]}"'
        self.shapes.append(f'<rect x="{x}" y="{y}" {size}><title>{escape(title)}</title></rect>')

    def path(self, path: str, look: str, title: str) -> None:
        self.shapes.append(f'<path d="{path}" {look}><title>{escape(title)}</title></path>')


def svg(record: Evidence, clock: Clock) -> str:
    """The picture as an ``<svg>`` element; empty if nothing happened that has a place in time."""
    moments = list(_moments(record))
    if len(moments) < 2:
        return ""
    picture = _Picture(moments)
    facts = _facts(record, picture)
    workers = sorted({worker["number"] for worker in record.workers})
    top = 24 + FACT * len({row for _, row, _ in facts})
    bottom = top + LANE * (1 + len(workers))
    times = {fact.label: fact.time for fact in record.facts}
    opened, closed = times.get("Metrics Window"), times.get("Sample Count Observed")
    if opened and closed:  # the executor's window after the ADD INDEX
        picture.bar(opened, closed, top, bottom - top, "window", "metrics window")
    _axis(picture, clock, top, bottom)
    _server(record, picture, top)
    for position, number in enumerate(workers, start=1):
        _worker(record, number, picture, top + LANE * position)
    for x, row, label in facts:
        y = 28 + FACT * row
        picture.line(x, y, bottom, 'stroke="#7b5ea7" stroke-dasharray="2 3"')
        picture.text(_left(x, label) + 3, y, label, "#5b3d8a")
    _legend(picture, bottom + 20)
    height = bottom + FOOT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="100%" role="img"'
        f' style="max-width:{1.4 * WIDTH:.0f}px" font-family="system-ui,Tahoma,sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"></rect>{"".join(picture.shapes)}</svg>'
    )


def _moments(record: Evidence) -> Iterable[datetime]:
    yield from (moment(call[name]) for call in record.wire for name in ("arrived", "answered") if call[name])
    for item in (*record.statements, *record.workers):
        yield from (moment(item[name]) for name in ("started", "ended") if item[name])
    yield from (fact.time for fact in record.facts)


def _axis(picture: _Picture, clock: Clock, top: float, bottom: float) -> None:
    picture.text(LEFT, 14, f"{clock.instant(picture.start)} + {picture.seconds:.2f} s", "#5c6670")
    step = next(s for s in (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1e9) if picture.seconds / s <= 10)
    for n in range(1, int(picture.seconds / step) + 1):
        x = picture.at(n * step)
        picture.line(x, top, bottom, 'stroke="#eef0f3"')
        picture.text(x, bottom + 10, f"+{n * step:g} s", "#8a939c", "middle")


def _left(x: float, label: str) -> float:
    """Where the label of a fact begins, so that it ends within the picture."""
    return min(x, WIDTH - 6.2 * len(label) - 8)


def _facts(record: Evidence, picture: _Picture) -> list[tuple[float, int, str]]:
    """(x, row, label) of every fact, in rows so that the labels don't cover each other."""
    placed: list[tuple[float, int, str]] = []
    ends: list[float] = []
    for fact in sorted(record.facts, key=lambda fact: fact.time):
        label = fact.value if fact.label == "Moment" else fact.label
        x = picture.x(fact.time)
        left = _left(x, label)
        row = next((n for n, end in enumerate(ends) if end <= left), len(ends))
        ends[row:row + 1] = [left + 6.2 * len(label) + 8]  # fmt: skip
        placed.append((x, row, label))
    return placed


def _server(record: Evidence, picture: _Picture, top: float) -> None:
    picture.text(6, top + 26, "server", weight="600")
    for row, statement in enumerate(record.statements):
        start, ended, error = moment(statement["started"]), statement["ended"], statement["errno"]
        kind = "drop" if "DROP" in statement["text"].upper() else "add"
        word = f"{kind.upper()} INDEX" + (f": error {error}" if error else "" if ended else ": not ended")
        y = top + 8 + 15 * (row % 3)
        end = moment(ended) if ended else picture.end
        picture.bar(start, end, y, 11, "error" if error else kind, f"{statement['text']} {statement['message']}")
        after = picture.x(end) + 5
        if after + 7 * len(word) < WIDTH:
            picture.text(after, y + 9.5, word)
        else:
            picture.text(picture.x(start) - 4, y + 9.5, word, anchor="end")


def _worker(record: Evidence, number: int, picture: _Picture, top: float) -> None:
    picture.text(6, top + 34, f"worker {number}", weight="600")
    for life in (worker for worker in record.workers if worker["number"] == number and worker["started"]):
        end = moment(life["ended"]) if life["ended"] else picture.end
        picture.bar(moment(life["started"]), end, top + 24, 16, "life", f"exit status {life['exit_status']}")
        if life["killed"]:
            cross = f"M{picture.x(moment(life['killed'])) - 6} {top + 26}l12 12m0 -12l-12 12"
            picture.path(cross, f'stroke="{COLOURS["error"]}" stroke-width="3"', "killed")
    calls = [call for call in record.wire if call["worker"] == f"worker-{number}"]
    for granted, end in _leases(calls):
        picture.bar(granted, end, top + 44, 6, "lease", f"lease until {end:%H:%M:%S.%f}")
    for call in sorted(calls, key=lambda call: _WEIGHT.get(call["kind"], 0)):
        _mark(call, picture, top + 32)


def _leases(calls: list[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    """(granted, ends) of every lease the API gave, as its answers say."""
    found = []
    for call in calls:
        if call["kind"] not in ("claim", "heartbeat") or call["status"] != 200 or not call["answered"]:
            continue
        try:
            end = datetime.fromisoformat(json.loads(call["response_body"])["lease_expires_at"])
        except (ValueError, KeyError, TypeError):
            continue  # a foreign API's answer; the picture does without
        granted = moment(call["answered"])
        found.append((granted, end if end.tzinfo else end.replace(tzinfo=granted.tzinfo)))
    return found


def _mark(call: dict[str, Any], picture: _Picture, y: float) -> None:
    x = picture.x(moment(call["arrived"]))
    shapes = {
        "claim": f"M{x - 6} {y + 6}l6 -12l6 12z",
        "kill switch": f"M{x} {y - 7}l6 7l-6 7l-6 -7z",
        "rollback": f"M{x - 5} {y - 5}h10v10h-10z",
        "status": f"M{x - 4} {y - 4}h8v8h-8z",
    }
    path = shapes.get(call["kind"], f"M{x - 1} {y - 6}h2v12h-2z")
    title = f"{call['method']} {call['path']}: {call['answer']}{' (held)' if call['held'] else ''}"
    picture.path(path, f'fill="{COLOURS[_colour(call)]}" stroke="#fff" stroke-width="0.7"', title)


def _colour(call: dict[str, Any]) -> str:
    if call["kind"] == "claim" and call["status"] != 200:
        return "error"
    if call["kind"] != "kill switch":
        return call["kind"] if call["kind"] in COLOURS else "other"
    on = call["status"] != 200 or '_active":true' in call["response_body"].replace(" ", "")
    return "kill switch on" if on else "kill switch"


def _legend(picture: _Picture, y: float) -> None:
    x = 6.0
    for name, label in _LEGEND:
        if x + 26 + 5.9 * len(label) > WIDTH:
            x, y = 6.0, y + 16
        look = f'fill="{COLOURS[name]}" stroke="#c5cad0"'
        picture.shapes.append(f'<rect x="{x}" y="{y}" width="10" height="10" {look}></rect>')
        picture.text(x + 14, y + 9, label, "#3c434a")
        x += 26 + 5.9 * len(label)
