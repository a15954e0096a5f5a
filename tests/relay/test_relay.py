"""The relay: what goes through it is unchanged, it knows whose connection is whose, and it cuts, silences, delays, refuses."""

import hashlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace

import psutil
import pymysql
import pytest

from support.errors import TestEnvironmentError
from support.mysql.database import Account, Database
from support.relay.relay import Relay
from support.servers.ports import free_port
from support.servers.private import PrivateServer
from support.stacks.embedded import DATA_DIRECTORIES, SQL_FILES
from support.waiting import eventually

THREAD = "SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = %s"
TOO_MANY = b"\x17\0\0\0\xff\x10\x04Too many connections"


@pytest.fixture
def account(mysql_server):
    return Account(mysql_server.host, mysql_server.port, mysql_server.user, mysql_server.password)


@pytest.fixture
def looking(account):
    with Database(account) as database:
        yield database


@contextmanager
def relay_to(host, port, note=lambda _connection_id: None):
    with closing(Relay("worker 1", (host, port), note, free_port())) as relay:
        yield relay


@pytest.fixture
def relay(account, looking):
    with relay_to(account.host, account.port, lambda number: looking.value(THREAD, (number,))) as relay:
        yield relay


@pytest.fixture
def by_relay(account, relay):
    return replace(account, host=relay.host, port=relay.port)


@contextmanager
def talker(say):
    """A server that says whatever ``say`` does with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    say(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def ask(connection, sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        row = cursor.fetchone()
    return next(iter(row.values())) if row else None


def over(connection):
    return eventually(lambda: connection.end, within=10, what="the end of the connection")


def client_of(relay):
    return socket.create_connection((relay.host, relay.port), timeout=10)


def in_background(call):
    outcome = []

    def run():
        try:
            outcome.append(call())
        except pymysql.MySQLError as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return outcome, thread


# -- nothing is changed ---------------------------------------------------------------------------------------


def test_much_goes_through_unchanged_both_ways(by_relay):
    text = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(200_000))  # 13 MB
    with by_relay.connect(max_allowed_packet=1 << 26) as connection:
        most = ask(connection, "SELECT @@max_allowed_packet")
        text = text[: most // 2]
        assert ask(connection, "SELECT SHA2(%s, 256)", text) == hashlib.sha256(text.encode()).hexdigest()
        assert ask(connection, "SELECT REPEAT(%s, 3)", text[: most // 4]) == text[: most // 4] * 3


def test_tls_goes_through(by_relay, looking):
    if looking.one("SELECT @@have_ssl AS tls" if _old(looking) else "SELECT @@tls_version AS tls")["tls"] == "DISABLED":
        pytest.skip("this server has no certificate")
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with by_relay.connect(ssl=anybody) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        assert cursor.fetchone()["Value"]


def _old(looking):
    return looking.first("SHOW VARIABLES LIKE 'have_ssl'") is not None


def test_each_connection_is_known_by_the_servers_own_numbers(relay, by_relay, looking):
    with by_relay.connect() as connection:
        its, (seen,) = ask(connection, "SELECT CONNECTION_ID()"), relay.connections
        assert (seen.worker, seen.connection_id, seen.closed) == ("worker 1", its, None)
        assert seen.thread_id == looking.value(THREAD, (its,))
        assert relay.open_connections == [seen]

    assert over(seen) == "closed by the worker"
    assert seen.opened < seen.closed
    assert relay.open_connections == []


def test_twenty_connections_at_once_are_told_apart(relay, by_relay):
    def one():
        with by_relay.connect() as connection:
            return [ask(connection, "SELECT CONNECTION_ID() + SLEEP(0.2)") for _ in range(2)]

    work = [in_background(one) for _ in range(20)]
    for _, thread in work:
        thread.join(30)

    numbers = [outcome[0] for outcome, _ in work]
    assert sorted(numbers) == sorted([seen.connection_id] * 2 for seen in relay.connections)
    assert len({seen.thread_id for seen in relay.connections} - {None}) == 20


def test_nobody_is_greeted_before_the_connection_is_noted(account):
    noted, asked = threading.Event(), []

    def note(number):
        asked.append(number)
        noted.wait(10)
        return 7

    with relay_to(account.host, account.port, note) as relay, client_of(relay) as client:
        eventually(lambda: asked, within=5, what="the look for the thread")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        noted.set()
        client.settimeout(5)
        assert client.recv(5)[4] == 10
        assert [(seen.connection_id, seen.thread_id) for seen in relay.connections] == [(asked[0], 7)]


def test_where_nobody_can_note_it_the_connection_still_works_and_says_why(account):
    def lost(_number):
        raise TestEnvironmentError("the suite lost its connection")

    with relay_to(account.host, account.port, lost) as relay:
        with replace(account, port=relay.port).connect() as connection:
            assert ask(connection, "SELECT 1") == 1
        (seen,) = relay.connections
        assert (seen.thread_id, seen.trouble) == (None, "the suite lost its connection")


# -- what servers and clients do ------------------------------------------------------------------------------


def test_a_server_that_is_full_is_told_as_it_says_so(relay, by_relay, looking):
    before = looking.value("SELECT @@max_connections")
    looking.execute("SET GLOBAL max_connections = 10")
    held = []
    try:
        with pytest.raises(TestEnvironmentError, match="Too many connections"):
            held.extend(by_relay.connect() for _ in range(20))
    finally:
        looking.execute(f"SET GLOBAL max_connections = {before}")
        for connection in held:
            connection.close()
    last = relay.connections[-1]
    assert (last.connection_id, last.end) == (None, "refused by the server: error 1040: Too many connections")


@pytest.mark.parametrize(
    ("said", "end"),
    [
        (TOO_MANY, "refused by the server: error 1040: Too many connections"),
        (b"\x10\0\0\0\xff\x69\x04#HY000blocked", "refused by the server: error 1129: blocked"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "closed by the server"),
        (b"\x4a\0\0\0\x0a9.7", "closed by the server"),  # cut off in the middle
        (b"\x03\0\0\0\x0a9\0", "closed by the server"),  # whole, but without an id
        (b"\0", "closed by the server"),
        (b"", "closed by the server"),
    ],
)
def test_whatever_is_said_in_place_of_a_greeting_goes_through(said, end):
    def note(_number):
        pytest.fail("there is no connection to note")

    with talker(lambda connection: connection.sendall(said)) as address, relay_to(*address, note) as relay:
        with client_of(relay) as client:
            assert client.makefile("rb").read() == said
        (seen,) = relay.connections
        assert (over(seen), seen.connection_id) == (end, None)


def test_what_is_not_mysql_goes_through_both_ways_to_its_half_closed_end():
    def echo(connection):
        connection.sendall(connection.makefile("rb").read().upper())  # only once the client's half is closed

    with talker(echo) as address, relay_to(*address) as relay, client_of(relay) as client:
        client.sendall(b"get / http/1.0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert client.makefile("rb").read() == b"GET / HTTP/1.0\r\n\r\n"
        assert over(relay.connections[0]) == "closed by the worker"


def test_clients_that_say_nothing_are_in_nobodys_way(relay, by_relay):
    silent = [client_of(relay) for _ in range(5)]
    with by_relay.connect() as connection:
        assert ask(connection, "SELECT 1") == 1
    for client in silent:
        client.close()
    eventually(lambda: not relay.open_connections, within=10, what="the end of all connections")


def test_a_worker_that_dies_is_gone_for_the_server_too(relay, by_relay, looking):
    script = (
        "import pymysql, sys\n"
        f"connection = pymysql.connect(host='127.0.0.1', port={by_relay.port}, user={by_relay.user!r},"
        f" password={by_relay.password!r})\n"
        "print('up', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout.readline() == b"up\n"
        (seen,) = relay.connections
        worker.send_signal(signal.SIGKILL)

    assert over(seen) in ("closed by the worker", "reset by the worker")
    eventually(lambda: looking.value(THREAD, (seen.connection_id,)) is None, within=10, what="its end on the server")


def test_a_server_that_dies_is_gone_for_the_worker_too(server_program, tmp_path):
    server = PrivateServer(server_program, tmp_path, SQL_FILES, DATA_DIRECTORIES)
    try:
        with relay_to(server.root.host, server.root.port) as relay:
            by_relay = replace(server.root, port=relay.port)
            connection = by_relay.connect()
            server.stop()
            with pytest.raises(pymysql.OperationalError, match="Lost connection"):
                ask(connection, "SELECT 1")
            assert over(relay.connections[0]) in ("closed by the server", "reset by the server")
            with pytest.raises(TestEnvironmentError, match="does not answer"):
                by_relay.connect()
            assert "the server cannot be reached" in over(relay.connections[1])
    finally:
        server.stop()


# -- what scenarios do ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reset", [True, False])
def test_chosen_connections_are_cut_on_both_sides_and_no_others(relay, by_relay, looking, reset):
    with by_relay.connect() as kept, client_of(relay) as raw:
        assert raw.recv(4096)
        cut = relay.connections[1]

        relay.cut([cut], reset)

        if reset:
            with pytest.raises(ConnectionResetError):
                raw.recv(1)
        else:
            assert raw.recv(1) == b""
        eventually(lambda: looking.value(THREAD, (cut.connection_id,)) is None, within=10, what="its end on the server")
        assert cut.end == "cut by the suite"
        assert ask(kept, "SELECT 1") == 1


def test_a_connection_is_cut_in_the_middle_of_a_statement(relay, by_relay, looking):
    connection = by_relay.connect()
    outcome, thread = in_background(lambda: ask(connection, "SELECT SLEEP(20)"))
    sleeping = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO = 'SELECT SLEEP(20)'"
    eventually(lambda: looking.value(sleeping), within=10, what="the statement at work")

    relay.cut(relay.open_connections)

    thread.join(5)
    assert outcome[0].args[0] in (2006, 2013)
    looking.execute(f"KILL {relay.connections[0].connection_id}")


def test_silence_holds_everything_and_closes_nothing(relay, by_relay):
    with by_relay.connect() as connection:
        relay.silence()
        answer, thread = in_background(lambda: ask(connection, "SELECT 1"))
        greeted, second = in_background(lambda: by_relay.connect())
        eventually(lambda: len(relay.connections) == 2, within=5, what="the second connection")
        thread.join(0.3)
        assert (answer, greeted, len(relay.open_connections)) == ([], [], 2)

        relay.silence(False)

        thread.join(5)
        second.join(5)
        assert answer == [1]
        greeted[0].close()


def test_in_a_silence_nobody_learns_that_the_other_is_gone(relay, by_relay, looking):
    connection = by_relay.connect()
    (seen,) = relay.connections
    relay.silence()
    connection.close()

    # By a round trip through the relay's own loop everything that was on its way has arrived there
    relay.cut([])
    assert (seen.end, looking.value(THREAD, (seen.connection_id,))) == ("", seen.thread_id)
    relay.silence(False)
    assert over(seen) == "closed by the worker"


def test_a_delay_is_each_ways_and_can_be_ended(relay, by_relay):
    def seconds():
        began = time.monotonic()
        assert ask(connection, "SELECT 1") == 1
        return time.monotonic() - began

    with by_relay.connect() as connection:
        relay.delay(0.2)
        assert seconds() >= 0.4
        relay.delay(0)
        assert min(seconds() for _ in range(5)) < 0.2


def test_new_connections_are_refused_and_open_ones_stay(relay, by_relay):
    with by_relay.connect() as kept:
        relay.refuse()
        relay.refuse()  # changes nothing
        with pytest.raises(ConnectionRefusedError):
            client_of(relay)
        assert ask(kept, "SELECT 1") == 1

        relay.listen_again()
        relay.listen_again()
        with by_relay.connect() as another:
            assert ask(another, "SELECT 1") == 1


# -- its end --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["open", "silent", "delayed", "refusing"])
def test_nothing_is_left_of_a_relay_that_is_closed(account, looking, state):
    before = set(threading.enumerate())
    with relay_to(account.host, account.port, lambda number: looking.value(THREAD, (number,))) as relay:
        by_relay = replace(account, port=relay.port)
        connections, silent = [by_relay.connect() for _ in range(3)], client_of(relay)
        eventually(lambda: sum(1 for seen in relay.connections if seen.thread_id) == 4, within=5, what="the greetings")
        {"silent": relay.silence, "delayed": lambda: relay.delay(60), "refusing": relay.refuse}.get(state, lambda: 0)()
        _, asking = in_background(lambda: ask(connections[0], "SELECT 1"))
        numbers = [seen.connection_id for seen in relay.connections]

        relay.close()
        relay.close()  # does nothing

        assert set(threading.enumerate()) <= {*before, asking}
        asking.join(5)
        ports = [link.laddr.port for link in psutil.Process().net_connections() if link.status != psutil.CONN_NONE]
        assert relay.port not in ports
        assert not relay.open_connections
        gone = f"SELECT COUNT(*) = 0 FROM information_schema.PROCESSLIST WHERE ID IN ({', '.join(map(str, numbers))})"
        eventually(lambda: looking.value(gone), within=10, what="the end of all connections on the server")
    silent.close()


def test_a_port_that_is_taken_is_one_clear_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            TestEnvironmentError, match=f"the relay of worker 1 cannot use port {port}: Address already"
        ):
            Relay("worker 1", ("127.0.0.1", 1), lambda _number: None, port)
