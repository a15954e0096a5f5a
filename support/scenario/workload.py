"""The application's queries: really executed, so that what the executor measures is what happened.

All literals are folded in a digest, so one digest can be fast now and slow later. The time of a query is spent in
SLEEP(), which costs no CPU, in the select list of a query with one row: it runs once a query.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from support.contract import METRICS_TABLE
from support.errors import TestEnvironmentError
from support.mysql.database import Account, Database

CONNECTIONS = 1
"""One, because a server's statement counters are not locked: of executions that end together one may get lost."""

STAGGER_SECONDS = 0.004
"""Where several connections are needed all the same, the executions of each take this much longer than those before."""

STATUS_INDEX = "idx_tc06_lookup"
"""The index that makes the look-up by status no full scan; the suite makes it where a scenario needs it."""


@dataclass(frozen=True)
class Profile:
    """How one execution of the run's query behaves.

    :param seconds: time it takes.
    :param rows: rows it examines, as the server counts them.
    :param scans: whether it reads the whole table in place of an index.
    """

    seconds: float
    rows: int = 100
    scans: bool = False


class CountQuery:
    """Counts a range of orders: its time and the rows it examines are chosen by its literals."""

    needs_status_index = False

    def sql(self, profile: Profile) -> str:
        """One execution. Not by a subquery, whose rows MySQL 5.6 does not count."""
        return f"SELECT SLEEP({profile.seconds:.4f}), COUNT(*) FROM test_orders WHERE id BETWEEN 1 AND {profile.rows}"


class LookupQuery:
    """Looks for an order by status. Asked with a number in place of a text, the server can use no index for it."""

    needs_status_index = True

    def sql(self, profile: Profile) -> str:
        """One execution; it stops at the first order found, so a full scan examines no more rows than a look-up."""
        status = "0" if profile.scans else "'paid'"
        return (
            f"SELECT SLEEP({profile.seconds:.4f}),"
            f" EXISTS (SELECT total_amount FROM test_orders WHERE status = {status} AND customer_id > 0)"
        )


class Workload:
    """The queries of one scenario, on connections of their own, under an account of their own."""

    def __init__(self, account: Account, query: CountQuery | LookupQuery, connections: int = CONNECTIONS) -> None:
        self._query = query
        self._databases = [Database(account, observed=True) for _ in range(connections)]
        self.threads = [
            int(
                database.value(
                    "SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID()"
                )
            )
            for database in self._databases
        ]
        self._pool = ThreadPoolExecutor(connections)
        self.digest = self._learn()

    def run(self, profile: Profile, times: int) -> None:
        """Execute the query ``times`` times, spread over the connections; returns when all are done."""
        connections = len(self._databases)
        shares = [times // connections + (number < times % connections) for number in range(connections)]

        def execute(number: int) -> None:
            seconds = profile.seconds + number * STAGGER_SECONDS
            sql = self._query.sql(replace(profile, seconds=seconds))
            for _ in range(shares[number]):
                self._databases[number].execute(sql)

        for finished in [self._pool.submit(execute, number) for number in range(connections)]:
            finished.result()

    def close(self) -> None:
        """End the connections."""
        self._pool.shutdown()
        for database in self._databases:
            database.close()

    def _learn(self) -> str:
        """The digest.

        Every connection executes the query once, so that the time of a table's first opening is in no measurement.
        """
        sql = self._query.sql(Profile(seconds=0))
        list(self._pool.map(lambda one: one.execute(sql), self._databases))
        digest = self._databases[0].value(
            "SELECT DIGEST FROM performance_schema.events_statements_history_long"
            " WHERE THREAD_ID = %s AND SQL_TEXT LIKE 'SELECT SLEEP(%%' ORDER BY EVENT_ID DESC LIMIT 1",
            (self.threads[0],),
        )
        if not digest:
            raise TestEnvironmentError("the server gave the workload's query no digest")
        return str(digest)


@dataclass
class Measured:
    """The application's queries that the run is about, and what the executor is to measure of them.

    :param samples: their executions in the baseline window and in the metrics window.
    :param worsens: the measure that is to come out worse, or None.
    :param database: the suite's connection, to read the server's counter.
    """

    workload: Workload
    samples: tuple[int, int]
    worsens: str | None
    database: Database
    schema: str
    _count_before: int = 0

    def begin(self) -> None:
        """Count from now on."""
        self._count_before = self._count()

    def counted(self) -> int:
        """How many executions the server has counted since then, as the executor is told."""
        return self._count() - self._count_before

    def _count(self) -> int:
        return int(
            self.database.value(
                f"SELECT COUNT_STAR FROM performance_schema.{METRICS_TABLE} WHERE SCHEMA_NAME = %s AND DIGEST = %s",
                (self.schema, self.workload.digest),
            )
        )
