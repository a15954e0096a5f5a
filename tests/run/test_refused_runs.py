"""What cannot be run is refused before anything is started, in one line, and is the newest result, whatever was before it."""

import json
import shutil
import subprocess

import pytest

from tests.harness.running import (
    PATIENCE,
    PROJECT,
    allure_of,
    behave,
    change,
    command,
    evidence_of,
    left_behind,
    log_of,
    verdict_of,
)

ONE = ("features/execution_errors.feature", "--name=TC-05 Index Already Exists$")
"""A short scenario that passes."""

PHRASE_FOR_MORE = """
from behave import when


@when("worker {number:d} carries {some:w} the run")
def do_nothing(context, number, some):
    pass
"""

PHRASE_THERE_ALREADY = """
from behave import when


@when("worker 3 carries out the run")
def do_nothing(context):
    pass
"""

FEATURE_WITHOUT_ROWS = """
@TC-05 @P2 @normal
Feature: x
  Scenario: y
    Then the result log reads
      | Field | Expected |
"""


@pytest.fixture(scope="module")
def two_green_runs(tmp_path_factory):
    """The reports folder of two runs that went on at once, their exit statuses and what they said."""
    reports = tmp_path_factory.mktemp("green") / "reports"
    runs = [
        subprocess.Popen(
            command(reports, *ONE), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    told = [run.communicate(timeout=PATIENCE)[0] for run in runs]
    return reports, [run.returncode for run in runs], told


@pytest.fixture
def after_a_green_run(two_green_runs, tmp_path):
    """A reports folder of the test's own, with a green run in it that must not be taken for a later one."""
    reports = tmp_path / "reports"
    shutil.copytree(two_green_runs[0], reports, symlinks=True)
    assert "passed" in allure_of(reports).values()
    return reports


def assert_refused(reports, status, output, line):
    """Nothing was run, for the reason that is told in one line, and no older result is in the place of this one."""
    assert status == 1
    assert sum(line in one for one in output.splitlines()) == 1, output
    assert "Traceback" not in output
    assert "Nothing was run. Decision: BLOCKED" in output
    content = verdict_of(reports)
    assert content["decision"] == "BLOCKED"
    assert any(line in reason for reason in content["reasons"])
    assert line in log_of(reports)
    assert "passed" not in allure_of(reports).values()
    assert (reports / "latest").resolve().name == content["run_id"]
    assert left_behind(content["run_id"]) == []


def test_two_runs_at_once_both_pass_and_leave_whole_verdicts(two_green_runs):
    reports, statuses, told = two_green_runs
    ids = {folder.name for folder in (reports / "runs").iterdir()}
    assert (statuses, len(ids)) == ([0, 0], 2), told
    for run_id in ids:
        content = json.loads((reports / "runs" / run_id / "verdict.json").read_text())
        assert (content["run_id"], content["test_cases"]["TC-05"]["scenarios_run"]) == (run_id, 1)
        assert [record["result"] for record in evidence_of(reports, run_id).values()] == ["PASS"]
        assert left_behind(run_id) == []
    newest = verdict_of(reports)["run_id"]
    assert newest in ids
    assert newest in log_of(reports)
    assert (reports / "latest").resolve().name == newest
    assert list(allure_of(reports).values()) == ["passed"]
    assert {path.name for path in reports.iterdir()} == {
        "runs", "latest", "verdict.json", "result-log.md", "result-log.html", "index.html", "allure-results",
    }  # fmt: skip


def test_an_undefined_phrase(project, after_a_green_run):
    change(
        project / "features" / "claiming.feature",
        "When two workers claim the run at the same moment",
        "When two workers claim",
    )

    status, output = behave(after_a_green_run, "--tags=@TC-01", project=project)

    line = "the phrase When 'two workers claim, and the one that gets it is called worker 1' is undefined; did you mean 'two"
    assert_refused(after_a_green_run, status, output, line)
    assert "the suite: features/claiming.feature:" in output


def test_a_phrase_that_two_step_functions_match(project, after_a_green_run):
    """Behave would run the first of them, which does nothing, and say no word."""
    (project / "steps" / "other.py").write_text(PHRASE_FOR_MORE)

    status, output = behave(after_a_green_run, *ONE, project=project)

    assert_refused(after_a_green_run, status, output, "the phrase When 'worker 1 carries out the run' is ambiguous")
    assert "'worker {number:d} carries {some:w} the run' (steps/other.py:5)" in output
    assert "'worker {number:d} carries out the run' (steps/workers.py:" in output


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        (
            "steps/zzz.py", PHRASE_THERE_ALREADY,
            "the suite: steps/zzz.py:5: AmbiguousStep: @when('worker 3 carries out the run') has already been defined",
        ),
        ("steps/torn.py", "def half(:\n", "the suite: SyntaxError: "),
        ("steps/wrong.py", "import no_such_module\n", "the suite: steps/wrong.py:1: ModuleNotFoundError: No module named"),
        ("features/torn.feature", "Feature: x\n  Scenario: y\n    Given z\n    torn\n", "the suite: ParserError: Failed to parse"),
        (
            "features/field.feature", f"{FEATURE_WITHOUT_ROWS}      | fail reason | NULL |\n",
            "the suite: features/field.feature:4: unknown Field 'fail reason'; did you mean 'fail_reason'",
        ),
        (
            "features/empty.feature", FEATURE_WITHOUT_ROWS,
            "the suite: features/empty.feature:4: the result log's table has no row: nothing would be judged",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_or_judged(project, after_a_green_run, file, content, line):
    (project / file).write_text(content)

    status, output = behave(after_a_green_run, "--tags=@TC-05", project=project)

    assert_refused(after_a_green_run, status, output, line)


@pytest.mark.parametrize(
    ("encoding", "line"), [("utf-16", "is not UTF-8 (byte 0)"), ("utf-8-sig", "begins with a byte order mark")]
)
def test_a_feature_in_another_encoding_is_named(project, after_a_green_run, encoding, line):
    feature = project / "features" / "claiming.feature"
    feature.write_text(feature.read_text(encoding="utf-8"), encoding=encoding)

    status, output = behave(after_a_green_run, "--tags=@TC-01", project=project)

    assert_refused(
        after_a_green_run, status, output, f"the suite: features/claiming.feature: {line}".split("suite: ")[1]
    )


def test_a_feature_that_is_not_there(after_a_green_run):
    status, output = behave(after_a_green_run, "features/kil_switch.feature")

    assert_refused(
        after_a_green_run, status, output, "the settings: there is nothing to run: features/kil_switch.feature"
    )
