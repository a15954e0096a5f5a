"""How far a server's clock is from this machine's."""

from datetime import UTC, timedelta

from support.database import Database
from support.gateway.calls import now

LOOKS = 5


def seconds_apart(database: Database) -> float:
    """Seconds by which the server's clock is ahead of this machine's: of some looks the one that was answered fastest.

    The answer is taken to be as old as half the time it took, so the result is right to within that half.
    """
    looks: list[tuple[timedelta, float]] = []
    for _ in range(LOOKS):
        before = now()
        told = database.value("SELECT UTC_TIMESTAMP(6)").replace(tzinfo=UTC)
        after = now()
        looks.append((after - before, (told - (before + (after - before) / 2)).total_seconds()))
    return min(looks)[1]
