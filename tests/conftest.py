"""What the tests of several rooms share: one real MySQL server."""

import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.servers.private import PrivateServer
from support.servers.programs import ServerProgram, choose_program
from support.stacks.warden import FOLDER_PREFIX, Warden
from tests.running import PROJECT, copy_of_the_project

DATA_DIRECTORIES = PROJECT / ".servers" / "datadirs"


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
    """The program that a run would take by itself."""
    return choose_program("auto", PROJECT)


@pytest.fixture(scope="session")
def mysql_server(server_program: ServerProgram) -> Iterator[MySQLServer]:
    """A private server with the schema ``executor_test`` of a run; gone after the tests, also when they are killed."""
    warden = Warden.start(f"tests-{secrets.token_hex(4)}")
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}tests-"))
    warden.remove_folder(folder)
    try:
        files = sorted((PROJECT / "docker" / "mysql").glob("*.sql"))
        server = PrivateServer.start(server_program, folder, files, DATA_DIRECTORIES, warden.environment())
        yield MySQLServer(server.host, server.port, server.root_user, server.root_password)
    finally:
        warden.close()
