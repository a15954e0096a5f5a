"""Windows as differences of snapshots, and the verdict at its exact limits."""

from fractions import Fraction

import pytest

from executor_v1.agent import metrics, verification
from executor_v1.agent.metrics import Counters, Sample

DIGEST = "ab" * 32
LIMITS = verification.Limits(min_samples=10, latency=Fraction("0.10"), rows=Fraction("0.20"))
MILLISECOND = 1_000_000_000


def sample(executions=10, latency=100 * MILLISECOND, rows=100, scans=0):
    """Averages of latency and rows, a total of scans."""
    return Sample(executions, executions * latency, executions * rows, scans)


def judge(before, after):
    return verification.judge([DIGEST], {DIGEST: before}, {DIGEST: after}, LIMITS)


@pytest.mark.parametrize(
    ("latency", "outcome"),
    [(110 * MILLISECOND, "passed"), (110 * MILLISECOND + 1, "degraded"), (50 * MILLISECOND, "passed")],
)
def test_latency_may_grow_by_exactly_ten_percent(latency, outcome):
    assert judge(sample(), sample(latency=latency)).outcome == outcome


def test_one_picosecond_in_a_million_executions_is_seen():
    before = Sample(1_000_000, 1_000_000 * MILLISECOND, 0, 0)
    limit = 1_100_000 * MILLISECOND
    assert judge(before, Sample(1_000_000, limit, 0, 0)).outcome == "passed"
    assert judge(before, Sample(1_000_000, limit + 1, 0, 0)).outcome == "degraded"


@pytest.mark.parametrize(("rows", "outcome"), [(120, "passed"), (121, "degraded")])
def test_rows_may_grow_by_exactly_twenty_percent(rows, outcome):
    assert judge(sample(), sample(rows=rows)).outcome == outcome


@pytest.mark.parametrize(("rows", "outcome"), [(0, "passed"), (1, "passed"), (2, "degraded")])
def test_from_no_rows_to_one_an_execution(rows, outcome):
    assert judge(sample(rows=0), sample(rows=rows)).outcome == outcome


def test_a_latency_of_zero_was_not_timed():
    assert judge(sample(latency=0), sample()).outcome == "passed"


@pytest.mark.parametrize(("before", "after", "outcome"), [(0, 1, "degraded"), (5, 5, "passed"), (5, 6, "degraded")])
def test_full_scans_may_not_grow(before, after, outcome):
    assert judge(sample(scans=before), sample(scans=after)).outcome == outcome


def test_full_scans_are_counted_per_execution():
    assert judge(sample(10, scans=5), sample(20, scans=10)).outcome == "passed"


@pytest.mark.parametrize(("before", "after", "outcome"), [(9, 10, "inconclusive"), (10, 9, "inconclusive")])
def test_too_few_samples_in_either_window(before, after, outcome):
    verdict = judge(sample(before), sample(after, latency=900 * MILLISECOND))
    assert verdict.outcome == outcome
    assert "inconclusive" in verdict.text()
    assert "9 samples" in verdict.text()


@pytest.mark.parametrize("executions", [10, 11])
def test_enough_samples(executions):
    assert judge(sample(executions), sample(executions)).outcome == "passed"


def test_a_degradation_names_measure_values_and_samples():
    text = judge(sample(12), sample(15, latency=150 * MILLISECOND)).text()
    assert "latency 100.000 ms -> 150.000 ms (+50.0 %, 12 and 15 samples)" in text


def test_one_degraded_digest_is_enough():
    good, bad = "a" * 32, "b" * 32
    windows = ({good: sample(), bad: sample()}, {good: sample(latency=1), bad: sample(rows=500)})
    verdict = verification.judge([good, bad], *windows, LIMITS)
    assert verdict.outcome == "degraded"
    assert good[:12] not in verdict.text()


def test_a_digest_that_was_not_judged_is_told():
    seen, unseen = "a" * 32, "b" * 32
    windows = ({seen: sample(), unseen: sample(0)}, {seen: sample(), unseen: sample(0)})
    verdict = verification.judge([seen, unseen], *windows, LIMITS)
    assert verdict.outcome == "passed"
    assert "inconclusive" in verdict.text()


def test_a_run_without_digests_is_inconclusive():
    verdict = verification.judge([], {}, {}, LIMITS)
    assert verdict.outcome == "inconclusive"
    assert "inconclusive" in verdict.text()


def counters(executions, seen="2026-01-01"):
    return Counters(executions, executions * 5, executions * 3, executions, seen)


def test_a_window_is_a_difference():
    assert metrics.sample(counters(1_000_000), counters(1_000_050)) == Sample(50, 250, 150, 50)


def test_a_digest_seen_first_within_the_window_counts_from_zero():
    assert metrics.sample(None, counters(7)) == Sample(7, 35, 21, 7)


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, None), (counters(5), None), (counters(5), counters(4)), (counters(5), counters(9, "2026-01-02"))],
)
def test_what_can_not_be_measured_says_so(before, after):
    problem = metrics.sample(before, after)
    assert problem.problem
    assert judge(sample(), problem).outcome == "inconclusive"
    assert judge(problem, sample()).outcome == "inconclusive"


def test_a_window_survives_being_recorded():
    window = {DIGEST: sample()}
    recorded = {digest: value.to_json() for digest, value in window.items()}
    assert metrics.window_from_json(recorded, (DIGEST,)) == window
    assert metrics.window_from_json(None, (DIGEST,))[DIGEST].problem
