"""``acceptance compare``: what became red or green from one run to another, with the actual values and causes of both."""

from collections.abc import Iterator
from pathlib import Path

import click

from support.record.reading import Folder, Record, read
from support.result_words import FAIL, PASS
from support.resultlog.publishing import folder_of
from support.resultlog.rows import counted
from support.settings import Settings
from support.terminal import Terminal, table

_RUN = click.Path(path_type=Path)


@click.command()
@click.argument("before", type=_RUN, metavar="RUN1")
@click.argument("after", type=_RUN, metavar="RUN2")
def compare(before: Path, after: Path) -> int:
    """Compare two runs: what became red or green, and by which values.

    RUN1 and RUN2 are ids or folders of runs, the earlier one first. Scenarios are found by their names, so that lines may
    have moved meanwhile. Under each that came out otherwise are the Fields whose actual value is another one, and its cause.

    \b
    Example:
      acceptance compare 20261124-061509-724031 20261124-071210-5a1b2c

    \b
    Exit status:
      0  nothing became red
      1  something did
      2  a run cannot be read
    """
    reports, terminal = Settings.read({}).reports_folder, Terminal()
    first, second = (read(folder_of(run, reports)) for run in (before, after))
    old, new = _by_name(first), _by_name(second)
    both = [name for name in new if name in old]
    changed = [name for name in both if old[name].result != new[name].result]
    terminal.say(*_parts(first, second))
    for name in changed:
        here, there = old[name], new[name]
        terminal.say("", f"{name}: {here.result} → {terminal.coloured(there.result)}  ({there.location})")
        terminal.say(*(f"  {line}" for line in _told(here, there)))
    apart = [f"{counted(len(those - set(both)), 'scenario')} only in {run}" for run, those in (
        (first.run.run_id, set(old)), (second.run.run_id, set(new))) if those - set(both)]  # fmt: skip
    terminal.say("", "; ".join([f"{len(both) - len(changed)} the same, {len(changed)} changed", *apart]))
    return int(any(new[name].result == FAIL for name in changed))


def _by_name(folder: Folder) -> dict[str, Record]:
    return {record.name: record for record in folder.records}


def _parts(first: Folder, second: Folder) -> Iterator[str]:
    """The two runs, and which parts and settings of them are not the same."""
    yield f"{first.run.run_id} → {second.run.run_id}"
    pairs = ((first.run.environment, second.run.environment), (dict(first.run.settings), dict(second.run.settings)))
    for old, new in pairs:
        for name in dict.fromkeys([*old, *new]):
            if old.get(name) != new.get(name):
                yield f"  {name}: {old.get(name, 'not set')} → {new.get(name, 'not set')}"


def _told(here: Record, there: Record) -> list[str]:
    """The rows whose actual value is another one, then the cause of the one that is red, or why it did not run."""
    actual = {row.field: row.actual for row in here.observations}
    rows = [
        [row.field, row.expected, actual.get(row.field, "–"), row.actual]
        for row in there.observations
        if actual.get(row.field) != row.actual
    ]
    lines = table(rows, ["Field", "Expected", "Actual before", "Actual after"]) if rows else []
    for word, record in (("before", here), ("after", there)):
        if record.result != PASS and record.why:
            lines.append(f"cause {word}: {record.why}")
    return lines
