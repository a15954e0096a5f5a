"""Signals that end a run: in order, with a verdict, and never in the middle of a clean-up."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a lost terminal end a run in order, with a verdict, also where a shell has SIGINT ignored."""
    with _handling(_interrupt, ENDING_SIGNALS):
        yield


@contextmanager
def signals_held_back() -> Iterator[None]:
    """What comes meanwhile comes afterwards: Python loses an interrupt that meets it in the middle of a fork."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)


@contextmanager
def only_terminated() -> Iterator[None]:
    """Of a terminal's signals this process hears nothing: the run ends it in order, by SIGTERM."""
    with _handling(signal.SIG_IGN, ENDING_SIGNALS), _handling(_interrupt, (signal.SIGTERM,)):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)  # as it was forked, they are held back
        yield


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Nobody's second Ctrl-C cuts the clean-up short; it is bounded by itself."""
    with _handling(signal.SIG_IGN, ENDING_SIGNALS):
        yield


@contextmanager
def _handling(
    handler: Callable[[int, FrameType | None], None] | signal.Handlers, numbers: tuple[signal.Signals, ...]
) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
