"""``acceptance bench``: where the time of a full run goes, with one scenario at a time and with several side by side.

All runs come in one sitting and are told as shares of the first, because no machine's seconds are worth comparing.
"""

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click
import psutil

from support.clock import now
from support.commands.command_line import FOR_ANOTHER, NOTHING_DONE, behave_arguments, process
from support.history.history import Participant
from support.record.reading import Record, read_all
from support.resultlog.publishing import LATEST
from support.run.jobs import THE_MACHINE
from support.run.phases import TIMING_FILE
from support.settings import Settings
from support.terminal import Terminal, table

OVERHEAD_LIMIT = 0.25
"""Share of the wall time that the suite itself may take with one job: everything while no worker under test is running."""

REPORTING_LIMIT = 0.10
"""Share of the wall time that evidence, result log and Allure results may take with one job."""

JUDGING_LIMIT = 0.03
"""Share of the CPU time that history, rules and cause may take with one job."""

SLOWEST = 8

LOOK_SECONDS = 0.1
"""How often the CPU time of every process is read. What a process uses after the last look at it is missed."""

EXECUTOR, SERVER, SUITE = "executor", "server", "suite"


@dataclass
class Timed:
    """One run: ``began``, ``wall`` seconds, CPU seconds by whose they are, its records, and seconds of writing reports."""

    began: datetime
    wall: float
    cpu: dict[str, float]
    records: list[Record]
    reporting: float

    @property
    def judging(self) -> float:
        """CPU seconds of history, rules and cause."""
        return sum(record.judging_cpu_s for record in self.records)

    @property
    def before(self) -> float:
        """Seconds before the first scenario."""
        return (self.records[0].started - self.began).total_seconds()

    @property
    def chain(self) -> float:
        """Seconds that no number of jobs makes shorter: start and end, the longest scenario, and those that run alone."""
        alone = [record.duration_s for record in self.records if THE_MACHINE in record.tags]
        others = [record.duration_s for record in self.records if THE_MACHINE not in record.tags]
        ended = max(record.ended or record.started for record in self.records)
        after = (self.began + timedelta(seconds=self.wall) - ended).total_seconds()
        return self.before + max(others, default=0.0) + sum(alone) + after


@click.command(context_settings=FOR_ANOTHER, options_metavar="")
@click.option(
    "--jobs", type=click.IntRange(1), multiple=True, default=(1, 2, 4), metavar="N", help="Once for each run."
)
@behave_arguments(metavar="[OPTIONS OF BEHAVE]...")
def bench(jobs: tuple[int, ...], arguments: tuple[str, ...]) -> int:
    """Run the test cases with 1, 2 and 4 jobs: where the time went.

    \b
    Exit status:
      0  the suite's own share of the time is within its limits, which are for one job
      1  it is not
      2  a run did not pass, so its times mean nothing
    """
    terminal, runs = Terminal(), {}
    for count in jobs:
        run = _timed([*arguments, "-D", f"jobs={count}"])
        if run is None:
            print("bench: the run did not pass, so its times mean nothing", file=sys.stderr)
            return NOTHING_DONE
        runs[count] = run
    terminal.say("", *table(*_comparison(runs)))
    return _one_job(runs[1], terminal) if 1 in runs else 0


def _timed(arguments: list[str]) -> Timed | None:
    """Run once; None if the run did not pass."""
    began, clock = now(), time.monotonic()
    with _cpu_watched() as cpu:
        status = process(["behave", *arguments])
    wall, folder = time.monotonic() - clock, Settings.read({}).reports_folder / LATEST
    records = read_all(folder / "evidence")
    if status or not records:
        return None
    reporting = json.loads((folder / TIMING_FILE).read_text(encoding="utf-8"))["reporting_s"]
    return Timed(began, wall, cpu, records, reporting)


def _comparison(runs: dict[int, Timed]) -> tuple[list[list[str]], list[str]]:
    """Rows and header of the table that compares the runs."""
    first = next(iter(runs.values())).wall
    rows = []
    for count, run in runs.items():
        seconds = [run.wall, sum(run.cpu.values()), *(run.cpu[whose] for whose in (EXECUTOR, SERVER, SUITE)), run.chain]
        rows.append([str(count), *(f"{value:.1f} s" for value in seconds), f"{run.wall / first:.2f}"])
    return rows, ["jobs", "wall time", "CPU", "of executor", "of servers", "of suite", "longest chain", "of the first"]


def _one_job(run: Timed, terminal: Terminal) -> int:
    """Say where the time of a run with one job went; 1 if the suite took too much of it."""
    wall, cpu = run.wall, sum(run.cpu.values())
    working = _seconds_at_work([worker for record in run.records for worker in record.workers])
    scenarios, own = sum(record.duration_s for record in run.records), wall - working
    times = {
        "wall time with one job": wall,
        "a worker under test was running": working,
        "the suite itself": own,
        "  of it: server, SaaS API and all else before the first scenario": run.before,
        "  of it: inside scenarios": scenarios - working,
        "  of it: between scenarios, and the end": wall - run.before - scenarios,
        "evidence, result log and Allure results (within the above)": run.reporting,
    }
    rows = [[name, f"{seconds:.2f} s", f"{seconds / wall:.0%}"] for name, seconds in times.items()]
    terminal.say(
        "", *table(rows, ["", "time", "share"]),
        "", *table(_slowest(run.records), ["Slowest phrases", "times", "mean", "total"]), "",
        f"The suite's own overhead: {own / wall:.0%} (limit {OVERHEAD_LIMIT:.0%})",
        f"Evidence, result log and Allure results: {run.reporting / wall:.1%} (limit {REPORTING_LIMIT:.0%})",
        f"History, rules and cause: {run.judging / cpu:.1%} of the CPU time (limit {JUDGING_LIMIT:.0%})",
    )  # fmt: skip
    within = own <= OVERHEAD_LIMIT * wall and run.reporting <= REPORTING_LIMIT * wall
    return 0 if within and run.judging <= JUDGING_LIMIT * cpu else 1


def _slowest(records: list[Record]) -> list[list[str]]:
    """Rows of the phrases that took longest, whatever names stand in their quotation marks."""
    by_phrase: dict[str, list[float]] = defaultdict(list)
    for record in records:
        for step in record.steps:
            by_phrase['"…"'.join(step.phrase.split('"')[::2])].append(step.seconds)
    slowest = sorted(by_phrase.items(), key=lambda pair: -sum(pair[1]))[:SLOWEST]
    return [[phrase[:90], str(len(t)), f"{sum(t) / len(t):.2f} s", f"{sum(t):.2f} s"] for phrase, t in slowest]


def _seconds_at_work(workers: list[Participant]) -> float:
    """Seconds in which at least one of the workers was running."""
    total, until = 0.0, datetime.min.replace(tzinfo=UTC)
    for started, ended in sorted((one.started, one.ended or one.started) for one in workers if one.started):
        total += max(0.0, (ended - max(started, until)).total_seconds())
        until = max(until, ended)
    return total


@contextmanager
def _cpu_watched() -> Iterator[dict[str, float]]:
    """CPU seconds of all that is started meanwhile, by whose they are; there when the block is over."""
    seen: dict[psutil.Process, tuple[str, float]] = {}
    over, cpu = threading.Event(), dict.fromkeys((EXECUTOR, SERVER, SUITE), 0.0)

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            for one in psutil.Process().children(recursive=True):
                try:
                    whose = seen[one][0] if one in seen else SUITE
                    if whose == SUITE:  # perhaps a fork that is about to become another program
                        whose = _whose(" ".join(one.cmdline()))
                    times = one.cpu_times()
                except psutil.Error:
                    continue  # it has just ended
                seen[one] = (whose, times.user + times.system)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield cpu
    finally:
        over.set()
        watcher.join()
        for whose, seconds in seen.values():
            cpu[whose] += seconds


def _whose(command: str) -> str:
    """Whose a process is, by its command line: what is neither the suite's nor a server was started as executor."""
    if any(word in command for word in ("mysqld", "mariadbd", "mysql_install_db")):
        return SERVER
    ours = not command or any(
        word in command for word in ("-m behave", "-m support.")
    )  # none yet: it is about to begin
    return SUITE if ours else EXECUTOR
