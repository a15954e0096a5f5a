"""What the contract asks of every agent, tried on the bundled one and on the one for Node.js."""

import json
import os
import subprocess

import pymysql
import pytest

from tests.executor.foreign import OFF, RUN

BY_HAND = {
    "dropped": "DROP INDEX idx_new ON test_orders",
    "made anew": "DROP INDEX idx_new ON test_orders; ALTER TABLE test_orders ADD INDEX idx_new (customer_id)",
    "renamed": "ALTER TABLE test_orders RENAME INDEX idx_new TO idx_theirs",
}
ONLINE = "ALGORITHM=INPLACE, LOCK=NONE"


@pytest.fixture(params=["bundled", "node"])
def agent(request, agent_environment, foreign):
    """Carries run-1 out and gives the exit status."""
    if request.param == "bundled":
        return request.getfixturevalue("carry_out")
    program = request.getfixturevalue("node_executor") / "agent.js"

    def run(**settings):
        environment = {"PATH": os.environ["PATH"], **agent_environment, **settings}
        return subprocess.run(["node", program, "run-1"], env=environment, capture_output=True, timeout=60).returncode

    return run


def definition(schema):
    return schema.query("SHOW CREATE TABLE test_orders")


def test_a_run_is_completed(schema, foreign, agent):
    assert agent() == 0
    (report,) = foreign.reports()
    assert (report["status"], report.get("fail_reason")) == ("completed", None)
    assert "inconclusive" in report["message"]
    assert schema.index_columns("test_orders", "idx_new") == ["customer_id"]


def test_every_write_has_the_token_of_the_claim(foreign, agent):
    agent()
    claimed = [path.endswith("/claim") for _, path, _, _ in foreign.calls].index(True)
    assert {token for method, _, _, token in foreign.calls[claimed + 1 :] if method != "GET"} == {foreign.token}


@pytest.mark.parametrize(("look", "status"), [(1, "failed"), (2, "rolled_back"), (3, "rolled_back")])
def test_each_look_at_the_kill_switch_is_obeyed(schema, foreign, agent, look, status):
    foreign.at_look[look] = foreign.turn_on
    assert agent() == 0
    (report,) = foreign.reports()
    assert (report["status"], report["fail_reason"]) == (status, "kill_switch")
    assert not schema.index_columns("test_orders", "idx_new")
    assert [record["status"] for record in foreign.rollbacks()] == ["completed"] * (status == "rolled_back")
    assert all(record["rollback_sql"].endswith(ONLINE) for record in foreign.rollbacks())


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", json.dumps(OFF)),
        ("", json.dumps(OFF)),
        ("application/json", json.dumps(OFF) + "x"),
        ("application/json", "\ufeff" + json.dumps(OFF)),
        ("application/json", json.dumps({"data": OFF})),
        ("application/json", json.dumps([OFF])),
        ("application/json", json.dumps({**OFF, "connection_active": 0})),
        (
            "application/json",
            '{"global_active": true, "global_active": false, "connection_active": false, "reason": null}',
        ),
        ("application/json", '{"global\\u005factive": true, "global_active": false, "connection_active": false}'),
    ],
)
def test_what_is_no_well_formed_inactive(schema, foreign, agent, content_type, body):
    foreign.switch = (content_type, body.encode())
    assert agent() == 0
    assert foreign.reports()[0]["fail_reason"] == "kill_switch"
    assert not schema.index_columns("test_orders", "idx_new")


@pytest.mark.parametrize("switch", ["off", "on"])
@pytest.mark.parametrize("deed", list(BY_HAND))
def test_what_somebody_did_in_the_window_stays(schema, foreign, agent, deed, switch):
    seen = []

    def interfere():
        try:
            for statement in BY_HAND[deed].split(";"):
                schema.query(statement)
        except pymysql.err.ProgrammingError:
            seen.append(None)
        seen.append(definition(schema))
        if switch == "on":
            foreign.turn_on()

    foreign.at_look[3] = interfere
    assert agent() == 0
    if seen[0] is None:
        pytest.skip("the server has no RENAME INDEX")
    (report,) = foreign.reports()
    assert report["status"] in ("failed", "requires_manual")
    assert report["fail_reason"] == "execution_error"
    assert [definition(schema)] == seen
    assert [record["status"] for record in foreign.rollbacks()] == ["failed"] * (switch == "on")


def test_an_index_of_the_name_is_left_as_it_is(schema, foreign, agent):
    schema.add_index("")
    assert agent() == 0
    (report,) = foreign.reports()
    assert (report["status"], report["fail_reason"]) == ("failed", "execution_error")
    assert "1061" in report["error_message"]


def test_a_report_is_sent_until_it_is_answered(foreign, agent):
    foreign.trouble["PATCH", "status"] = [(503, {})] * 3
    assert agent() == 0
    first, *again = foreign.reports()
    assert again == [first] * 3


def test_a_refused_report_is_no_success(foreign, agent):
    foreign.trouble["PATCH", "status"] = [(422, {"detail": "no"})]
    assert agent() not in (0, 3)
    assert len(foreign.reports()) == 1


def test_records_are_sent_until_they_are_answered(foreign, agent):
    foreign.at_look[2] = foreign.turn_on
    foreign.trouble["POST", "rollbacks"] = [(503, {})] * 5
    assert agent() == 0
    assert {record["status"] for record in foreign.rollbacks()} == {"completed"}
    assert foreign.reports()[0]["status"] == "rolled_back"


def test_a_refused_record_does_not_stop_the_rollback(schema, foreign, agent):
    foreign.at_look[2] = foreign.turn_on
    foreign.trouble["POST", "rollbacks"] = [(422, {"detail": "no"})] * 2
    assert agent() == 0
    assert foreign.reports()[0]["status"] == "rolled_back"
    assert not schema.index_columns("test_orders", "idx_new")


@pytest.mark.parametrize(("status", "codes"), [(404, {1}), (409, {3})])
def test_a_claim_that_is_not_granted(schema, foreign, agent, status, codes):
    foreign.trouble["POST", "claim"] = [(status, {"detail": "no"})]
    assert agent() in codes
    assert foreign.reports() == []
    assert not schema.index_columns("test_orders", "idx_new")


def test_a_lost_lease_is_no_success(schema, foreign, agent):
    foreign.trouble["POST", "heartbeat"] = [(409, {"detail": "lost"})] * 9
    assert agent() not in (0, 3)
    assert foreign.reports() == []
    assert not schema.index_columns("test_orders", "idx_new")


def test_a_prefix_of_the_whole_column_is_as_approved(schema, foreign, agent, monkeypatch):
    monkeypatch.setitem(RUN, "columns", ["status(50)", "order_date"])
    assert agent() == 0
    assert foreign.reports()[0]["status"] == "completed"
    assert schema.index_columns("test_orders", "idx_new") == ["status", "order_date"]


def test_the_node_agent_tells_counters_that_were_set_back(node_executor):
    script = f"""
      const {{ watch, judge }} = require('{node_executor}/lib/metrics');
      const row = (seen, samples) => ({{ digest: 'a', seen, samples, seconds: 1, examined: 1, scans: 0 }});
      const reads = [row('12:00', 15), row('12:01', 40)];
      const connection = {{ query: async () => [[reads.shift()]] }};
      const fine = {{ a: {{ samples: 12, seconds: 1, examined: 1, scans: 0 }} }};
      watch(connection, ['a'], 0).then((after) =>
        console.log(JSON.stringify(judge(['a'], fine, after, {{ minSamples: 10, allowed: {{}} }}))));
    """
    verdict = json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True).stdout)
    assert verdict == {"worse": [], "unjudged": ["metrics window: the counters were set back"], "judged": 0}


def test_the_node_agent_judges_each_digest_by_itself(node_executor):
    good, bad = ({"samples": 20, "seconds": s, "examined": 20, "scans": 0} for s in (1.0, 1.2))
    few = {**bad, "samples": 9}
    script = f"""
      const {{ judge }} = require('{node_executor}/lib/metrics');
      const config = {{ minSamples: 10, allowed: {{ latency: 0.1, 'rows examined': 0.2, 'full scans': 0 }} }};
      const before = {json.dumps({"a": good, "b": good, "c": good})}, after = {json.dumps({"a": good, "b": bad, "c": few})};
      console.log(JSON.stringify(judge(['a', 'b', 'c', 'd'], before, after, config)));
    """
    verdict = json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True).stdout)
    assert verdict["judged"] == 2
    assert [text.split(":")[0] for text in verdict["worse"]] == ["latency of b"]
    assert len(verdict["unjudged"]) == 2
