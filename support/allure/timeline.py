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


class _Scale:
    def __init__(self, moments: list[datetime]) -> None:
        self.start, self.end = min(moments), max(moments)
        self.seconds = max((self.end - self.start).total_seconds(), 0.001)

    def x(self, time: datetime) -> float:
        share = (min(max(time, self.start), self.end) - self.start).total_seconds() / self.seconds
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def svg(record: Evidence, clock: Clock) -> str:
    """The picture as an ``<svg>`` element; empty if nothing happened that has a place in time."""
    moments = list(_moments(record))
    if len(moments) < 2:
        return ""
    scale = _Scale(moments)
    labels = _facts(record, scale)
    top = 24 + FACT * len({row for _, row, _ in labels})
    workers = sorted({worker["number"] for worker in record.workers})
    height = top + LANE * (1 + len(workers)) + FOOT
    drawn = [*_windows(record, scale, top, height - FOOT), *_axis(scale, clock, record, top, height - FOOT)]
    drawn += _server(record, scale, top)
    for position, number in enumerate(workers, start=1):
        drawn += _worker(record, number, scale, top + LANE * position)
    drawn += _fact_lines(labels, height - FOOT) + _legend(height - FOOT + 20)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="100%" role="img"'
        f' style="max-width:{1.4 * WIDTH:.0f}px" font-family="system-ui,Tahoma,sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"></rect>{"".join(drawn)}</svg>'
    )


def _moments(record: Evidence) -> Iterable[datetime]:
    groups = [
        (record.wire, ("arrived", "answered")),
        (record.statements, ("started", "ended")),
        (record.workers, ("started", "ended")),
    ]
    for group, names in groups:
        yield from (moment(item[name]) for item in group for name in names if item[name])
    yield from (fact.time for fact in record.facts)


def _axis(scale: _Scale, clock: Clock, record: Evidence, top: float, bottom: float) -> list[str]:
    first = clock.instant(min(_moments(record)))
    drawn = [_text(LEFT, 14, f"{first} + {scale.seconds:.2f} s", "#5c6670")]
    step = next(s for s in (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1e9) if scale.seconds / s <= 10)
    for n in range(1, int(scale.seconds / step) + 1):
        x = round(LEFT + n * step / scale.seconds * (WIDTH - LEFT - RIGHT), 1)
        drawn.append(f'<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" stroke="#eef0f3"></line>')
        drawn.append(_text(x, bottom + 10, f"+{n * step:g} s", "#8a939c", "middle"))
    return drawn


def _facts(record: Evidence, scale: _Scale) -> list[tuple[float, int, str]]:
    """(x, row, label) of every fact, in rows so that the labels don't cover each other."""
    placed: list[tuple[float, int, str]] = []
    ends: list[float] = []
    for fact in sorted(record.facts, key=lambda fact: fact.time):
        label = fact.value if fact.label == "Moment" else fact.label
        x, width = scale.x(fact.time), 6.2 * len(label) + 8
        left = min(x, WIDTH - width)
        row = next((n for n, end in enumerate(ends) if end <= left), len(ends))
        ends[row:row + 1] = [left + width]  # fmt: skip
        placed.append((x, row, label))
    return placed


def _fact_lines(labels: list[tuple[float, int, str]], bottom: float) -> list[str]:
    drawn = []
    for x, row, label in labels:
        y = 28 + FACT * row
        left = min(x, WIDTH - 6.2 * len(label) - 8)
        drawn.append(f'<line x1="{x}" x2="{x}" y1="{y}" y2="{bottom}" stroke="#7b5ea7" stroke-dasharray="2 3"></line>')
        drawn.append(_text(left + 3, y, label, "#5b3d8a"))
    return drawn


def _windows(record: Evidence, scale: _Scale, top: float, bottom: float) -> list[str]:
    """The executor's window after the ADD INDEX, from the two facts that open and close it."""
    times = {fact.label: fact.time for fact in record.facts}
    opened, closed = times.get("Metrics Window"), times.get("Sample Count Observed")
    if opened is None or closed is None:
        return []
    return [_bar(scale, opened, closed, top, bottom - top, "window", "metrics window")]


def _server(record: Evidence, scale: _Scale, top: float) -> list[str]:
    drawn = [_text(6, top + 26, "server", weight="600")]
    for row, statement in enumerate(record.statements):
        started, ended = moment(statement["started"]), statement["ended"]
        kind = "drop" if "DROP" in statement["text"].upper() else "add"
        failed = bool(statement["errno"])
        word = f"{kind.upper()} INDEX" + (f": error {statement['errno']}" if failed else "" if ended else ": not ended")
        y = top + 8 + 15 * (row % 3)
        title = f"{statement['text']} {statement['message']}"
        end = moment(ended) if ended else scale.end
        drawn.append(_bar(scale, started, end, y, 11, "error" if failed else kind, title))
        after = scale.x(end) + 5
        if after + 7 * len(word) < WIDTH:
            drawn.append(_text(after, y + 9.5, word))
        else:
            drawn.append(_text(scale.x(started) - 4, y + 9.5, word, anchor="end"))
    return drawn


def _worker(record: Evidence, number: int, scale: _Scale, top: float) -> list[str]:
    drawn = [_text(6, top + 34, f"worker {number}", weight="600")]
    for life in (worker for worker in record.workers if worker["number"] == number and worker["started"]):
        end = moment(life["ended"]) if life["ended"] else scale.end
        drawn.append(
            _bar(scale, moment(life["started"]), end, top + 24, 16, "life", f"exit status {life['exit_status']}")
        )
        if life["killed"]:
            x = scale.x(moment(life["killed"]))
            cross = f"M{x - 6} {top + 26}l12 12m0 -12l-12 12"
            drawn.append(f'<path d="{cross}" stroke="{COLOURS["error"]}" stroke-width="3"><title>killed</title></path>')
    calls = [call for call in record.wire if call["worker"] == f"worker-{number}"]
    for start, end in _leases(calls):
        drawn.append(_bar(scale, start, end, top + 44, 6, "lease", f"lease until {end:%H:%M:%S.%f}"))
    return drawn + [_mark(call, scale, top + 32) for call in sorted(calls, key=_weight)]


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


def _weight(call: dict[str, Any]) -> int:
    return {"claim": 3, "kill switch": 2, "rollback": 2, "status": 1}.get(call["kind"], 0)


def _mark(call: dict[str, Any], scale: _Scale, y: float) -> str:
    x, kind = scale.x(moment(call["arrived"])), call["kind"]
    colour = COLOURS[_colour(call)]
    title = escape(f"{call['method']} {call['path']}: {call['answer']}{' (held)' if call['held'] else ''}")
    shapes = {
        "claim": f"M{x - 6} {y + 6}l6 -12l6 12z",
        "kill switch": f"M{x} {y - 7}l6 7l-6 7l-6 -7z",
        "rollback": f"M{x - 5} {y - 5}h10v10h-10z",
        "status": f"M{x - 4} {y - 4}h8v8h-8z",
    }
    path = shapes.get(kind, f"M{x - 1} {y - 6}h2v12h-2z")
    return f'<path d="{path}" fill="{colour}" stroke="#fff" stroke-width="0.7"><title>{title}</title></path>'


def _colour(call: dict[str, Any]) -> str:
    if call["kind"] == "claim" and call["status"] != 200:
        return "error"
    if call["kind"] != "kill switch":
        return call["kind"] if call["kind"] in COLOURS else "other"
    on = call["status"] != 200 or '_active":true' in call["response_body"].replace(" ", "")
    return "kill switch on" if on else "kill switch"


def _legend(y: float) -> list[str]:
    drawn, x = [], 6.0
    for name, label in _LEGEND:
        if x + 26 + 5.9 * len(label) > WIDTH:
            x, y = 6.0, y + 16
        drawn.append(f'<rect x="{x}" y="{y}" width="10" height="10" fill="{COLOURS[name]}" stroke="#c5cad0"></rect>')
        drawn.append(_text(x + 14, y + 9, label, "#3c434a"))
        x += 26 + 5.9 * len(label)
    return drawn


def _bar(scale: _Scale, start: datetime, end: datetime, y: float, height: float, colour: str, title: str) -> str:
    x = scale.x(start)
    width = max(scale.x(end) - x, 2)
    return (
        f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" rx="2" fill="{COLOURS[colour]}">'
        f"<title>{escape(title)}</title></rect>"
    )


def _text(x: float, y: float, text: str, colour: str = "#1b1f24", anchor: str = "start", weight: str = "400") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
