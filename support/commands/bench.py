"""``acceptance bench``: where the time of a full run goes.

Every number comes from that one run, as a share of its wall time, because no machine's seconds are worth comparing.
"""

import json
import sys
import time
from collections import defaultdict
from datetime import datetime
from typing import Any

import click

from support.commands.command_line import FOR_ANOTHER, NOTHING_DONE, behave_arguments, process
from support.record.reading import Record, read_all
from support.resultlog.publishing import LATEST
from support.run.phases import TIMING_FILE
from support.settings import Settings
from support.terminal import Terminal, table

OVERHEAD_LIMIT = 0.25
"""Share of the wall time that the suite itself may take: everything while no worker under test is running."""

REPORTING_LIMIT = 0.10
"""Share of the wall time that evidence, result log and Allure results may take."""

SLOWEST = 8


@click.command(context_settings=FOR_ANOTHER, options_metavar="")
@behave_arguments("[OPTIONS OF BEHAVE]...")
def bench(arguments: tuple[str, ...]) -> int:
    """Run the test cases once and say where the time went.

    \b
    Exit status:
      0  the suite's own share of the time is within its limits
      1  it is not
      2  the run did not pass, so its times mean nothing
    """
    started, clock = time.time(), time.monotonic()
    status = process(["behave", *arguments])
    wall = time.monotonic() - clock
    folder = Settings.read({}).reports_folder / LATEST
    records = read_all(folder / "evidence")
    if status or not records:
        print(f"bench: the run did not pass (exit status {status}), so its times mean nothing", file=sys.stderr)
        return NOTHING_DONE
    reporting = json.loads((folder / TIMING_FILE).read_text(encoding="utf-8"))["reporting_s"]
    share = _show(records, started, wall, reporting)
    return 0 if share <= OVERHEAD_LIMIT and reporting <= REPORTING_LIMIT * wall else 1


def _show(records: list[Record], started: float, wall: float, reporting: float) -> float:
    """Show the shares and the slowest phrases; return the suite's own share of ``wall``; times in seconds."""
    working = _union([_span(worker) for record in records for worker in record.workers if worker["started"]])
    before = records[0].started.timestamp() - started
    scenarios = sum(record.duration_s for record in records)
    own = wall - working
    times = {
        "wall time of the run": wall,
        "a worker under test was running": working,
        "the suite itself": own,
        "  of it: server, SaaS API and all else before the first scenario": before,
        "  of it: inside scenarios": scenarios - working,
        "  of it: between scenarios, and the end": wall - before - scenarios,
        "evidence, result log and Allure results (within the above)": reporting,
    }
    rows = [[name, f"{seconds:.2f} s", f"{seconds / wall:.0%}"] for name, seconds in times.items()]
    slowest = table(_slowest(records), ["Slowest phrases", "times", "mean", "total"])
    Terminal().say(
        "", *table(rows, ["", "time", "share"]), "", *slowest, "",
        f"The suite's own overhead: {own / wall:.0%} (limit {OVERHEAD_LIMIT:.0%})",
        f"Evidence, result log and Allure results: {reporting / wall:.1%} (limit {REPORTING_LIMIT:.0%})",
    )  # fmt: skip
    return own / wall


def _slowest(records: list[Record]) -> list[list[str]]:
    by_phrase: dict[str, list[float]] = defaultdict(list)
    for record in records:
        for step in record.steps:
            by_phrase[_without_names(step.phrase)].append(step.seconds)
    totals = sorted(by_phrase.items(), key=lambda pair: -sum(pair[1]))[:SLOWEST]
    return [[phrase[:90], str(len(t)), f"{sum(t) / len(t):.2f} s", f"{sum(t):.2f} s"] for phrase, t in totals]


def _without_names(phrase: str) -> str:
    return '"…"'.join(phrase.split('"')[::2])


def _span(worker: dict[str, Any]) -> tuple[float, float]:
    return _time(worker["started"]), _time(worker["ended"] or worker["started"])


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _union(spans: list[tuple[float, float]]) -> float:
    """Seconds covered by at least one of the spans."""
    total, end = 0.0, float("-inf")
    for first, last in sorted(spans):
        total += max(0.0, last - max(first, end))
        end = max(end, last)
    return total
