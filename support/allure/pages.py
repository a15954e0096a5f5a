"""The evidence of a scenario as HTML that reads well inside the report: every value escaped, bounded when green."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

CALLS_WHEN_GREEN, ROWS_WHEN_GREEN = 200, 50

STYLE = """
body{font:14px/1.45 system-ui,"Noto Sans Thai","Leelawadee UI",Thonburi,Tahoma,sans-serif;color:#1b1f24;background:#fff;
margin:12px}
h2{font-size:15px;margin:18px 0 6px}h2:first-child{margin-top:0}
table{border-collapse:collapse;margin:0 0 10px}
th,td{border:1px solid #d5dae0;padding:4px 9px;text-align:left;vertical-align:top}
th{background:#f1f4f7;font-weight:600}
td:first-child{min-width:90px}
tr.bad td{background:#fdecea}tr.odd td{background:#fff8e5}
.bad b{color:#b3261e}.good b{color:#137333}
details code{display:block;min-width:260px}
pre,code{font:12.5px/1.4 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0}
.quiet{color:#5c6670;font-size:13px;margin:2px 0 8px}
"""


class Clock:
    """Times as people read them: hours to milliseconds in the run's time zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def time(self, stamp: str | None) -> str:
        """``stamp`` as HH:MM:SS.mmm; empty for none."""
        if not stamp:
            return ""
        return parsed(stamp).astimezone(self._zone).strftime("%H:%M:%S.%f")[:-3]


def parsed(stamp: str) -> datetime:
    """The moment of an ISO 8601 text with its zone."""
    return datetime.fromisoformat(stamp)


def milliseconds(start: str | None, end: str | None) -> str:
    """Whole milliseconds from ``start`` to ``end``; empty if one is missing."""
    return f"{(parsed(end) - parsed(start)).total_seconds() * 1000:.0f}" if start and end else ""


def page(title: str, *parts: str) -> str:
    """A whole HTML page."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], classes: Iterable[str] = ()) -> str:
    """A table; ``classes`` are those of its rows. A cell that is already HTML is an ``Html``; all else is escaped."""
    marks = iter(classes)
    body = "".join(
        f'<tr class="{next(marks, "")}">{"".join(f"<td>{_cell(cell)}</td>" for cell in row)}</tr>' for row in rows
    )
    return f"<table><tr>{''.join(f'<th>{escape(name)}</th>' for name in header)}</tr>{body}</table>"


class Html(str):
    """Text that is HTML already."""


def _cell(value: Any) -> str:
    if isinstance(value, Html):
        return value
    return escape("NULL" if value is None else str(value))


def heading(text: str) -> str:
    """A heading over a table."""
    return f"<h2>{escape(text)}</h2>"


def remark(text: str) -> str:
    """A line in small print."""
    return f'<p class="quiet">{escape(text)}</p>'


def observations(rows: list[dict[str, Any]]) -> str:
    """The Field/Expected/Actual table of one ``Then``."""
    words = {"PASS": "✓", "FAIL": "✗"}
    lines = [
        [r["field"], r["expected"], Html(f"<b>{escape(r['actual'])}</b>"), words.get(r["verdict"], "?"), r["because"]]
        for r in rows
    ]
    wrong = sum(1 for row in rows if row["verdict"] != "PASS")
    told = f"{wrong} of {len(rows)} rows differ" if wrong else f"all {len(rows)} rows as expected"
    classes = ["good" if row["verdict"] == "PASS" else "bad" for row in rows]
    return page(
        "Result log",
        remark(told),
        table(["Field", "Expected", "Actual", "", "What the actual value rests on"], lines, classes),
    )


def step_table(rows: list[list[str]]) -> str:
    """The table of a phrase that is no result log."""
    return page("Table", table(rows[0], rows[1:]))


def wire(record: dict[str, Any], clock: Clock, red: bool) -> str:
    """Every call of every worker, in order; with bodies when red."""
    parts = []
    for worker in sorted({call["worker"] for call in record["wire"]}):
        calls = sorted((c for c in record["wire"] if c["worker"] == worker), key=lambda call: call["arrived"])
        shown = calls if red else calls[:CALLS_WHEN_GREEN]
        parts += [heading(f"{worker}: {len(calls)} calls to the SaaS API"), _calls(shown, clock, red)]
        if len(shown) < len(calls):
            parts.append(remark(f"{len(calls) - len(shown)} more calls are in the evidence record."))
    return page("Calls over the wire", *parts)


def _calls(calls: list[dict[str, Any]], clock: Clock, red: bool) -> str:
    """The table; a column that no call fills is left out."""
    there = {True: "yes", False: "no", None: ""}
    columns = {
        "Time": [clock.time(call["arrived"]) for call in calls],
        "Call": [call["kind"] for call in calls],
        "Method": [call["method"] for call in calls],
        "Path": [call["path"] for call in calls],
        "Answer": [call["answer"] for call in calls],
        "ms": [milliseconds(call["arrived"], call["answered"]) for call in calls],
        "Held": ["held" if call["held"] else "" for call in calls],
        "Fault": [call["fault"] or call["trouble"] or "" for call in calls],
        "Index there": [there[call["after_index"]] for call in calls],
        "Bodies": [_bodies(call) if red else "" for call in calls],
    }
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    classes = ["bad" if not 200 <= (c["status"] or 0) < 300 else "odd" if c["held"] else "" for c in calls]
    return table(list(filled), zip(*filled.values(), strict=True), classes)


def _bodies(call: dict[str, Any]) -> Html | str:
    """What was sent and answered, folded."""
    bodies = [f"{way} {body}" for way, body in (("→", call["request_body"]), ("←", call["response_body"])) if body]
    if not bodies:
        return ""
    return Html(
        f"<details><summary>show</summary><code>{'<br>'.join(escape(body) for body in bodies)}</code></details>"
    )


def queries(record: dict[str, Any], clock: Clock, red: bool) -> str:
    """The database verification queries with the rows they returned."""
    parts = []
    for query in record["queries"]:
        rows = query["rows"] if red else query["rows"][:ROWS_WHEN_GREEN]
        parts += [heading(query["title"]), f"<pre>{escape(query['sql'])}</pre>"]
        if rows:
            parts.append(table(list(rows[0]), [list(row.values()) for row in rows]))
        left = len(query["rows"]) - len(rows)
        parts.append(
            remark(f"{len(query['rows'])} rows at {clock.time(query['time'])}{f', {left} not shown' if left else ''}")
        )
    return page("Database verification", *parts)


def statements(record: dict[str, Any], clock: Clock) -> str:
    """The schema changes the server itself counted."""
    rows = [
        [clock.time(s["started"]), s["kind"], Html(f"<code>{escape(s['text'])}</code>"), _outcome(s), s["message"],
         f"{s['seconds'] * 1000:.0f}", s["thread"]]
        for s in record["statements"]
    ]  # fmt: skip
    classes = ["" if s["ended"] and not s["errno"] else "bad" for s in record["statements"]]
    return page(
        "Schema changes",
        remark("As the server's own record of statements has them, whatever the executor says."),
        table(["Started", "Kind", "Statement", "Outcome", "Server's message", "ms", "Thread"], rows, classes),
    )


def _outcome(statement: dict[str, Any]) -> str:
    if not statement["ended"]:
        return "still running"
    return f"Error {statement['errno']}" if statement["errno"] else "done"


def facts(record: dict[str, Any], clock: Clock) -> str:
    """The facts and the workers' ends, as a fragment."""
    found = sorted(record["facts"], key=lambda fact: fact["time"])
    rows = [[clock.time(fact["time"]), fact["label"], fact["value"]] for fact in found]
    ends = [
        [f"worker {w['number']}", clock.time(w["started"]), clock.time(w["ended"]), clock.time(w["killed"]),
         "" if w["exit_status"] is None else w["exit_status"]]
        for w in record["workers"]
    ]  # fmt: skip
    told = heading("Facts") + table(["Time", "Fact", "Value"], rows) if rows else ""
    if ends:
        told += heading("Workers") + table(["Worker", "Started", "Ended", "Killed", "Exit status"], ends)
    return told
