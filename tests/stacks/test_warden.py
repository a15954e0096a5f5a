"""The warden: real processes, real SIGKILL, a real server."""

import os
import secrets
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pymysql
import pytest

from support.errors import SuiteError, TestEnvironmentError
from support.mysql.database import Account, Database
from support.servers.ports import free_port
from support.stacks.warden import FOLDER_PREFIX, MARKER, Warden, kill_marked, sweep_leftovers
from support.waiting import eventually

GONE_SECONDS = 2.0
"""How soon after the end of a run nothing of it may be left."""

A_RUN = """
    import os, signal, subprocess, sys
    from pathlib import Path
    from support.stacks.warden import Warden

    SLEEPER = [sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"]
    TWICE_FORKED = '''
    import os, signal
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.chdir("/")
            open(%r, "w").write(str(os.getpid()))
            signal.pause()
    '''
    run_id, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir()
    warden = Warden(run_id, folder.parent / "warden.log")
    warden.remove_folder(folder)
    marked = {**os.environ, **warden.environment()}
    children = [subprocess.Popen(SLEEPER, env=marked) for _ in range(2)]
    children.append(subprocess.Popen(SLEEPER, env=marked, start_new_session=True))
    subprocess.run([sys.executable, "-c", TWICE_FORKED % str(folder / "pid")], env=marked, check=True)
    while not (folder / "pid").exists() or not (folder / "pid").read_text():
        pass
    if os.fork() == 0:  # keeps the pipe to the warden open, and is not marked
        signal.pause()
    print(warden.pid, *(child.pid for child in children), (folder / "pid").read_text(), flush=True)
    signal.pause()
"""


class Run:
    """A run in a process of its own, with children that do not want to end."""

    def __init__(self, folder: Path) -> None:
        self.id, self.folder = f"test-{secrets.token_hex(4)}", folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(A_RUN), self.id, folder],
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.warden, *self.children = map(psutil.Process, map(int, self.process.stdout.readline().split()))

    @property
    def detached(self) -> list[psutil.Process]:
        """The children in sessions of their own, the last one forked twice: no parent, no group leads to it."""
        return self.children[-2:]

    def nothing_is_left(self) -> bool:
        return not self.folder.exists() and not any(map(alive, [self.warden, *self.children]))


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def start_run(tmp_path: Path) -> Iterator[Callable[[], Run]]:
    runs: list[Run] = []

    def start() -> Run:
        runs.append(Run(tmp_path / f"{FOLDER_PREFIX}{len(runs)}"))
        return runs[-1]

    yield start
    for run in runs:
        os.killpg(run.process.pid, signal.SIGKILL)
        run.process.wait()
        run.process.stdout.close()
        kill_marked(run.id)


def sleeper(**variables: str) -> subprocess.Popen[bytes]:
    code = "import signal; print('+', flush=True); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", code], env=os.environ | variables, stdout=subprocess.PIPE)
    process.stdout.read(1)
    return process


def test_nothing_is_left_of_a_run_that_is_killed(start_run: Callable[[], Run]) -> None:
    run = start_run()
    assert len(run.children) == 4
    assert all(map(alive, run.children))
    run.process.kill()
    eventually(run.nothing_is_left, within=GONE_SECONDS, what="the end of everything of the run")


def test_nothing_is_left_of_a_run_whose_process_group_is_killed(start_run: Callable[[], Run]) -> None:
    run = start_run()
    os.killpg(run.process.pid, signal.SIGKILL)
    eventually(run.nothing_is_left, within=GONE_SECONDS, what="the end of everything of the run")


def test_the_warden_outlives_every_polite_signal(start_run: Callable[[], Run]) -> None:
    run = start_run()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        run.warden.send_signal(number)
    run.process.kill()
    eventually(run.nothing_is_left, within=GONE_SECONDS, what="the end of everything of the run")


def test_the_warden_is_out_of_reach(start_run: Callable[[], Run]) -> None:
    run = start_run()
    assert os.getsid(run.warden.pid) == run.warden.pid
    assert MARKER not in run.warden.environ()
    assert all(child.environ()[MARKER] == run.id for child in run.children)


def test_one_runs_end_leaves_another_alone(start_run: Callable[[], Run]) -> None:
    one, other = start_run(), start_run()
    one.process.kill()
    eventually(one.nothing_is_left, within=GONE_SECONDS, what="the end of everything of the run")
    assert other.folder.exists()
    assert all(map(alive, [other.warden, *other.children]))


def test_an_orderly_end_cleans_up_before_it_returns(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    warden = Warden(f"test-{secrets.token_hex(4)}")
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    warden.remove_folder(folder)
    child = sleeper(**warden.environment())
    warden.close()
    warden.close()
    assert child.wait(0) == -signal.SIGKILL
    assert not folder.exists()
    assert not psutil.pid_exists(warden.pid)
    assert capfd.readouterr() == ("", "")


def test_a_sweep_ends_the_runs_processes_and_leaves_its_folder(tmp_path: Path) -> None:
    warden = Warden(f"test-{secrets.token_hex(4)}")
    warden.remove_folder(tmp_path)
    mine, other = sleeper(**warden.environment()), sleeper(**{MARKER: "another run"})
    kill_marked(warden.run_id)
    assert mine.wait(0) == -signal.SIGKILL
    assert other.poll() is None
    assert tmp_path.exists()
    other.kill()
    other.communicate()
    warden.close()


def test_what_cannot_be_cleaned_up_is_told(tmp_path: Path, unused_server: Account) -> None:
    log = tmp_path / "warden.log"
    warden = Warden("test-unclean", log)
    folder = tmp_path / "folder"
    folder.mkdir()
    warden.remove_folder(folder)
    warden.drop_schema(unused_server, ["executor_test_unclean"])
    with pytest.raises(TestEnvironmentError, match=rf"could not be cleaned up; see {log}$"):
        warden.close()
    assert "does not answer" in log.read_text()
    assert not folder.exists(), "one failure does not stop the rest"


def test_a_warden_that_is_gone_is_told(tmp_path: Path) -> None:
    warden = Warden("test-gone")
    os.kill(warden.pid, signal.SIGKILL)
    psutil.Process(warden.pid).wait()
    with pytest.raises(TestEnvironmentError, match="^the warden of the run is gone$"):
        warden.remove_folder(tmp_path)


# -- leftovers


def test_leftovers_of_dead_runs_are_swept_and_living_runs_left_alone(start_run: Callable[[], Run]) -> None:
    dead, living = start_run(), start_run()
    parent = dead.folder.parent
    nobodys = parent / f"{FOLDER_PREFIX}nobodys"
    nobodys.mkdir()
    link = parent / f"{FOLDER_PREFIX}link"
    link.symlink_to(dead.folder)
    assert sweep_leftovers(parent) == []
    dead.warden.kill()
    os.killpg(dead.process.pid, signal.SIGKILL)
    dead.process.wait()
    assert all(map(alive, dead.detached)), "without its warden, what is in other sessions stays"
    eventually(lambda: sweep_leftovers(parent) == [dead.folder], within=GONE_SECONDS, what="the sweep of the dead run")
    assert dead.nothing_is_left()
    assert nobodys.exists()
    assert living.folder.exists()
    assert all(map(alive, [living.warden, *living.children]))


# -- schemas


@pytest.fixture
def unused_server() -> Account:
    return Account("127.0.0.1", free_port(), "root", "")


@pytest.fixture
def root(mysql_server: object) -> Account:
    return Account(mysql_server.host, mysql_server.port, mysql_server.user, mysql_server.password)


def test_a_schema_is_dropped_though_an_alter_waits_in_it(root: Account) -> None:
    name, user = f"executor_test_{secrets.token_hex(4)}", f"u{secrets.token_hex(4)}"
    database = Database(root)
    database.execute(f"CREATE DATABASE {name}")
    database.execute(f"CREATE DATABASE {name}_of_another_run")
    database.execute(f"CREATE TABLE {name}.t (id INT PRIMARY KEY)")
    database.execute("CREATE USER %s@'127.0.0.1' IDENTIFIED BY 'secret'", (user,))
    database.execute(f"GRANT ALL ON {name}.* TO %s@'127.0.0.1'", (user,))
    warden = Warden(f"test-{secrets.token_hex(4)}")
    warden.drop_schema(root, [name], [(user, "127.0.0.1")])
    neighbour = Account(root.host, root.port, root.user, root.password, f"{name}_of_another_run").connect()
    holder = Account(root.host, root.port, user, "secret").connect()
    holder.begin()
    holder.cursor().execute(f"SELECT * FROM {name}.t")
    altering = Account(root.host, root.port, root.user, root.password).connect()

    def alter() -> None:
        with pytest.raises(pymysql.OperationalError):
            altering.cursor().execute(f"ALTER TABLE {name}.t ADD INDEX i (id), ALGORITHM=INPLACE, LOCK=NONE")

    thread = threading.Thread(target=alter)
    thread.start()
    waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'Waiting for table metadata lock'"
    eventually(lambda: database.value(waiting) == 1, within=10, what="the ALTER waiting")
    started = time.monotonic()
    warden.close()
    assert time.monotonic() - started < GONE_SECONDS
    thread.join()
    assert database.value("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = %s", (name,)) == 0
    assert database.value("SELECT COUNT(*) FROM mysql.user WHERE user = %s", (user,)) == 0
    neighbour.ping(reconnect=False)
    database.execute(f"DROP DATABASE {name}_of_another_run")


def test_a_schema_that_is_not_the_suites_is_never_dropped(unused_server: Account) -> None:
    warden = Warden(f"test-{secrets.token_hex(4)}")
    with pytest.raises(SuiteError, match="drops no schema 'production'"):
        warden.drop_schema(unused_server, ["executor_test_1", "production"])
    warden.close()
