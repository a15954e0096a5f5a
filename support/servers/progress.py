"""One line now and then for whoever waits, so that nothing is silent for long."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_SECONDS = 2.0


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
