"""The server: does it answer, is the schema whole, does it keep the record the suite judges by, do the gates work."""

import threading
from collections.abc import Callable

import pymysql

from support.checks.checklists import ROWS_NEEDED
from support.checks.findings import Findings, Missing
from support.contract import COLUMNS
from support.mysql.clocks import check_clock
from support.mysql.database import Account, Database
from support.mysql.gates import TableGate
from support.mysql.journal import Journal
from support.mysql.leftovers import strangers
from support.mysql.schemas import Accounts
from support.settings import Settings
from support.waiting import eventually

GATE_SECONDS = 10.0
REHEARSED = "ALTER TABLE test_orders ADD INDEX idx_tc00_preflight (total_amount), ALGORITHM=INPLACE, LOCK=NONE"


def look_at_server(findings: Findings, settings: Settings) -> bool:
    """Everything that can be seen with the suite's own account; true if nothing is missing."""
    findings.group(f"MySQL at {settings.mysql_host}:{settings.mysql_port}, schema {settings.mysql_database}")
    name = settings.mysql_database
    server = Account(settings.mysql_host, settings.mysql_port, settings.mysql_user, settings.mysql_password)
    answers = findings.look("answers", lambda: _version(server))
    there = findings.look("schema", lambda: _schema(server, name), answers)
    suite = Account(server.host, server.port, server.user, server.password, name)
    whole = [findings.look(f"table {table}", lambda table=table: _table(suite, table), there) for table in COLUMNS]
    tables = all(whole)
    looks = [
        findings.look("test data", lambda: _with(suite, _data), tables),
        findings.look("rows of others", lambda: _with(suite, lambda database: _strangers(database, settings)), tables),
        findings.look("record of statements", lambda: _record(suite), there),
        findings.look("digests", lambda: _with(suite, _digests), there),
        findings.look("clock", lambda: _with(suite, _clock), there),
    ]
    return tables and all(looks)


def look_at_gates(findings: Findings, accounts: Accounts) -> bool:
    """Rehearse with the run's accounts what scenarios do: an ALTER held by a lock, seen, ended; nothing is changed."""
    findings.group("Rights and gates")
    return findings.look("metadata lock gate", lambda: _rehearse(accounts))


def _with(account: Account, look: Callable[[Database], str]) -> str:
    database = Database(account, observed=True)
    try:
        return look(database)
    finally:
        database.close()


def _version(server: Account) -> str:
    connection = server.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            return f"{cursor.fetchone()[0]}, account {server.user!r}"
    finally:
        connection.close()


def _schema(server: Account, name: str) -> str:
    connection = server.connect()
    try:
        connection.select_db(name)
    except pymysql.MySQLError as error:
        raise Missing(f"there is no schema {name!r} that {server.user!r} may use ({error.args[0]})") from error
    finally:
        connection.close()
    return name


def _table(account: Account, table: str) -> str:
    connection = account.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s",
                (account.database, table),
            )
            columns = {row[0].lower() for row in cursor.fetchall()}
    finally:
        connection.close()
    if not columns:
        raise Missing("it is not there; docker/mysql/10-schema.sql makes it")
    if lacking := [column for column in COLUMNS[table] if column not in columns]:
        raise Missing(f"columns missing: {', '.join(lacking)}")
    return f"all {len(COLUMNS[table])} columns"


def _data(database: Database) -> str:
    rows = int(database.value("SELECT COUNT(*) FROM test_orders"))
    engine = database.value(
        "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = 'test_myisam_table'",
        (database.account.database,),
    )
    lacking = [f"test_orders has {rows} rows; {ROWS_NEEDED} are needed: docker/mysql/20-test-data.sql"] * (
        rows < ROWS_NEEDED
    )
    lacking += [f"test_myisam_table is {engine}; MyISAM is needed"] * (str(engine).lower() != "myisam")
    if lacking:
        raise Missing("\n".join(lacking))
    return f"test_orders has {rows} rows; test_myisam_table is MyISAM"


def _strangers(database: Database, settings: Settings) -> str:
    found = strangers(database)
    if found and not settings.may_empty_tables:
        raise Missing(
            f"{', '.join(found)}; scenarios empty these tables: use a schema for tests, or -D may_empty_tables=yes"
        )
    return f"{', '.join(found)}, which may be deleted" if found else "none"


def _record(account: Account) -> str:
    Database(account).close()  # takes itself out of the record, as all of the suite's connections do
    journal = Journal(account)
    try:
        journal.mark()
        journal.read()
    finally:
        journal.close()
    return "performance_schema keeps the statements, with text, errors and times"


def _digests(database: Database) -> str:
    count = database.value("SELECT COUNT(*) FROM performance_schema.events_statements_summary_by_digest")
    full = database.value(
        "SELECT COUNT(*) FROM performance_schema.events_statements_summary_by_digest WHERE DIGEST IS NULL"
    )
    if full:
        raise Missing("the table of digests is full: raise performance_schema_digests_size, or restart the server")
    return f"{count} digests"


def _clock(database: Database) -> str:
    return f"{check_clock(database):+.3f} s from this machine's"


def _rehearse(accounts: Accounts) -> str:
    looking = Database(accounts.suite)
    gate = TableGate(looking, accounts.app, "test_orders")
    agent = accounts.agent.connect()
    ended: list[Exception | None] = []

    def alter() -> None:
        try:
            with agent.cursor() as cursor:
                cursor.execute(REHEARSED)
            ended.append(None)
        except pymysql.MySQLError as error:
            ended.append(error)

    try:
        gate.close()
        thread = threading.Thread(target=alter, daemon=True)
        thread.start()
        waiting = eventually(lambda: gate.waiting() or ended, within=GATE_SECONDS, what="the ALTER at the gate")
        if ended:
            raise Missing(f"the agent's account may not add an index to test_orders: {ended[0]}")
        gate.abort(waiting)
        eventually(lambda: ended, within=GATE_SECONDS, what="the end of the ALTER that was killed")
    finally:
        if not ended:
            _end(accounts.agent, agent.thread_id())  # or it would add the index as soon as the gate is open
        gate.release()
        agent.close()
        looking.close()
    return "an ALTER of the agent's account was held, seen in the process list, and ended; nothing was changed"


def _end(account: Account, connection_id: int) -> None:
    """End a connection of the account's own, which everybody may, and wait until its statement is gone."""
    own = account.connect()
    try:
        with own.cursor() as cursor:
            cursor.execute(f"KILL {int(connection_id)}")

            def gone() -> bool:
                cursor.execute("SELECT ID FROM information_schema.PROCESSLIST WHERE ID = %s", (connection_id,))
                return cursor.fetchone() is None

            eventually(gone, within=GATE_SECONDS, what="the end of the rehearsed ALTER")
    finally:
        own.close()
