"""The one database connection of a worker: it holds the run's lock, and every statement of the run goes over it."""

import hashlib
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from executor_v1 import logs

from . import errors
from .config import AgentConfig
from .errors import ServerError

# The connection is idle during a metrics window, and its lock must not be lost to a server's short wait_timeout.
IDLE_SECONDS = 86_400


class SessionRefused(Exception):
    """The server did not take a setting without which no DDL is sent."""


def lock_name(schema: str, run_id: str) -> str:
    """The name of a run's lock on the server, within the 64 characters that it allows."""
    return "executor:" + hashlib.sha256(f"{schema}/{run_id}".encode()).hexdigest()[:40]


class Session:
    """Not connected until `open`. No method connects again by itself: that needs a fresh look at the lease first.

    Every method that asks the server raises ServerError.
    """

    def __init__(self, config: AgentConfig, run_id: str):
        self._config = config
        self.lock = lock_name(config.mysql_database, run_id)
        self.schema = config.mysql_database
        self.connection_id = 0
        self._connection: pymysql.Connection[DictCursor] | None = None

    def open(self) -> None:
        """Connect anew. Also raises SessionRefused."""
        self.close()
        config = self._config
        try:
            self._connection = pymysql.connect(
                host=config.mysql_host,
                port=config.mysql_port,
                user=config.mysql_user,
                password=config.mysql_password,
                database=config.mysql_database,
                charset="utf8mb4",
                connect_timeout=5,
                autocommit=True,
                cursorclass=DictCursor,
            )
        except pymysql.err.MySQLError as error:
            raise errors.from_driver(error) from error
        self.connection_id = self.query("SELECT CONNECTION_ID() AS id")[0]["id"]
        self._bound_waiting()
        logs.debug("connected", mysql_connection_id=self.connection_id)

    def close(self) -> None:
        if self._connection is not None and self._connection.open:
            self._connection.close()
        self._connection = None

    def query(self, sql: str, args: Any = None) -> list[dict[str, Any]]:
        """The rows of one statement."""
        if self._connection is None:
            raise ServerError(0, "not connected")
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, args)
                return list(cursor.fetchall())
        except pymysql.err.MySQLError as error:
            raise errors.from_driver(error) from error

    def ddl(self, sql: str) -> list[dict[str, Any]]:
        """Carry out one ALTER, sent exactly once; returns the server's warnings."""
        logs.info("ddl_started", sql=sql, mysql_connection_id=self.connection_id)
        try:
            self.query(sql)
        except ServerError as error:
            logs.warning("ddl_failed", sql=sql, error=str(error))
            raise
        warnings = self.query("SHOW WARNINGS")
        logs.info("ddl_finished", sql=sql, warnings=[row["Message"] for row in warnings])
        return warnings

    def take_lock(self) -> bool:
        """Whether this connection now holds the run's lock; does not wait for it."""
        return bool(self.query("SELECT GET_LOCK(%s, 0) AS taken", (self.lock,))[0]["taken"] == 1)

    def lock_holder(self) -> int | None:
        """The connection that holds the run's lock."""
        holder: int | None = self.query("SELECT IS_USED_LOCK(%s) AS holder", (self.lock,))[0]["holder"]
        return holder

    def kill(self, connection_id: int) -> None:
        """End another connection of the same account; one that is gone already is fine."""
        try:
            self.query(f"KILL {int(connection_id)}")
        except ServerError as error:
            if error.errno != errors.UNKNOWN_THREAD:
                raise

    def is_connected(self, connection_id: int) -> bool:
        """Whether a connection is still in the server's list, be it that its statement is being undone."""
        sql = "SELECT COUNT(*) AS found FROM information_schema.PROCESSLIST WHERE ID = %s"
        return bool(self.query(sql, (connection_id,))[0]["found"] > 0)

    def _bound_waiting(self) -> None:
        """No statement of this connection waits longer for a lock than configured; read back, as it must be true."""
        wanted = self._config.ddl_lock_wait_timeout
        # For autocommit the driver goes by the server's greeting, and a server may run without it.
        self.query(f"SET SESSION lock_wait_timeout = {wanted}, wait_timeout = {IDLE_SECONDS}, autocommit = 1")
        actual = self.query("SELECT @@SESSION.lock_wait_timeout AS seconds")[0]["seconds"]
        if not is_as_wanted(wanted, actual):
            raise SessionRefused(f"the server has lock_wait_timeout {actual} and not {wanted}")


def is_as_wanted(wanted: int, actual: object) -> bool:
    """Whether a setting that was read back is what was set."""
    return actual == wanted
