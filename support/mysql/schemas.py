"""The schema and the accounts of a run, and what its scenarios leave: made by the run, and taken away by it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pymysql
from pymysql.constants import CLIENT, ER

from support.contract import TEST_TABLES
from support.errors import SettingsError, TestEnvironmentError, cause_of
from support.form import form
from support.mysql.database import Account, Database, quoted
from support.mysql.tables import column_names, indexes
from support.secret_text import new_secret


@dataclass(frozen=True)
class Accounts:
    """Who is who on the server: the suite itself, the agent, the SaaS API, and the application whose queries run."""

    suite: Account
    agent: Account
    api: Account
    app: Account


ACCESS_DENIED = ER.ACCESS_DENIED_ERROR
TRIES = 4
PREFIX, ROLES = "ex_", ("agent", "api", "app")
ROWS = "SELECT, INSERT, UPDATE, DELETE"


def users(suffix: str) -> list[tuple[str, str]]:
    """(user, host) of the accounts that ``make_accounts`` makes."""
    return [(f"{PREFIX}{role}_{suffix}", "%") for role in ROLES]


def is_a_runs_own(account: Account) -> bool:
    """It is one of those that ``make_accounts`` makes."""
    return account.user.startswith(PREFIX)


def schema_exists(database: Database, name: str) -> bool:
    return bool(database.value("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (name,)))


def make_schema(server: Account, name: str, files: Sequence[Path], on_made: Callable[[], None] = lambda: None) -> None:
    """Create the schema ``name`` and run SQL files in it; their statements end with a semicolon, DELIMITER is not known.

    :param on_made: called as soon as it is sure that the schema is this run's, before it is made: to arrange its end.
    :raises SettingsError: it is there already, so it is not this run's to use.
    :raises TestEnvironmentError: a file has an error.
    """
    with Database(server) as database:
        if schema_exists(database, name):
            raise SettingsError(
                f"schema {name!r} exists on {server.host}:{server.port} and this run did not make it: drop it, or choose"
                " another name with -D mysql_database=executor_test_…"
            )
        on_made()
        database.execute(f"CREATE DATABASE {quoted(name)} CHARACTER SET utf8mb4")
    several = replace(server, database=name).connect(client_flag=CLIENT.MULTI_STATEMENTS)
    with several as connection, connection.cursor() as cursor:
        for file in files:
            try:
                cursor.execute(file.read_text(encoding="utf-8"))
                while cursor.nextset():
                    pass
            except pymysql.MySQLError as error:
                raise TestEnvironmentError(f"{file} could not be loaded: {cause_of(error)}") from error


def make_accounts(server: Account, schema: str, suffix: str) -> Accounts:
    """Create the accounts ``users(suffix)`` on ``server`` with new random passwords and the rights each part needs."""

    def account(role: str, rights: str, metrics: bool) -> Account:
        made = Account(server.host, server.port, f"{PREFIX}{role}_{suffix}", new_secret(), schema)
        database.execute(f"CREATE USER '{made.user}'@'%%' IDENTIFIED BY %s", (made.password,))
        database.execute(f"GRANT {rights} ON {quoted(schema)}.* TO '{made.user}'@'%'")
        if metrics:
            grant_metrics(database, made)
        return made

    with Database(server) as database:
        agent = account("agent", ROWS, metrics=True)
        for table in TEST_TABLES:  # only a right on a table can be taken back from a connection that is open
            grant_alter(database, agent, schema, table)
        api, app = account("api", ROWS, metrics=False), account("app", "SELECT", metrics=True)
    return Accounts(replace(server, database=schema), agent, api, app)


def grant_alter(database: Database, agent: Account, schema: str, table: str) -> None:
    database.execute(f"GRANT ALTER, INDEX ON {quoted(schema)}.{quoted(table)} TO '{agent.user}'@'%'")


def revoke_alter(database: Database, agent: Account, schema: str, table: str) -> None:
    """Take the right to change the table away; an open connection feels it at its next statement."""
    database.execute(f"REVOKE ALTER, INDEX ON {quoted(schema)}.{quoted(table)} FROM '{agent.user}'@'%'")


def set_password(database: Database, account: Account, password: str) -> None:
    """Give an account another password; connections that are open stay so."""
    try:
        database.execute(f"ALTER USER '{account.user}'@'%%' IDENTIFIED BY %s", (password,))
    except pymysql.ProgrammingError as error:
        if error.args[0] != ER.PARSE_ERROR:
            raise
        database.execute(f"SET PASSWORD FOR '{account.user}'@'%%' = PASSWORD(%s)", (password,))  # MySQL 5.6


def grant_metrics(database: Database, account: Account) -> None:
    database.execute(f"GRANT SELECT ON performance_schema.* TO '{account.user}'@'%'")


def revoke_metrics(database: Database, account: Account) -> None:
    """Take the right to read the server's counters away; an open connection feels it at its next statement."""
    database.execute(f"REVOKE SELECT ON performance_schema.* FROM '{account.user}'@'%'")


def drop_schemas(account: Account, names: Sequence[str], users: Sequence[tuple[str, str]]) -> None:
    """Drop the schemas ``names`` and the accounts ``users`` (pairs of user and host), those that there are.

    Their connections are killed first: an ALTER that waits for its lock outlives its client and holds up the drop.

    :raises TestEnvironmentError: the server does not answer.
    :raises pymysql.MySQLError: the server refuses, or somebody else keeps a table locked.
    """
    with Database(account, observed=True) as database:
        database.execute("SET SESSION lock_wait_timeout = 1")
        for left in reversed(range(TRIES)):
            _kill_connections(database, names, {user for user, _ in users} - {account.user})
            try:
                for name in names:
                    database.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
                break
            except pymysql.OperationalError as error:
                if error.args[0] != ER.LOCK_WAIT_TIMEOUT or not left:
                    raise
        _drop_users(database, users)


def clear_schema(account: Account, schema: str, users: Sequence[tuple[str, str]]) -> None:
    """Take away what a run's scenarios left in a schema that stays, and the run's accounts; errors as of ``drop_schemas``."""
    with Database(account, observed=True) as database:
        database.execute("SET SESSION lock_wait_timeout = 1")
        _kill_connections(database, [], {user for user, _ in users})
        database.execute(f"USE {quoted(schema)}")
        remove_traces(database, schema)
        _drop_users(database, users)


def _drop_users(database: Database, users: Sequence[tuple[str, str]]) -> None:
    for user in users:
        database.execute("DROP USER %s@%s", user, gone=ER.CANNOT_USER)


def _kill_connections(database: Database, names: Sequence[str], users: set[str]) -> None:
    """Kill the connections of ``users``, those in a schema of ``names``, and those whose statement names one."""
    named = re.compile("|".join(rf"(?<![\w$]){re.escape(name)}(?![\w$])" for name in names) or r"(?!)")
    own = database.value("SELECT CONNECTION_ID()")
    for row in database.rows("SHOW FULL PROCESSLIST"):
        if row["Id"] != own and (row["User"] in users or row["db"] in names or named.search(row["Info"] or "")):
            database.execute(f"KILL {row['Id']}", gone=ER.NO_SUCH_THREAD)


def strangers(database: Database) -> list[str]:
    """The rows of the executor's tables that are not the suite's, counted, in words; empty when there are none.

    A kill switch that is off is nobody's: a connection without a row is off, too.
    """
    found = []
    rows = form().leftovers.rows
    for table in dict.fromkeys(row.table for row in rows):
        ours = " OR ".join(row.condition for row in rows if row.table == table)
        on = " AND active <> 0" if table == "kill_switches" else ""
        count = int(database.value(f"SELECT COUNT(*) AS n FROM {table} WHERE NOT ({ours}){on}"))
        if count:
            found.append(f"{count} in {table}")
    return found


def remove_rows(database: Database, schema: str) -> None:
    """Delete the suite's rows from the tables that are there as they have to be."""
    there = column_names(database, schema)
    for row in form().leftovers.rows:
        if (row.table, row.column) in there:
            database.execute(f"DELETE FROM {quoted(schema)}.{row.table} WHERE {row.condition}")


def remove_traces(database: Database, schema: str) -> None:
    """Delete the suite's rows and drop the indexes that scenarios make, as far as they are there."""
    remove_rows(database, schema)
    prefixes = tuple(form().leftovers.index_prefixes)
    for index in indexes(database, schema):
        if index.table in TEST_TABLES and index.name.lstrip().startswith(prefixes):
            database.execute(f"ALTER TABLE {quoted(schema)}.{quoted(index.table)} DROP INDEX {quoted(index.name)}")
