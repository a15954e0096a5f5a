"""How the application's queries change once the index exists, in the words of the features."""

from dataclasses import dataclass

from support.workload import CountQuery, LookupQuery, Profile

SAMPLES = 20
"""Executions in each window where a scenario does not say how many: twice what a judgement needs."""


@dataclass(frozen=True)
class Change:
    """The same query before and after the index exists. ``thai`` is the Thai phrase's word for it.

    ``worsens`` names the measure that has to come out worse, or None.

    A change is of one measure only: where rows or scans grow, the time shrinks clearly, and the other way round, so
    that the noise of a busy machine cannot add a second degradation.
    """

    thai: str
    query: type[CountQuery] | type[LookupQuery]
    before: Profile
    after: Profile
    worsens: str | None


CHANGES = {
    "get slower": Change("ช้าลง", CountQuery, Profile(0.005), Profile(0.015), "latency"),
    "get faster": Change("เร็วขึ้น", CountQuery, Profile(0.020), Profile(0.010), None),
    "examine more rows": Change(
        "อ่านแถวมากขึ้น", CountQuery, Profile(0.020, rows=100), Profile(0.010, rows=500), "rows examined"
    ),
    "scan the whole table": Change(
        "กวาดอ่านทั้งตาราง", LookupQuery, Profile(0.020), Profile(0.010, scans=True), "full scans"
    ),
}
"""By the phrase's own words."""
