"""The suite judges an executor it knows nothing of: one written for Node.js, put in its place by two settings."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.harness.running import PROJECT

EXECUTOR = PROJECT / "tests" / "node_executor"
NODE_NEEDED = 18
PATIENCE = 120.0


@pytest.fixture(scope="module")
def executor(tmp_path_factory):
    """A copy of the Node executor, ready to run; the folder itself is where the documents' npm works at the same time."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"the executor for Node.js cannot be run: {' and '.join(missing)} is not on the PATH")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < NODE_NEEDED:
        pytest.skip(f"the executor for Node.js needs Node {NODE_NEEDED} or newer; there is {version}")
    copy = tmp_path_factory.mktemp("node") / EXECUTOR.name
    shutil.copytree(EXECUTOR, copy, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(
        ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=copy, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"npm ci failed: {done.stderr}"
    return copy


def judged(executor, reports, agent, *selection):
    """The exit status and the verdict's test cases of a run with this agent, and what it told."""
    done = subprocess.run(
        [
            sys.executable, "-m", "behave", "-D", f"reports={reports}",
            "-D", f"api_command=node '{executor}/api.js'",
            "-D", f"agent_command=node '{executor}/{agent}' {{execution_id}}",
            *selection,
        ],
        cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    output = done.stdout + done.stderr
    assert (reports / "verdict.json").is_file(), output
    return done.returncode, json.loads((reports / "verdict.json").read_text(encoding="utf-8"))["test_cases"], output


def test_it_passes_what_blocks_a_canary_run(executor, tmp_path):
    status, cases, output = judged(executor, tmp_path, "agent.js", "--tags=@P0")

    assert status == 0, output
    assert {name for name, case in cases.items() if case["result"] == "PASS"} == {"TC-02", "TC-03", "TC-09"}


def test_with_a_kill_switch_that_fails_open_it_is_blamed(executor, tmp_path):
    status, cases, output = judged(
        executor, tmp_path, "fail-open-agent.js", "--name=TC-09 Kill Switch API Failure: 500 Internal Server Error"
    )

    assert status == 1, output
    assert cases["TC-09"]["result"] == "FAIL"
    assert "Blame:       the executor" in output
    assert "No (goes on)" in output
