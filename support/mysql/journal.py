"""What the server itself counted: the statements it was sent, how they ended, and when.

Source: two tables of ``performance_schema``, which MySQL and MariaDB both fill with the kind, text, error number and times
of every client's statements, so what an executor did can be told without asking it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from support.clock import now
from support.contract import METRICS_TABLE
from support.errors import TestEnvironmentError
from support.mysql.database import Account, Database, Row
from support.mysql.statements import NO_TEXT, PREPARED, SCHEMA_CHANGES, Statement, kind_of

LOOKS = 5

APART_SECONDS = 0.1
"""How far the server's clock may be from this machine's: calls are timed by one, statements by the other."""

_COLUMNS = (
    "THREAD_ID, EVENT_ID, EVENT_NAME, SQL_TEXT, DIGEST, CURRENT_SCHEMA, MYSQL_ERRNO, MESSAGE_TEXT, TIMER_START, TIMER_END,"
    " TIMER_WAIT, ROWS_EXAMINED, SELECT_SCAN, NO_INDEX_USED, END_EVENT_ID"
)

CURRENT, ENDED = "events_statements_current", "events_statements_history_long"
"""The tables of the statements that have not ended, and of those that have."""


class Journal:
    """The server's statements since it was made or last marked; schema changes only those of the account's schema.

    It is itself observed (one connection of its own), because only an observed connection can read the clock the
    server times statements with; its own statements are left out by thread.

    :param own_server: nobody else uses the server, so what was before a mark can be removed from its record: looking
        for a few statements among thousands takes MySQL 5.6 longer than a window is open.
    """

    def __init__(self, account: Account, own_server: bool = False) -> None:
        self._schema, self._own_server = account.database, own_server
        self._database = Database(account, observed=True)
        self._thread = self._database.value(
            "SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID()"
        )
        missing = self._database.rows(
            "SELECT NAME FROM performance_schema.setup_consumers WHERE ENABLED = 'NO' AND NAME IN"
            " ('events_statements_current', 'events_statements_history_long', 'statements_digest',"
            " 'global_instrumentation', 'thread_instrumentation')"
        )
        if self._thread is None or missing:
            off = ", ".join(sorted(row["NAME"] for row in missing)) or "performance_schema"
            raise TestEnvironmentError(
                f"the server does not keep the record of statements the suite judges by; off: {off}"
            )
        self._capacity = int(self._database.value("SELECT @@performance_schema_events_statements_history_long_size"))
        self.hidden = 0
        self.mark()

    def mark(self) -> None:
        """Forget what was before: from now on only later statements are told."""
        if self._own_server:
            self._database.execute(f"TRUNCATE TABLE performance_schema.{ENDED}")
        look = self._database.one(
            "SELECT TIMER_START, UTC_TIMESTAMP(6) AS wall FROM performance_schema.events_statements_current"
            " WHERE THREAD_ID = %s ORDER BY EVENT_ID DESC LIMIT 1",
            (self._thread,),
        )
        self._mark = int(look["TIMER_START"])
        self._timer_zero: datetime = look["wall"].replace(tzinfo=UTC) - timedelta(microseconds=self._mark / 10**6)
        self._counted_before = self._counted()

    def schema_changes(self) -> list[Statement]:
        """Every ALTER TABLE, CREATE INDEX and DROP INDEX that the server was sent since the mark, oldest first."""
        return [statement for statement in self.read() if statement.changes_schema]

    def ended(self) -> list[Statement]:
        """Schema changes and reads of the digest table that ended since the mark, oldest first; cheap, and refuses nothing."""
        return self._found((ENDED,))

    def read(self, threads: Iterable[int] = ()) -> list[Statement]:
        """As ``ended``, with what still runs and the queries of the given threads.

        ``hidden`` is then the number of prepared statements of which the server kept no text.

        :raises TestEnvironmentError: the server has dropped some of its record, or counts schema changes that are not in it.
        """
        # the table of ended statements is read last: a statement that ends in between is seen ended
        found = self._found((CURRENT, ENDED), threads)
        self._refuse_a_torn_journal()
        self._refuse_hidden_changes(sum(statement.changes_schema for statement in found))
        return found

    def _found(self, tables: tuple[str, ...], threads: Iterable[int] = ()) -> list[Statement]:
        kinds = ", ".join(f"'statement/sql/{kind}'" for kind in SCHEMA_CHANGES)
        prepared = ", ".join(f"'{name}'" for name in PREPARED)
        asked_for = ", ".join(str(int(thread)) for thread in threads) or "0"
        condition = (
            f"EVENT_NAME IN ({kinds}) AND (CURRENT_SCHEMA = %s OR LOCATE(%s, SQL_TEXT))"
            f" OR EVENT_NAME = 'statement/sql/select' AND (LOCATE(%s, SQL_TEXT) OR THREAD_ID IN ({asked_for}))"
            f" OR EVENT_NAME IN ({prepared}) AND (CURRENT_SCHEMA = %s OR LOCATE(%s, SQL_TEXT))"
        )
        hidden: set[tuple[int, int]] = set()
        found: dict[tuple[int, int], Statement] = {}
        for table in tables:
            for row in self._database.rows(
                f"SELECT {_COLUMNS} FROM performance_schema.{table}"
                f" WHERE TIMER_START > %s AND THREAD_ID <> %s AND ({condition})",
                (self._mark, self._thread, self._schema, self._schema, METRICS_TABLE, self._schema, self._schema),
            ):
                text = (row["SQL_TEXT"] or "").strip()
                kind = kind_of(row["EVENT_NAME"], text)
                if kind:
                    found[row["THREAD_ID"], row["EVENT_ID"]] = self._statement(row, kind, text)
                elif row["EVENT_NAME"] in PREPARED and (not text or text.lower().startswith("execute")):
                    hidden.add((row["THREAD_ID"], row["EVENT_ID"]))
        self.hidden = len(hidden)
        return sorted(found.values(), key=lambda statement: (statement.started, statement.event))

    def close(self) -> None:
        self._database.close()

    def _refuse_a_torn_journal(self) -> None:
        kept = self._database.one(
            f"SELECT COUNT(*) AS kept, MIN(TIMER_START) AS oldest FROM performance_schema.{ENDED}"
        )
        if kept["kept"] >= self._capacity and kept["oldest"] > self._mark:
            raise TestEnvironmentError(
                f"the server's record of statements ({self._capacity}) overflowed in one scenario: nothing can be said of"
                " what it did not keep; raise performance_schema_events_statements_history_long_size"
            )

    def _counted(self) -> int:
        """How many schema changes the server has counted since its start, in whatever form they were sent."""
        names = ", ".join(f"'Com_{kind}'" for kind in SCHEMA_CHANGES)
        rows = self._database.rows(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
        return sum(int(row["Value"]) for row in rows)

    def _refuse_hidden_changes(self, recorded: int) -> None:
        """Where texts are missing, the server's plain count says whether a schema change is among them."""
        if self.hidden and (counted := self._counted() - self._counted_before) > recorded:
            raise TestEnvironmentError(
                f"the server counted {counted} schema changes but recorded {recorded}, so nothing can be said of them: the"
                f" executor sends them {NO_TEXT}"
            )

    def _statement(self, row: Row, kind: str, text: str) -> Statement:
        return Statement(
            thread=row["THREAD_ID"],
            event=row["EVENT_ID"],
            kind=kind,
            text=text,
            digest=row["DIGEST"],
            errno=int(row["MYSQL_ERRNO"] or 0),
            message=row["MESSAGE_TEXT"] or "",
            started=self._time(row["TIMER_START"]),
            ended=None if row["END_EVENT_ID"] is None else self._time(row["TIMER_END"]),
            seconds=int(row["TIMER_WAIT"] or 0) / 10**12,
            rows_examined=int(row["ROWS_EXAMINED"]),
            full_scan=bool(row["SELECT_SCAN"]) or bool(row["NO_INDEX_USED"]),
        )

    def _time(self, picoseconds: int) -> datetime:
        return self._timer_zero + timedelta(microseconds=int(picoseconds) / 10**6)


def check_clock(database: Database) -> float:
    """Seconds by which the server's clock is ahead of this machine's: of some looks the one that was answered fastest.

    The answer is taken to be as old as half the time it took, so the result is right to within that half.

    :raises TestEnvironmentError: so far that times of this machine and of the server can't be held against each other.
    """
    looks: list[tuple[timedelta, float]] = []
    for _ in range(LOOKS):
        before = now()
        server_time = database.value("SELECT UTC_TIMESTAMP(6)").replace(tzinfo=UTC)
        after = now()
        looks.append((after - before, (server_time - (before + (after - before) / 2)).total_seconds()))
    _, apart = min(looks)
    if abs(apart) > APART_SECONDS:
        raise TestEnvironmentError(
            f"the clock of the MySQL server is {apart:+.3f} s from this machine's, so calls and statements can't be put in"
            f" order ({APART_SECONDS} s are allowed): synchronise them, or run the suite beside the server"
        )
    return apart
