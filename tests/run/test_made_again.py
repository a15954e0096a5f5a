"""A scenario whose situation cannot be made is made again before it is judged, and never because of its result."""

from pathlib import Path
from typing import Any

import pytest

from tests.harness.running import allure_of, behave, change, evidence_of, log_of, verdict_of

ONE = ("features/verification.feature", "--name=TC-06 Verification Fail [+] Rollback OK: latency")


@pytest.fixture
def run(project: Path, reports: Path):
    """Runs one scenario with windows of the length given, which the suite does not fit to the machine."""
    change(project / "support" / "run" / "session.py", "WINDOW_TO_BURST = 2.5", "WINDOW_TO_BURST = 0.0")
    change(project / "support" / "run" / "jobs.py", "BORNE = 6", "BORNE = 1000")

    def start(seconds: float) -> tuple[int, str, dict[str, Any]]:
        status, output = behave(reports, *ONE, "-D", f"metrics_window_seconds={seconds}", project=project)
        (record,) = evidence_of(reports).values()
        return status, output, record

    return start


def test_with_longer_windows_it_can_be_made_and_is_judged_then(run, reports):
    status, output, record = run(0.15)

    assert (status, record["result"]) == (0, "PASS"), output
    assert 1 <= len(record["attempts"]) <= 2
    for attempt in record["attempts"]:
        assert "window closed before the application's queries were done" in attempt["reason"]
        (worker,) = attempt["history"]["participants"].values()
        assert worker["calls"], "what was seen at each attempt is in the evidence"
        assert attempt["history"]["statements"]
    assert output.count("made again, because its situation could not be made") == len(record["attempts"])
    assert "Made again: the " in log_of(reports)
    assert f"was made {len(record['attempts']) + 1} times" in log_of(reports)
    assert list(allure_of(reports).values()) == ["passed"]


def test_what_cannot_be_made_three_times_is_not_run_and_nothing_of_it_is_judged(run, reports):
    status, output, record = run(0.02)

    assert (status, record["result"], record["blames"]) == (1, "NOT RUN", "the test environment"), output
    assert len(record["attempts"]) == 2
    assert record["observations"] == []
    assert verdict_of(reports)["test_cases"]["TC-06"]["result"] == "NOT RUN"
    assert list(allure_of(reports).values()) == ["broken"]


def test_a_failure_is_not_tried_again(reports):
    """An executor that takes its index back at once, whatever was measured: red the first time, and that is that."""
    status, output = behave(reports, *ONE, "-D", "agent_command=/bin/sh -c 'exit 1' {execution_id}")

    (record,) = evidence_of(reports).values()
    assert (status, record["result"], record["attempts"]) == (1, "FAIL", []), output
