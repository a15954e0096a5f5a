"""How the application's queries change once the index exists, in the words of the features."""

import time
from dataclasses import dataclass

from support.mysql.database import Account
from support.scenario.workload import CONNECTIONS, CountQuery, LookupQuery, Profile, Workload

SAMPLES = 12
"""Executions in each window where a scenario does not say how many: some more than a judgement needs."""


@dataclass(frozen=True)
class Change:
    """The same query before and after the index exists. ``thai`` is the Thai phrase's word for it.

    ``worsens`` names the measure that has to come out worse, or None. ``samples`` are the executions in the baseline
    window, and in the other one where a scenario does not say how many; ``now_and_then`` is the last of the latter.
    ``connections`` execute it side by side; ``window_seconds`` is the length of the windows where the run's is too short.

    A change is of one measure only: where rows or scans grow, the time shrinks clearly, and the other way round, so
    that the noise of a busy machine cannot add a second degradation.
    """

    thai: str
    query: type[CountQuery] | type[LookupQuery]
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
    "get slower": Change("ช้าลง", CountQuery, Profile(0.005), Profile(0.015), "latency"),
    # More of them run, too, so that a sum in place of an average would be a degradation
    "get faster": Change("เร็วขึ้น", CountQuery, Profile(0.010), Profile(0.0065), None, samples=(SAMPLES, 2 * SAMPLES)),
    "stop scanning the whole table": Change(
        "เลิกสแกนทั้งตาราง", LookupQuery, Profile(0.010, scans=True), Profile(0.005), None
    ),
    "examine more rows": Change(
        "อ่าน row มากขึ้น", CountQuery, Profile(0.010, rows=100), Profile(0.005, rows=500), "rows examined"
    ),
    "scan the whole table": Change(
        "สแกนทั้งตาราง", LookupQuery, Profile(0.010), Profile(0.005, scans=True), "full scans"
    ),
    "scan the whole table once in a while": Change(
        "สแกนทั้งตารางเป็นบางครั้ง",
        LookupQuery,
        Profile(0.010),
        Profile(0.005),
        "full scans",
        now_and_then=Profile(0.005, scans=True),
    ),
    # Close to the limits of the contract. Long executions, all at once and in a longer window, so that the noise of a
    # busy machine is small against 5 % of them: where three programs wanted each core it was 38 ms
    "get slower by 15 %": Change(
        "ช้าลง 15 %", CountQuery, Profile(1.000), Profile(1.150), "latency", connections=12, window_seconds=2.0
    ),
    "get slower by 5 %": Change(
        "ช้าลง 5 %", CountQuery, Profile(1.000), Profile(1.050), None, connections=12, window_seconds=2.0
    ),
    "examine 21 % more rows": Change(
        "อ่าน row มากขึ้น 21 %", CountQuery, Profile(0.010, rows=100), Profile(0.005, rows=121), "rows examined"
    ),
    "examine 20 % more rows": Change(
        "อ่าน row มากขึ้น 20 %", CountQuery, Profile(0.010, rows=100), Profile(0.005, rows=120), None
    ),
}
"""By the phrase's own words."""


def seconds_of_a_burst(account: Account) -> float:
    """What the usual burst of queries in a window takes here and now, in seconds.

    :param account: the application's.
    """
    change = CHANGES["get slower"]
    workload = Workload(account, change.query(), change.connections)
    try:
        began = time.monotonic()
        workload.run(change.after, SAMPLES)
        return time.monotonic() - began
    finally:
        workload.close()
