"""A need that is not met, by running: the scenario is left out, with the reason, on every side; and nothing is green for it."""

import json
import re
import subprocess
import sys

import pytest

from support.checks import needs
from support.checks.needs import NEEDS, Need, Offer
from support.errors import SuiteError
from support.form import TEST_CASES
from support.judgement.rules import RULES
from support.judgement.rules.registry import KEPT
from support.judgement.verdict import verdict
from support.record.evidence import Judged
from support.record.reading import Record
from support.result_words import APPROVED, BLOCKED
from support.run.selection import all_features, scenarios_of
from tests.harness.running import PROJECT

PATIENCE = 120.0

FORGETS_INDEX_TYPES = f"""
import runpy, sys
sys.path.insert(0, {str(PROJECT / "docker/executor")!r})
from executor_v1.api import runs
create = runs.create
runs.create = lambda cursor, new: create(cursor, new.model_copy(update={{"index_type": "BTREE"}}))
runpy.run_module("executor_v1.api", run_name="__main__")
"""

WITHOUT_ACCOUNTS = """
import sys
from support.checks import needs
needs.NEEDS["accounts"] = needs.Need("accounts of a newer server", lambda stack: "this server is too old", of_the_server=True)
from behave.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""behave, in which a need is of the server and no server meets it."""

NOBODY_KNOWS_REFUSALS = """
import sys
from support.checks import needs
del needs.NEEDS["refusals"]
from behave.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""behave, in which one of the features' needs is unknown."""


def run(reports, *arguments, program=("-m", "behave")):
    done = subprocess.run(
        [sys.executable, *program, "-D", f"reports={reports}", *arguments],
        cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def left_by(reports):
    """The verdict; the evidence and the Allure results by name."""
    evidence = [json.loads(path.read_text()) for path in (reports / "latest" / "evidence").glob("*.json")]
    allure = [json.loads(path.read_text()) for path in (reports / "allure-results").glob("*-result.json")]
    content = json.loads((reports / "verdict.json").read_text())
    return content, {one["name"]: one for one in evidence}, {one["name"]: one for one in allure}


FULLTEXT = "TC-04 LOCK=NONE Not Supported: a FULLTEXT index on InnoDB"
SPATIAL = "TC-04 LOCK=NONE Not Supported: a SPATIAL index on InnoDB"
REVOKED = "TC-07 Verification Fail + Rollback Fail"


@pytest.fixture(scope="module")
def lacking(tmp_path_factory):
    """A run of TC-04 and TC-07 with an API that does not keep index_type, on a server that is "too old" for accounts."""
    folder = tmp_path_factory.mktemp("lacking")
    api = folder / "api.py"
    api.write_text(FORGETS_INDEX_TYPES)
    arguments = ["--tags=@TC-04,@TC-07", "-D", f"api_command={sys.executable} {api}"]
    status, output = run(folder / "reports", *arguments, program=("-c", WITHOUT_ACCOUNTS))
    return folder / "reports", status, output


def test_what_the_executor_lacks_is_not_run_and_never_green(lacking):
    reports, status, output = lacking
    content, evidence, allure = left_by(reports)

    assert status == 1, "behave's own exit status"
    assert evidence[FULLTEXT]["result"] == "NOT RUN"
    reason = evidence[FULLTEXT]["unmet"]
    assert reason.startswith(
        "needs a SaaS API that keeps a run's index_type: a run scheduled with index_type FULLTEXT has"
    )
    case = content["test_cases"]["TC-04"]
    assert (case["result"], case["scenarios"] - case["scenarios_run"]) == ("NOT RUN", 1)
    assert f"NOT RUN: {reason}" in case["unmet"]
    assert f"TC-04: 1 scenario did not run: {reason}" in content["reasons"]
    assert (allure[FULLTEXT]["status"], allure[FULLTEXT]["statusDetails"]["message"].split("\n")[0]) == (
        "skipped",
        f"NOT RUN: {reason}",
    )
    assert re.search(rf"{re.escape(FULLTEXT)} +NOT RUN +\d.*\n +{re.escape(reason)}\n", output)


def test_what_cannot_hold_on_a_server_is_counted_and_the_test_case_judged_by_the_others(lacking):
    reports, _, output = lacking
    content, evidence, allure = left_by(reports)
    reason = "needs accounts of a newer server: this server is too old"

    assert {name: evidence[name]["result"] for name in (SPATIAL, REVOKED)} == {SPATIAL: "N/A", REVOKED: "N/A"}
    case, others = content["test_cases"]["TC-07"], sum(one["id"] == "TC-07" for one in evidence.values()) - 1
    assert (case["result"], case["scenarios_run"], case["scenarios"]) == ("PASS", others, others)
    assert (case["scenarios_not_applicable"], case["unmet"]) == (1, [f"N/A: {reason}"])
    assert f"TC-07: 1 scenario cannot hold on this server: {reason}" in content["reasons"]
    assert allure[REVOKED]["status"] == "skipped"
    assert allure[REVOKED]["statusDetails"]["message"].startswith(f"N/A: {reason}")
    assert re.search(rf"{re.escape(REVOKED)} +N/A +\d.*\n +{re.escape(reason)}\n", output)
    assert re.search(rf"TC-07 .* {others}/{others}, 1 N/A +PASS ", output)


def test_the_result_log_says_so_too(lacking):
    reports, _, _ = lacking
    log = (reports / "result-log.md").read_text()

    assert "N/A: features/verification.feature:" in log
    assert "needs accounts of a newer server: this server is too old" in log
    assert "1 cannot hold on this server" in log
    assert re.search(r"NOT RUN: features/execution_errors.feature:\d+ needs a SaaS API that keeps", log)
    assert "⬜ **PASS** / ⬜ **FAIL** — N/A" in log


def test_the_signed_off_decision_of_such_a_run_is_the_same(lacking):
    reports, _, _ = lacking
    done = subprocess.run(
        [sys.executable, "-m", "support.commands", "signoff", str(reports / "latest"), "--into", str(reports / "again")],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 4, done.stdout + done.stderr
    assert (
        json.loads((reports / "again" / "verdict.json").read_text())["test_cases"] == left_by(reports)[0]["test_cases"]
    )


def test_what_cannot_hold_leaves_behaves_exit_status_alone(tmp_path):
    status, output = run(tmp_path, "--tags=@TC-07", program=("-c", WITHOUT_ACCOUNTS))

    assert status == 0, output


def test_an_unknown_need_is_an_error_before_anything_starts(tmp_path):
    status, output = run(tmp_path, "--tags=@TC-05", program=("-c", NOBODY_KNOWS_REFUSALS))

    assert status == 1
    line = r"features/kill_switch.feature:\d+: unknown need 'refusals' in a tag; known: @needs.accounts \(the right to give"
    assert re.search(line, output), output
    assert "Nothing was run. Decision: BLOCKED" in output


@pytest.mark.parametrize("tag", ["needs.acounts", "needs", "needs-accounts", "need.accounts", "Needs.accounts"])
def test_a_tag_that_looks_like_a_need_and_is_none_is_refused(tag):
    with pytest.raises(SuiteError, match="unknown need"):
        needs.names_in(["P0", tag])


def test_every_need_is_used_and_told():
    used = {name for scenario in scenarios_of(all_features()) for name in needs.names_in(scenario.effective_tags)}

    assert used == set(NEEDS)
    assert all(need.meaning for need in NEEDS.values())


def test_each_need_is_looked_at_once_and_that_of_the_server_first(monkeypatch):
    looked = []

    def look(name, lack):
        return lambda stack: looked.append(name) or lack

    monkeypatch.setitem(NEEDS, "accounts", Need("a", look("accounts", "no rights")))
    monkeypatch.setitem(NEEDS, "spatial_indexes", Need("s", look("spatial", "too old"), of_the_server=True))
    offer = Offer(stack=None)
    for _ in range(2):
        assert offer.unmet(["needs.accounts", "needs.spatial_indexes"]).result == "N/A"
        assert offer.unmet(["P0", "needs.accounts"]).result == "NOT RUN"

    assert looked == ["spatial", "accounts"]
    assert offer.unmet(["P0"]) is None


def record(case_id, location, result, unmet=None):
    return Record(
        id=case_id, name="", feature="", location=location, tags=[], description="", result=result, unmet=unmet,
        rules=[Judged(name, KEPT, 1) for name in RULES],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (["N/A"], "NOT RUN"),
        (["N/A", "N/A"], "NOT RUN"),
        (["N/A", "PASS"], "PASS"),
        (["N/A", "FAIL"], "FAIL"),
        (["N/A", "NOT RUN"], "NOT RUN"),
        (["PASS", "NOT RUN"], "NOT RUN"),
    ],
)
def test_a_blocker_is_never_approved_by_what_was_left_out(words, result):
    records = [record("TC-02", str(number), word, "a need") for number, word in enumerate(words)]
    records += [record(case_id, "x", "PASS") for case_id in TEST_CASES if case_id != "TC-02"]
    expected = {case_id: {"x"} for case_id in TEST_CASES} | {"TC-02": {str(number) for number in range(len(words))}}

    content = verdict("r", records, expected, {}, [])

    assert content["test_cases"]["TC-02"]["result"] == result
    assert content["decision"] == (APPROVED if result == "PASS" else BLOCKED)
