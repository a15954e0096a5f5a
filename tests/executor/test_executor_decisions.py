"""Small decisions: transitions, takeover, errors, indexes, leases, masks."""

import json
import logging

import pytest

from executor_v1 import logs, vocabulary
from executor_v1.agent import errors, lease, outcomes, schema, session, takeover
from executor_v1.agent.change import IndexChange
from executor_v1.agent.errors import ServerError
from executor_v1.agent.identifiers import KeyPart
from executor_v1.agent.schema import Column, Index
from executor_v1.api import database, guard, records, runs

CHANGE = IndexChange("t", "i", (KeyPart("A"), KeyPart("b", 10)), "BTREE", ())
COLUMNS = {"a": Column("a", None), "b": Column("b", 50)}


@pytest.mark.parametrize("old", vocabulary.STATUSES)
@pytest.mark.parametrize("new", vocabulary.STATUSES)
def test_only_a_running_run_ends(old, new):
    assert vocabulary.is_legal(old, new) == (old == "running" and new in vocabulary.TERMINAL)


@pytest.mark.parametrize(
    ("phase", "existed", "found", "differs", "point"),
    [
        (None, False, False, False, takeover.START),
        (None, False, True, False, takeover.START),
        ("adding", False, False, False, takeover.START),
        ("adding", False, True, False, takeover.VERIFY),
        ("adding", False, True, True, takeover.FOREIGN),
        ("adding", True, True, False, takeover.START),
        ("adding", True, True, True, takeover.START),
        ("index_added", False, True, False, takeover.VERIFY),
        ("index_added", False, True, True, takeover.FOREIGN),
        ("index_added", False, False, False, takeover.GONE),
        ("rolling_back", False, True, False, takeover.ROLL_BACK),
        ("rolling_back", False, False, False, takeover.ROLL_BACK),
        ("rolling_back", False, True, True, takeover.ROLL_BACK),
    ],
)
def test_where_a_successor_goes_on(phase, existed, found, differs, point):
    assert takeover.resume_point(phase, existed, found, differs) == point


@pytest.mark.parametrize("errno", [1845, 1846])
def test_what_would_block_is_left_to_a_person(errno):
    outcome = outcomes.add_refused(CHANGE, ServerError(errno, "text"))
    assert (outcome.status, outcome.fail_reason) == ("requires_manual", "execution_error")
    assert outcome.error_message == f"({errno}) text"


@pytest.mark.parametrize("errno", [1061, 1072, 1142, 1146, 1205, 1317, 1799, 1969, 9999])
def test_other_errors_fail_the_run(errno):
    outcome = outcomes.add_refused(CHANGE, ServerError(errno, "text"))
    assert (outcome.status, outcome.fail_reason) == ("failed", "execution_error")
    assert outcome.error_message == f"({errno}) text"


@pytest.mark.parametrize(("errno", "again"), [(1205, True), (1213, False), (1142, False), (1091, False), (2013, False)])
def test_only_a_lock_is_a_reason_to_drop_again(errno, again):
    assert errors.is_retryable_drop(ServerError(errno, "")) == again


@pytest.mark.parametrize(
    ("found", "same"),
    [
        (Index((KeyPart("a"), KeyPart("B", 10)), False, "BTREE"), True),
        (Index((KeyPart("b", 10), KeyPart("a")), False, "BTREE"), False),
        (Index((KeyPart("a"),), False, "BTREE"), False),
        (Index((KeyPart("a"), KeyPart("b")), False, "BTREE"), False),
        (Index((KeyPart("a"), KeyPart("b", 11)), False, "BTREE"), False),
        (Index((KeyPart("a"), KeyPart("b", 10)), True, "BTREE"), False),
        (Index((KeyPart("a"), KeyPart("b", 10)), False, "HASH"), False),
        (Index((KeyPart("a"), KeyPart("b", 10)), False, "BTREE", hidden=True), False),
        (Index((KeyPart("a"), KeyPart("b", 10)), False, "BTREE", descending=True), False),
        (Index((KeyPart("a"), KeyPart("b", 10)), False, "BTREE", comment="of somebody else"), False),
    ],
)
def test_whether_an_index_is_the_approved_one_of_the_run(found, same):
    assert (schema.difference(CHANGE, found, COLUMNS) is None) == same


def test_an_index_without_the_runs_comment_is_not_its_own():
    wanted = IndexChange("t", "i", (KeyPart("a"),), "BTREE", (), comment="added by execution run r")
    assert "made by somebody else" in schema.difference(wanted, Index((KeyPart("a"),), False, "BTREE"), COLUMNS)
    assert not schema.difference(wanted, Index((KeyPart("a"),), False, "BTREE", comment=wanted.comment), COLUMNS)


def test_a_prefix_of_the_whole_column_is_no_prefix():
    wanted = IndexChange("t", "i", (KeyPart("b", 50),), "BTREE", ())
    assert schema.difference(wanted, Index((KeyPart("b"),), False, "BTREE"), COLUMNS) is None


@pytest.mark.parametrize(
    ("parts", "key", "served"),
    [("ab", ["a"], True), ("ab", ["b", "a"], True), ("ab", ["b"], False), ("a", ["a", "b"], False)],
)
def test_which_foreign_key_an_index_serves(parts, key, served):
    assert schema.serves(tuple(KeyPart(name) for name in parts), key) == served


def test_the_row_counter_is_no_part_of_a_definition():
    assert schema.without_counter("X ENGINE=InnoDB AUTO_INCREMENT=42 DEFAULT") == "X ENGINE=InnoDB DEFAULT"


def test_a_lock_name_fits_and_is_the_runs_own():
    assert len(session.lock_name("s" * 64, "r" * 64)) <= 64
    assert session.lock_name("s", "r1") != session.lock_name("s", "r2") != session.lock_name("t", "r2")


@pytest.mark.parametrize(("expires", "now", "left"), [(10, 4, 6), (10, 10, 0), (10, 11, 0)])
def test_what_is_left_of_a_lease(expires, now, left):
    assert lease.seconds_left(expires, now) == left


@pytest.mark.parametrize(
    ("status", "token", "alive", "holds"),
    [
        ("running", "t", 1, True),
        ("running", "t", 0, False),
        ("running", "t", None, False),
        ("running", "u", 1, False),
        ("running", None, 1, False),
        ("running", "", 1, False),
        ("completed", "t", 1, False),
        ("scheduled", "t", 1, False),
    ],
)
def test_who_holds_a_lease(status, token, alive, holds):
    row = {"status": status, "claim_token_sha256": runs.hash_token("t"), "lease_alive": alive}
    assert runs.holds_lease(row, token) == holds


def test_a_run_that_was_never_claimed_has_no_holder():
    row = {"status": "running", "claim_token_sha256": None, "lease_alive": 1}
    assert not runs.holds_lease(row, None)
    assert not runs.holds_lease(row, "t")


@pytest.mark.parametrize(
    ("path", "secret", "given", "allowed"),
    [
        ("/api/executions", "", "", True),
        ("/api/executions", "s", "s", True),
        ("/api/executions", "s", "", False),
        ("/api/executions", "s", "S", False),
        ("/docs", "s", "", True),
        ("/docs/assets/swagger-ui.css", "s", "", True),
        ("/docs/nothing", "s", "", False),
        ("/docs/assets/../../api/executions", "s", "", False),
        ("/health", "s", "", True),
    ],
)
def test_who_may_call(path, secret, given, allowed):
    assert guard.is_allowed(path, secret, given) == allowed


@pytest.mark.parametrize(
    ("old", "new", "may"),
    [
        ("pending", "failed", True),
        ("failed", "completed", True),
        ("completed", "failed", False),
        ("completed", "completed", True),
    ],
)
def test_what_is_undone_stays_undone(old, new, may):
    assert records.may_become(old, new) == may


@pytest.mark.parametrize(
    ("version", "name"),
    [("9.7.4-2", "MySQL 9.7.4"), ("10.11.18-MariaDB-0+deb12u1", "MariaDB 10.11.18"), ("5.6.24", "MySQL 5.6.24")],
)
def test_server_names(version, name):
    assert database.server_name(version) == name


@pytest.fixture
def secrets_of_this_test(monkeypatch):
    monkeypatch.setattr(logs, "_secrets", set())
    for secret in ("hunter2", "hunter2-long", ""):
        logs.protect(secret)


def test_secrets_are_masked_at_any_depth(secrets_of_this_test):
    value = {"a hunter2": ["hunter2-long", {"b": ("x", ValueError("hunter2"))}], "n": 5, "none": None, "flag": True}
    shown = logs.masked(value)
    assert "hunter2" not in json.dumps(shown)
    assert shown["n"] == 5
    assert shown["none"] is None
    assert shown["flag"] is True


def test_secrets_are_masked_as_a_url_and_json_quote_them(monkeypatch):
    monkeypatch.setattr(logs, "_secrets", set())
    logs.protect('s+/"x')
    assert logs.masked(["mysql://u:s%2B%2F%22x@db", '{"password": "s+/\\"x"}']) == [
        "mysql://u:***@db",
        '{"password": "***"}',
    ]


def test_a_log_line_is_one_line_of_json_without_secrets(secrets_of_this_test):
    try:
        raise ValueError("hunter2\nsecond line")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "said hunter2", (), (ValueError, error, error.__traceback__)
        )
    record.fields = {"worker": "hunter2-long\nx"}
    line = logs.LineFormatter().format(record)
    assert "\n" not in line
    assert "hunter2" not in line
    assert json.loads(line)["level"] == "ERROR"
