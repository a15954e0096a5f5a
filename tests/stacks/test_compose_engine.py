"""What is under test, in containers, on a real engine; skipped where there is none."""

import json
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from support.waiting import eventually
from tests.harness.running import PROJECT

FILE = PROJECT / "docker" / "compose.yaml"


def docker(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A docker command; its output is in the message when a test fails."""
    return subprocess.run(
        ["docker", *command], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def works(*command: str) -> bool:
    return shutil.which("docker") is not None and docker(*command).returncode == 0


needs_compose = pytest.mark.skipif(not works("compose", "version"), reason="the docker compose plugin is not here")
needs_engine = pytest.mark.skipif(
    not (works("compose", "version") and works("info")), reason="no Docker engine with the compose plugin answers here"
)


@needs_compose
def test_compose_itself_finds_the_file_sound():
    said = docker(
        "compose", "-f", str(FILE), "config", "--format", "json", PUBLISH_API="127.0.0.1:0", API_SECRET="other"
    )
    assert said.returncode == 0, said.stderr
    services = json.loads(said.stdout)["services"]

    published = {name: [port["host_ip"] for port in s.get("ports", [])] for name, s in services.items()}
    assert published == {"mysql": ["127.0.0.1"], "api": ["127.0.0.1"], "agent": []}
    assert {s["environment"].get("API_SECRET") for s in services.values()} == {None, "other"}


@dataclass(frozen=True)
class Up:
    """The stack, running as a project of this test's own."""

    project: str
    environment: dict[str, str]

    def compose(self, *command: str) -> str:
        said = docker("compose", "-p", self.project, "-f", str(FILE), *command, **self.environment)
        assert said.returncode == 0, said.stderr
        return said.stdout.strip()

    def call(self, replica: int, path: str, **body: object) -> dict[str, Any]:
        """GET, or POST of ``body``, at one of the APIs."""
        url = f"http://{self.compose('port', '--index', str(replica), 'api', '3000')}{path}"
        secret = {"X-API-SECRET": self.environment["API_SECRET"]}
        answer = requests.request("POST" if body else "GET", url, headers=secret, json=body or None, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def left(self) -> str:
        """Whatever the engine still has of this project."""
        label = f"label=com.docker.compose.project={self.project}"
        kinds = (("ps", "-aq"), ("volume", "ls", "-q"), ("network", "ls", "-q"))
        return "".join(docker(*kind, "--filter", label).stdout for kind in kinds)


@pytest.fixture
def up():
    project = f"executor-v1-tests-{secrets.token_hex(4)}"
    image = f"{project}:0"
    free = {"PUBLISH_API": "127.0.0.1:0", "PUBLISH_MYSQL": "127.0.0.1:0", "EXECUTOR_IMAGE": image}
    stack = Up(project, {**free, "API_SECRET": "it's $ecret", "POLL_INTERVAL_SECONDS": "0.2"})
    try:
        stack.compose("up", "--build", "--wait", "--scale", "api=3", "--scale", "agent=2")
        yield stack
    finally:
        docker("compose", "-p", project, "-f", str(FILE), "down", "--timeout", "0", **stack.environment)
        docker("image", "rm", image)


@needs_engine
def test_a_run_is_carried_out_by_containers_and_nothing_is_left(up):
    change = {"action": "ADD_INDEX", "table_name": "test_orders", "index_name": "idx_one", "columns": ["customer_id"]}
    up.call(1, "/api/executions", id="run-1", connection_id="conn-001", **change)

    def ended():
        run = up.call(2, "/api/executions/run-1")
        return run if run["status"] not in ("scheduled", "running") else None

    assert eventually(ended, within=60, what="the end of the run")["status"] == "completed"
    assert up.call(3, "/health")["database"].startswith("MySQL")
    assert up.left()
    up.compose("down", "--timeout", "0")
    assert not up.left()


@needs_engine
def test_no_program_in_a_container_is_root_or_can_write_to_its_image(up):
    for service in ("mysql", "api", "agent"):
        assert up.compose("exec", "-T", service, "id", "-u") != "0"
        told = up.compose("exec", "-T", service, "sh", "-c", "touch /etc/x 2>&1 || grep CapEff /proc/self/status")
        assert "Read-only file system" in told
        assert told.endswith("0000000000000000")
