"""How many jobs a run has, and in which order the scenarios are handed to them."""

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path

import psutil
from behave.model import Scenario

from support.checks.needs import PREFIX
from support.record.reading import EVIDENCE
from support.result_words import PASS
from support.resultlog.publishing import RUNS
from support.settings import EMBEDDED, Settings

JOBS_A_CORE = 2.5
"""Most of a scenario is waiting: for windows and leases."""

BYTES_A_JOB = 700 * 2**20
"""Memory that a server with its API and workers may need."""

SCENARIOS_A_JOB = 3
"""Fewer are not worth the start of another server."""

RUNS_LOOKED_AT = 3

BORNE = 6
"""So many processes that want a processor at once it bears without a worker missing its turn; a run alone makes about 3."""

THE_MACHINE = f"{PREFIX}refusals"
"""The tag of a scenario beside which nothing else of the run may go on: it reads a counter of the whole machine."""


def number_of_jobs(settings: Settings, asked: int, scenarios: int, own_formatter: bool) -> tuple[int, str]:
    """How many jobs, and why it is one, where somebody could expect more; empty for none.

    :param asked: by behave's own option, which is 1 if nobody asked.
    :param own_formatter: behave writes a report of its own, as it carries the scenarios out.
    """
    chosen = settings.jobs or (asked if asked > 1 else 0)
    wanted = chosen or min(bearable(), math.ceil(scenarios / SCENARIOS_A_JOB))
    reasons = (
        ("" if settings.stack == EMBEDDED else f"the stack {settings.stack} has one test environment"),
        (f"there is one server, {settings.mysql_host}" if settings.mysql_host else ""),
        (f"there is one port, {settings.api_port}" if settings.api_port else ""),
        ("behave writes a report of its own" if own_formatter else ""),
    )
    reason = next(filter(None, reasons), "")
    if reason:
        return 1, reason if chosen > 1 else ""
    return max(1, min(wanted, scenarios)), ""


def bearable() -> int:
    """How many servers with their APIs and workers this machine bears side by side."""
    return max(1, min(int(cores() * JOBS_A_CORE), psutil.virtual_memory().available // BYTES_A_JOB))


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pace() -> int:
    """How many times as long as set leases, windows and deadlines have to be for workers to get their turns in them.

    It is 1 but on a machine that is busy far beyond a run's own jobs, as its load over the last minute says: there a
    right worker could not renew a short lease in time, and that would say nothing about it.
    """
    return max(1, math.ceil(os.getloadavg()[0] / cores() / BORNE))


def needs_the_machine(scenario: Scenario) -> bool:
    """Nothing else of the run may go on beside it."""
    return THE_MACHINE in map(str, scenario.effective_tags)


def longest_first(scenarios: Sequence[Scenario], reports: Path) -> list[Scenario]:
    """The scenarios, longest first, by what they took in earlier runs; those that are not known by their number of waits."""
    known = _durations(reports)
    a_wait = sum(known.values()) / (len(known) or 1)  # one for each phrase, about
    return sorted(scenarios, key=lambda one: -known.get(one.name, a_wait * len(list(one.all_steps))))


def _durations(reports: Path) -> dict[str, float]:
    """Seconds that scenarios took when they last passed, by name, as far as the newest runs say."""
    known: dict[str, float] = {}
    for folder in sorted((reports / RUNS).glob("*"), reverse=True)[:RUNS_LOOKED_AT]:
        for file in (folder / EVIDENCE).glob("*.json"):
            try:
                record = json.loads(file.read_bytes())
                if record["result"] == PASS:
                    known.setdefault(record["name"], float(record["duration_s"]))
            except (OSError, ValueError, LookupError, TypeError):
                continue  # torn, or not ours: an order that is not the best
    return known
