"""How far a server's clock is from this machine's."""

from datetime import UTC, timedelta

from support.clock import now
from support.errors import TestEnvironmentError
from support.mysql.database import Database

LOOKS = 5

APART_SECONDS = 0.1
"""How far the server's clock may be from this machine's: calls are timed by one, statements by the other."""


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
