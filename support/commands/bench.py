"""``acceptance bench``: where the time of a full run goes.

Every number comes from that one run, as a share of its wall time, because no machine's seconds are worth comparing.
"""

import json
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import click

from support.clock import moment, now
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
@behave_arguments(metavar="[OPTIONS OF BEHAVE]...")
def bench(arguments: tuple[str, ...]) -> int:
    """Run the test cases once and say where the time went.

    \b
    Exit status:
      0  the suite's own share of the time is within its limits
      1  it is not
      2  the run did not pass, so its times mean nothing
    """
    began, clock = now(), time.monotonic()
    status = process(["behave", *arguments])
    wall = time.monotonic() - clock
    folder = Settings.read({}).reports_folder / LATEST
    records = read_all(folder / "evidence")
    if status or not records:
        print(f"bench: the run did not pass (exit status {status}), so its times mean nothing", file=sys.stderr)
        return NOTHING_DONE
    reporting = json.loads((folder / TIMING_FILE).read_text(encoding="utf-8"))["reporting_s"]
    working = _seconds_at_work([worker for record in records for worker in record.workers if worker["started"]])
    before = (records[0].started - began).total_seconds()
    scenarios, own = sum(record.duration_s for record in records), wall - working
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
    Terminal().say(
        "", *table(rows, ["", "time", "share"]),
        "", *table(_slowest(records), ["Slowest phrases", "times", "mean", "total"]), "",
        f"The suite's own overhead: {own / wall:.0%} (limit {OVERHEAD_LIMIT:.0%})",
        f"Evidence, result log and Allure results: {reporting / wall:.1%} (limit {REPORTING_LIMIT:.0%})",
    )  # fmt: skip
    return 0 if own <= OVERHEAD_LIMIT * wall and reporting <= REPORTING_LIMIT * wall else 1


def _slowest(records: list[Record]) -> list[list[str]]:
    """Rows of the phrases that took longest, whatever names stand in their quotation marks."""
    by_phrase: dict[str, list[float]] = defaultdict(list)
    for record in records:
        for step in record.steps:
            by_phrase['"…"'.join(step.phrase.split('"')[::2])].append(step.seconds)
    slowest = sorted(by_phrase.items(), key=lambda pair: -sum(pair[1]))[:SLOWEST]
    return [[phrase[:90], str(len(t)), f"{sum(t) / len(t):.2f} s", f"{sum(t):.2f} s"] for phrase, t in slowest]


def _seconds_at_work(workers: list[dict[str, Any]]) -> float:
    """Seconds in which at least one of the workers was running."""
    total, until = 0.0, datetime.min.replace(tzinfo=UTC)
    for started, ended in sorted((moment(one["started"]), moment(one["ended"] or one["started"])) for one in workers):
        total += max(0.0, (ended - max(started, until)).total_seconds())
        until = max(until, ended)
    return total
