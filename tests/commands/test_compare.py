"""What became red or green from one run to another."""

import sys

from support.record.evidence import Cause
from tests.commands.test_signoff import OTHER
from tests.harness.running import done
from tests.resultlog.test_resultlog_data import LOCATIONS, RUN, make_run

RED, MENDED = LOCATIONS["TC-09"][1], LOCATIONS["TC-04"][0]
WHY = Cause("worker 1", "rule broken", "R-10", "Worker 1 sent ADD INDEX unasked (R-10).")


def compare(*runs):
    return done([sys.executable, "-m", "support.commands", "compare", *map(str, runs)])


def test_what_became_red_and_green_with_both_values_and_the_cause(tmp_path):
    first = make_run(tmp_path, run_id=OTHER, failing={MENDED}, environment={"Agent": "1.0"})
    second = make_run(tmp_path, failing={RED}, records={RED: {"cause": WHY}}, environment={"Agent": "1.1"})

    status, said = compare(first, second)

    assert status == 1, said
    assert f"{OTHER} → {RUN}\n  Agent: 1.0 → 1.1\n" in said
    assert f"TC-09 Kill Switch API Failure: another one: PASS → FAIL  ({RED})" in said
    assert "fail_reason  kill_switch  kill_switch    something else" in said
    assert f"cause after: {WHY.sentence}" in said
    assert "TC-04 LOCK=NONE Not Supported: FAIL → PASS" in said
    assert "cause before: 1 row differs" in said
    assert f"{sum(map(len, LOCATIONS.values())) - 2} the same, 2 changed" in said


def test_nothing_became_red(tmp_path):
    first = make_run(tmp_path, run_id=OTHER, failing={RED})
    second = make_run(tmp_path, only=LOCATIONS["TC-09"])

    status, said = compare(first, second)

    assert status == 0, said
    assert "1 the same, 1 changed; 20 scenarios only in" in said


def test_a_run_that_is_not_there(tmp_path):
    status, said = compare(make_run(tmp_path), tmp_path / "no-such-run")

    assert status == 2
    assert "there is no such folder" in said
