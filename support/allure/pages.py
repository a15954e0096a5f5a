"""The evidence of a scenario as HTML that reads well inside the report: every value escaped, bounded when green."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from support.clock import Clock
from support.history.calls import Call
from support.judgement.obligations import NOT_JUDGED, ORDER, standings
from support.judgement.rules.registry import BROKEN, NOT_TRIED, UNKNOWN
from support.record.evidence import Evidence, Observation
from support.resultlog import rendering
from support.resultlog.blocks import Code, Heading, Inline, Paragraph, Part, Preformatted, Strong, Table

CALLS_WHEN_GREEN, ROWS_WHEN_GREEN = 200, 50


def page(title: str, *parts: Part | Markup) -> str:
    """A whole HTML page; a ``Markup`` is HTML already."""
    return rendering.page(title, parts, "evidence.css")


def _text(value: object) -> str:
    return "NULL" if value is None else str(value)


def _milliseconds(start: datetime, end: datetime | None) -> str:
    """Whole milliseconds from ``start`` to ``end``; empty without an end."""
    return f"{(end - start).total_seconds() * 1000:.0f}" if end else ""


def observations(rows: Sequence[Observation]) -> str:
    """The Field/Expected/Actual table of one ``Then``."""
    words = {"PASS": "✓", "FAIL": "✗"}
    cells = [(row.field, row.expected, Strong(row.actual), words.get(row.verdict, "?"), row.because) for row in rows]
    wrong = sum(1 for row in rows if row.verdict != "PASS")
    count = f"{wrong} of {len(rows)} rows differ" if wrong else f"all {len(rows)} rows as expected"
    marks = ["good" if row.verdict == "PASS" else "bad" for row in rows]
    head = ("Field", "Expected", "Actual", "", "What the actual value rests on")
    return page("Result log", Paragraph(count, "small"), Table(head, cells, marks=marks))


def wire(record: Evidence, clock: Clock, red: bool) -> str:
    """Every call of every worker, in order; with bodies when red."""
    parts: list[Part] = []
    for worker in (one for one in record.workers if one.calls):
        calls = sorted(worker.calls, key=lambda call: call.arrived)
        shown = calls if red else calls[:CALLS_WHEN_GREEN]
        parts += [Heading(2, f"{worker}: {len(calls)} calls to the SaaS API"), _calls(shown, clock, red)]
        if len(shown) < len(calls):
            parts.append(Paragraph(f"{len(calls) - len(shown)} more calls are in the evidence record.", "small"))
    return page("Calls over the wire", *parts)


def _calls(calls: list[Call], clock: Clock, red: bool) -> Table:
    """The table; a column that no call fills is left out."""
    there = {True: "yes", False: "no", None: ""}
    columns: dict[str, list[Inline]] = {
        "Time": [clock.instant(call.arrived) for call in calls],
        "Call": [call.kind for call in calls],
        "Method": [call.method for call in calls],
        "Path": [call.path for call in calls],
        "Answer": [call.answer for call in calls],
        "ms": [_milliseconds(call.arrived, call.answered) for call in calls],
        "Held": ["held" if call.held else "" for call in calls],
        "Fault": [call.fault or call.trouble or "" for call in calls],
        "Index there": [there[call.after_index] for call in calls],
        "Bodies": [_bodies(call) if red else "" for call in calls],
    }
    filled = {name: cells for name, cells in columns.items() if any(cells)}
    marks = ["bad" if not 200 <= (c.status or 0) < 300 else "odd" if c.held else "" for c in calls]
    return Table(list(filled), list(zip(*filled.values(), strict=True)), marks=marks)


def _bodies(call: Call) -> str:
    """What was sent and answered, folded."""
    bodies = [f"{way} {body}" for way, body in (("→", call.request_body), ("←", call.response_body)) if body]
    folded = Markup("<details><summary>show</summary><code>{}</code></details>")
    return folded.format(Markup("<br>").join(bodies)) if bodies else ""


def queries(record: Evidence, clock: Clock, red: bool) -> str:
    """The database verification queries with the rows they returned."""
    parts: list[Part] = []
    for query in record.queries:
        rows = query.rows if red else query.rows[:ROWS_WHEN_GREEN]
        parts += [Heading(2, query.title), Preformatted(query.sql)]
        if rows:
            parts.append(Table(list(rows[0]), [[_text(value) for value in row.values()] for row in rows]))
        left = f", {len(query.rows) - len(rows)} not shown" if len(rows) < len(query.rows) else ""
        parts.append(Paragraph(f"{len(query.rows)} rows at {clock.instant(query.time)}{left}", "small"))
    return page("Database verification", *parts)


def statements(record: Evidence, clock: Clock) -> str:
    """The schema changes the server itself counted."""
    head = ("Started", "Kind", "Statement", "Outcome", "Server's message", "ms", "Thread")
    rows, marks = [], []
    for one in record.changes:
        time, milliseconds = clock.instant(one.started), f"{one.seconds * 1000:.0f}"
        rows.append((time, one.kind, Code(one.text), one.outcome, _text(one.message), milliseconds, str(one.thread)))
        marks.append("" if one.outcome == "done" else "bad")
    about = Paragraph("As the server's own record of statements has them, whatever the executor says.", "small")
    return page("Schema changes", about, Table(head, rows, marks=marks))


def contract(record: Evidence) -> str:
    """The sentences of the contract that this scenario has tried, the broken ones first; and the ids of the others."""
    found = sorted(standings([record]), key=lambda one: ORDER.index(one.state))
    tried = [(one, said) for one in found for _, said in one.found.get(one.state, [])]
    rows = [(one.obligation.id, one.obligation.text, one.state, said) for one, said in tried]
    looks = {BROKEN: "bad", UNKNOWN: "odd"}
    marks = [looks.get(one.state, "good") for one, _ in tried]
    others = {state: ", ".join(one.obligation.id for one in found if one.state == state) for state in ORDER}
    return page(
        "The contract, sentence by sentence",
        Table(("Id", "The contract says", "State", "Which rule or Field says so"), rows, marks=marks),
        Paragraph(f"Not tried in this scenario: {others[NOT_TRIED] or 'none'}.", "small"),
        Paragraph(
            f"Not judged: {others[NOT_JUDGED] or 'none'}; the reasons are in the result log's Appendix D.", "small"
        ),
    )


def facts(record: Evidence, clock: Clock, picture: str = "") -> str:
    """The facts and the workers' ends, below their picture, which is HTML already."""
    parts: list[Part | Markup] = [Markup(picture)]
    if record.facts:
        found = sorted(record.facts, key=lambda fact: fact.time)
        rows = [(clock.instant(fact.time), fact.label, fact.value) for fact in found]
        parts += [Heading(2, "Facts"), Table(("Time", "Fact", "Value"), rows)]
    if record.workers:
        ends = [
            (str(one), *(clock.instant(time) for time in (one.started, one.ended, one.killed)),
             "" if one.exit_status is None else str(one.exit_status))
            for one in record.workers
        ]  # fmt: skip
        parts += [Heading(2, "Workers"), Table(("Worker", "Started", "Ended", "Killed", "Exit status"), ends)]
    return page("Timeline", *parts)
