"""The server: does it answer, is the schema whole, does it keep the record the suite judges by, do the gates work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial

import pymysql

from support.checks.checklists import order_rows
from support.checks.findings import Findings, Missing, none_of
from support.contract import COLUMNS, METRICS_TABLE, TEST_MYISAM_ENGINE
from support.mysql.database import Account, Database, quoted, server_account
from support.mysql.gates import TableGate, WaitingStatement
from support.mysql.journal import Journal, check_clock
from support.mysql.schemas import Accounts, strangers
from support.mysql.tables import column_names
from support.settings import Settings
from support.waiting import eventually

GATE_SECONDS = 10.0
REHEARSED = "ALTER TABLE test_orders ADD INDEX idx_tc00_preflight (total_amount), ALGORITHM=INPLACE, LOCK=NONE"


def look_at_server(findings: Findings, settings: Settings) -> None:
    """Look at everything that can be seen with the suite's own account."""
    findings.group(f"MySQL at {settings.mysql_host}:{settings.mysql_port}, schema {settings.mysql_database}")
    server = server_account(settings)
    suite = replace(server, database=settings.mysql_database)

    def look(name: str, probe: Callable[[Database], str], after: bool, account: Account = suite) -> bool:
        def probed() -> str:
            with Database(account, observed=True) as database:
                return probe(database)

        return findings.look(name, probed, after)

    answers = look("answers", lambda d: f"{d.value('SELECT VERSION()')}, account {d.account.user!r}", True, server)
    there = look("schema", partial(_schema, settings.mysql_database), answers, server)
    looks = [look(f"table {table}", partial(_table, table), there) for table in COLUMNS]
    tables = all(looks)
    look("test data", _data, tables)
    look("rows of others", partial(_strangers, settings.may_empty_tables), tables)
    findings.look("record of statements", partial(_record, suite), there)
    look("digests", _digests, there)
    look("clock", lambda database: f"{check_clock(database):+.3f} s from this machine's", there)


def look_at_gates(findings: Findings, accounts: Accounts) -> bool:
    """Rehearse with the run's accounts what scenarios do: an ALTER held by a lock, seen, ended; nothing is changed."""
    findings.group("Rights and gates")
    return findings.look("metadata lock gate", partial(_rehearse, accounts))


def _schema(name: str, database: Database) -> str:
    try:
        database.execute(f"USE {quoted(name)}")
    except pymysql.MySQLError as error:
        raise Missing(
            f"there is no schema {name!r} that {database.account.user!r} may use ({error.args[0]})"
        ) from error
    return name


def _table(table: str, database: Database) -> str:
    columns = {column for its, column in column_names(database, database.account.database or "") if its == table}
    if not columns:
        raise Missing("it is not there; docker/mysql/10-schema.sql makes it")
    lacking = [column for column in COLUMNS[table] if column not in columns]
    return none_of(lacking, "columns missing", f"all {len(COLUMNS[table])} columns")


def _data(database: Database) -> str:
    engine = database.value(
        "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'test_myisam_table'"
    )
    right = str(engine).lower() == TEST_MYISAM_ENGINE.lower()
    lacking = [] if right else [f"test_myisam_table is {engine}; {TEST_MYISAM_ENGINE} is needed"]
    try:
        orders = order_rows(database)
    except Missing as few:
        lacking.insert(0, f"{few}: docker/mysql/20-test-data.sql")
    if lacking:
        raise Missing("\n".join(lacking))
    return f"{orders}; test_myisam_table is MyISAM"


def _strangers(may_be_deleted: bool, database: Database) -> str:
    found = strangers(database)
    if found and not may_be_deleted:
        raise Missing(
            f"{', '.join(found)}; scenarios empty these tables: use a schema for tests, or -D may_empty_tables=yes"
        )
    return f"{', '.join(found)}, which may be deleted" if found else "none"


def _record(account: Account) -> str:
    Database(account).close()  # takes itself out of the record, as all of the suite's connections do
    with closing(Journal(account)) as journal:
        journal.mark()
        journal.read()
    return "performance_schema keeps the statements, with text, errors and times"


def _digests(database: Database) -> str:
    count = database.value(f"SELECT COUNT(*) FROM performance_schema.{METRICS_TABLE}")
    full = database.value(f"SELECT COUNT(*) FROM performance_schema.{METRICS_TABLE} WHERE DIGEST IS NULL")
    if full:
        raise Missing("the table of digests is full: raise performance_schema_digests_size, or restart the server")
    return f"{count} digests"


def _rehearse(accounts: Accounts) -> str:
    with (
        Database(accounts.suite) as looking,
        Database(accounts.agent, observed=True) as agent,
        ThreadPoolExecutor(1) as pool,
    ):
        gate = TableGate(looking, accounts.app, "test_orders")
        agents_connection = int(agent.value("SELECT CONNECTION_ID()"))
        gate.close()
        alter = pool.submit(agent.execute, REHEARSED)

        def held() -> WaitingStatement | None:
            if alter.done():
                raise Missing(f"the agent's account may not add an index to test_orders: {alter.exception()}")
            return gate.waiting()

        try:
            gate.abort(eventually(held, within=GATE_SECONDS, what="the ALTER at the gate"))
            eventually(alter.done, within=GATE_SECONDS, what="the end of the ALTER that was killed")
        finally:
            if not alter.done():
                _end(accounts.agent, agents_connection)  # or it would add the index as soon as the gate is open
            gate.release()
    return "an ALTER of the agent's account was held, seen in the process list, and ended; nothing was changed"


def _end(account: Account, connection: int) -> None:
    """End a connection of the account's own, which everybody may, and wait until its statement is gone."""
    with Database(account, observed=True) as own:
        own.execute(f"KILL {connection}")
        gone = "SELECT COUNT(*) = 0 FROM information_schema.PROCESSLIST WHERE ID = %s"
        eventually(lambda: own.value(gone, (connection,)), within=GATE_SECONDS, what="the end of the rehearsed ALTER")
