"""Whole runs of the suite that go wrong: exit status, Allure and evidence tell the same story."""

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.allure.check import label, read
from support.allure.recorder import AllureRecorder
from support.clock import now
from support.record.evidence import RunRecord, Secrets
from support.run.selection import all_features, expected_scenarios
from tests.harness.running import PROJECT


def behave(reports: Path, *options: str) -> subprocess.Popen[str]:
    """A run of the suite that leaves its reports in ``reports``."""
    command = [sys.executable, "-m", "behave", "-D", f"reports={reports}", *options]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_an_api_that_cannot_start_leaves_results_that_say_so(tmp_path):
    run = behave(tmp_path, "--tags=@TC-02", "-D", "api_command=false")
    output, _ = run.communicate(timeout=120)
    results = read(tmp_path / "allure-results")
    assert run.returncode == 1, output
    assert sorted(result["status"] for result in results) == [
        "broken",
        *["unknown"] * len(expected_scenarios(all_features())["TC-02"]),
    ]
    (own,) = [result for result in results if not label(result, "location")]
    assert label(own, "blames") == "the test environment"
    assert all("SaaS API" in result["statusDetails"]["message"] for result in results)


def test_ctrl_c_in_the_middle_leaves_the_running_one_red_and_the_rest_visible(tmp_path):
    run = behave(tmp_path, "--tags=@TC-02,@TC-06", "-D", "jobs=1")
    told = ""
    while "TC-06 Verification Fail + Rollback OK: latency" not in told:  # it begins, and takes seconds
        told += run.stdout.read(1) or pytest.fail(told)
    os.kill(run.pid, signal.SIGINT)
    run.communicate(timeout=120)
    results = [result for result in read(tmp_path / "allure-results") if label(result, "location")]
    by_status = {status: [r for r in results if r["status"] == status] for status in ("passed", "broken", "unknown")}
    assert run.returncode == 1
    expected = expected_scenarios(all_features())
    assert len(results) == len(expected["TC-02"]) + len(expected["TC-06"])
    assert len(by_status["passed"]) == len(expected["TC-02"])
    assert len(by_status["broken"]) == 1
    assert label(by_status["broken"][0], "blames") == "the run was interrupted"
    assert len(by_status["unknown"]) == len(expected["TC-06"]) - 1


def test_an_earlier_runs_results_are_replaced_and_other_formatters_work_beside(tmp_path):
    old = tmp_path / "allure-results" / "old-result.json"
    old.parent.mkdir()
    old.write_text("{}", encoding="utf-8")
    run = behave(tmp_path, "--tags=@TC-02", "-f", "json", "-o", str(tmp_path / "behave.json"))
    output, _ = run.communicate(timeout=120)
    assert run.returncode == 0, output
    assert [result["status"] for result in read(tmp_path / "allure-results")] == ["passed"] * len(
        expected_scenarios(all_features())["TC-02"]
    )
    assert not old.exists()
    assert (tmp_path / "behave.json").read_text("utf-8").startswith("[")
    assert (tmp_path / "latest" / "allure-results" / "categories.json").exists()


def publish_often(folder: Path, place: Path) -> None:
    """What a run does at its end, a hundred times."""
    record = RunRecord(folder.name, now(), "Asia/Bangkok", "", "", [], {}, [])
    recorder = AllureRecorder(folder, record, Secrets([]), [])
    for _ in range(100):
        recorder.publish(place)


def test_runs_that_end_at_the_same_time_do_not_spoil_each_others_results(tmp_path):
    place = tmp_path / "allure-results"
    beside = [multiprocessing.Process(target=publish_often, args=(tmp_path / name, place)) for name in ("a", "b")]
    for process in beside:
        process.start()
    for process in beside:
        process.join(120)
    assert [process.exitcode for process in beside] == [0, 0]
    assert (place / "environment.properties").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b", "allure-results"}
