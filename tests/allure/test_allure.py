"""Allure is never greener than behave: every way to fail, in probe projects that behave really runs."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.allure.check import label, read
from tests.harness.running import PROJECT

PROBES = PROJECT / "tests" / "allure" / "probes"
HOOKS = ["before_scenario", "after_scenario", "before_tag", "after_tag", "before_step", "after_step"]


@dataclass
class Probed:
    """What a probe left: behave's exit status and own word, the results, and the differences that the check named."""

    exit_status: int
    behave_failed: bool
    differences: list[str]
    folder: Path
    results: list[dict[str, Any]] = field(default_factory=list)

    def of(self, name: str) -> list[dict[str, Any]]:
        """The results of that name, in the order of their lines."""
        found = [result for result in self.results if result["name"] == name]
        return sorted(found, key=lambda result: int(label(result, "location").rpartition(":")[2] or 0))

    def statuses(self) -> dict[str, str]:
        """Status by name, the run's own results left out."""
        return {result["name"]: result["status"] for result in self.results if label(result, "location")}


def probe(folder: Path, feature: str, *options: str, breaks: str = "") -> Probed:
    """Run behave on a feature of the probes; ``breaks`` names the hook that raises."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PROBE_FOLDER": str(folder),
        "PROBE_BREAKS": breaks,
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROBES)]),
    }
    command = [sys.executable, "-m", "behave", *options, f"features/{feature}.feature"]
    done = subprocess.run(command, cwd=PROBES, env=environment, capture_output=True, text=True, timeout=60, check=False)
    outcome = folder / "outcome.txt"
    assert outcome.exists(), done.stdout + done.stderr
    failed, *differences = outcome.read_text("utf-8").splitlines()
    return Probed(done.returncode, failed == "True", differences, folder, read(folder / "allure-results"))


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Probed:
    return probe(tmp_path_factory.mktemp("ways"), "ways")


def test_every_way_to_end_has_its_colour(ways):
    assert ways.exit_status == 1
    assert ways.statuses() == {
        "passes": "passed",
        "the executor fails": "failed",
        "the test environment breaks": "broken",
        "the suite is wrong": "broken",
        "undefined": "broken",
        "skipped in the middle": "broken",
        "clean-up raises": "broken",
    }


@pytest.mark.parametrize(
    ("name", "words", "blame"),
    [
        ("the executor fails", "the index is there; it should be gone", "the executor"),
        ("the test environment breaks", "the server is gone", "the test environment"),
        ("the suite is wrong", "no such thing", "the suite"),
        ("undefined", "nobody ever wrote this phrase", "the suite"),
        ("skipped in the middle", "had enough", "the suite"),
        ("clean-up raises", "the clean-up broke", "the suite"),
    ],
)
def test_every_failure_says_what_and_whom_it_blames(ways, name, words, blame):
    (result,) = ways.of(name)
    message = result["statusDetails"]["message"]
    assert words in message
    assert f"\nBlame: {blame}\n" in message
    assert f"\nAgain: acceptance run {label(result, 'location')}" in message
    assert label(result, "blames") == blame


def test_what_behave_calls_harmless_is_named_as_a_difference(ways):
    skipped = [text for text in ways.differences if "behave calls it skipped, as if nothing was wrong" in text]
    assert len(skipped) == 1


def test_evidence_that_passed_before_the_clean_up_failed_is_named(ways):
    assert any("Allure calls it broken, the evidence PASS" in text for text in ways.differences)


def test_secrets_and_markup_do_not_get_through(ways):
    for path in (ways.folder / "allure-results").iterdir():
        text = path.read_text("utf-8")
        assert "s3cr3t" not in text, path
        if path.suffix == ".html":
            assert "<tag>" not in text
            assert "&lt;tag&gt;" in text
            assert "ค่า &amp; more" in text


def test_labels_say_who_what_and_how_grave(ways):
    (result,) = ways.of("passes")
    wanted = {
        "epic": "Executor v1 acceptance",
        "feature": "Ways to end",
        "story": "TC-02 Kill Switch Before Start",
        "test_case": "TC-02",
        "priority": "P0",
        "severity": "blocker",
        "owner": "a tester",
        "framework": "behave",
    }
    assert {name: label(result, name) for name in wanted} == wanted
    assert {item["value"] for item in result["labels"] if item["name"] == "tag"} == {"TC-02", "P0"}
    assert "ทุกอย่างเรียบร้อย" in result["description"]


def test_a_green_run_is_green_and_agrees(tmp_path):
    probed = probe(tmp_path, "plain")
    assert (probed.exit_status, probed.behave_failed, probed.differences) == (0, False, [])
    assert probed.statuses() == {"first": "passed", "second": "passed"}


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_of_a_scenario_that_raises_is_red(tmp_path, hook):
    probed = probe(tmp_path, "plain", breaks=hook)
    assert probed.exit_status == 1
    assert set(probed.statuses().values()) == {"broken"}
    assert all(f"{hook} broke" in result["statusDetails"]["message"] for result in probed.of("first"))


@pytest.mark.parametrize("hook", ["before_all", "before_feature"])
def test_a_hook_before_the_first_scenario_that_raises_is_red_and_nothing_is_green(tmp_path, hook):
    probed = probe(tmp_path, "plain", breaks=hook)
    assert probed.exit_status == 1
    assert probed.statuses() == {"first": "unknown", "second": "unknown"}
    assert all(f"{hook} broke" in result["statusDetails"]["message"] for result in probed.results)
    assert [r["status"] for r in probed.results if not label(r, "location")] == ["broken"]
    assert list((tmp_path / "allure-results").glob("*-globals.json"))


@pytest.mark.parametrize("hook", ["after_all", "after_feature"])
def test_a_hook_after_the_last_scenario_that_raises_is_red(tmp_path, hook):
    probed = probe(tmp_path, "plain", breaks=hook)
    assert probed.exit_status == 1
    assert probed.statuses() == {"first": "passed", "second": "passed"}
    (own,) = [r for r in probed.results if not label(r, "location")]
    assert own["status"] == "broken"
    assert f"{hook} broke" in own["statusDetails"]["message"]


def test_a_hook_of_a_rule_that_raises_is_red(tmp_path):
    probed = probe(tmp_path, "names", breaks="before_rule")
    assert probed.exit_status == 1
    assert any("before_rule broke" in r["statusDetails"]["message"] for r in probed.results if r["status"] == "broken")
    assert {
        r["status"] for r in probed.results if "under a rule" in r.get("fullName", "") and label(r, "location")
    } == {"unknown"}


def test_a_scenario_skipped_before_it_began_is_not_green(tmp_path):
    probed = probe(tmp_path, "plain", breaks="skip")
    assert probed.exit_status == 1
    assert set(probed.statuses().values()) == {"broken"}
    assert "not today" in probed.of("first")[0]["statusDetails"]["message"]


def test_a_scenario_that_left_no_evidence_is_not_green(tmp_path):
    probed = probe(tmp_path, "plain", breaks="evidence")
    assert not probed.behave_failed
    assert probed.exit_status == 1
    assert set(probed.statuses().values()) == {"broken"}
    assert any("behave calls it passed, Allure broken" in text for text in probed.differences)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Probed:
    return probe(tmp_path_factory.mktemp("names"), "names")


def test_equal_names_and_rows_of_an_outline_are_apart(names):
    located = [result for result in names.results if label(result, "location")]
    assert len(located) == 8
    assert len({result["historyId"] for result in located}) == 8
    assert [result["status"] for result in names.of("the same")] == ["passed", "failed", "passed"]
    rows = names.of("rows")
    assert [[p["value"] for p in row["parameters"]] for row in rows] == [["red", "1"], ["blue", "2"], ["blue", "2"]]


def test_allure_3_keeps_equal_names_and_rows_apart(names):
    """It builds its own key from the test case's id and the parameters."""
    keys = {
        (result["testCaseId"], json.dumps(result.get("parameters", [])))
        for result in names.results
        if label(result, "location")
    }
    assert len(keys) == 8


def test_scenarios_under_a_rule_are_there(names):
    assert [result["status"] for result in names.of("rows of a rule")] == ["failed", "broken"]
    assert names.of("rows of a rule")[0]["titlePath"] == ["Names", "under a rule"]


def test_ids_are_the_same_in_the_next_run_and_in_a_part_of_it(names, tmp_path):
    again = probe(tmp_path, "names", "--name", "rows of a rule")
    assert len(again.results) == 2
    assert {r["historyId"] for r in again.results} == {r["historyId"] for r in names.of("rows of a rule")}
    assert {r["uuid"] for r in again.results}.isdisjoint(r["uuid"] for r in names.results)


def test_ctrl_c_leaves_the_running_scenario_red_and_the_others_visible(tmp_path):
    probed = probe(tmp_path, "interrupted")
    assert probed.exit_status == 1
    assert probed.statuses() == {"before": "passed", "during": "broken", "after": "unknown"}
    assert label(probed.of("during")[0], "blames") == "the run was interrupted"
    assert "not run" in probed.of("after")[0]["statusDetails"]["message"]


def test_ctrl_c_between_two_scenarios_is_red_too(tmp_path):
    probed = probe(tmp_path, "plain", breaks="between")
    assert probed.exit_status == 1
    (own,) = [r for r in probed.results if not label(r, "location")]
    assert (own["status"], label(own, "blames")) == ("broken", "the run was interrupted")


def test_the_folder_holds_no_result_twice(ways):
    located = [label(result, "location") for result in ways.results if label(result, "location")]
    assert len(located) == len(set(located)) == 7
    assert not list((ways.folder / "allure-results").glob("*.tmp"))
