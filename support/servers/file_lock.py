"""Taking turns between runs: only one fetches a server or makes a data directory, the others use what it made."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.errors import TestEnvironmentError
from support.servers.progress import progress
from support.waiting import eventually

PATIENCE_SECONDS = 600.0


@contextmanager
def file_lock(lock: Path, what: str) -> Iterator[int]:
    """Hold the lock file ``lock`` alone. The kernel gives it back when its holder dies, however that happens.

    Yields the descriptor of the lock: a child that inherits it keeps the turn until it has ended too.

    :param what: what the others wait for, as in "another run is fetching MySQL".
    :raises TestEnvironmentError: the folder cannot be written, or the turn did not come within ten minutes.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise TestEnvironmentError(f"cannot write to {lock.parent}: {error.strerror}") from error
    try:
        with progress(f"waiting: {what}"):
            eventually(lambda: _taken(descriptor), within=PATIENCE_SECONDS, what=f"the turn after '{what}'")
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
