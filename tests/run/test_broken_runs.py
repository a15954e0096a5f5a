"""Runs broken on purpose: exit status, verdict, result log and Allure results all say the same."""

import sys

import pytest

from tests.harness.running import PROJECT, allure_of, behave, done, log_of, verdict_of

NEVER_ROLLS_BACK = """
import sys
from executor_v1.agent import rollback
rollback.roll_back = lambda job, reason, why: __import__("executor_v1.agent.outcomes", fromlist=["x"]).Outcome(
    "rolled_back", why, reason
)
from executor_v1.agent.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_an_executor_that_only_says_that_it_rolled_back(reports, tmp_path):
    agent = tmp_path / "agent.py"
    agent.write_text(f"import sys\nsys.path.insert(0, {str(PROJECT / 'docker/executor')!r})\n{NEVER_ROLLS_BACK}")

    status, output = behave(
        reports, "--tags=@TC-02,@TC-03", "-D", f"agent_command={sys.executable} {agent} run {{execution_id}}"
    )

    assert status == 1
    assert "ROLLED_BACK, which is not true" in output
    content = verdict_of(reports)
    assert content["decision"] == "BLOCKED"
    assert (content["test_cases"]["TC-02"]["result"], content["test_cases"]["TC-03"]["result"]) == ("PASS", "FAIL")
    assert content["test_cases"]["TC-03"]["blames"] == ["the executor"]
    results = allure_of(reports)
    assert {results[name] for name in results if name.startswith("TC-02")} == {"passed"}
    assert {results[name] for name in results if name.startswith("TC-03")} == {"failed"}
    log = log_of(reports)
    assert "#### [TC-03] Kill Switch After ADD INDEX - FAILED" in log
    assert "| Rollback executed | Yes | ❌ **No** |" in log
    assert "❌ BLOCKED" in log


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--tags=@PO"], "the selection matches no scenario"),
        (["-D", "leese=1"], "unknown setting 'leese'"),
        (["-D", "api_command=/bin/false"], "the SaaS API ended while starting"),
    ],
)
def test_a_run_that_cannot_start_replaces_an_older_green_one(reports, arguments, why):
    assert behave(reports, "--tags=@TC-05")[0] == 0
    assert "passed" in set(allure_of(reports).values())

    status, output = behave(reports, *arguments)

    assert status == 1
    assert "Nothing was run. Decision: BLOCKED" in output
    content = verdict_of(reports)
    assert content["decision"] == "BLOCKED"
    assert any(why in reason for reason in content["reasons"])
    assert why in log_of(reports)
    assert "passed" not in set(allure_of(reports).values())
    assert len(list((reports / "runs").iterdir())) == 2, "the older run is kept"


def test_sign_off_of_a_run_that_ran_nothing_decides_nothing(reports):
    behave(reports, "--tags=@PO")

    status, output = done([sys.executable, "-m", "support.commands", "signoff", str(reports / "latest")])

    assert status == 2
    assert "no evidence" in output
