"""Workers: real processes that are started, waited for, killed, frozen and thawed."""

import socket
import sys
from pathlib import Path

import psutil
import pytest

from support.gateway.gateway import Gateway
from support.relay.relay import Relay
from support.servers.ports import free_port
from support.stacks.worker import UnusableAgent, Worker
from support.waiting import eventually

NOWHERE = ("127.0.0.1", 9)
FOREVER = "import signal; print('up', flush=True); signal.pause()"


def worker_by(command: str, log: Path) -> Worker:
    gateway = Gateway("worker-1", ["http://127.0.0.1:9"], free_port())
    relay = Relay("worker 1", NOWHERE, lambda _number: None, free_port())
    return Worker(1, command, {"PATH": "/bin"}, gateway, relay, log)


@pytest.fixture
def worker_of(tmp_path):
    made = []

    def make(code: str) -> Worker:
        script = tmp_path / "agent.py"
        script.write_text(code)
        worker = worker_by(f"{sys.executable} {script}", tmp_path / "worker-1.log")
        made.append(worker)
        return worker

    yield make
    for worker in made:
        worker.end()


def up(worker: Worker) -> None:
    eventually(lambda: worker.log.exists() and "up" in worker.log.read_text(), within=10, what="the worker")


def status_of(worker: Worker) -> str:
    return psutil.Process(worker._process.pid).status()


def test_a_worker_ends_by_itself_with_its_exit_status_and_log(worker_of):
    worker = worker_of("print('hello'); raise SystemExit(3)")
    worker.start()

    assert worker.wait(10) == 3
    assert (worker.running, worker.last_words()) == (False, "hello")
    assert worker.started <= worker.ended


def test_a_worker_that_hangs_is_the_products_failure_and_its_last_words_are_told(worker_of):
    worker = worker_of(FOREVER)
    worker.start()
    up(worker)

    with pytest.raises(
        AssertionError, match=r"worker-1 should end by itself; after 0.05 s it still ran. Its last words: up"
    ):
        worker.wait(0.05)


def test_kill_9_is_kill_9_for_all_it_started(worker_of):
    worker = worker_of(f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {FOREVER!r}]).wait()")
    worker.start()
    up(worker)
    children = psutil.Process(worker._process.pid).children()

    worker.kill()

    assert worker.exit_status == -9
    assert worker.killed <= worker.ended
    eventually(lambda: not any(c.is_running() and c.status() != "zombie" for c in children), within=5, what="their end")


def test_a_frozen_worker_runs_and_does_nothing_until_it_is_thawed(worker_of):
    worker = worker_of(FOREVER)
    worker.start()
    up(worker)

    worker.freeze()
    eventually(lambda: status_of(worker) == psutil.STATUS_STOPPED, within=5, what="the frozen state")
    assert worker.running

    worker.thaw()
    eventually(lambda: status_of(worker) == psutil.STATUS_SLEEPING, within=5, what="the thawed state")


def test_with_a_worker_its_gateway_and_its_relay_come_to_their_end(worker_of):
    worker = worker_of("pass")
    ports = [int(worker.gateway.url.rpartition(":")[2]), worker.relay.port]

    worker.end()

    with socket.socket() as probe:
        assert all(probe.connect_ex(("127.0.0.1", port)) for port in ports)


def test_a_command_that_is_no_program_is_one_clear_line(tmp_path):
    worker = worker_by("/no/such/agent x", tmp_path / "log")

    with pytest.raises(
        UnusableAgent, match="agent_command cannot be started: /no/such/agent: No such file or directory"
    ):
        worker.start()
    worker.end()


def test_a_command_that_cannot_be_read_is_one_clear_line(tmp_path):
    worker = worker_by("agent 'unfinished", tmp_path / "log")

    with pytest.raises(UnusableAgent, match="agent_command cannot be read: No closing quotation"):
        worker.start()
    worker.end()
