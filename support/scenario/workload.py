"""The application's queries and how they change: really executed, so that what the executor measures is what happened.

All literals are folded in a digest, so one digest can be fast now and slow later. The time of a query is spent in
SLEEP(), which costs no CPU, in the select list of a query with one row: it runs once a query.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import NamedTuple

from support.contract import METRICS_TABLE, TEST_ORDERS
from support.errors import TestEnvironmentError
from support.mysql.database import Account, Database, quoted

SAMPLES = 12
"""Executions in each window where a scenario does not say how many: some more than a judgement needs."""

CONNECTIONS = 1
"""One, because a server's statement counters are not locked: of executions that end together one may get lost."""

STAGGER_SECONDS = 0.004
"""Where several connections are needed all the same, the executions of each take this much longer than those before."""

STATUS_INDEX = "idx_tc06_lookup"
"""The index that makes the look-up by status no full scan; the suite makes it where a scenario needs it."""


@dataclass(frozen=True)
class Profile:
    """How one execution of the run's query behaves: its time, the rows it examines as the server counts them, and
    whether it reads the whole table in place of an index.
    """

    seconds: float
    rows: int = 100
    scans: bool = False


Query = Callable[[Profile, str], str]
"""The SQL of one execution, by its profile and the full name of the table."""


def count_query(profile: Profile, table: str = TEST_ORDERS) -> str:
    """Counts a range of orders, as many as it is to examine; not by a subquery, whose rows MySQL 5.6 does not count."""
    return f"SELECT SLEEP({profile.seconds:.4f}), COUNT(*) FROM {table} WHERE id BETWEEN 1 AND {profile.rows}"


def newest_query(profile: Profile, table: str = TEST_ORDERS) -> str:
    """Another query of the same make, and so of another digest."""
    return f"SELECT SLEEP({profile.seconds:.4f}), MAX(order_date) FROM {table} WHERE id BETWEEN 1 AND {profile.rows}"


def lookup_query(profile: Profile, table: str = TEST_ORDERS) -> str:
    """Looks for an order by status. Asked with a number in place of a text, the server can use no index for it.

    It stops at the first order found, so a full scan examines no more rows than a look-up.
    """
    status = "0" if profile.scans else "'paid'"
    return (
        f"SELECT SLEEP({profile.seconds:.4f}),"
        f" EXISTS (SELECT total_amount FROM {table} WHERE status = {status} AND customer_id > 0)"
    )


class Workload:
    """The queries of one digest, on connections of their own, under an account of their own.

    :param elsewhere: the same statements are sent from another schema, so that the server counts them apart.
    """

    def __init__(self, account: Account, query: Query, connections: int = CONNECTIONS, elsewhere: bool = False) -> None:
        self.query, self._table = query, f"{quoted(account.database or '')}.{TEST_ORDERS}"
        there = replace(account, database="information_schema") if elsewhere else account
        self._databases = [Database(there, observed=True) for _ in range(connections)]
        thread = "SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = CONNECTION_ID()"
        self.threads = [int(database.value(thread)) for database in self._databases]
        self._pool = ThreadPoolExecutor(connections)
        self.digest = self._learn()

    def run(self, profile: Profile, times: int) -> None:
        """Execute the query ``times`` times, spread over the connections; returns when all are done."""
        connections = len(self._databases)
        shares = [times // connections + (number < times % connections) for number in range(connections)]

        def execute(number: int) -> None:
            sql = self.query(replace(profile, seconds=profile.seconds + number * STAGGER_SECONDS), self._table)
            for _ in range(shares[number]):
                self._databases[number].execute(sql)

        self._on_each(execute)

    def counted(self, database: Database, schema: str) -> int:
        """How many executions the server has counted so far, as the executor is told; asked by the suite's own connection."""
        count = f"SELECT COUNT_STAR FROM performance_schema.{METRICS_TABLE} WHERE SCHEMA_NAME = %s AND DIGEST = %s"
        return int(database.value(count, (schema, self.digest)))

    def _on_each(self, execute: Callable[[int], object]) -> None:
        """Have every connection do something, side by side, and raise what one of them raised.

        One alone needs no thread: Python waits at its end for ever for one that an interrupt met as it was started.
        """
        numbers = range(len(self._databases))
        list(self._pool.map(execute, numbers) if len(numbers) > 1 else map(execute, numbers))

    def close(self) -> None:
        """End the connections."""
        self._pool.shutdown()
        for database in self._databases:
            database.close()

    def _learn(self) -> str:
        """The digest. Each connection executes the query once, so that no measurement has a table's first opening."""
        sql = self.query(Profile(seconds=0), self._table)
        self._on_each(lambda number: self._databases[number].execute(sql))
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
    """The application's queries of one digest that the run is about, and what the executor is to measure of them.

    ``samples`` are their executions in the baseline window and in the metrics window, ``counted_before`` those until
    the run was scheduled; ``worsens`` is the measure that is to come out worse, or None.
    """

    workload: Workload
    samples: tuple[int, int]
    worsens: str | None
    counted_before: int = 0


class Change(NamedTuple):
    """The same query before and after the index exists. ``thai`` is the Thai phrase's word for it.

    ``worsens`` names the measure that has to come out worse, or None. ``samples`` are the executions in the baseline
    window, and in the other one where a scenario does not say how many; ``now_and_then`` is the last of the latter.
    ``connections`` execute it side by side; ``window_seconds`` is the length of the windows where the run's is too short.

    A change is of one measure only: where rows or scans grow, the time shrinks clearly, and the other way round, so
    that the noise of a busy machine cannot add a second degradation.
    """

    thai: str
    query: Query
    before: Profile
    after: Profile
    worsens: str | None
    samples: tuple[int, int] = (SAMPLES, SAMPLES)
    now_and_then: Profile | None = None
    connections: int = CONNECTIONS
    window_seconds: float | None = None


HISTORY = Profile(0.120, rows=2000)
HISTORY_SAMPLES = 2
"""What the query was like before the run, far worse than in both windows: the server's counters begin with it, so that
whoever takes them for a window, or averages over all of them, finds nothing wrong with the index."""

CHANGES = {
    "get slower": Change("ช้าลง", count_query, Profile(0.005), Profile(0.015), "latency"),
    # More of them run, too, so that a sum in place of an average would be a degradation
    "get faster": Change("เร็วขึ้น", count_query, Profile(0.010), Profile(0.0065), None, samples=(SAMPLES, 2 * SAMPLES)),
    "stop scanning the whole table": Change(
        "เลิกสแกนทั้งตาราง", lookup_query, Profile(0.010, scans=True), Profile(0.005), None
    ),
    "examine more rows": Change(
        "อ่าน row มากขึ้น", count_query, Profile(0.010, rows=100), Profile(0.005, rows=500), "rows examined"
    ),
    "scan the whole table": Change(
        "สแกนทั้งตาราง", lookup_query, Profile(0.010), Profile(0.005, scans=True), "full scans"
    ),
    "scan the whole table once in a while": Change(
        "สแกนทั้งตารางเป็นบางครั้ง",
        lookup_query,
        Profile(0.010),
        Profile(0.005),
        "full scans",
        now_and_then=Profile(0.005, scans=True),
    ),
    # Close to the limits of the contract. Long executions, all at once and in a longer window, so that the noise of a
    # busy machine is small against 5 % of them: where three programs wanted each core it was 38 ms
    "get slower by 15 %": Change(
        "ช้าลง 15 %", count_query, Profile(1.000), Profile(1.150), "latency", connections=12, window_seconds=2.0
    ),
    "get slower by 5 %": Change(
        "ช้าลง 5 %", count_query, Profile(1.000), Profile(1.050), None, connections=12, window_seconds=2.0
    ),
    # 120.4 a query on the average: whoever rounds that down, or the growth to whole per cents, sees no more than 20 %
    "examine 20.4 % more rows": Change(
        "อ่าน row มากขึ้น 20.4 %",
        count_query,
        Profile(0.010, rows=100),
        Profile(0.005, rows=120),
        "rows examined",
        now_and_then=Profile(0.005, rows=125),
    ),
    "examine 10 % more rows": Change(
        "อ่าน row มากขึ้น 10 %", count_query, Profile(0.010, rows=100), Profile(0.005, rows=110), "rows examined"
    ),
    "take twice the time and rows": Change(
        "ใช้เวลาและอ่าน row เป็นสองเท่า", count_query, Profile(0.005, rows=100), Profile(0.011, rows=200), None
    ),
    "examine more rows, and run more often": Change(
        "อ่าน row มากขึ้นและรันบ่อยขึ้น",
        count_query,
        Profile(0.008, rows=100),
        Profile(0.005, rows=500),
        "rows examined",
        samples=(SAMPLES, 2 * SAMPLES + 2),
    ),
    "examine 20 % more rows": Change(
        "อ่าน row มากขึ้น 20 %", count_query, Profile(0.010, rows=100), Profile(0.005, rows=120), None
    ),
}
"""By the phrase's own words."""


OTHERS = {
    "gets better once the index exists": Change(
        "ดีขึ้นเมื่อมี index แล้ว", newest_query, Profile(0.003, rows=1000), Profile(0.001, rows=100), None
    ),
    "gets worse once the index exists, but runs too rarely to be judged": Change(
        "แย่ลงเมื่อมี index แล้ว แต่รันน้อยเกินกว่าจะตัดสินได้",
        newest_query,
        Profile(0.008, rows=100),
        Profile(0.001, rows=500),
        "rows examined",
        samples=(10, 7),
    ),
    "never runs": Change("ไม่เคยรันเลย", newest_query, HISTORY, HISTORY, None, samples=(0, 0)),
}
"""What another query of the run does besides, by the phrase's own words."""

ELSEWHERE = (Profile(0.001, rows=100), Profile(0.003, rows=3000, scans=True))
"""What the same queries are like in another schema, before the index exists and then: far worse, all of them."""

LIGHT = Profile(0.001, rows=10)


def seconds_of_a_burst(account: Account) -> float:
    """What the usual burst of queries in a window takes here and now, in seconds, with the application's account."""
    change = CHANGES["get slower"]
    with closing(Workload(account, change.query, change.connections)) as workload:
        began = time.monotonic()
        workload.run(change.after, SAMPLES)
        return time.monotonic() - began
