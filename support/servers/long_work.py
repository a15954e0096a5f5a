"""Work that takes long: one process at a time does it, the others use what it made, and nobody waits in silence."""

import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.errors import TestEnvironmentError
from support.waiting import eventually

EVERY_SECONDS = 2.0
PATIENCE_SECONDS = 600.0


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Tell on stderr that ``what`` still goes on, every two seconds, and how long it took; nothing if it was quick.

    Yields a function that names the stage the work is in.
    """
    started = time.monotonic()
    stage = ""
    over = threading.Event()

    def enter(new: str) -> None:
        nonlocal stage
        stage = f": {new}"

    def tell(word: str) -> None:
        print(f"{what}{word} ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)

    def keep_telling() -> None:
        while not over.wait(EVERY_SECONDS):
            tell(stage)

    teller = threading.Thread(target=keep_telling, daemon=True)
    teller.start()
    try:
        yield enter
    finally:
        over.set()
        teller.join()
    if time.monotonic() - started > EVERY_SECONDS:
        tell(": done")


@contextmanager
def file_lock(lock: Path, what: str) -> Iterator[int]:
    """Hold the lock file ``lock`` alone; the kernel gives it back when its holder dies, however that happens.

    Yields its descriptor: a child that inherits it keeps the turn until it has ended too.

    :param what: what the others wait for, as in "another run is fetching MySQL".
    :raises TestEnvironmentError: the folder cannot be written, or the turn did not come within ten minutes.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise TestEnvironmentError(f"cannot write to {lock.parent}: {error.strerror}") from error

    def taken() -> bool:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True

    try:
        with progress(f"waiting: {what}"):
            turn = f"the turn after '{what}'"
            eventually(taken, within=PATIENCE_SECONDS, what=turn, ignoring=(BlockingIOError,))
        yield descriptor
    finally:
        os.close(descriptor)
