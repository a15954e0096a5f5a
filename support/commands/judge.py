"""``acceptance judge``: what a run has left is judged again by today's rules, without a server."""

from collections import Counter
from pathlib import Path

import click

from support.judgement.cause import cause_of
from support.judgement.rules import RULES, judge_all
from support.judgement.rules.registry import STATES
from support.record.envelope import BadEvidence
from support.record.reading import read
from support.resultlog.publishing import LATEST, folder_of
from support.settings import Settings
from support.terminal import Terminal, table


@click.command()
@click.argument("run", required=False, type=click.Path(path_type=Path), metavar="[RUN]")
def judge(run: Path | None) -> int:
    """Judge what a run has left again, by today's rules.

    RUN is the id or the folder of a run; the newest, if none is named. Starts nothing and changes nothing: what is written
    stays as it was judged.

    \b
    Examples:
      acceptance judge
      acceptance judge 20261124-061509-724031

    \b
    Exit status:
      0  every rule as it was judged in the run
      1  not so: each difference is named
      2  there is nothing to judge
    """
    reports = Settings.read({}).reports_folder
    folder = read(folder_of(run or reports / LATEST, reports))
    terminal, states, changes = Terminal(), dict[str, Counter[str]](), list[str]()
    histories = [record for record in folder.records if record.history and record.rules]
    if not histories:
        raise BadEvidence(f"{folder.path}: this run has left no history, so there is nothing to judge")
    for record in histories:
        assert record.history is not None
        rules, before = judge_all(record.history), {one.rule: one.state for one in record.rules}
        for one in rules:
            states.setdefault(one.rule, Counter())[one.state] += 1
            if before.get(one.rule, "not known") != one.state:
                was = f"was {before.get(one.rule, 'not known')} and is {one.state}"
                changes.append(f"{record.name}: {one.rule} {was}{one.because and f': {one.because}'}")
        if record.failure and (cause := cause_of(record.history, rules, record.observations)):
            terminal.say(f"{record.name}: {cause.sentence}")
    rows = [
        [name, *(str(counts[state] or "") for state in STATES), RULES[name].english] for name, counts in states.items()
    ]
    terminal.say(*table(rows, ["Rule", *STATES, "Says"]), "", f"{len(histories)} histories", *changes)
    return 1 if changes else 0
