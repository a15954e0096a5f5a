"""What the tests of several rooms share: how they run side by side, which of them are quick, and one real MySQL server."""

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.servers.private import PrivateServer
from support.servers.programs import ServerProgram, choose_program
from support.stacks.embedded import DATA_DIRECTORIES
from support.stacks.warden import FOLDER_PREFIX, Warden
from tests.harness.running import PROJECT, copy_of_the_project

QUICK = "--quick"
STARTS_A_PROGRAM = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}
"""The audit events of Python of which one comes before any other program is started."""

WINDOW_IN_COMPANY = "1.5"
"""In seconds, for the runs of tests that run side by side: their dozen queries need longer than half a second then."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(QUICK, action="store_true", help="skip every test at the moment it starts another program")


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a fixture of their module go to one worker: what takes seconds is made once."""
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs.values()  # pytest offers no public way
        if any(definitions[-1].scope == "module" for definitions in fixtures):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


class _Quick:
    """Skips a test as soon as it, or a fixture of it, starts a program: no list of quick tests has to be kept."""

    def __init__(self) -> None:
        self._test_runs = False
        sys.addaudithook(self._on_event)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        self._test_runs = True
        try:
            return (yield)
        finally:
            self._test_runs = False

    def _on_event(self, event: str, _: tuple[object, ...]) -> None:
        if self._test_runs and event in STARTS_A_PROGRAM:
            pytest.skip("it starts a program; make unit runs it")


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: tests that run the suite wait more than they compute."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        os.environ.setdefault("ACCEPTANCE_METRICS_WINDOW_SECONDS", WINDOW_IN_COMPANY)
    if config.getoption(QUICK):
        config.pluginmanager.register(_Quick())


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Where a run of the test's own leaves what it leaves; not there yet."""
    return tmp_path / "reports"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the suite that the test may spoil."""
    return copy_of_the_project(tmp_path / "project")


@dataclass(frozen=True)
class MySQLServer:
    """A server that any test may use: each makes a schema and accounts of its own."""

    host: str
    port: int
    user: str
    password: str


@pytest.fixture(scope="session")
def server_program() -> ServerProgram:
    """The program that a run would take: ``ACCEPTANCE_SERVER=mysql-5.6 python -m pytest tests/mysql tests/relay``."""
    return choose_program(os.environ.get("ACCEPTANCE_SERVER", "auto"), PROJECT)


@pytest.fixture(scope="session")
def mysql_server(server_program: ServerProgram) -> Iterator[MySQLServer]:
    """A private server with the schema ``executor_test`` of a run; gone after the tests, also when they are killed."""
    warden = Warden(f"tests-{secrets.token_hex(4)}")
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}tests-"))
    warden.remove_folder(folder)
    try:
        files = sorted((PROJECT / "docker" / "mysql").glob("*.sql"))
        server = PrivateServer(server_program, folder, files, DATA_DIRECTORIES, warden.environment())
        yield MySQLServer(server.root.host, server.root.port, server.root.user, server.root.password)
    finally:
        warden.close()
