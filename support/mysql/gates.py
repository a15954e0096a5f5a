"""The metadata lock gate: it holds the executor's ALTER on any stock server, with no change in the executor.

A transaction that has read the table keeps a shared metadata lock until it ends; an ALTER, online or not, waits for it
("Waiting for table metadata lock" in the process list), and its wait is bounded by ``lock_wait_timeout``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pymysql
from pymysql.constants import ER
from pymysql.cursors import DictCursor

from support.history.statements import SCHEMA_CHANGES, kind_of_text
from support.mysql.database import Account, Database, quoted


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

    def all_waiting(self) -> list[WaitingStatement]:
        """Every ALTER that waits at the gate now."""
        rows = self._looking.rows(
            "SELECT ID, INFO FROM information_schema.PROCESSLIST WHERE STATE = 'Waiting for table metadata lock'"
            " AND LOCATE(%s, INFO) AND (DB = %s OR LOCATE(%s, INFO))",
            (self.table, self._account.database, self._account.database),
        )
        waiting = [WaitingStatement(row["ID"], row["INFO"]) for row in rows]
        return [one for one in waiting if kind_of_text(one.text) in SCHEMA_CHANGES]

    def abort(self, waiting: WaitingStatement) -> None:
        """End the waiting statement as an administrator would: KILL, which works on every server."""
        self._looking.execute(f"KILL {int(waiting.connection)}", gone=ER.NO_SUCH_THREAD)


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
