"""``acceptance merge``: one verdict, result log and Allure report of all that the shards have left."""

from pathlib import Path

import click

from support.allure import report
from support.commands.signoff import decide
from support.errors import SettingsError
from support.resultlog.publishing import RUNS
from support.terminal import Terminal
from support.waiting import WaitTimeout, eventually

ENDED = "ended"
"""The file that a shard leaves last, with behave's exit status in it; one that was killed leaves none."""

PATIENCE_SECONDS = 1200.0

of = click.option("--of", "count", type=int, required=True, metavar="N", help="How many shards there are.")
into = click.option(
    "--into",
    type=click.Path(path_type=Path, resolve_path=True),
    required=True,
    metavar="DIR",
    help="The folder that all shards share, a new one each time.",
)
within = click.option(
    "--within", type=float, default=PATIENCE_SECONDS, show_default=True, metavar="S", help="Seconds to wait for shards."
)


@click.command()
@of
@into
@within
def merge(count: int, into: Path, within: float) -> int:
    """Wait for the shards and make one verdict of all.

    Verdict, result log and Allure report go to DIR/merged. Runs that were cut off count as far as they came; a shard that
    left nothing has not run, so the decision is BLOCKED.

    \b
    Example:
      acceptance merge --of 2 --into reports/shards

    \b
    Exit status: that of acceptance signoff.
      0  APPROVED    3  CONDITIONAL    4  BLOCKED    2  nothing could be decided
    """
    return merged(count, into, within)


def merged(count: int, into: Path, within: float) -> int:
    """Wait ``within`` seconds for ``count`` shards; the decision's exit status.

    :raises SettingsError: no shard has left anything, or an earlier merging has.
    """
    terminal, shards = Terminal(), [into / f"shard-{index}" for index in range(count)]
    unused(into / "merged")

    def missing() -> list[str]:
        return [shard.name for shard in shards if not (shard / ENDED).exists()]

    try:
        eventually(lambda: not missing(), within=within, what="the end of every shard")
    except WaitTimeout:
        terminal.trouble("the shards", f"no end of {', '.join(missing())} within {within:g} s")
    runs = [run for shard in shards for run in sorted((shard / RUNS).glob("*")) if run.is_dir()]
    if not runs:
        raise SettingsError(f"no run has left anything in {into}")
    status = decide(runs, into / "merged")
    try:
        terminal.say(f"Allure report: {report.make(runs, into / 'merged')}")
    except report.ReportError as error:
        terminal.trouble("the Allure report", str(error))
    return status


def unused(folder: Path) -> None:
    """Whatever an earlier run left there could be taken for the result of this one.

    :raises SettingsError: the folder is there.
    """
    if folder.exists():
        raise SettingsError(f"{folder} is there already: take another folder for --into, or remove it")
