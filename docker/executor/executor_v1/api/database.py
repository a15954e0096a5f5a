"""The API's way to its database: pooled connections and short transactions."""

from collections.abc import Callable
from typing import TypeVar

import pymysql
from dbutils.pooled_db import PooledDB
from pymysql.cursors import DictCursor

from .config import ApiConfig

T = TypeVar("T")

LOCK_WAIT_TIMEOUT, DEADLOCK = 1205, 1213
ATTEMPTS = 5
MAX_CONNECTIONS = 20

# All times are UTC and the database's own; a row lock is waited for briefly, then the transaction is tried anew.
SESSION = ["SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 3"]

# What this program needs beyond the rows themselves; reading no row of it proves that the schema is the right one.
SCHEMA_PROBES = (
    "SELECT id, index_type, claim_token_sha256, lease_milliseconds, phase, progress FROM execution_runs LIMIT 0",
    "SELECT execution_run_id, worker_id, lease_expires_at FROM execution_claims LIMIT 0",
    "SELECT execution_run_id, rollback_type, trigger_reason, rollback_sql, status FROM rollbacks LIMIT 0",
    "SELECT tenant_id, action, resource_type, resource_id, details FROM audit_logs LIMIT 0",
    "SELECT connection_id, active, reason FROM kill_switches LIMIT 0",
)


def is_retryable(error: pymysql.err.MySQLError) -> bool:
    """Whether the server gave up a transaction that may well succeed when it is tried again."""
    return bool(error.args) and error.args[0] in (LOCK_WAIT_TIMEOUT, DEADLOCK)


class Database:
    """A pool of connections to one schema. Nothing connects before the first use."""

    def __init__(self, config: ApiConfig):
        self._pool = PooledDB(
            creator=pymysql,
            maxconnections=MAX_CONNECTIONS,
            blocking=True,
            ping=1,
            setsession=SESSION,
            host=config.mysql_host,
            port=config.mysql_port,
            user=config.mysql_user,
            password=config.mysql_password,
            database=config.mysql_database,
            charset="utf8mb4",
            connect_timeout=5,
            read_timeout=30,
            write_timeout=30,
            cursorclass=DictCursor,
        )

    def transact(self, work: Callable[[DictCursor], T]) -> T:
        """Run `work` in one transaction, again from its start after a deadlock or lock wait; any error undoes it."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(work)
            except pymysql.err.OperationalError as error:
                if attempt == ATTEMPTS or not is_retryable(error):
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, work: Callable[[DictCursor], T]) -> T:
        with self._pool.connection() as connection:
            # begin() also keeps the pool from reconnecting in the middle, which would lose the first half of the work.
            connection.begin()
            try:
                with connection.cursor() as cursor:
                    result = work(cursor)
                connection.commit()
                return result
            except BaseException:
                connection.rollback()
                raise

    def check_schema(self) -> None:
        """Raises the driver's error when the database is away or lacks a table or column."""

        def probe(cursor: DictCursor) -> None:
            for statement in SCHEMA_PROBES:
                cursor.execute(statement)

        self.transact(probe)

    def version(self) -> str:
        """The server's name and version, such as "MySQL 9.7.4" or "MariaDB 10.11.18"."""

        def ask(cursor: DictCursor) -> str:
            cursor.execute("SELECT VERSION() AS version, 1 AS alive")
            return str(cursor.fetchall()[0]["version"])

        return server_name(self.transact(ask))


def server_name(version: str) -> str:
    """What people call the server whose VERSION() this is."""
    product = "MariaDB" if "mariadb" in version.lower() else "MySQL"
    return f"{product} {version.split('-')[0]}"
