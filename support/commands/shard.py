"""``acceptance shard``: a share of the test cases, for machines that work side by side."""

from collections.abc import Mapping
from pathlib import Path

import click

from support.commands.command_line import behave_arguments
from support.commands.merge import ENDED, into, merged, of, unused, within
from support.commands.run import behave
from support.errors import SettingsError
from support.run.selection import all_features, expected_scenarios

INDEX = "JOB_COMPLETION_INDEX"


def shares(count: int, weights: Mapping[str, int]) -> list[list[str]]:
    """The test cases in ``count`` shares: each in one of them, and the shares about equally heavy.

    :param weights: of each test case, such as its number of scenarios.
    :raises SettingsError: a share would be empty.
    """
    if not 1 <= count <= len(weights):
        raise SettingsError(f"--of {count}: there are {len(weights)} test cases, so 1 to {len(weights)} shards")
    found: list[list[str]] = [[] for _ in range(count)]
    for case_id in sorted(weights, key=lambda one: (-weights[one], one)):
        min(found, key=lambda share: sum(weights[one] for one in share)).append(case_id)
    return [sorted(share) for share in found]


@click.command()
@of
@into
@click.option(
    "--index", metavar="N", envvar=INDEX, default="", help=f"Which shard, 0 to N-1; N: merge. Default: {INDEX}."
)
@within
@behave_arguments("[-- OPTIONS OF BEHAVE]")
def shard(count: int, into: Path, index: str, within: float, arguments: tuple[str, ...]) -> int:
    """Run a share of the test cases; several make one verdict.

    Index 0 to N-1 runs its share and leaves it in DIR/shard-INDEX. Index N waits for the others and does what
    acceptance merge does. An indexed Job of Kubernetes says in JOB_COMPLETION_INDEX which one it is (docs/kubernetes.md).

    \b
    Examples:
      acceptance shard --of 2 --index 0 --into reports/shards
      acceptance shard --of 2 --index 1 --into reports/shards -- -D server=mysql-5.6
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
        return merged(count, into, within)
    weights = {case_id: len(locations) for case_id, locations in expected_scenarios(all_features()).items()}
    tags = " or ".join(f"@{case_id}" for case_id in shares(count, weights)[int(index)])
    folder = into / f"shard-{index}"
    unused(folder)
    status = behave([f"--tags={tags}", "-D", f"reports={folder}", *arguments])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ENDED).write_text(f"{status}\n", encoding="utf-8")
    return status
