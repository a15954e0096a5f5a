"""Shares of the test cases: each case in one of them, a share that is run, and one verdict of what all have left."""

import subprocess
import sys

import pytest

from support.allure import report
from support.commands import shards
from support.commands.command_line import NOTHING_DONE
from support.commands.shards import ENDED
from support.errors import SettingsError
from support.form import TEST_CASES
from tests.harness.running import PROJECT
from tests.resultlog.test_resultlog_data import LOCATIONS, make_run

WEIGHTS = {case_id: 1 + number % 7 for number, case_id in enumerate(TEST_CASES)}


def command(*arguments, **environment):
    said = subprocess.run(
        [sys.executable, "-m", "support.commands", "shard", *map(str, arguments)],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return said.returncode, said.stdout + said.stderr


@pytest.mark.parametrize("count", range(1, len(TEST_CASES) + 1))
def test_every_test_case_is_in_exactly_one_share(count):
    made = shards.shares(count, WEIGHTS)

    assert len(made) == count
    assert all(made)
    assert sorted(case_id for share in made for case_id in share) == sorted(TEST_CASES)


def test_shares_are_about_equally_heavy():
    heavy = [sum(WEIGHTS[case_id] for case_id in share) for share in shards.shares(4, WEIGHTS)]

    assert max(heavy) - min(heavy) <= max(WEIGHTS.values())


@pytest.mark.parametrize("count", [0, len(TEST_CASES) + 1])
def test_no_share_is_empty(count):
    with pytest.raises(SettingsError, match=f"{len(TEST_CASES)} test cases"):
        shards.shares(count, WEIGHTS)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--of", "3", "--index", "4"), "has to be 0 to 3, not '4'"),
        (("--of", "3"), "JOB_COMPLETION_INDEX has to be 0 to 3, not ''"),
        (("--of", "12", "--index", "0"), "--of 12"),
        (("--of", "2", "--index", "2", "--within", "0"), "no run has left anything"),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(tmp_path, arguments, complaint):
    status, said = command(*arguments, "--into", tmp_path)

    assert status == NOTHING_DONE
    assert complaint in said
    assert "Traceback" not in said


def test_a_share_runs_and_the_shares_that_did_not_are_not_forgotten(tmp_path):
    """Index 10 of 11 is the lightest test case; it comes from the variable that a Job sets."""
    status, said = command("--of", 11, "--into", tmp_path, JOB_COMPLETION_INDEX="10")
    assert status == 0, said
    assert (tmp_path / "shard-10" / ENDED).read_text() == "0\n"

    status, said = command("--of", 11, "--into", tmp_path, "--within", "0", JOB_COMPLETION_INDEX="11")
    assert status == 4, said
    assert "no end of shard-0, shard-1" in said
    assert "Decision: BLOCKED" in said
    assert "PARTIAL: this covers" in said
    assert (tmp_path / "merged" / "result-log.md").exists()


@pytest.mark.parametrize(("index", "folder"), [(0, "shard-0"), (2, "merged")])
def test_what_an_earlier_run_left_is_never_taken_for_the_result(tmp_path, index, folder):
    (tmp_path / folder).mkdir()

    status, said = command("--of", 2, "--index", index, "--into", tmp_path)

    assert status == NOTHING_DONE
    assert f"{tmp_path / folder} is there already" in said


@pytest.mark.parametrize(("failing", "status"), [((), 0), (("TC-02",), 4)])
def test_the_shares_make_one_verdict(tmp_path, failing, status):
    failed = {LOCATIONS[case_id][0] for case_id in failing}
    for index, share in enumerate(shards.shares(3, WEIGHTS)):
        folder = tmp_path / f"shard-{index}"
        make_run(
            folder,
            f"20260201-17150{index}-abc12{index}",
            only=[place for case_id in share for place in LOCATIONS[case_id]],
            failing=failed,
        )
        (folder / ENDED).write_text("0\n")

    told, said = command("--of", 3, "--index", 3, "--into", tmp_path)

    assert told == status, said
    assert f"{10 - len(failing)} of 10 test cases passed" in said
    decision = "BLOCKED" if failing else "APPROVED"
    assert report.variables_of(sorted(tmp_path.glob("shard-*/runs/*"))) == {"Decision": decision}
