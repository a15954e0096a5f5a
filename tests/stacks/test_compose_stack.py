"""The compose stack: the suite's own run against containers; on a real engine where there is one."""

import os
import signal
import subprocess

from support.record.reading import read_all
from support.waiting import eventually
from tests.harness.running import PROJECT, behave, command, evidence_of, verdict_of
from tests.stacks.test_compose_engine import docker, needs_engine

REFUSED, FROZEN, CRASHED = (
    "TC-09 Kill Switch API Failure: connection refused",
    "TC-10 Worker Crash + Lease Expiry: worker 1 freezes after its ADD INDEX, and wakes up after the takeover",
    "TC-10 Worker Crash + Lease Expiry: the server finishes the ADD INDEX of the crashed worker",
)
"""What is done in another way to a container than to a process."""


def left_of(project: str) -> list[str]:
    """The containers, networks and volumes of a project."""
    label = f"label=com.docker.compose.project={project}"
    kinds = (("ps", "--all", "--quiet"), ("network", "ls", "--quiet"), ("volume", "ls", "--quiet"))
    return [line for kind in kinds for line in docker(*kind, "--filter", label).stdout.split()]


def test_without_an_engine_it_is_one_clear_line(tmp_path):
    status, output = behave(tmp_path, "--tags=@TC-05", "-D", "stack=compose", PATH=str(tmp_path))

    assert status == 1
    line = "the stack compose needs a Docker engine with compose: docker cannot be started"
    assert sum(line in one for one in output.splitlines()) == 1, output
    assert "Traceback" not in output


@needs_engine
def test_workers_in_containers_are_refused_frozen_and_killed_and_nothing_is_left(tmp_path):
    names = [word for name in (REFUSED, FROZEN, CRASHED) for word in ("--name", name.replace("+", "[+]") + "$")]

    status, output = behave(tmp_path, "-D", "stack=compose", "-D", "api_replicas=2", *names)

    assert status == 0, output
    assert {record["result"] for record in evidence_of(tmp_path).values()} == {"PASS"}
    assert set(evidence_of(tmp_path)) == {REFUSED, FROZEN, CRASHED}
    statements = [one for record in read_all(tmp_path / "latest" / "evidence") for one in record.changes]
    assert {one.owner for one in statements} <= {"worker 1", "worker 2"}
    assert statements
    run_id = verdict_of(tmp_path)["run_id"]
    assert left_of(f"executor-acceptance-{run_id.rpartition('-')[2]}") == []
    assert '"event": "claimed"' in next(tmp_path.glob("latest/logs/*/worker-2.log")).read_text("utf-8")
    assert "POST" in (tmp_path / "latest" / "logs" / "saas-api.log").read_text("utf-8")


@needs_engine
def test_kill_9_of_the_run_takes_the_containers_with_it(tmp_path):
    process = subprocess.Popen(
        command(tmp_path, "features/verification.feature", "-D", "stack=compose"),
        cwd=PROJECT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    eventually(lambda: list(tmp_path.glob("runs/*/logs/*/worker-1.log")), within=120, what="a worker at work")
    (run,) = (tmp_path / "runs").iterdir()
    project = f"executor-acceptance-{run.name.rpartition('-')[2]}"
    assert left_of(project)

    process.send_signal(signal.SIGKILL)
    process.wait(10)

    eventually(lambda: not left_of(project), within=60, what="the end of the containers")
