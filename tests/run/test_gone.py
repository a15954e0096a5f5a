"""What a run stands on goes away in the middle of it: the database, the SaaS API, the disk for its reports."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from support.servers.private import PrivateServer
from support.stacks.embedded import DATA_DIRECTORIES
from support.stacks.warden import FOLDER_PREFIX, MARKER, Warden
from support.waiting import eventually
from tests.harness.running import (
    PATIENCE,
    PROJECT,
    allure_of,
    behave,
    done,
    evidence_of,
    left_behind,
    start,
    verdict_of,
)

LONG = ["features/verification.feature", "--name=control, nothing gets worse|full scans",
        "-D", "metrics_window_seconds=20", "-D", "patience_seconds=600"]  # fmt: skip
"""Two scenarios; the worker of the first is at work for 40 seconds, and waited for far longer than a test waits."""

LOST = "the suite lost its connection to MySQL at root@127.0.0.1:"

GREEDY_AGENT = """
import os, sys
try:
    with open({ballast!r}, "wb") as ballast:
        while True:
            ballast.write(b"x" * 65536)
            ballast.flush()
except OSError:
    os.execv(sys.executable, [sys.executable, "-m", "executor_v1.agent", "run", sys.argv[1]])
"""


def server_of(run_id: str) -> int:
    """The process id of the private server of a run, as that has written it down."""
    (folder,) = [
        owner.parent
        for owner in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*/owner.json")
        if json.loads(owner.read_text())["run"] == run_id
    ]
    return int((folder / "server.pid").read_text())


def api_of(run_id: str) -> int:
    """The process id of the SaaS API of a run: no other process of it has API_PORT in its environment."""

    def is_it(process: psutil.Process) -> bool:
        try:
            environment = process.environ()
        except psutil.Error:
            return False
        return environment.get(MARKER) == run_id and "API_PORT" in environment

    (found,) = filter(is_it, psutil.process_iter())
    return found.pid


def assert_stopped_by_the_test_environment(
    reports: Path, process: "subprocess.Popen[bytes]", run_id: str, words: str
) -> None:
    status, output = process.wait(PATIENCE), (reports.parent / "output").read_text()
    assert status == 1, output
    assert "Traceback" not in output
    assert 'File "' not in output
    assert re.search(f"^Stopping here: ({words})", output, re.MULTILINE), output
    (record,) = evidence_of(reports).values()
    assert (record["result"], record["blames"]) == ("FAIL", "the test environment")
    assert re.match(words, record["failure"])
    content = verdict_of(reports)
    assert (content["run_id"], content["decision"]) == (run_id, "BLOCKED")
    assert "passed" not in allure_of(reports).values()
    assert left_behind(run_id) == []


@pytest.mark.parametrize(
    ("part_of", "words"),
    [(server_of, f"the MySQL server ended by itself; its log: |{LOST}"), (api_of, r"the SaaS API ended by itself \(")],
)
def test_a_part_of_the_stand_is_killed_in_the_middle(reports, part_of, words):
    process, run_id = start(reports, *LONG)

    os.kill(part_of(run_id), signal.SIGKILL)

    assert_stopped_by_the_test_environment(reports, process, run_id, words)
    named = re.search("^Stopping here: .*; its log: (.*)$", (reports.parent / "output").read_text(), re.MULTILINE)
    assert Path(named[1]).is_file(), "the log that the message names is still there"


@pytest.fixture
def own_server(server_program, tmp_path_factory) -> Iterator[PrivateServer]:
    """A server that the test may kill."""
    warden = Warden(f"gone-{os.getpid()}")
    folder = tmp_path_factory.mktemp(FOLDER_PREFIX)
    try:
        files = sorted((PROJECT / "docker" / "mysql").glob("*.sql"))  # those of every run: its data directory is there
        yield PrivateServer(server_program, folder / "s", files, DATA_DIRECTORIES, warden.environment())
    finally:
        warden.close()


def test_a_server_that_the_settings_name_is_killed_in_the_middle(reports, own_server):
    process, run_id = start(
        reports, *LONG, "-D", "mysql_host=127.0.0.1", "-D", f"mysql_port={own_server.root.port}",
        ACCEPTANCE_MYSQL_PASSWORD=own_server.root.password,
    )  # fmt: skip

    own_server.stop()

    assert_stopped_by_the_test_environment(reports, process, run_id, LOST)


# -- the disk -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Callable[[str], Path]]:
    """Makes a reports folder that is a file system of the size given."""
    folder = tmp_path / "reports"
    folder.mkdir()

    def mount(size: str) -> Path:
        if os.geteuid() != 0:
            pytest.skip("NOT TESTED: a full disk; only root can mount a small one")
        status, said = done(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)])
        if status:
            pytest.skip(f"NOT TESTED: a full disk; a small one cannot be mounted here: {said.strip()}")
        return folder

    yield mount
    if folder.is_mount():
        assert done(["umount", str(folder)])[0] == 0


def an_older_green_run(reports: Path) -> None:
    """What an older run may have left on top; each is small enough for every disk."""
    (reports / "runs" / "20260101-000000-abcdef").mkdir(parents=True)
    (reports / "latest").symlink_to("runs/20260101-000000-abcdef")
    (reports / "verdict.json").write_text(json.dumps({"decision": "APPROVED"}))
    (reports / "result-log.md").write_text("APPROVED")
    (reports / "allure-results").mkdir()


def assert_no_verdict(reports: Path, status: int, output: str) -> None:
    """The run says in its last line that there is none, and nothing on top could be taken for one."""
    line = f"No verdict: what the run leaves cannot be written to {reports}: No space left on device"
    assert status not in (0, 3, 4)
    assert line in output.splitlines()[-1], output
    assert "Traceback" not in output
    assert 'File "' not in output
    assert {path.name for path in reports.iterdir()} <= {"runs", "latest", "ballast", "index.html"}
    (run_id,) = {folder.name for folder in (reports / "runs").iterdir()} - {"20260101-000000-abcdef"}
    assert left_behind(run_id) == []
    asked, answer = done([sys.executable, "-m", "support.commands", "signoff"], ACCEPTANCE_REPORTS=str(reports))
    assert asked not in (0, 3), answer


def test_the_disk_for_reports_is_full_from_the_start(small_disk):
    reports = small_disk("16k")
    an_older_green_run(reports)

    status, output = done(
        [sys.executable, "-m", "support.commands", "run", "--tags=@TC-05"], ACCEPTANCE_REPORTS=str(reports)
    )

    assert_no_verdict(reports, status, output)
    assert status == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_disk_for_reports_becomes_full_in_the_middle(small_disk, tmp_path, jobs):
    reports, agent = small_disk("1m"), tmp_path / "agent.py"
    an_older_green_run(reports)
    agent.write_text(GREEDY_AGENT.format(ballast=str(reports / "ballast")))

    status, output = behave(
        reports, "--tags=@TC-05", "-D", f"jobs={jobs}", "-D", f"agent_command={sys.executable} {agent} {{execution_id}}",
        PYTHONPATH=str(PROJECT / "docker" / "executor"),
    )  # fmt: skip

    assert_no_verdict(reports, status, output)
    assert status == 1
    tried = [line for line in output.splitlines() if line.startswith("  TC-05")]
    assert len(tried) <= jobs, "nothing after it was tried"


def test_after_kill_9_an_older_verdict_is_not_the_newest(reports):
    an_older_green_run(reports)
    process, run_id = start(reports, *LONG)

    process.kill()
    process.wait(PATIENCE)

    assert (reports / "latest").resolve() == reports / "runs" / run_id
    assert not (reports / "verdict.json").exists()
    assert done([sys.executable, "-m", "support.commands", "signoff"], ACCEPTANCE_REPORTS=str(reports))[0] == 2
    eventually(lambda: not left_behind(run_id), within=10, what="the end of all that the run had started")
