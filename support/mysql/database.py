"""A look at MySQL, or a hand on it, that is not the executor's."""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from support.errors import TestEnvironmentError
from support.settings import Settings

Row = dict[str, Any]
MYSQL, MARIADB = "MySQL", "MariaDB"


NOT_RECORDED = "UPDATE performance_schema.threads SET INSTRUMENTED = 'NO' WHERE PROCESSLIST_ID = CONNECTION_ID()"
"""By this a connection takes itself out of the server's statistics."""


def flavour_of(version: str) -> str:
    """The flavour of a server, ``MYSQL`` or ``MARIADB``, by its version as it tells it."""
    return MARIADB if "mariadb" in version.lower() else MYSQL


@dataclass(frozen=True)
class Account:
    """Where a MySQL server is and who to be there. The password never shows in ``repr``."""

    host: str
    port: int
    user: str
    password: str
    database: str | None = None

    def __repr__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}/{self.database or ''}"

    def connect(self, **options: Any) -> "pymysql.Connection[DictCursor]":
        """A new connection, autocommit on, whose rows are dictionaries; TestEnvironmentError in one clear line otherwise."""
        try:
            return pymysql.connect(
                **vars(self),
                autocommit=True,
                connect_timeout=10,
                charset="utf8mb4",
                cursorclass=DictCursor,
                init_command="SET time_zone = '+00:00'",  # the executor's times are UTC, wherever the server is
                **options,
            )
        except pymysql.MySQLError as error:
            raise TestEnvironmentError(connection_trouble(self, error)) from error


def server_account(settings: Settings) -> Account:
    """The account and the server that the settings name."""
    return Account(settings.mysql_host, settings.mysql_port, settings.mysql_user, settings.mysql_password)


def connection_trouble(account: Account, error: pymysql.MySQLError) -> str:
    """One line that says why ``account`` could not connect and what to look at."""
    code = error.args[0] if error.args else 0
    where = f"{account.host}:{account.port}"
    if code == 1045:
        return f"MySQL at {where} refuses the password of account {account.user!r}: check mysql_user and mysql_password"
    if code == 1044:
        return f"MySQL at {where} does not let account {account.user!r} into schema {account.database!r}"
    if code in (2002, 2003, 2006, 2013):
        return f"MySQL at {where} does not answer: {error.args[-1]}"
    return f"MySQL at {where} could not be used by account {account.user!r}: {error}"


class Database(AbstractContextManager["Database"]):
    """One connection of the suite's own, safe to use from several threads.

    Unless ``observed``, it takes itself out of the server's statistics: what the suite does is not the executor's work.
    """

    def __init__(self, account: Account, observed: bool = False) -> None:
        self.account, self._observed = account, observed
        self._lock = threading.Lock()
        self._connect()

    def _connect(self) -> None:
        self._connection = self.account.connect()
        if not self._observed:
            self._ask(NOT_RECORDED)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query; TestEnvironmentError if the server is gone."""
        with self._lock:
            try:
                return self._ask(sql, parameters)
            except (pymysql.OperationalError, pymysql.InterfaceError) as error:
                if error.args and error.args[0] in (0, 2006, 2013, 2014, 2055):
                    raise TestEnvironmentError(
                        f"the suite lost its connection to MySQL at {self.account!r}: {error}"
                    ) from error
                raise
            except (KeyboardInterrupt, SystemExit):
                self._forget_half_an_answer()
                raise

    def _ask(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall())

    def _forget_half_an_answer(self) -> None:
        """The rest of it is on the way, and would be taken for the answer to the next question: a new connection."""
        if self._connection.open:
            self._connection.close()
        if not self._observed:  # one that is observed is known by its thread, and stays closed
            self._connect()

    def one(self, sql: str, parameters: Sequence[object] = ()) -> Row:
        """The first row of a query that always has one; TestEnvironmentError if this time it has none."""
        row = self.first(sql, parameters)
        if row is None:
            raise TestEnvironmentError(f"MySQL at {self.account!r} has no row for: {sql}")
        return row

    def first(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        return next(iter(self.rows(sql, parameters)), None)

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.first(sql, parameters)
        return next(iter(row.values())) if row else None

    def execute(self, sql: str, parameters: Sequence[object] = (), gone: int | None = None) -> None:
        """Run a statement for its effect; ``gone`` is the server's error for what it was to end and has ended already."""
        try:
            self.rows(sql, parameters)
        except pymysql.MySQLError as error:
            if error.args[0] != gone:
                raise

    def close(self) -> None:
        self._connection.close()

    def __exit__(self, *_error: object) -> None:
        self.close()


def quoted(name: str) -> str:
    """``name`` as an identifier in a statement."""
    return "`" + name.replace("`", "``") + "`"
