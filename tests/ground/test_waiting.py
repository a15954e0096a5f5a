"""The wait: it ends with the event, and when it fails it tells the last real cause and what was seen."""

import threading
import time

import pytest

from support.errors import GateNotReached
from support.waiting import WaitTimeout, eventually


def test_eventually_returns_the_first_true_value():
    values = iter([None, 0, "", "there"])

    assert eventually(lambda: next(values), within=5, what="a value") == "there"


def test_eventually_ends_with_the_event_and_not_with_the_time():
    happened = threading.Event()
    threading.Timer(0.05, happened.set).start()
    started = time.monotonic()

    eventually(happened.is_set, within=60, what="the event")

    assert time.monotonic() - started < 30


def test_eventually_tells_what_it_saw_and_in_which_order():
    values = iter(["", 0])

    with pytest.raises(WaitTimeout) as told:
        eventually(lambda: next(values, None), within=0.05, what="the index")

    text = str(told.value)
    assert text.startswith("the index did not come to pass within 0.05 s")
    assert text.index("''") < text.index(" 0;") < text.index("None")


def test_eventually_keeps_the_last_real_cause():
    def refuse():
        raise ConnectionError("nobody listens")

    with pytest.raises(WaitTimeout, match="nobody listens") as told:
        eventually(refuse, within=0.03, what="an answer", ignoring=(ConnectionError,))

    assert isinstance(told.value.__cause__, ConnectionError)


def test_eventually_lets_other_errors_through_at_once():
    def wrong():
        raise KeyError("a mistake in the check itself")

    with pytest.raises(KeyError):
        eventually(wrong, within=60, what="anything", ignoring=(ConnectionError,))


def test_eventually_looks_at_least_once_even_without_time():
    assert eventually(lambda: True, within=0, what="now") is True


def test_eventually_raises_the_kind_of_error_asked_for():
    with pytest.raises(GateNotReached):
        eventually(lambda: False, within=0, what="the gate", error=GateNotReached)
