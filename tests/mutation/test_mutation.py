"""The mutation run's own logic: what is drawn, what is left out, how a run is judged, and what the report says."""

import ast
import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from support.commands.command_line import status_of
from support.settings import PROJECT
from tests.mutation import equivalents, exclusions, judging, mutate, report
from tests.mutation.copies import changed, copy_project
from tests.mutation.decisions import DECISION_CODE, OTHER_CODE, PACKAGE, module
from tests.mutation.equivalents import NEVER, Reason
from tests.mutation.judging import KILLED, NO_ANSWER, NO_START, SURVIVED, Trial
from tests.mutation.report import EQUIVALENT, Facts, Result
from tests.mutation.sessions import Session, sample
from tests.proof.running import Left

VERIFICATION = module("agent/verification")


@pytest.fixture(scope="module")
def sessions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sessions")
    return {module.name: Session(folder, module) for module in DECISION_CODE}


@pytest.fixture(scope="module")
def mutants(sessions):
    return [mutant for session in sessions.values() for mutant in session.mutants]


def record(result="FAIL", blames="the executor", red=("Index created",), location="features/x.feature:1"):
    return {
        "id": "TC-02", "name": "a scenario", "location": location, "result": result,
        "blames": None if result == "PASS" else blames, "failure": None if result == "PASS" else "it failed\nbecause",
        "observations": [{"field": name, "expected": "No", "actual": "Yes", "verdict": "FAIL"} for name in red],
    }  # fmt: skip


def left(*records, selected=("features/x.feature:1",), **run):
    return Left(list(records), {"ended": "now", "troubles": [], "selected": list(selected), **run}, "the last line")


# -- what there is and what is drawn ------------------------------------------------------------------------------


def test_every_module_of_the_executor_is_decision_code_or_named_with_a_reason():
    files = {str(path.relative_to(PROJECT / PACKAGE))[:-3] for path in (PROJECT / PACKAGE).rglob("*.py")}
    named = [module.name for module in DECISION_CODE] + list(OTHER_CODE)
    assert sorted(named) == sorted(name for name in files if not name.endswith("__init__"))


def test_the_same_seed_draws_the_same_mutants_and_a_greater_number_the_same_and_more(mutants):
    few, again, more = sample(mutants, 60, 3, "a"), sample(reversed(mutants), 60, 3, "a"), sample(mutants, 200, 3, "a")
    assert {mutant.key for mutant in few} == {mutant.key for mutant in again}
    assert {mutant.key for mutant in few} < {mutant.key for mutant in more}
    assert {mutant.key for mutant in few} != {mutant.key for mutant in sample(mutants, 60, 3, "b")}


def test_no_module_is_left_without_mutants_and_no_place_has_two_before_each_has_one(mutants):
    drawn = sample(mutants, 100, 4, "a")
    there_are = Counter(mutant.module.name for mutant in mutants)
    for name, count in Counter(mutant.module.name for mutant in drawn).items():
        assert count >= min(4, there_are[name])
        sites = [mutant.site for mutant in drawn if mutant.module.name == name]
        all_sites = {mutant.site for mutant in mutants if mutant.module.name == name}
        assert len(set(sites)) == min(count, len(all_sites))


def test_not_before_a_condition_and_the_same_not_taken_away_are_one_site(sessions):
    session = sessions["agent/killswitch"]
    negations = [
        m for m in session.mutants if m.spec.operator_name in ("core/AddNot", "core/ReplaceUnaryOperator_Delete_Not")
    ]
    at_one_place = [m for m in negations if m.spec.start_pos == negations[0].spec.start_pos]
    assert len({m.site for m in at_one_place}) == 1


def test_a_result_is_kept_for_the_next_run(tmp_path):
    first = Session(tmp_path, VERIFICATION)
    first.keep(first.mutants[0], Trial(KILLED, "TC-06", field="fail_reason"))
    second = Session(tmp_path, VERIFICATION)
    assert [m.key for m in second.mutants] == [m.key for m in first.mutants]
    assert second.trials == {first.mutants[0].job: Trial(KILLED, "TC-06", field="fail_reason")}


# -- what is left out ----------------------------------------------------------------------------------------------

SOURCE = """
@dataclass(frozen=True)
class Limit:
    value: int | None = 1

def judge(a: int | None, *, b: bool = False) -> int | None:
    logs.info("judged", a=a + 1)
    text = f"{a + 2} of {b}"
    return {**a, "b": a + 3}

def describe(a):
    return a + 4
"""


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (2, 18, exclusions.DATA_CLASS),
        (4, 15, exclusions.ANNOTATION),
        (4, 24, None),
        (6, 17, exclusions.ANNOTATION),
        (6, 25, exclusions.SPREAD),
        (6, 37, None),
        (6, 52, exclusions.ANNOTATION),
        (7, 28, exclusions.LOG_LINE),
        (8, 16, exclusions.TEXT),
        (9, 12, exclusions.SPREAD),
        (9, 24, None),
        (12, 13, exclusions.TEXT),
    ],
)
def test_only_what_decides_nothing_is_left_out(line, column, reason, mutants):
    places = exclusions.regions("agent/verification", SOURCE)
    spec = replace_position(mutants[0].spec, line, column)
    assert exclusions.reason_for(spec, places) == reason


def replace_position(spec, line, column):
    return type(spec)(spec.module_path, spec.operator_name, 0, (line, column), (line, column + 1))


def test_functions_that_only_make_text_exist():
    for name, functions in exclusions.TEXT_FUNCTIONS.items():
        there = {node.name for node in ast.walk(ast.parse(module(name).source())) if isinstance(node, ast.FunctionDef)}
        assert set(functions) <= there, name


def test_a_drawn_mutant_is_a_program(sessions, mutants):
    for mutant in sample(mutants, 60, 3, "a"):
        source = sessions[mutant.module.name].source
        mutated = mutant.mutated(source)
        assert mutated != source
        compile(mutated, mutant.module.path, "exec", dont_inherit=True)


# -- judging -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (left(record()), KILLED),
        (left(record(red=())), KILLED),
        (left(record("PASS", location="features/x.feature:9"), record()), KILLED),
        (left(record(blames="the test environment"), record()), KILLED),
        (left(record(blames="the agent command", red=())), NO_START),
        (left(troubles=["the test environment: the SaaS API ended while starting: NameError (log: x)"]), NO_START),
        (left(record("PASS")), SURVIVED),
        (left(record(blames="the test environment")), NO_ANSWER),
        (left(record(blames="the suite", red=())), NO_ANSWER),
        (left(record("NOT RUN", blames="the run was interrupted", red=())), NO_ANSWER),
        (left(record("PASS"), troubles=["the test environment: clean-up is not complete"]), NO_ANSWER),
        (left(record("PASS"), selected=("features/x.feature:1", "features/x.feature:9")), NO_ANSWER),
        (left(record("PASS"), ended=None), NO_ANSWER),
        (left(selected=()), NO_ANSWER),
        (Left([], {}, "Killed"), NO_ANSWER),
    ],
)
def test_only_a_scenario_that_blames_the_executor_kills_and_only_a_whole_run_survives(run, outcome):
    trial = judging.judge(run)
    assert trial.outcome == outcome
    assert trial.detail or outcome == SURVIVED


# -- the copies ----------------------------------------------------------------------------------------------------


def test_a_mutant_lives_in_a_copy_and_only_for_its_run(tmp_path):
    copy, original = copy_project(tmp_path / "copy"), VERIFICATION.source()
    compiled = copy / PACKAGE / "agent" / "__pycache__"
    compiled.mkdir()
    with changed(copy, VERIFICATION.path, "changed"):
        assert (copy / VERIFICATION.path).read_text(encoding="utf-8") == "changed"
        assert not compiled.exists()
        compiled.mkdir()
    assert (copy / VERIFICATION.path).read_text(encoding="utf-8") == VERIFICATION.source() == original
    assert not compiled.exists()
    assert not (copy / "reports").exists()


# -- the equivalents and the report --------------------------------------------------------------------------------


def test_the_equivalents_are_changes_of_code_that_exists(sessions):
    listed, made = equivalents.read(), set()
    for session in sessions.values():
        was = {line for change in listed if change.module == session.module.name for line in change.was.splitlines()}
        lines = [line.strip() for line in session.source.splitlines()]
        for mutant in session.mutants:  # to make a mutant takes long: only those of lines that an entry is about
            (first, _), (last, _) = mutant.spec.start_pos, mutant.spec.end_pos
            if was.intersection(lines[first - 1 : last]):
                made.add(equivalents.change_of(mutant, session.source))
    assert set(listed) - made == set()


def test_an_equivalent_without_a_reason_or_named_twice_is_an_error(tmp_path):
    entry = '[[equivalent]]\nmodule = "m"\nwas = "a"\nbecomes = ["b", "c"]\ndiffers = "never"\nbecause = "{}"\n'
    file = tmp_path / "equivalent.toml"
    for text in (entry.format(" "), entry.format("x") * 2):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="no reason or is there twice"):
            equivalents.read(file)


FACTS = Facts(100, 50, Counter({"a reason": 7}), "a", "MySQL 9", datetime.now(UTC), 2)


REASON = Reason(NEVER, "a reason of its own")


def results(mutants, *outcomes):
    made = {
        EQUIVALENT: (Trial(SURVIVED), REASON),
        "not tried": (None, REASON),
        "wrongly listed": (Trial(KILLED), REASON),
    }
    pairs = [made.get(outcome, (Trial(outcome), None)) for outcome in outcomes]
    return [Result(m, *pair, "-if a:\n+if not a:") for m, pair in zip(mutants, pairs, strict=False)]


@pytest.mark.parametrize(
    ("outcomes", "score"),
    [
        ([KILLED, NO_START], "100.0 %"),
        ([KILLED, SURVIVED], "50.0 %"),
        ([KILLED, NO_ANSWER], "50.0 %"),
        ([KILLED, EQUIVALENT], "100.0 %"),
        (["wrongly listed", SURVIVED], "50.0 %"),
        ([KILLED] * 9999 + [SURVIVED], "99.9 %"),
        ([KILLED, "not tried"], "100.0 %"),
        ([EQUIVALENT], "none"),
        ([], "none"),
    ],
)
def test_the_score_leaves_out_equivalents_alone(mutants, outcomes, score):
    assert report.percent(report.score(results(mutants * 10, *outcomes))) == score


def test_the_report_lists_every_survivor_with_its_diff(mutants):
    page = report.markdown(results(mutants, KILLED, SURVIVED, NO_ANSWER, EQUIVALENT), FACTS)
    assert page.count("\n+if not a:") == 2
    assert "1 of the 1" not in page
    assert "a reason of its own" in page
    for heading in ("## Survivors", "## No answer", "## Equivalent", "## Left out"):
        assert heading in page
    assert "| all | 4 | 1 | 0 | 1 | 1 | 1 | 33.3 % |" in page
    assert "| a reason | 7 |" in page


def test_the_page_of_proof_says_what_the_report_says():
    page = (PROJECT / "docs" / "mutation.md").read_text(encoding="utf-8")
    proof = (PROJECT / "docs" / "proof.md").read_text(encoding="utf-8")
    score, killed, judged, drawn = re.search(
        r"\*\*(\d+\.\d %)\*\* of the mutants .* were killed, (\d+) of (\d+)\. (\d+) were drawn", page
    ).groups()
    assert f"**{score}** were killed: {killed} of {judged}." in " ".join(proof.split())
    assert f"draws {drawn} of " in proof


@pytest.mark.parametrize("arguments", [["--mutants", "0"], ["--share", "2"], ["--share", "x"], ["--only", "x"]])
def test_a_wrong_word_on_the_command_line_ends_with_2(arguments, capsys):
    assert status_of(mutate.mutate, arguments, "acceptance mutate") == 2
    assert arguments[0] in capsys.readouterr().err.splitlines()[-1]
