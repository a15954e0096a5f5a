"""The agent with an API that keeps the contract and no more: no progress, tokens and leases of its own choice."""

import pytest

from executor_v1.agent.runner import ExitCode


def test_a_run_with_the_apis_own_token(schema, foreign, carry_out):
    assert carry_out() == ExitCode.FINISHED
    (report,) = foreign.reports()
    assert report["status"] == "completed"
    assert schema.index_columns("test_orders", "idx_new") == ["customer_id"]
    claim = next(i for i, (_, path, _, _) in enumerate(foreign.calls) if path.endswith("/claim"))
    written = [token for method, _, _, token in foreign.calls[claim + 1 :] if method != "GET"]
    assert set(written) == {foreign.token}


def test_the_lease_that_was_granted_is_the_one_that_is_kept(foreign, carry_out):
    assert carry_out(METRICS_WINDOW_MINUTES="0.02", EXECUTION_LEASE_TIMEOUT_SECONDS="60") == ExitCode.FINISHED
    (wish,) = [body for _, path, body, _ in foreign.calls if path.endswith("/claim")]
    assert wish["lease_seconds"] == 60


def test_a_successor_knows_its_index_by_the_comment(schema, foreign, carry_out):
    schema.add_index()
    assert carry_out() == ExitCode.FINISHED
    (report,) = foreign.reports()
    assert report["status"] == "completed"
    assert "taken over" in report["message"]


def test_somebody_elses_index_has_the_name(schema, foreign, carry_out):
    schema.add_index("")
    assert carry_out() == ExitCode.FINISHED
    (report,) = foreign.reports()
    assert (report["status"], report["fail_reason"]) == ("failed", "execution_error")
    assert report["error_message"].startswith("(1061)")


@pytest.mark.parametrize("status", [500, 503])
def test_a_report_is_sent_until_it_is_answered(foreign, carry_out, status):
    foreign.trouble["PATCH", "status"] = [(status, {})] * 3
    assert carry_out() == ExitCode.FINISHED
    first, *again = foreign.reports()
    assert again == [first] * 3


def test_a_refused_report_leaves_the_run_as_it_is(foreign, carry_out):
    foreign.trouble["PATCH", "status"] = [(422, {"detail": "no"})]
    assert carry_out() == ExitCode.BROKEN
    assert len(foreign.reports()) == 1


def test_a_record_of_a_rollback_is_sent_until_it_is_answered(foreign, carry_out):
    foreign.at_look[2] = foreign.turn_on
    foreign.trouble["POST", "rollbacks"] = [(201, {}), *[(503, {})] * 3]
    assert carry_out() == ExitCode.FINISHED
    sent = [body["status"] for _, path, body, _ in foreign.calls if path == "/api/rollbacks"]
    assert sent == ["pending", *["completed"] * 4]
    assert foreign.reports()[0]["status"] == "rolled_back"


def test_a_refused_record_does_not_stop_the_rollback(schema, foreign, carry_out):
    foreign.at_look[2] = foreign.turn_on
    foreign.trouble["POST", "rollbacks"] = [(422, {"detail": "no"})] * 2
    assert carry_out() == ExitCode.FINISHED
    assert foreign.reports()[0]["status"] == "rolled_back"
    assert not schema.index_columns("test_orders", "idx_new")


def test_an_unknown_run_is_no_success(foreign, carry_out):
    foreign.trouble["GET", "run-1"] = [(404, {"detail": "no such run"})]
    assert carry_out() == ExitCode.BROKEN
