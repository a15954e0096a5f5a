"""What the suite sees and does on a real server: the journal, the metadata lock gate, the schema's differences, accounts."""

import os
import re
import secrets
import signal
import socket
import struct
import threading

import pymysql
import pytest
from pymysql.constants import COMMAND

from support.errors import SettingsError, TestEnvironmentError
from support.history.statements import kind_of, kind_of_text
from support.mysql import tables
from support.mysql.database import Account, Database
from support.mysql.gates import OwnedTable, TableGate
from support.mysql.journal import Journal
from support.mysql.schemas import ROLES, grant_alter, make_accounts, make_schema, revoke_alter, set_password, users
from support.scenario.workload import Profile, Workload, count_query, lookup_query
from support.waiting import eventually

ADD = "ALTER TABLE t ADD INDEX i (c), ALGORITHM=INPLACE, LOCK=NONE"


@pytest.fixture
def root(mysql_server):
    return Account(mysql_server.host, mysql_server.port, mysql_server.user, mysql_server.password)


@pytest.fixture
def schema(root, tmp_path):
    name = f"executor_test_{secrets.token_hex(4)}"
    file = tmp_path / "t.sql"
    file.write_text(
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, c INT, s VARCHAR(10));\n"
        "CREATE TABLE test_orders (id INT PRIMARY KEY AUTO_INCREMENT, customer_id INT, total_amount INT, status VARCHAR(9));\n"
        "CREATE TABLE test_myisam_table (id INT PRIMARY KEY) ENGINE=MyISAM;\n"
        "INSERT INTO t (c) VALUES (1), (2);\n",
        encoding="utf-8",
    )
    make_schema(root, name, [file])
    yield name
    database = Database(root)
    database.execute(f"DROP DATABASE {name}")
    for user, host in database_users(database):
        database.execute(f"DROP USER '{user}'@'{host}'")
    database.close()


def database_users(database):
    return [
        (row["User"], row["Host"])
        for row in database.rows("SELECT User, Host FROM mysql.user WHERE User LIKE 'ex\\_%'")
    ]


@pytest.fixture
def account(root, schema):
    return Account(root.host, root.port, root.user, root.password, schema)


@pytest.fixture
def database(account):
    database = Database(account)
    yield database
    database.close()


@pytest.fixture
def journal(account):
    journal = Journal(account)
    journal.mark()
    yield journal
    journal.close()


@pytest.fixture
def executor(account):
    connection = account.connect()
    yield connection
    connection.close()


def send(connection, sql):
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql)
        except pymysql.MySQLError as error:
            return error.args[0]
    return 0


# -- the journal ----------------------------------------------------------------------------------------------


def test_the_journal_tells_every_schema_change_with_the_servers_own_error(journal, executor):
    assert [send(executor, ADD), send(executor, ADD), send(executor, "DROP INDEX i ON t")] == [0, 1061, 0]

    told = journal.schema_changes()

    assert [(s.kind, s.errno, s.outcome) for s in told] == [
        ("alter_table", 0, "done"),
        ("alter_table", 1061, "Error 1061"),
        ("drop_index", 0, "done"),
    ]
    assert told[0].text == ADD
    assert told[0].started < told[0].ended <= told[1].started


def test_the_journal_forgets_what_was_before_the_mark(journal, executor):
    send(executor, ADD)
    journal.mark()

    assert journal.schema_changes() == []


def test_on_a_server_of_its_own_the_journal_also_empties_the_servers_record(account, executor, database):
    kept = "SELECT COUNT(*) FROM performance_schema.events_statements_history_long WHERE CURRENT_SCHEMA = %s AND SQL_TEXT = %s"
    journal = Journal(account, own_server=True)
    send(executor, ADD)
    # The server answers a statement before it is on record as ended
    eventually(lambda: database.value(kept, (account.database, ADD)) == 1, within=5, what="the statement on record")
    journal.mark()
    assert database.value(kept, (account.database, ADD)) == 0
    send(executor, "DROP INDEX i ON t")

    assert [s.kind for s in journal.schema_changes()] == ["drop_index"]
    journal.close()


def test_the_journal_leaves_other_schemas_out(journal, root, schema):
    other = f"executor_test_{secrets.token_hex(4)}"
    make_schema(root, other, [])
    connection = Account(root.host, root.port, root.user, root.password, other).connect()
    send(connection, "CREATE TABLE t (c INT)")
    send(connection, ADD)
    connection.close()

    assert journal.schema_changes() == []

    connection = root.connect()
    send(connection, f"ALTER TABLE {schema}.t ADD INDEX j (c)")  # named in full, from no schema at all
    send(connection, f"DROP DATABASE {other}")
    connection.close()
    assert [s.text for s in journal.schema_changes()] == [f"ALTER TABLE {schema}.t ADD INDEX j (c)"]


def test_the_suites_own_statements_are_not_counted(journal, database):
    database.execute(ADD)

    assert journal.schema_changes() == []


def test_a_statement_that_runs_is_told_as_running(journal, database, executor, account):
    gate = TableGate(database, account, "t")
    gate.close()
    thread = threading.Thread(target=send, args=(executor, ADD))
    thread.start()
    eventually(gate.waiting, within=10, what="the ALTER at the gate")

    (running,) = journal.schema_changes()
    assert (running.ended, running.outcome, running.succeeded) == (None, "still running", False)

    gate.release()
    thread.join(10)
    (done,) = journal.schema_changes()
    assert done.succeeded


def test_reads_of_the_digest_table_are_told_apart_from_other_queries(journal, executor):
    send(executor, "SELECT 1")
    send(executor, "SELECT COUNT(*) FROM performance_schema.events_statements_summary_by_digest WHERE DIGEST = 'x'")

    assert len([s for s in journal.read() if s.reads_metrics]) == 1
    assert len(journal.read()) == 1


def test_a_server_that_keeps_no_record_is_refused(root, account):
    database = Database(root)
    switch = "UPDATE performance_schema.setup_consumers SET ENABLED = %s WHERE NAME = 'events_statements_history_long'"
    database.execute(switch, ("NO",))
    try:
        with pytest.raises(TestEnvironmentError, match="off: events_statements_history_long"):
            Journal(account)
    finally:
        database.execute(switch, ("YES",))
        database.close()


def test_a_schema_change_sent_as_a_prepared_statement_is_seen_or_refused_but_never_overlooked(journal, executor):
    send(executor, "PREPARE p FROM 'ALTER TABLE t ADD INDEX i (c)'")
    assert send(executor, "EXECUTE p") == 0

    try:
        told = journal.schema_changes()
    except TestEnvironmentError as refusal:  # MariaDB keeps no text of it
        assert "the server counted 1 schema changes but recorded 0" in str(refusal)
    else:
        assert [(s.kind, s.text, s.errno) for s in told] == [("alter_table", "ALTER TABLE t ADD INDEX i (c)", 0)]


def test_a_comment_before_a_statement_hides_nothing(journal, database, executor, account):
    gate = TableGate(database, account, "t")
    gate.close()
    thread = threading.Thread(target=send, args=(executor, f"/* run 7 */ {ADD}"))
    thread.start()

    waiting = eventually(gate.waiting, within=10, what="the ALTER at the gate")

    assert waiting.text.startswith("/* run 7 */")
    gate.release()
    thread.join(10)
    assert len(journal.schema_changes()) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ALTER TABLE t ADD INDEX i (c)", "alter_table"),
        ("  /* a */ -- b\n alter  table t drop index i", "alter_table"),
        ("# c\nCREATE UNIQUE INDEX i ON t (c)", "create_index"),
        ("drop index i on t", "drop_index"),
        ("(SELECT 1)", "select"),
        ("SELECT 'ALTER TABLE t'", "select"),
        ("UPDATE t SET c = 1", None),
    ],
)
def test_a_statement_is_what_its_text_begins_with(text, kind):
    assert kind_of_text(text) == kind


@pytest.mark.parametrize(
    ("event", "text", "errno", "kind"),
    [
        ("statement/sql/alter_table", "", 1317, "alter_table"),
        ("statement/sql/error", "ALTER TABLE t ADD INDEX (c", 1064, "alter_table"),
        ("statement/sql/error", "nonsense", 1064, None),
        ("statement/sql/error", "", 1065, None),
        ("statement/com/Execute", "ALTER TABLE t ADD INDEX i (c)", 0, "alter_table"),
        ("statement/com/Execute", "INSERT INTO t VALUES (1)", 0, None),
        ("statement/com/Execute", "EXECUTE ALTER TABLE `t` ADD INDEX `i` ( `c` )", 1317, "alter_table"),
        ("statement/com/Execute", "", 0, "of unknown text"),
        ("statement/sql/execute_sql", "EXECUTE p", 0, "of unknown text"),
        ("statement/sql/execute_sql", "execute p using @a, @b", 0, "of unknown text"),
        ("statement/com/Prepare", "", 0, None),
        ("statement/com/Prepare", "", 1064, "of unknown text"),
        ("statement/com/Prepare", "SELECT nope FROM t", 1054, "select"),
        ("statement/sql/prepare_sql", "PREPARE p FROM ...", 1064, "of unknown text"),
        ("statement/sql/prepare_sql", "PREPARE p FROM @sql", 1064, "of unknown text"),
        ("statement/sql/prepare_sql", "prepare p from 'ALTER TABLE t ADD INDEX (c'", 1064, "alter_table"),
        ("statement/sql/prepare_sql", "PREPARE p FROM 'ALTER TABLE t ADD INDEX i (c)'", 0, None),
    ],
)
def test_a_recorded_statement_is_what_it_was_meant_to_be(event, text, errno, kind):
    assert kind_of(event, text, errno) == kind


# -- what the server could not carry out ----------------------------------------------------------------------

WRONG = "ALTER TABLE t ADD INDEX i (c) ALGORITHM=INPLACE"
METRICS = "performance_schema.events_statements_summary_by_digest"


def prepare(connection, sql):
    """By the protocol's own command, as many drivers do; the number of the prepared statement, or the error's."""
    try:
        connection._execute_command(COMMAND.COM_STMT_PREPARE, sql)
        answer = connection._read_packet().get_all_data()
    except pymysql.MySQLError as error:
        return -error.args[0]
    assert answer[5:9] == b"\0\0\0\0", "no columns and no parameters"
    return int.from_bytes(answer[1:5], "little")


def execute(connection, number):
    connection._execute_command(COMMAND.COM_STMT_EXECUTE, struct.pack("<IBI", number, 0, 1))
    try:
        connection._read_packet()
    except pymysql.MySQLError as error:
        return error.args[0]
    return 0


def test_a_statement_with_a_syntax_error_is_told_with_its_text(journal, executor):
    assert send(executor, WRONG) == 1064
    assert send(executor, "nonsense") == 1064

    (told,) = journal.read()

    assert (told.kind, told.text, told.errno, told.executed) == ("alter_table", WRONG, 1064, False)
    assert told.message.startswith("You have an error in your SQL syntax")  # the server keeps its first 128 characters
    assert told.changes_schema


def test_a_read_of_the_digest_table_that_fails_is_told(journal, executor):
    assert send(executor, f"SELECT nope FROM {METRICS}") == 1054

    (told,) = journal.read()

    assert (told.reads_metrics, told.errno, told.succeeded) == (True, 1054, False)


def test_a_statement_that_was_not_allowed_is_told(journal, root, schema, database):
    agent = make_accounts(root, schema, secrets.token_hex(3)).agent
    with agent.connect() as connection:
        assert send(connection, ADD) == 1142

    (told,) = journal.read()

    assert (told.kind, told.text, told.errno) == ("alter_table", ADD, 1142)
    assert "ALTER command denied" in told.message


@pytest.mark.parametrize(("how", "errors"), [("KILL QUERY", {1317}), ("KILL", {1317, 1927})])
def test_a_statement_that_was_ended_by_kill_is_told_with_what_it_was(journal, database, account, how, errors):
    executor, gate = account.connect(), TableGate(database, account, "t")
    gate.close()
    thread = threading.Thread(target=send, args=(executor, ADD))
    thread.start()
    database.execute(f"{how} {eventually(gate.waiting, within=10, what='the ALTER at the gate').connection}")
    thread.join(10)
    gate.release()

    (told,) = eventually(
        lambda: [found for found in [journal.read()] if all(one.ended for one in found)],
        within=10,
        what="its end on record",
    )[0]

    assert told.kind == "alter_table"
    assert told.errno in errors
    assert re.search(r"(?i)\bADD INDEX `?i`? \( ?`?c`? ?\)", told.text), (
        told.text
    )  # MySQL 9.7 has it from the digest only


@pytest.mark.parametrize("by_command", [True, False])
def test_a_statement_that_could_not_be_prepared_is_told_or_refused_but_never_overlooked(
    journal, account, executor, by_command
):
    journal.note("worker 1", executor.thread_id())
    quoted = WRONG.replace("'", "''")
    assert (-prepare(executor, WRONG) if by_command else send(executor, f"PREPARE p FROM '{quoted}'")) == 1064

    try:
        told = journal.schema_changes()
    except TestEnvironmentError as refusal:
        assert "worker 1 asked the server to prepare a statement, and it answered with error 1064" in str(refusal)
        assert "You have an error in your SQL syntax" in str(refusal)
    else:
        assert [(s.kind, s.errno, s.executed) for s in told] == [("alter_table", 1064, False)]
        assert WRONG in told[0].text


def test_what_a_server_takes_only_unprepared_hides_nothing(journal, executor):
    journal.note("worker 1", executor.thread_id())
    assert send(executor, "PREPARE p FROM 'PREPARE q FROM 1'") in (1295, 1064)
    send(executor, ADD)

    try:
        told = journal.schema_changes()
    except TestEnvironmentError as refusal:
        assert "1064" in str(refusal)
    else:
        assert [s.text for s in told] == [ADD]


def test_a_schema_change_by_the_protocols_own_prepare_is_seen_or_refused_but_never_overlooked(journal, executor):
    journal.note("worker 1", executor.thread_id())
    number = prepare(executor, ADD)
    assert journal.schema_changes() == [], "nothing was executed yet"
    assert [execute(executor, number), execute(executor, number)] == [0, 1061]

    try:
        told = journal.schema_changes()
    except TestEnvironmentError as refusal:
        assert "the server counted 2 schema changes but recorded 0" in str(refusal)
    else:
        assert [(s.text, s.errno) for s in told] == [(ADD, 0), (ADD, 1061)]


# -- owners ---------------------------------------------------------------------------------------------------


def test_each_statement_has_the_owner_of_its_connection_also_when_that_is_over(journal, account, executor, database):
    workload = Workload(account, count_query)
    with account.connect() as worker:
        thread = journal.note("worker 1", worker.thread_id())
        send(worker, ADD)
        send(worker, "INSERT INTO t (c) VALUES (3)")
        send(worker, "nonsense")
    send(executor, "DROP INDEX i ON t")
    send(executor, "INSERT INTO t (c) VALUES (4)")
    workload.run(Profile(0), 1)
    workload.close()

    told = [s for s in journal.read(workload.threads) if "time_zone" not in s.text and "SET NAMES" not in s.text]

    assert [(s.kind, s.owner) for s in told if s.owner != "suite"] == [
        ("alter_table", "worker 1"),
        ("insert", "worker 1"),
        ("error", "worker 1"),
        ("drop_index", None),
    ]
    assert {s.thread for s in told if s.owner == "worker 1"} == {thread}
    assert {s.thread for s in told if s.owner == "suite"} == set(workload.threads)


def test_a_connection_that_is_over_has_no_thread_any_more(journal, account, database):
    connection = account.connect()
    number = connection.thread_id()
    connection.close()
    gone = "SELECT COUNT(*) = 0 FROM performance_schema.threads WHERE PROCESSLIST_ID = %s"
    eventually(lambda: database.value(gone, (number,)), within=10, what="the end of the connection")

    assert journal.note("worker 1", number) is None


def test_connections_are_noted_also_after_a_long_idle_time(journal, executor, database):
    database.execute(f"KILL {journal._noting.value('SELECT CONNECTION_ID()')}")

    assert journal.note("worker 1", executor.thread_id()) is not None


@pytest.mark.parametrize("own_server", [True, False])
def test_what_others_prepare_and_the_suite_changes_makes_nothing_doubtful(account, executor, database, own_server):
    journal = Journal(account, own_server, suite=database)
    with account.connect() as worker:
        journal.note("worker 1", worker.thread_id())
        send(executor, "PREPARE p FROM 'INSERT INTO t (c) VALUES (1)'")  # the SaaS API, for one
        send(executor, "EXECUTE p")
        send(worker, "PREPARE p FROM 'SELECT 1'")
        send(worker, "EXECUTE p")
        send(worker, ADD)
        database.execute("ALTER TABLE t ADD INDEX of_the_suite (c)")

        assert [(s.text, s.owner) for s in journal.schema_changes()] == [(ADD, "worker 1")]
        assert journal.hidden == sum(s.hidden for s in journal.read() if s.owner)
    journal.close()


def test_a_schema_change_of_somebody_else_is_not_hidden_by_being_prepared(account, executor, database):
    journal = Journal(account, own_server=True, suite=database)
    with account.connect() as worker:
        journal.note("worker 1", worker.thread_id())
    send(executor, f"PREPARE p FROM '{ADD}'")
    assert send(executor, "EXECUTE p") == 0

    try:
        told = journal.schema_changes()
    except TestEnvironmentError as refusal:
        assert "the server counted 1 schema changes but recorded 0" in str(refusal)
    else:
        assert [(s.text, s.owner) for s in told] == [(ADD, None)]
    journal.close()


# -- the gate -------------------------------------------------------------------------------------------------


def test_the_gate_holds_an_alter_until_it_is_released(database, executor, account):
    gate = TableGate(database, account, "t")
    gate.close()
    thread = threading.Thread(target=send, args=(executor, ADD))
    thread.start()

    waiting = eventually(gate.waiting, within=10, what="the ALTER at the gate")

    assert waiting.text == ADD
    assert tables.find_index(tables.indexes(database, account.database), "t", "i") is None
    gate.release()
    thread.join(10)
    assert tables.find_index(tables.indexes(database, account.database), "t", "i") is not None


def test_a_table_can_be_changed_before_the_statement_that_waits_looks_at_it(database, journal, executor, account):
    database.execute("ALTER TABLE t ADD INDEX i (c)")
    gate, outcome = OwnedTable(database, account, "t"), []
    gate.close()
    thread = threading.Thread(target=lambda: outcome.append(send(executor, "ALTER TABLE t DROP INDEX i")))
    thread.start()
    eventually(gate.waiting, within=10, what="the ALTER at the gate")

    gate.change("DROP INDEX i")
    gate.release()
    thread.join(10)

    (told,) = journal.schema_changes()
    assert (outcome, told.errno, told.owner) == ([1091], 1091, None)


def test_an_alter_whose_answer_nobody_is_there_to_take_was_carried_out_all_the_same(database, journal, account):
    gate = TableGate(database, account, "t")
    gate.close()
    sender = account.connect()
    sender._execute_command(COMMAND.COM_QUERY, ADD)
    eventually(gate.waiting, within=10, what="the ALTER at the gate")

    sender._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing sends RST
    sender._force_close()
    gate.release()
    told = eventually(lambda: [one for one in journal.read() if one.ended], within=10, what="its end")[0]

    made = tables.find_index(tables.indexes(database, account.database), "t", "i") is not None
    assert told.succeeded == made  # MariaDB ends it with its sender


def test_an_account_gets_another_password_and_its_own_again(database, root, schema):
    agent = make_accounts(root, schema, secrets.token_hex(3)).agent
    set_password(database, agent, "another")
    with pytest.raises(TestEnvironmentError, match="refuses the password"):
        agent.connect()

    set_password(database, agent, agent.password)
    agent.connect().close()


def test_the_gate_can_end_the_statement_that_waits(database, executor, account):
    gate = TableGate(database, account, "t")
    gate.close()
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(send(executor, ADD)))
    thread.start()

    gate.abort(eventually(gate.waiting, within=10, what="the ALTER at the gate"))
    thread.join(10)

    eventually(lambda: gate.waiting() is None, within=10, what="the end of the statement")
    gate.release()
    assert outcome[0] in (1317, 2013)
    assert tables.find_index(tables.indexes(database, account.database), "t", "i") is None


# -- the schema -----------------------------------------------------------------------------------------------


def test_nothing_changed_is_no_difference(database, account):
    assert tables.differences(tables.look(database, account.database), tables.look(database, account.database)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE t ADD INDEX i (c, s(3))", "index i on t (c, s(3)) BTREE was added"),
        ("ALTER TABLE t ADD UNIQUE u (c)", "index u on t (c) UNIQUE BTREE was added"),
        ("CREATE TABLE x (c INT)", "table x (InnoDB) was added"),
        ("DROP TABLE t", "table t (InnoDB) is gone"),
        ("ALTER TABLE t ADD COLUMN d INT", "column t.d is now 4 int"),
        ("INSERT INTO test_orders (customer_id) VALUES (1)", "the rows of test_orders changed"),
        ("INSERT INTO test_myisam_table VALUES (1)", "the rows of test_myisam_table changed"),
    ],
)
def test_every_kind_of_change_is_told(database, account, change, told):
    before = tables.look(database, account.database)

    database.execute(change)

    differences = tables.differences(before, tables.look(database, account.database))
    assert any(line.startswith(told) for line in differences), differences


def test_an_index_replaced_by_another_of_its_name_is_told(database, account):
    database.execute("ALTER TABLE t ADD INDEX i (c)")
    before = tables.look(database, account.database)

    database.execute("ALTER TABLE t DROP INDEX i, ADD INDEX i (s)")

    assert tables.differences(before, tables.look(database, account.database)) == [
        "index i on t (c) BTREE is gone",
        "index i on t (s) BTREE was added",
    ]


def test_an_index_in_descending_order_or_hidden_is_no_plain_one(database, account):
    database.execute("ALTER TABLE t ADD INDEX i (s DESC)")
    kept = database.first("SELECT 1 FROM information_schema.STATISTICS WHERE INDEX_NAME = 'i' AND COLLATION = 'D'")
    index = tables.find_index(tables.indexes(database, account.database), "t", "i")
    assert index.columns == (("s DESC",) if kept else ("s",))  # old servers ignore it

    for word in ("INVISIBLE", "IGNORED"):
        try:
            database.execute(f"ALTER TABLE t ALTER INDEX i {word}")
        except pymysql.MySQLError:
            continue
        index = tables.find_index(tables.indexes(database, account.database), "t", "i")
        assert index.kind == "BTREE INVISIBLE"
        return
    assert index.kind == "BTREE"


def test_a_schema_that_is_there_already_is_not_ours(root, schema):
    with pytest.raises(SettingsError, match=f"schema '{schema}' exists on .* and this run did not make it"):
        make_schema(root, schema, [], on_made=lambda: pytest.fail("its end must not be arranged"))


# -- accounts -------------------------------------------------------------------------------------------------


def test_accounts_are_new_and_the_right_to_change_a_table_can_be_taken_from_an_open_connection(root, schema, database):
    accounts = make_accounts(root, schema, secrets.token_hex(3))
    agent = accounts.agent.connect()
    assert send(agent, "ALTER TABLE test_orders ADD INDEX i (customer_id)") == 0

    revoke_alter(database, accounts.agent, schema, "test_orders")
    assert send(agent, "ALTER TABLE test_orders DROP INDEX i") == 1142

    grant_alter(database, accounts.agent, schema, "test_orders")
    assert send(agent, "ALTER TABLE test_orders DROP INDEX i") == 0
    agent.close()


def test_the_application_can_only_read_and_no_account_reaches_other_schemas(root, schema):
    suffix = secrets.token_hex(3)
    accounts = make_accounts(root, schema, suffix)

    app = accounts.app.connect()
    assert send(app, "INSERT INTO test_orders (customer_id) VALUES (1)") == 1142
    app.close()
    for one in (accounts.agent, accounts.api, accounts.app):
        connection = one.connect()
        assert send(connection, "SELECT * FROM mysql.user") == 1142
        connection.close()
    assert users(suffix) == [(f"ex_{role}_{suffix}", "%") for role in ROLES]


def test_a_wrong_password_is_one_line_without_the_password(root):
    wrong = Account(root.host, root.port, root.user, "not-the-password")

    with pytest.raises(TestEnvironmentError, match="refuses the password of account") as told:
        wrong.connect()
    assert "not-the-password" not in str(told.value) + repr(wrong)


# -- the application's queries --------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [count_query, lookup_query])
def test_all_variants_of_a_query_are_one_digest_and_run_exactly_as_often_as_asked(account, journal, database, query):
    database.execute("ALTER TABLE test_orders ADD INDEX idx_orders_status (status)")
    database.execute("INSERT INTO test_orders (id) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)")
    workload = Workload(account, query)
    journal.mark()

    workload.run(Profile(0.001, rows=8), 7)
    workload.run(Profile(0.004, rows=3, scans=True), 3)

    statements = journal.read(workload.threads)
    assert [s.digest for s in statements] == [workload.digest] * 10
    assert sum(s.seconds >= 0.004 for s in statements) >= 3
    if query is count_query:
        assert [s.rows_examined for s in statements] == [8] * 7 + [3] * 3
    workload.close()


def test_a_query_from_another_schema_is_of_the_same_digest_and_counted_apart(account, database):
    here, elsewhere = Workload(account, count_query), Workload(account, count_query, elsewhere=True)
    before = here.counted(database, account.database)

    elsewhere.run(Profile(0.001), 5)

    assert elsewhere.digest == here.digest
    assert here.counted(database, account.database) == before
    here.close()
    elsewhere.close()


def test_an_interrupted_question_leaves_no_half_answer_behind(database, root):
    """Ctrl-C in the middle of a query: the clean-up that follows it asks on the same connection."""
    watching = Database(root)

    def interrupt_when_it_waits():
        asked = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(30)%'"
        eventually(lambda: watching.rows(asked), within=20, what="the query that waits")
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=interrupt_when_it_waits)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            database.rows("SELECT SLEEP(30)")
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
        watching.close()

    assert database.value("SELECT 'whole'") == "whole"
