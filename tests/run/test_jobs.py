"""How a run fits itself to the machine."""

import pytest

from support.run import jobs


@pytest.mark.parametrize(("load", "times"), [(0.1, 1), (12.0, 1), (12.1, 2), (34.5, 3)])
def test_times_are_longer_on_a_machine_that_is_far_too_busy(monkeypatch, load, times):
    monkeypatch.setattr(jobs.os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(jobs, "cores", lambda: 2)

    assert jobs.pace() == times
