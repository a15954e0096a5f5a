"""``acceptance shard`` and ``acceptance merge``: machines work side by side, each on a share; one verdict of them all."""

from collections.abc import Mapping
from pathlib import Path

import click

from support.allure import report
from support.commands.command_line import behave_arguments
from support.commands.run import behave
from support.commands.signoff import decide
from support.errors import SettingsError
from support.resultlog.publishing import RUNS
from support.run.selection import all_features, expected_scenarios
from support.terminal import Terminal
from support.waiting import WaitTimeout, eventually

INDEX = "JOB_COMPLETION_INDEX"
ENDED = "ended"
"""The file that a shard leaves last, with behave's exit status in it; one that was killed leaves none."""

_of = click.option("--of", "count", type=int, required=True, metavar="N", help="How many shards there are.")
_folder = click.Path(path_type=Path, resolve_path=True)
_into = click.option(
    "--into", type=_folder, required=True, metavar="DIR", help="The folder that all shards share, a new one each time."
)
_within = click.option(
    "--within", type=float, default=1200.0, show_default=True, metavar="S", help="Seconds to wait for shards."
)


@click.command()
@_of
@_into
@click.option(
    "--index", metavar="N", envvar=INDEX, default="", help=f"Which shard, 0 to N-1; N: merge. Default: {INDEX}."
)
@_within
@behave_arguments(metavar="[-- OPTIONS OF BEHAVE]")
def shard(count: int, into: Path, index: str, within: float, arguments: tuple[str, ...]) -> int:
    """Run a share of the test cases; several make one verdict.

    Index 0 to N-1 runs its share and leaves it in DIR/shard-INDEX. Index N waits for the others and does what
    acceptance merge does. An indexed Job of Kubernetes says in JOB_COMPLETION_INDEX which one it is (docs/kubernetes.md).

    \b
    Examples:
      acceptance shard --of 2 --index 0 --into reports/shards
      acceptance shard --of 2 --index 1 --into reports/shards -- -D tester=QA
      acceptance merge --of 2 --into reports/shards

    \b
    Exit status:
      0  all that was run passed
      1  something failed
      2  an option makes no sense
      with index N: that of acceptance merge
    """
    if not index.isdigit() or int(index) > count:
        raise SettingsError(f"--index or {INDEX} has to be 0 to {count}, not {index!r}")
    if int(index) == count:
        return int(click.get_current_context().invoke(merge, count=count, into=into, within=within))
    weights = {case_id: len(locations) for case_id, locations in expected_scenarios(all_features()).items()}
    tags = " or ".join(f"@{case_id}" for case_id in shares(count, weights)[int(index)])
    folder = into / f"shard-{index}"
    _refuse_used(folder)
    status = behave([f"--tags={tags}", "-D", f"reports={folder}", *arguments])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ENDED).write_text(f"{status}\n", encoding="utf-8")
    return status


@click.command()
@_of
@_into
@_within
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
    terminal, shards = Terminal(), [into / f"shard-{index}" for index in range(count)]
    _refuse_used(into / "merged")

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


def shares(count: int, weights: Mapping[str, int]) -> list[list[str]]:
    """The test cases in ``count`` shares, each in one of them; by their ``weights`` the shares are about equally heavy.

    :raises SettingsError: a share would be empty.
    """
    if not 1 <= count <= len(weights):
        raise SettingsError(f"--of {count}: there are {len(weights)} test cases, so 1 to {len(weights)} shards")
    found: list[list[str]] = [[] for _ in range(count)]
    for case_id in sorted(weights, key=lambda one: (-weights[one], one)):
        min(found, key=lambda share: sum(weights[one] for one in share)).append(case_id)
    return [sorted(share) for share in found]


def _refuse_used(folder: Path) -> None:
    """Whatever an earlier run left there could be taken for the result of this one."""
    if folder.exists():
        raise SettingsError(f"{folder} is there already: take another folder for --into, or remove it")
