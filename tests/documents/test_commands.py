"""Every command of the documents is run as it stands there; tests/harness/commands.py says how, or where else it is."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.history.change import RunSpec
from support.stacks.stack import EXECUTOR_FOLDER
from support.waiting import eventually
from tests.harness import outside
from tests.harness.commands import BY_HAND, DOCUMENTS, ELSEWHERE, WAYS, Way, blocks_of, commands_of, way_of
from tests.harness.running import PATIENCE, PROJECT, copy_of_the_project, done

TO_RUN = [(document, command) for document, ways in WAYS.items() for command in ways]


# -- nothing is left out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_is_run_or_it_is_said_where(document):
    unknown = [command for command in commands_of(DOCUMENTS[document]) if way_of(document, command) is None]

    assert unknown == [], "say in tests/harness/commands.py how each of these is run, or where else"


@pytest.mark.parametrize("document", [*WAYS, *ELSEWHERE])
def test_every_command_that_a_way_is_known_for_is_still_in_its_document(document):
    known = {*WAYS.get(document, {}), *ELSEWHERE.get(document, {})}

    assert known - set(commands_of(DOCUMENTS[document])) == set()


@pytest.mark.parametrize(("document", "command"), [(d, c) for d, places in ELSEWHERE.items() for c in places])
def test_where_else_a_command_is_run_it_still_is(document, command):
    place = ELSEWHERE[document][command]

    assert place.words in (PROJECT / place.file).read_text(encoding="utf-8")
    assert place.why


@pytest.mark.parametrize(("document", "program"), [(d, program) for d, words in BY_HAND.items() for program in words])
def test_what_no_test_can_run_is_told_by_its_document(document, program):
    words = BY_HAND[document][program]

    assert words in DOCUMENTS[document]
    pytest.skip(f"NOT RUN: {program} of {document}; it says: {words}")


def test_every_block_has_a_language_and_every_block_of_bash_can_be_read_by_bash():
    for document, text in DOCUMENTS.items():
        assert len(re.findall("^```", text, re.MULTILINE)) == 2 * len(re.findall(r"^```\w+\n", text, re.MULTILINE)), (
            document
        )
        for block in blocks_of(text, "bash"):
            status, said = done(["bash", "-n", "-c", block])
            assert status == 0, f"{document}: {said}"


def test_commands_are_found_wherever_they_stand():
    text = """
Say `make one`, or `make`, and look into `docker/`; `python -m two` helps. | `npm ci three` | in a table

```bash
# a comment alone
make four   # what it does
behave -D x='a # b' \\
  --more
echo "over
two lines"
sleep 1 &
sleep 2 &   # at once
wait
make five
```

```text
make nothing
```
"""
    assert commands_of(text) == [
        "make four", "behave -D x='a # b' \\\n  --more", 'echo "over\ntwo lines"', "sleep 1 &\nsleep 2 &   # at once\nwait",
        "make five", "make one", "python -m two", "npm ci three",
    ]  # fmt: skip


# -- each is run --------------------------------------------------------------------------------------------------


class Results:
    """What the commands have said; each is run once, after those that it needs, and all share a reports folder."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest) -> None:
        self.reports, self.copy = folder / "reports", folder / "copy"
        self._request = request
        self._said: dict[tuple[str, str], tuple[int, str]] = {}

    def of(self, document: str, command: str) -> tuple[int, str]:
        """(exit status, output) of the command."""
        key = (document, command)
        if key not in self._said:
            way = WAYS[document][command]
            missing = [program for program in way.needs if shutil.which(program) is None]
            if missing:
                pytest.skip(f"NOT TESTED: {' and '.join(missing)} is not on this machine: {command}")
            for earlier in way.after:
                self.of(document, earlier)
            self._said[key] = self._run(document, command, way)
        return self._said[key]

    def _run(self, document: str, command: str, way: Way) -> tuple[int, str]:
        """In a shell of its own, as after activating the virtual environment, with the document's exports before it."""
        exports = [one for one in WAYS[document] if one.startswith("export ") and one != command]
        script = ["unset MAKEFLAGS MAKELEVEL MFLAGS", *(self._as_here(document, one) for one in exports)]
        script.append(f"{self._as_here(document, command)} {way.adding}")
        environment = {"PATH": f"{sys.prefix}/bin:{os.environ['PATH']}"}
        if way.outside:
            environment |= self._request.getfixturevalue("bundled_outside").settings
        if not way.gone:
            return done(["bash", "-c", "\n".join(script)], ACCEPTANCE_REPORTS=str(self.reports), **environment)
        project = copy_of_the_project(self.copy)
        for path in way.gone:
            if not (project / path).exists():
                (project / path).touch()
        return done(["bash", "-c", "\n".join(script)], project, **environment)

    def _as_here(self, document: str, command: str) -> str:
        for theirs, here in WAYS[document][command].instead.items():
            if theirs in command:
                command = command.replace(theirs, here.format_map(Facts(self.reports, self._request)))
        return command


class Facts(dict):
    """What stands here in the place of a reader's own, looked up when it is asked for."""

    def __init__(self, reports: Path, request: pytest.FixtureRequest) -> None:
        super().__init__(reports=reports, venv=sys.prefix)
        self._request = request

    def __missing__(self, name: str) -> str:
        if name in ("run1", "run2"):
            runs = sorted((self["reports"] / "runs").iterdir())
            return str(runs[int(name[-1]) - 1])
        if name == "port":
            return str(self._request.getfixturevalue("mysql_server").port)
        node = self._request.getfixturevalue("node_outside")
        return {
            "password": node.account.password, "schema": node.account.database, "url": node.api.url,
            "secret": node.settings["ACCEPTANCE_API_SECRET"],
        }[name]  # fmt: skip


@pytest.fixture(scope="module")
def bundled_outside(mysql_server, tmp_path_factory):
    """The bundled API, running already on somebody's server."""
    with outside.running(mysql_server, tmp_path_factory.mktemp("bundled")) as running:
        yield running


@pytest.fixture(scope="module")
def node_outside(mysql_server, tmp_path_factory, results):
    """The same for Node.js, which is that of the guide."""
    results.of("tests/node_executor/README.md", "npm ci --prefix tests/node_executor")
    api = f"node {PROJECT / 'tests/node_executor/api.js'}"
    with outside.running(mysql_server, tmp_path_factory.mktemp("node"), api) as running:
        yield running


@pytest.fixture(scope="module")
def results(tmp_path_factory, request):
    return Results(tmp_path_factory.mktemp("commands"), request)


@pytest.mark.parametrize(
    ("document", "command"), TO_RUN, ids=[f"{document}: {command}" for document, command in TO_RUN]
)
def test_a_command_does_what_its_document_says(results, monkeypatch, mysql_server, document, command):
    way = WAYS[document][command]
    monkeypatch.setenv("ACCEPTANCE_MYSQL_PASSWORD", mysql_server.password)  # "Put passwords into the environment"

    status, output = results.of(document, command)

    assert status == way.status, output
    assert re.search(way.says, output, re.MULTILINE), output
    assert "Traceback" not in output
    assert [path for path in way.gone if (results.copy / path).exists()] == []


def test_the_programs_of_the_executor_work_together_as_its_readme_starts_them(bundled_outside):
    """Its API is running; one worker does one run, another looks for work itself until it is told to stop."""
    account, api = bundled_outside.account, bundled_outside.api
    environment = {
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}", "MYSQL_HOST": account.host, "MYSQL_PORT": str(account.port),
        "MYSQL_USER": account.user, "MYSQL_PASSWORD": account.password, "MYSQL_DATABASE": account.database,
        "SAAS_API_URL": api.url, "API_SECRET": bundled_outside.settings["ACCEPTANCE_API_SECRET"], "POLL_INTERVAL_SECONDS": "0.1",
    }  # fmt: skip
    for number in ("1", "2"):
        api.create_run(RunSpec(f"run-{number}", "conn-001", f"idx_{number}", "test_orders", ["status"]))

    status, said = done(["python", "-m", "executor_v1.agent", "run", "run-1"], EXECUTOR_FOLDER, **environment)
    assert (status, api.run("run-1")["status"], api.run("run-2")["status"]) == (0, "completed", "scheduled"), said

    worker = subprocess.Popen(
        ["python", "-m", "executor_v1.agent", "poll"], cwd=EXECUTOR_FOLDER, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        eventually(lambda: api.run("run-2")["status"] == "completed", within=PATIENCE, what="a run that a worker found")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    finally:
        worker.kill()
