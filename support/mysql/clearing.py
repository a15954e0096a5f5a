"""Dropping schemas and accounts from a server that others use too."""

import re
from collections.abc import Sequence

import pymysql

from support.mysql.database import Account, Database, quoted
from support.mysql.leftovers import remove_traces

TRIES = 4
LOCK_WAIT_TIMEOUT, NO_SUCH_CONNECTION, NO_SUCH_USER = 1205, 1094, 1396


def drop_schemas(account: Account, names: Sequence[str], users: Sequence[tuple[str, str]]) -> None:
    """Drop the schemas ``names`` and the accounts ``users`` (pairs of user and host), those that there are.

    Their connections are killed first: an ALTER that waits for its lock outlives its client and holds up the drop.

    :param account: one that may do all this.
    :raises TestEnvironmentError: the server does not answer.
    :raises pymysql.MySQLError: the server refuses, or somebody else keeps a table locked.
    """
    database = Database(account, observed=True)
    try:
        database.execute("SET SESSION lock_wait_timeout = 1")
        for left in reversed(range(TRIES)):
            _kill_connections(database, names, {user for user, _ in users} - {account.user})
            try:
                for name in names:
                    database.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
                break
            except pymysql.OperationalError as error:
                if error.args[0] != LOCK_WAIT_TIMEOUT or not left:
                    raise
        for user, host in users:
            _unless(NO_SUCH_USER, database, "DROP USER %s@%s", (user, host))
    finally:
        database.close()


def clear_schema(account: Account, schema: str, users: Sequence[tuple[str, str]]) -> None:
    """Take away what a run's scenarios left in a schema that stays, and the run's accounts; errors as of ``drop_schemas``."""
    database = Database(account, observed=True)
    try:
        database.execute("SET SESSION lock_wait_timeout = 1")
        _kill_connections(database, [], {user for user, _ in users})
        database.execute(f"USE {quoted(schema)}")
        remove_traces(database, schema)
        for user, host in users:
            database.execute("DROP USER IF EXISTS %s@%s", (user, host))
    finally:
        database.close()


def _kill_connections(database: Database, names: Sequence[str], users: set[str]) -> None:
    """Kill the connections of ``users``, those in a schema of ``names``, and those whose statement names one."""
    named = re.compile("|".join(rf"(?<![\w$]){re.escape(name)}(?![\w$])" for name in names) or r"(?!)")
    own = database.value("SELECT CONNECTION_ID()")
    for row in database.rows("SHOW FULL PROCESSLIST"):
        if row["Id"] != own and (row["User"] in users or row["db"] in names or named.search(row["Info"] or "")):
            _unless(NO_SUCH_CONNECTION, database, f"KILL {row['Id']}")


def _unless(gone: int, database: Database, sql: str, parameters: Sequence[object] = ()) -> None:
    """Run a statement that ends something, which may be gone already: then the server answers with error ``gone``."""
    try:
        database.execute(sql, parameters)
    except pymysql.MySQLError as error:
        if error.args[0] != gone:
            raise
