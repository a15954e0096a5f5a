"""Scenarios side by side: one run with one result, whatever happens to it or to one of its jobs."""

import difflib
import json
import os
import re
import signal
import tempfile
from pathlib import Path

import psutil
import pytest

from support.stacks.warden import FOLDER_PREFIX, MARKER
from support.waiting import eventually
from tests.harness.running import PATIENCE, allure_of, behave, evidence_of, left_behind, log_of, start, verdict_of

JOBS = ("-D", "jobs=3")
LONG = ("features/verification.feature", "-D", "metrics_window_seconds=20", "-D", "patience_seconds=600", *JOBS)
"""Scenarios of which none ends while a test looks."""

SOME_LONG = ("--tags=@TC-02,@TC-03,@TC-08", "-D", "metrics_window_seconds=6", "-D", "patience_seconds=600", *JOBS)
"""Some that end at once, and some that take more than twelve seconds."""


def folders_of(run_id: str) -> dict[str, Path]:
    """The temporary folder of each session of a run, by the session's own id."""
    owners = Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*/owner.json")
    found = {json.loads(owner.read_text())["run"]: owner.parent for owner in owners}
    return {own: folder for own, folder in found.items() if own.partition(".")[0] == run_id}


def jobs_of(process: psutil.Process) -> list[psutil.Process]:
    """The processes of the run's jobs: copies of it, with its own command line."""
    return [child for child in process.children() if child.cmdline() == process.cmdline()]


def without_times(log: str) -> str:
    """A result log without what differs from run to run: ids, times, measured numbers, hashes."""
    log = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b|\b[0-9a-f]{64}\b|ex_(agent|api|app)_[0-9a-f]{6}", "ID", log)
    log = re.sub(r"\d{4}-\d\d-\d\d[T ]?|\b\d\d:\d\d(:\d\d)?(\.\d+)?( UTC|\+\d\d:\d\d)?", "TIME", log)
    log = re.sub(r"the longest .*", "the longest", log)
    log = re.sub(r"\bjobs = \d+|- setting jobs.*\n", "", log)
    return re.sub(r"[+-]?\b\d+(\.\d+)?\b|─+| {2,}|-{3,}", "N", log)


@pytest.fixture
def two_reports(tmp_path) -> tuple[Path, Path]:
    return tmp_path / "serial" / "reports", tmp_path / "beside" / "reports"


def test_the_result_is_that_of_a_serial_run(two_reports):
    serial, beside = two_reports
    tags = "--tags=@TC-01,@TC-02,@TC-05"
    for reports, jobs in ((serial, "1"), (beside, "4")):
        reports.parent.mkdir(exist_ok=True)
        status, output = behave(reports, tags, "-D", f"jobs={jobs}")
        assert status == 0, output
        reports.joinpath("output").write_text(output)
    lines = [[line[:100] for line in (reports / "output").read_text().splitlines() if line.startswith("  TC-")]
             for reports in two_reports]  # fmt: skip
    assert lines[0] == lines[1], "the lines come in the order of the form, whatever ended first"
    logs = [without_times(log_of(reports).replace(str(reports), "REPORTS")) for reports in two_reports]
    assert list(difflib.unified_diff(*(log.splitlines() for log in logs), n=0)) == []
    assert allure_of(serial) == allure_of(beside)
    assert evidence_of(serial).keys() == evidence_of(beside).keys()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_ends_in_order_with_a_verdict(reports, number):
    process, run_id = start(reports, *LONG)
    eventually(lambda: len(jobs_of(psutil.Process(process.pid))) == 3, within=PATIENCE, what="three jobs")

    process.send_signal(number)

    assert process.wait(PATIENCE) == 1
    assert left_behind(run_id) == []
    verdict = verdict_of(reports)
    assert verdict["decision"] == "BLOCKED"
    assert {case["result"] for case in verdict["test_cases"].values()} == {"NOT RUN"}
    assert "the run was interrupted" in verdict["reasons"]
    assert "Traceback" not in (reports.parent / "output").read_text()


def test_ctrl_c_in_a_terminal_reaches_all_processes_and_the_run_ends_in_order(reports):
    process, run_id = start(reports, *LONG)
    eventually(lambda: len(folders_of(run_id)) == 3, within=PATIENCE, what="three sessions")

    for one in [psutil.Process(process.pid), *jobs_of(psutil.Process(process.pid))]:
        one.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE) == 1
    assert left_behind(run_id) == []
    assert "the run was interrupted" in verdict_of(reports)["reasons"]


def test_nothing_is_left_after_kill_9_of_the_run(reports):
    process, run_id = start(reports, *LONG)
    eventually(lambda: len(folders_of(run_id)) == 3, within=PATIENCE, what="three sessions")

    process.kill()
    process.wait(10)

    eventually(lambda: not left_behind(run_id), within=PATIENCE, what="the end of all that the run had started")
    assert not (reports / "verdict.json").exists()


def at_work(reports: Path, run_id: str) -> None:
    """Wait until three sessions are at work, and a scenario has passed."""
    eventually(lambda: len(folders_of(run_id)) == 3, within=PATIENCE, what="three sessions")
    eventually(
        lambda: any(one["result"] == "PASS" for one in evidence_of(reports, run_id).values()),
        within=PATIENCE, what="a scenario that passed",
    )  # fmt: skip


def assert_stopped(reports: Path, status: int, run_id: str, words: str) -> None:
    """The run ended in order, lost nothing that was finished, says why it stopped, and left nothing behind."""
    output = (reports.parent / "output").read_text()
    assert status == 1, output
    assert "Traceback" not in output
    content = verdict_of(reports)
    assert content["decision"] == "BLOCKED"
    assert re.search(words, output), output
    results = {one["name"]: one["result"] for one in evidence_of(reports).values()}
    assert "PASS" in results.values()
    for name, result in results.items():
        assert (allure_of(reports)[name] == "passed") == (result == "PASS")
    assert left_behind(run_id) == []


def test_kill_9_of_a_job_ends_the_run_in_order(reports):
    process, run_id = start(reports, *SOME_LONG)
    at_work(reports, run_id)
    victim = jobs_of(psutil.Process(process.pid))[0]  # the others may not have begun yet

    victim.kill()

    status = process.wait(PATIENCE)
    eventually(lambda: not left_behind(run_id), within=10, what="the end of what the job had started")
    assert_stopped(reports, status, run_id, r"job \d died in the middle of features/\w+.feature:\d+")
    assert any(re.search(r"job \d died", reason) for reason in verdict_of(reports)["reasons"])


def test_a_job_whose_server_dies_ends_the_run_in_order(reports):
    process, run_id = start(reports, *SOME_LONG)
    at_work(reports, run_id)
    session = next(folder for own, folder in folders_of(run_id).items() if own.endswith(".2"))

    os.kill(int((session / "server.pid").read_text()), signal.SIGKILL)

    assert_stopped(
        reports, process.wait(PATIENCE), run_id, "(?m)^Stopping here: (the MySQL server ended by itself|the suite lost)"
    )
    red = [one for one in evidence_of(reports).values() if one["result"] == "FAIL"]
    assert [one["blames"] for one in red] == ["the test environment"]


def test_stop_hands_out_nothing_after_the_first_failure(reports):
    broken = "-D", "agent_command=/bin/sh -c 'exit 1' {execution_id}"
    status, _ = behave(reports, "--stop", "--tags=@P0", *broken, *JOBS)

    assert status == 1
    assert 1 <= len(evidence_of(reports)) <= 3


def test_where_there_is_one_test_environment_scenarios_come_one_at_a_time_and_it_says_why(reports, mysql_server):
    status, output = behave(
        reports, "--tags=@TC-02", *JOBS, "-D", "mysql_host=127.0.0.1", "-D", f"mysql_port={mysql_server.port}",
        ACCEPTANCE_MYSQL_PASSWORD=mysql_server.password,
    )  # fmt: skip

    assert status == 0, output
    assert "one at a time: there is one server, 127.0.0.1" in output


def test_a_mark_of_each_job_is_its_own(reports):
    """So that the processes of a job that dies are ended, and nobody else's."""
    process, run_id = start(reports, *LONG)
    eventually(lambda: len(folders_of(run_id)) == 3, within=PATIENCE, what="three sessions")

    def marks() -> set[str]:
        found = set()
        for one in psutil.Process(process.pid).children(recursive=True):
            try:
                found.add(one.environ().get(MARKER, ""))
            except psutil.Error:
                continue
        return found - {""}

    eventually(lambda: marks() == {run_id, f"{run_id}.2", f"{run_id}.3"}, within=PATIENCE, what="three marks")
    process.terminate()
    assert process.wait(PATIENCE) == 1
