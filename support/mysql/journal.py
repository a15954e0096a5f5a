"""What the server itself counted: the statements it was sent, how they ended, and when.

Source: two tables of ``performance_schema``, which MySQL and MariaDB both fill with the kind, text, error number and times
of every client's statements, so what an executor did can be told without asking it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from support.clock import now
from support.contract import METRICS_TABLE
from support.errors import TestEnvironmentError
from support.history.statements import (
    CANNOT_BE_PREPARED,
    NO_TEXT,
    NOT_ANSWERED,
    NOT_PARSED,
    NOT_PREPARED,
    PREPARED,
    SCHEMA_CHANGES,
    Statement,
    kind_of,
)
from support.mysql.database import Account, Database, Row

LOOKS = 5

APART_SECONDS = 0.1
"""How far the server's clock may be from this machine's: calls are timed by one, statements by the other."""

SUITE = "suite"
"""The owner of the suite's own statements."""

_COLUMNS = (
    # Of a statement that KILL QUERY has ended, MySQL 9.7 keeps only the text of its digest
    "THREAD_ID, EVENT_ID, EVENT_NAME, COALESCE(SQL_TEXT, DIGEST_TEXT) AS SQL_TEXT, DIGEST, CURRENT_SCHEMA, MYSQL_ERRNO,"
    " MESSAGE_TEXT, TIMER_START, TIMER_END, TIMER_WAIT, ROWS_EXAMINED, SELECT_SCAN, NO_INDEX_USED, END_EVENT_ID"
)

CURRENT, ENDED = "events_statements_current", "events_statements_history_long"
"""The tables of the statements that have not ended, and of those that have."""


class Journal:
    """The server's statements since it was made or last marked: all of those who are known by name, and of everybody else
    schema changes in the account's schema, and reads of the digest table.

    It is itself observed (one connection of its own), because only an observed connection can read the clock the
    server times statements with; its own statements are left out by thread.

    :param own_server: nobody else uses the server, so what was before a mark can be removed from its record: looking
        for a few statements among thousands takes MySQL 5.6 longer than a window is open.
    :param suite: the connection by which the suite changes the schema itself.
    """

    def __init__(self, account: Account, own_server: bool = False, suite: Database | None = None) -> None:
        self._schema, self._own_server, self._suite = account.database, own_server, suite
        self._owners: dict[int, str] = {}
        self._noting = Database(account)
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

    def note(self, owner: str, connection_id: int) -> int | None:
        """Whose a connection is: its statements are ``owner``'s. Returns its thread, or None if it is over already.

        To be called as soon as the connection is there, for the server forgets its thread when it ends; from any thread.
        """
        thread = "SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = %s"
        try:
            found = self._noting.value(thread, (connection_id,))
        except TestEnvironmentError:  # idle for longer than the server allows
            self._noting = Database(self._noting.account)
            found = self._noting.value(thread, (connection_id,))
        if found is None:
            return None
        self._owners[int(found)] = owner
        return int(found)

    def schema_changes(self) -> list[Statement]:
        """Every ALTER TABLE, CREATE INDEX and DROP INDEX that the server was sent since the mark, oldest first."""
        return [statement for statement in self.read() if statement.changes_schema]

    def ended(self) -> list[Statement]:
        """The statements that have ended by now, but for the suite's queries, oldest first.

        For whoever asks all the time: one question to the server, and nothing refused.
        """
        return self._found((ENDED,))

    def read(self, threads: Iterable[int] = ()) -> list[Statement]:
        """All statements, the queries of the given threads of the suite among them, oldest first.

        ``hidden`` is then the number of those of workers of which the server kept no text.

        :raises TestEnvironmentError: the server has dropped some of its record, or counts schema changes that are not in it.
        """
        counted = self._counted()  # first: a change that begins in between is recorded and not counted
        # the table of ended statements is read last: a statement that ends in between is seen ended
        found = self._found((CURRENT, ENDED), threads)
        self._refuse_a_torn_journal()
        self._refuse_hidden_changes([one for one in found if one.hidden], found, counted - self._counted_before)
        return found

    def _found(self, tables: tuple[str, ...], threads: Iterable[int] = ()) -> list[Statement]:
        owners = {**dict.fromkeys(map(int, threads), SUITE), **self._owners}
        names = [f"statement/sql/{kind}" for kind in SCHEMA_CHANGES]
        judged = ", ".join(f"'{name}'" for name in (*names, *PREPARED, *NOT_PREPARED, NOT_PARSED))
        known, suite = (
            ", ".join(str(thread) for thread, owner in owners.items() if (owner == SUITE) == suites) or "0"
            for suites in (False, True)
        )
        condition = (
            f"EVENT_NAME IN ({judged}) AND (CURRENT_SCHEMA = %s OR LOCATE(%s, SQL_TEXT) OR THREAD_ID IN ({known}))"
            f" OR EVENT_NAME = 'statement/sql/select' AND (LOCATE(%s, SQL_TEXT) OR THREAD_ID IN ({suite}))"
            f" OR EVENT_NAME LIKE 'statement/sql/%%' AND THREAD_ID IN ({known})"
        )
        found: dict[tuple[int, int], Statement] = {}
        for table in tables:
            for row in self._database.rows(
                f"SELECT {_COLUMNS} FROM performance_schema.{table}"
                f" WHERE TIMER_START > %s AND THREAD_ID <> %s AND ({condition})",
                (self._mark, self._thread, self._schema, self._schema, METRICS_TABLE),
            ):
                text, owner = (row["SQL_TEXT"] or "").strip(), owners.get(row["THREAD_ID"])
                kind = kind_of(row["EVENT_NAME"], text, int(row["MYSQL_ERRNO"] or 0))
                if kind is None and owner and not (row["EVENT_NAME"] in NOT_PREPARED and not row["MYSQL_ERRNO"]):
                    kind = row["EVENT_NAME"].rpartition("/")[2].lower()
                if kind:
                    found[row["THREAD_ID"], row["EVENT_ID"]] = self._statement(row, kind, text, owner)
        self.hidden = sum(statement.hidden and self._may_be_a_workers(statement) for statement in found.values())
        return sorted(found.values(), key=lambda statement: (statement.started, statement.event))

    def close(self) -> None:
        self._noting.close()
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
        """How many schema changes of others the server has counted since its start, in whatever form they were sent."""
        names = ", ".join(f"'Com_{kind}'" for kind in SCHEMA_CHANGES)

        def counts(database: Database, scope: str) -> int:
            rows = database.rows(f"SHOW {scope} STATUS WHERE Variable_name IN ({names})")
            return sum(int(row["Value"]) for row in rows)

        return counts(self._database, "GLOBAL") - (counts(self._suite, "SESSION") if self._suite else 0)

    def _may_be_a_workers(self, statement: Statement) -> bool:
        """Its owner is known; or nobody's is, because no worker has come by a relay."""
        return statement.owner is not None or not self._owners

    def _refuse_hidden_changes(self, hidden: list[Statement], found: list[Statement], counted: int) -> None:
        """Where texts are missing, the server's plain count says whether a schema change is among them.

        That count is of all schemas: where others use the server, too, only what a worker may have sent is worth a doubt.
        And it is without what the server could not prepare.
        """
        recorded = sum(statement.changes_schema and statement.executed for statement in found)
        if counted > recorded and any(self._own_server or self._may_be_a_workers(one) for one in hidden):
            raise TestEnvironmentError(
                f"the server counted {counted} schema changes but recorded {recorded}, so nothing can be said of them: the"
                f" executor sends them {NO_TEXT}"
            )
        for one in hidden:
            if not one.executed and one.errno != CANNOT_BE_PREPARED and self._may_be_a_workers(one):
                raise TestEnvironmentError(
                    f"{one.owner or 'somebody'} asked the server to prepare a statement, and it answered with error"
                    f" {one.errno} ({one.message}); it kept no text of it, so nothing can be said of what was sent; have the"
                    " executor send plain statements"
                )

    def _statement(self, row: Row, kind: str, text: str, owner: str | None) -> Statement:
        errno = int(row["MYSQL_ERRNO"] or 0)
        return Statement(
            thread=row["THREAD_ID"],
            event=row["EVENT_ID"],
            kind=kind,
            text=text,
            digest=row["DIGEST"],
            errno=0 if kind in SCHEMA_CHANGES and errno in NOT_ANSWERED else errno,
            message=row["MESSAGE_TEXT"] or "",
            started=self._time(row["TIMER_START"]),
            ended=None if row["END_EVENT_ID"] is None else self._time(row["TIMER_END"]),
            seconds=int(row["TIMER_WAIT"] or 0) / 10**12,
            rows_examined=int(row["ROWS_EXAMINED"]),
            full_scan=bool(row["SELECT_SCAN"]) or bool(row["NO_INDEX_USED"]),
            owner=owner,
            executed=row["EVENT_NAME"] not in (*NOT_PREPARED, NOT_PARSED),
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
