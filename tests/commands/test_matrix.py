"""The matrix is no greener than its runs; and ``make accept`` answers with the decision of the run it has started."""

import json
import subprocess
import sys

import pytest

from support.commands.matrix import Judged, markdown, no_verdict, summary
from support.form import TEST_CASES
from support.run.verdict_table import result_in
from support.servers.packages import FETCHABLE
from support.terminal import Terminal
from tests.harness.running import PROJECT

PATIENCE = 120.0


def started(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "support.commands", *arguments],
        cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def verdict(decision="APPROVED", version="MySQL 9.7.4-2", reasons=(), **results):
    cases = {
        case_id: {"result": results.get(case_id.replace("-", "_"), "PASS"), "scenarios": 2, "scenarios_run": 2,
                  "scenarios_not_applicable": 0}
        for case_id in TEST_CASES
    }  # fmt: skip
    environment = {"MySQL Server": version} if version else {}
    return {
        "run_id": "20260201-171500-abc123",
        "decision": decision,
        "reasons": ["passed: …", *reasons],
        "environment": environment,
        "test_cases": cases,
    }


def judged(content, exit_status=0):
    folder = PROJECT / "reports" / "matrix" / "mysql-9.7"
    return Judged("mysql-9.7", folder, exit_status, 65.0, content or no_verdict(folder, exit_status))


@pytest.mark.parametrize(
    ("one", "approved"),
    [
        (judged(verdict()), True),
        (judged(verdict(), exit_status=1), False),
        (judged(verdict("CONDITIONAL")), False),
        (judged(verdict("BLOCKED")), False),
        (judged(verdict(TC_05="FAIL")), False),
        (judged(verdict(TC_05="NOT RUN")), False),
        (judged(None, exit_status=1), False),
        (judged(None), False),
    ],
)
def test_a_server_is_approved_only_if_everything_is(one, approved):
    assert one.approved is approved
    told = "\n".join(summary([one], 1, Terminal()))
    assert told.endswith(f"{int(approved)} of 1 servers: APPROVED with every test case passed.")
    assert f"{int(approved)} of 1 servers: APPROVED" in markdown([one], 1)


def test_what_cannot_hold_is_counted_in_its_cell_and_for_the_server():
    content = verdict(reasons=["TC-04: 1 scenario cannot hold on this server: needs SPATIAL indexes on InnoDB"])
    content["test_cases"]["TC-04"] |= {"scenarios_not_applicable": 1}
    one = judged(content)

    assert result_in(one.verdict, "TC-04") == "PASS, 1 N/A"
    number = 2 * len(TEST_CASES)
    assert one.scenarios() == f"{number} of {number} ran, 1 cannot hold"
    assert one.approved
    for told in ("\n".join(summary([one], 1, Terminal())), markdown([one], 1)):
        assert "mysql-9.7: TC-04: 1 scenario cannot hold on this server: needs SPATIAL indexes on InnoDB" in told


def test_every_server_that_can_be_fetched_is_in_the_documents():
    rows = (PROJECT / "docs" / "servers.md").read_text(encoding="utf-8")

    assert all(f"| `{server}` |" in rows for server in FETCHABLE)


def test_a_server_that_cannot_be_had_and_an_executor_that_is_none_are_rows_that_say_so(tmp_path):
    stale = tmp_path / "matrix" / "no-such-mysqld" / "verdict.json"
    stale.parent.mkdir(parents=True)
    stale.write_text(json.dumps(verdict()))

    status, output = started(
        "matrix", "/no/such/mysqld", "auto", "-D", f"reports={tmp_path}",
        "-D", "agent_command=/bin/false {execution_id}",
    )  # fmt: skip

    assert status == 1, output
    assert "Traceback" not in output
    page = (tmp_path / "matrix.md").read_text()
    for told in (output, page):
        assert "/no/such/mysqld: the test environment: setting server: there is no program /no/such/mysqld" in told
        assert "could not be had" in told
        assert "0 of 2 servers: APPROVED with every test case passed." in told
    assert "auto: MySQL" in output or "auto: MariaDB" in output
    assert json.loads((tmp_path / "matrix" / "auto" / "verdict.json").read_text())["decision"] == "BLOCKED"


def test_servers_that_were_not_come_to_are_counted():
    told = "\n".join(summary([judged(verdict())], 4, Terminal()))

    assert told.endswith("1 of 4 servers: APPROVED with every test case passed.")
    assert "1 of 4 servers: APPROVED" in markdown([judged(verdict())], 4)


def test_a_bad_setting_is_one_line(tmp_path):
    assert started("matrix", "-D", "leese=1")[0] == 1
    assert started("matrix", "-D", "leese=1")[1].startswith("the settings: unknown setting 'leese' in -D")


@pytest.mark.parametrize("define", [["-D", "reports={}"], ["-Dreports={}"], ["--define=reports={}"]])
def test_accept_answers_with_the_decision_of_its_own_run_wherever_it_is(tmp_path, define):
    status, output = started("run", "--tags=@PO", *(word.format(tmp_path) for word in define))

    assert status == 4, output
    assert json.loads((tmp_path / "verdict.json").read_text())["decision"] == "BLOCKED"


def test_accept_with_a_bad_setting_is_one_line_and_blocked(tmp_path):
    status, output = started("run", "-D", "leese=1", "-D", f"reports={tmp_path}")

    assert status == 4
    assert "Traceback" not in output
