"""A share of the test cases, for machines that work side by side: ``python -m support.commands.shard --of N --into DIR``.

Index 0 to N-1 runs its share, with DIR/shard-INDEX as its folder for reports, and ends with behave's exit status. Index N
runs nothing: it waits until the others have ended, makes one verdict, result log and Allure report of all they left, in
DIR/merged, and ends with the decision's exit status (see ``support.commands.signoff``). The index is ``--index`` or the variable
JOB_COMPLETION_INDEX, as an indexed Job of Kubernetes sets it. What follows ``--`` is handed to behave.
"""

import argparse
import os
import sys
from pathlib import Path

from behave.__main__ import main as behave

from support.allure import report
from support.catalogue import TEST_CASES
from support.commands import signoff
from support.errors import AcceptanceError, SettingsError
from support.run.selection import all_features, expected_scenarios
from support.terminal import Terminal
from support.waiting import WaitTimeout, eventually

INDEX = "JOB_COMPLETION_INDEX"
ENDED = "ended"
"""The file that a shard leaves last, with behave's exit status in it; one that was killed leaves none."""

PATIENCE_SECONDS = 1200.0
WRONG = 2


def shares(count: int, weights: dict[str, int]) -> list[list[str]]:
    """The test cases in ``count`` shares: each in one of them, and the shares about equally heavy.

    :param weights: of each test case, such as its number of scenarios.
    :raises SettingsError: a share would be empty.
    """
    if not 1 <= count <= len(weights):
        raise SettingsError(f"--of {count}: there are {len(weights)} test cases, so 1 to {len(weights)} shards")
    made: list[list[str]] = [[] for _ in range(count)]
    for case_id in sorted(weights, key=lambda one: (-weights[one], one)):
        min(made, key=lambda share: sum(weights[one] for one in share)).append(case_id)
    return [sorted(share) for share in made]


def run_share(index: int, count: int, into: Path, arguments: list[str]) -> int:
    """Run a share with behave; its exit status.

    :raises SettingsError: the folder has something of an earlier run, which could be taken for the result of this one.
    """
    weights = {case_id: len(locations) for case_id, locations in expected_scenarios(all_features()).items()}
    tags = " or ".join(f"@{case_id}" for case_id in shares(count, weights)[index])
    folder = into / f"shard-{index}"
    _unused(folder)
    status = behave([f"--tags={tags}", "-D", f"reports={folder}", *arguments])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ENDED).write_text(f"{status}\n", encoding="utf-8")
    return status


def merge(count: int, into: Path, within: float, terminal: Terminal) -> int:
    """Wait for the shards and make one verdict of all runs they left, those that were cut off included.

    :return: the decision's exit status. A share that left nothing was not run, so the decision is BLOCKED.
    """
    shards, merged = [into / f"shard-{index}" for index in range(count)], into / "merged"
    _unused(merged)

    def missing() -> list[str]:
        return [shard.name for shard in shards if not (shard / ENDED).exists()]

    try:
        eventually(lambda: not missing(), within=within, what="the end of every shard")
    except WaitTimeout:
        terminal.trouble("the shards", f"no end of {', '.join(missing())} within {within:g} s")
    runs = [run for shard in shards for run in sorted((shard / "runs").glob("*")) if run.is_dir()]
    if not runs:
        raise SettingsError(f"no run has left anything in {into}")
    decision = signoff.main([*map(str, runs), "--into", str(merged)])
    try:
        terminal.say(f"Allure report: {report.make(runs, merged)}")
    except report.ReportError as error:
        terminal.trouble("the Allure report", str(error))
    return decision


def _unused(folder: Path) -> None:
    if folder.exists():
        raise SettingsError(f"{folder} is there already: take another folder for --into, or remove it")


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    ours, behaves = arguments, []
    if "--" in arguments:
        ours, behaves = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    options, terminal = _parser().parse_args(ours), Terminal()
    into = options.into.resolve()
    try:
        if not options.index.isdigit() or int(options.index) > options.of:
            raise SettingsError(f"--index or {INDEX} has to be 0 to {options.of}, not {options.index!r}")
        if int(options.index) == options.of:
            return merge(options.of, into, options.within, terminal)
        return run_share(int(options.index), options.of, into, behaves)
    except AcceptanceError as error:
        terminal.trouble(error.blames, str(error))
        return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m support.commands.shard", description=__doc__.split("\n")[0])
    parser.add_argument("--of", type=int, required=True, metavar="N", help=f"how many shards, 1 to {len(TEST_CASES)}")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="a folder that all of them share")
    parser.add_argument("--index", default=os.environ.get(INDEX, ""), help="which one; N: merge what the others left")
    parser.add_argument(
        "--within", type=float, default=PATIENCE_SECONDS, metavar="S", help="seconds to wait for the others"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
