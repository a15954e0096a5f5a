"""The schema and the accounts of a run: made by the run, and taken away by it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pymysql.constants import CLIENT

from support.errors import SettingsError
from support.mysql.database import Account, Database, quoted

ALTERED_TABLES = ("test_orders", "test_myisam_table")
"""The tables that executors change: the right to do so is given table by table, for only then does taking it back
bite an open connection, at its next statement."""


@dataclass(frozen=True)
class Accounts:
    """Who is who on the server: the suite itself, the agent, the SaaS API, and the application whose queries run."""

    suite: Account
    agent: Account
    api: Account
    app: Account

    def passwords(self) -> list[str]:
        """All of them, to be masked."""
        return [one.password for one in (self.suite, self.agent, self.api, self.app)]


HOST = "%"
ROLES = ("agent", "api", "app")


def users(suffix: str) -> list[tuple[str, str]]:
    """(user, host) of the accounts that ``make_accounts`` makes."""
    return [(f"ex_{role}_{suffix}", HOST) for role in ROLES]


def make_schema(server: Account, name: str, files: list[Path], on_made: Callable[[], None] = lambda: None) -> None:
    """Create the schema ``name`` and run the SQL files in it.

    :param on_made: called as soon as it is sure that the schema is this run's, before it is made: to arrange its end.

    :raises SettingsError: it is there already, so it is not this run's to use.
    """
    database = Database(server)
    try:
        if database.value("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (name,)):
            raise SettingsError(
                f"schema {name!r} exists on {server.host}:{server.port} and this run did not make it: drop it, or choose"
                " another name with -D mysql_database=executor_test_…"
            )
        on_made()
        database.execute(f"CREATE DATABASE {quoted(name)} CHARACTER SET utf8mb4")
    finally:
        database.close()
    connection = server.connect(client_flag=CLIENT.MULTI_STATEMENTS)
    try:
        connection.select_db(name)
        with connection.cursor() as cursor:
            for file in files:
                cursor.execute(file.read_text(encoding="utf-8"))
                while cursor.nextset():
                    pass
    finally:
        connection.close()


def make_accounts(server: Account, schema: str, suffix: str) -> Accounts:
    """Create the accounts of a run on ``server`` with new random passwords and the rights each part needs.

    :param suffix: makes the names this run's own.
    """

    def account(role: str) -> Account:
        return Account(server.host, server.port, f"ex_{role}_{suffix}", secrets.token_urlsafe(18), schema)

    suite = Account(server.host, server.port, server.user, server.password, schema)
    accounts = Accounts(suite, account("agent"), account("api"), account("app"))
    database = Database(server)
    try:
        for one in (accounts.agent, accounts.api, accounts.app):
            database.execute(f"CREATE USER '{one.user}'@'%%' IDENTIFIED BY %s", (one.password,))
        everything = f"{quoted(schema)}.*"
        database.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {everything} TO '{accounts.api.user}'@'%'")
        database.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {everything} TO '{accounts.agent.user}'@'%'")
        database.execute(f"GRANT SELECT ON performance_schema.* TO '{accounts.agent.user}'@'%'")
        database.execute(f"GRANT SELECT ON {everything} TO '{accounts.app.user}'@'%'")
        database.execute(f"GRANT SELECT ON performance_schema.* TO '{accounts.app.user}'@'%'")
        for table in ALTERED_TABLES:
            grant_alter(database, accounts.agent, schema, table)
    finally:
        database.close()
    return accounts


def grant_alter(database: Database, agent: Account, schema: str, table: str) -> None:
    """Let the agent change the table."""
    database.execute(f"GRANT ALTER, INDEX ON {quoted(schema)}.{quoted(table)} TO '{agent.user}'@'%'")


def revoke_alter(database: Database, agent: Account, schema: str, table: str) -> None:
    """Take that right away; an open connection feels it at its next statement."""
    database.execute(f"REVOKE ALTER, INDEX ON {quoted(schema)}.{quoted(table)} FROM '{agent.user}'@'%'")
