"""The metadata lock gate: it holds the executor's ALTER on any stock server, with no change in the executor.

A transaction that has read the table keeps a shared metadata lock until it ends; an ALTER, online or not, waits for it
("Waiting for table metadata lock" in the process list), and its wait is bounded by ``lock_wait_timeout``. It waits so a
second time at its commit, and that wait is bounded by itself.
"""

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pymysql
from pymysql.constants import ER
from pymysql.cursors import DictCursor

from support.history.statements import SCHEMA_CHANGES, kind_of_text
from support.mysql.database import NOT_RECORDED, Account, Database, quoted


class WaitingStatement(NamedTuple):
    """A statement that waits for the table; ``connection`` is the server's id of the connection that sent it."""

    connection: int
    text: str


class _LockGate:
    """Holds whoever needs the lock that ``account`` takes by ``taking``, from ``close`` to ``release``; ``looking`` sees who."""

    def __init__(self, looking: Database, account: Account, taking: str, parameters: Sequence[object] = ()) -> None:
        self._looking, self._account, self._taking, self._parameters = looking, account, taking, parameters
        self._holder: pymysql.Connection[DictCursor] | None = None

    def close(self) -> None:
        """Arm the gate: take the lock in a transaction that stays open."""
        self._holder = self._account.connect()
        self._holder.begin()
        with self._holder.cursor() as cursor:
            cursor.execute(self._taking, self._parameters or None)

    def release(self) -> None:
        """Let everyone who waits go on."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None


class TableGate(_LockGate):
    """Holds every ALTER of one table, by a transaction that has read it."""

    def __init__(self, looking: Database, account: Account, table: str) -> None:
        super().__init__(looking, account, f"SELECT 1 FROM {quoted(table)} LIMIT 1")
        self.table = table

    def waiting(self) -> WaitingStatement | None:
        """The ALTER that waits at the gate now, if any."""
        return next(iter(self.all_waiting()), None)

    def all_waiting(self, seconds: float = 0) -> list[WaitingStatement]:
        """Every ALTER that waits at the gate now, and was sent at least so many seconds ago."""
        rows = self._looking.rows(
            "SELECT ID, INFO FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for table metadata lock'"
            " AND LOCATE(%s, INFO) AND (DB = %s OR LOCATE(%s, INFO)) AND TIME >= %s",
            (self.table, self._account.database, self._account.database, seconds),
        )
        waiting = [WaitingStatement(row["ID"], row["INFO"]) for row in rows]
        return [one for one in waiting if kind_of_text(one.text) in SCHEMA_CHANGES]

    def follow_to_the_commit(self, eventually: Callable[[Callable[[], bool], str], object]) -> None:
        """Let the ALTER that waits here begin, and hold it again where it commits: "while it builds" without a large table.

        Another reader queues behind it. Once the first has gone the ALTER begins, and lets readers in while it works; but
        for its commit it needs the table to itself once more.

        :param eventually: waits until its first argument holds; the second says what that is.
        """
        second = _LockGate(self._looking, self._account, self._taking)
        reading = threading.Thread(target=second.close)
        reading.start()
        try:
            eventually(lambda: self._readers_waiting() > 0, f"a reader of {self.table} behind the ALTER")
        finally:
            self.release()
            reading.join()
            self._holder = second._holder

    def _readers_waiting(self) -> int:
        sql = (
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
            " WHERE STATE = 'Waiting for table metadata lock' AND INFO = %s"
        )
        return int(self._looking.value(sql, (self._taking,)))

    def abort(self, waiting: WaitingStatement, what: str = "CONNECTION") -> None:
        """End the waiting statement as an administrator would, with its connection or (``QUERY``) by itself."""
        self._looking.execute(f"KILL {what} {int(waiting.connection)}", gone=ER.NO_SUCH_THREAD)


class OwnedTable(TableGate):
    """Holds every ALTER of one table before it looks at the table, by a session that has it to itself and may change it."""

    def __init__(self, looking: Database, account: Account, table: str) -> None:
        super().__init__(looking, account, table)
        self._taking = f"LOCK TABLES {quoted(table)} WRITE"

    def close(self) -> None:
        """The same; what this session does is not the executor's work, and is left out of the server's record."""
        self._holder = self._account.connect()
        with self._holder.cursor() as cursor:
            cursor.execute(NOT_RECORDED)
            cursor.execute(self._taking)

    def change(self, clause: str) -> None:
        """Change the table while those who wait still do."""
        assert self._holder is not None
        with self._holder.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {quoted(self.table)} {clause}")


class RowGate(_LockGate):
    """Holds every transaction that wants to change, or to read for a change, the row of one run.

    A plain read passes. So of two claims held here, those of an API that reads and then writes have both read that the
    run is free; when the gate opens, such an API grants both.
    """

    def __init__(self, looking: Database, account: Account, run_id: str) -> None:
        super().__init__(looking, account, "SELECT id FROM execution_runs WHERE id = %s FOR UPDATE", (run_id,))
        self._others = 0

    def close(self) -> None:
        super().close()
        self._others = self._counted()

    def waiting(self) -> int:
        """How many more transactions wait for a row now, on the whole server, than when the gate was closed."""
        return self._counted() - self._others

    def _counted(self) -> int:
        # A status counter, because information_schema.INNODB_TRX does not change while it is read often. It may be off
        # for good by what a busy server has miscounted.
        return int(self._looking.one("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")["Value"])
