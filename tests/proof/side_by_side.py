"""Runs side by side that end in order, however they are told to."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from support.terminal import Terminal


@contextmanager
def side_by_side(jobs: int, stop: Callable[[], None], terminal: Terminal) -> Iterator[ThreadPoolExecutor]:
    """A pool whose runs have all ended afterwards, also on Ctrl-C and SIGTERM, which go through as KeyboardInterrupt.

    :param jobs: runs at a time.
    :param stop: ends the runs that go on.
    """

    def interrupt(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM):  # a shell may have left SIGINT ignored
        signal.signal(number, interrupt)
    pool = ThreadPoolExecutor(jobs)
    try:
        yield pool
    except KeyboardInterrupt:
        terminal.say("", "Interrupted: the runs that go on are ended in order; what was found is kept …")
        raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop()
        pool.shutdown(cancel_futures=True)
        signal.signal(signal.SIGINT, signal.default_int_handler)
