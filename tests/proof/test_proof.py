"""The proof that every test case can fail: its catalogue is sound, its judgement strict, and a part of it is carried out."""

import json
import re
import subprocess
import sys

import pytest

from support.form import TEST_CASES
from support.judgement.fields import known_fields
from support.judgement.rules import RULES
from support.run.selection import all_features, id_of, scenarios_of
from tests.harness.running import PROJECT
from tests.proof import catalogue, judging, matrix
from tests.proof.judging import CAUGHT, GREEN, RED, SURVIVED, TEST_ENVIRONMENT, WRONG_PLACE

PATIENCE = 300.0
MUTANTS = catalogue.load()

# One for each test case; all of them are carried out by `make prove`.
SAMPLE = [
    "conflict-never-sent",
    "kill-switch-asked-and-ignored",
    "second-check-missing",
    "error-1846-taken-as-plain-failure",
    "error-1061-taken-as-success",
    "latency-not-judged",
    "audit-entry-missing",
    "inconclusive-rolls-back",
    "fail-open-on-500",
    "takeover-gives-up-at-1061",
    "an-end-reported-again-is-written-again",
]

SEEN_BY_A_FIELD = {
    "R-30": "each scenario that may complete asks for the final status and how often the index was added or dropped",
    "R-34": "a run fails with its index there in TC-07 alone, which asks for the rollback's record",
    "R-62": "queries get worse in TC-06 to TC-08 alone, which ask for the final status",
    "R-63": "queries are measured in TC-06 to TC-08 alone, which ask for the fail_reason",
}
"""Rules for which there is no mutant that only they catch, and why: wherever they can be broken, a Field differs, too."""


def prove(into, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.prove", "--into", str(into), *arguments],
        cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


# -- the catalogue ----------------------------------------------------------------------------------------------


def test_there_are_enough_mutants():
    assert len(MUTANTS) >= 40
    for case in TEST_CASES:
        assert sum(1 for mutant in MUTANTS.values() if mutant.case == case) >= 3, case


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.id)
def test_a_mutant_is_told_and_can_be_made(mutant):
    assert mutant.says.endswith(".")
    assert mutant.case in TEST_CASES
    assert set(mutant.fields) <= {*known_fields(), *RULES}
    assert mutant.fields or mutant.failure
    assert {target.split(".")[0] for target in mutant.targets} == {mutant.program}
    owners = [catalogue.find(target) for target in mutant.targets]
    patched = mutant.patch(*[getattr(owner, name) for owner, name in owners])
    assert all(callable(one) for one in (patched if isinstance(patched, tuple) else (patched,)))


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.id)
def test_a_mutant_meets_scenarios_that_have_its_field(mutant):
    met = [
        scenario
        for scenario in scenarios_of(all_features())
        if id_of(scenario) == mutant.case and re.search(mutant.scenario, scenario.name)
    ]
    fields = {row["Field"] for scenario in met for step in scenario.steps if step.table for row in step.table.rows}
    assert met
    assert mutant.failure or set(mutant.fields) & {*fields, "Unexpected changes", *RULES}


def test_every_observation_is_needed_by_a_mutant_that_no_other_one_would_catch():
    alone = {mutant.fields[0] for mutant in MUTANTS.values() if len(mutant.fields) == 1}
    assert set(known_fields()) - alone == set()
    assert {rule for rule in RULES if rule not in alone} == set(SEEN_BY_A_FIELD)


def test_beside_each_mutant_of_a_rule_stands_its_cause():
    of_rules = {mutant.id for mutant in MUTANTS.values() if set(mutant.fields) & set(RULES)}

    assert of_rules - {mutant.id for mutant in MUTANTS.values() if mutant.cause} == set()


@pytest.mark.parametrize(
    "target", ["agent.killswitch.gone", "agent.gone.ask", "agent.lease.Lease.gone", "agent.lease.Gone.check"]
)
def test_a_patch_of_something_that_is_gone_fails_loudly(target):
    with pytest.raises(catalogue.PatchGone, match="not there any more"):
        catalogue.find(target)


def test_two_mutants_of_one_name_are_refused():
    def conflict_never_sent(claim):
        """Another one."""

    with pytest.raises(ValueError, match="two mutants"):
        catalogue.mutant("TC-01", of="api.runs.claim")(conflict_never_sent)


# -- the judgement ----------------------------------------------------------------------------------------------


MUTANT = MUTANTS["kill-switch-asked-and-ignored"]


def record(case="TC-02", red=("Kill switch detected",), blames="the executor", result="FAIL", **more):
    fields = ["Kill switch detected", "Index created", "fail_reason"]
    rows = [
        {"field": f, "expected": "x", "actual": "y" if f in red else "x", "verdict": "FAIL" if f in red else "PASS"}
        for f in fields
    ]
    failing = result != "PASS"
    told = {"blames": blames if failing else None, "failure": "1 of 3 differ" if failing else None}
    return {
        "id": case,
        "name": f"{case} x",
        "location": "features/x.feature:1",
        "result": result,
        "observations": rows,
        **told,
        **more,
    }


@pytest.mark.parametrize(
    ("records", "outcome"),
    [
        ([record()], CAUGHT),
        ([record(), record(red=(), result="PASS")], CAUGHT),
        ([record(red=(), result="PASS")], SURVIVED),
        ([record(red=("Index created",))], WRONG_PLACE),
        ([record(case="TC-03"), record(red=(), result="PASS")], WRONG_PLACE),
        ([record(red=(), failure="worker-1 should end by itself")], WRONG_PLACE),
        ([record(blames="the test environment")], TEST_ENVIRONMENT),
        ([record(), record(blames="the suite", red=())], TEST_ENVIRONMENT),
        ([record(), record(blames="the agent command", red=())], TEST_ENVIRONMENT),
        ([record(red=(), result="NOT RUN", blames="the run was interrupted")], TEST_ENVIRONMENT),
        ([record(case="TC-03")], TEST_ENVIRONMENT),
        ([], TEST_ENVIRONMENT),
    ],
)
def test_a_mutant_is_caught_only_in_its_place_and_with_the_executor_blamed(records, outcome):
    finding = judging.judge(MUTANT, records)
    assert finding.outcome == outcome
    assert finding.good == (outcome == CAUGHT)
    assert finding.good or finding.detail


def test_an_unknown_value_is_not_red():
    unknown = record(red=())
    unknown["observations"][0]["verdict"] = "UNKNOWN"
    assert judging.judge(MUTANT, [unknown]).outcome == WRONG_PLACE


ASKED = MUTANTS["switch-not-asked-when-the-window-closes"]
CAUSE = {"who": "worker 1", "kind": "rule broken", "number": "R-12", "sentence": "Worker 1 did not ask.", "at": None}


def with_rules(*broken, **more):
    rules = [{"rule": one, "state": "broken", "because": "so it was"} for one in broken]
    rows = [
        {"field": "Contract rules", "expected": "kept", "actual": "broken", "verdict": "FAIL" if broken else "PASS"}
    ]
    result = "FAIL" if broken else "PASS"
    return record(
        case="TC-06", red=(), **{"result": result, "rules": rules, "observations": rows, "cause": CAUSE} | more
    )


@pytest.mark.parametrize(
    ("records", "outcome"),
    [
        ([with_rules("R-12")], CAUGHT),
        ([with_rules("R-10", "R-12")], CAUGHT),
        ([with_rules("R-10")], WRONG_PLACE),
        ([with_rules()], SURVIVED),
        ([with_rules("R-12", blames="the suite")], TEST_ENVIRONMENT),
        ([{**with_rules("R-12"), "id": "TC-03"}, with_rules()], WRONG_PLACE),
        ([with_rules("R-12", result="PASS", blames=None)], CAUGHT),  # of a rule whose breach is only listed
    ],
)
def test_a_mutant_of_a_rule_is_caught_only_if_that_rule_is_broken(records, outcome):
    finding = judging.judge(ASKED, records)
    assert (finding.outcome, {"Contract rules"} & {spot.field for spot in finding.spots}) == (outcome, set())


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (CAUSE, None),
        ({**CAUSE, "who": "the SaaS API"}, "the SaaS API, rule broken, R-12. Worker 1 did not ask."),
        (None, "on record: none"),
    ],
)
def test_the_cause_on_record_is_held_against_the_one_that_was_named(cause, told, tmp_path):
    finding = judging.judge(ASKED, [with_rules("R-12", cause=cause)])
    differs = judging.disagreement(ASKED, finding)
    page = matrix.markdown(
        [(ASKED, finding)], None, matrix.content([(ASKED, finding)], None, matrix.datetime.now(), 1.0)
    )
    assert finding.good
    assert differs is None if told is None else told in differs
    assert f"named beforehand for {int(told is None)} of 1." in page
    assert told is None or f"| {ASKED.id} | named: worker 1, rule broken, R-12; " in page


def test_a_failure_before_any_field_counts_only_where_it_is_expected():
    mutant = MUTANTS["api-answers-200-to-everything"]
    early = record(case="TC-01", red=(), failure=f"the SaaS API {mutant.failure}: …")
    assert judging.judge(mutant, [early]).outcome == CAUGHT
    assert judging.judge(mutant, [record(case="TC-01", red=(), failure="something else")]).outcome == WRONG_PLACE


@pytest.mark.parametrize(
    ("records", "expected", "outcome"),
    [
        ([record(red=(), result="PASS")], ["features/x.feature:1"], GREEN),
        ([record()], ["features/x.feature:1"], RED),
        ([record(red=(), result="PASS")], ["features/x.feature:1", "features/x.feature:9"], RED),
        ([], [], RED),
    ],
)
def test_the_unbroken_executor_is_green_only_over_everything(records, expected, outcome):
    assert judging.judge_unbroken(records, expected).outcome == outcome


def test_the_matrix_has_troubles_on_top(tmp_path):
    pairs = [
        (MUTANT, judging.judge(MUTANT, [record()])),
        (MUTANT, judging.judge(MUTANT, [record(red=(), result="PASS")])),
    ]
    told = matrix.content(pairs, None, matrix.datetime.now(), 1.0)
    page = matrix.markdown(pairs, None, told)
    assert not told["passed"]
    assert page.index("Not as it should be") < page.index("TC-02 Kill Switch Before Start")
    assert "| kill-switch-asked-and-ignored |  | red |" in page
    assert "| kill-switch-asked-and-ignored |  | green |" in page


# -- carried out ------------------------------------------------------------------------------------------------


def test_a_mutant_for_each_test_case_is_caught(tmp_path):
    assert [MUTANTS[name].case for name in SAMPLE] == list(TEST_CASES)

    status, told = prove(tmp_path, *SAMPLE)

    assert status == 0, told
    written = json.loads((tmp_path / "prove.json").read_text(encoding="utf-8"))
    assert (written["mutants"], written["caught"], written["passed"]) == (len(SAMPLE), len(SAMPLE), True)
    assert written["server"] not in ("", "unknown")


def test_a_rule_removed_from_the_suite_is_found_out(tmp_path):
    mutant = "switch-not-asked-when-the-window-closes"
    status, told = prove(tmp_path, mutant)
    assert (status, f"{mutant} at R-12" in told, "was named for 1 of 1" in told) == (0, True, True), told

    status, told = prove(tmp_path, mutant, "--without", "R-12")
    assert (status, f"survived: {mutant}" in told) == (1, True), told


def test_an_observation_removed_from_the_suite_is_found_out(tmp_path):
    status, told = prove(tmp_path, "kill-switch-asked-and-ignored", "--without", "Kill switch detected")
    assert (status, "wrong place: kill-switch-asked-and-ignored" in told) == (1, True), told
    assert (tmp_path / "prove" / "kill-switch-asked-and-ignored" / "runs").exists(), "its evidence is kept"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["no-such-mutant"], "there is no mutant 'no-such-mutant'"),
        (["--jobs", "0"], "not in the range x>=1"),
        (["--case", "TC-12"], "TC-12"),
        (["--without", "No such Field"], "No such Field"),
        (["--without", "R-00"], "R-00"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_one_line(tmp_path, arguments, line):
    status, told = prove(tmp_path, *arguments)
    assert (status, line in told.splitlines()[-1]) == (2, True), told


def test_a_launcher_that_cannot_make_its_mutant_says_so():
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.launch", "no-such-mutant", "agent", "run", "x"],
        cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, "there is no mutant" in done.stderr) == (2, True)
