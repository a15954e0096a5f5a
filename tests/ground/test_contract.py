"""What the suite knows by name and number is what docs/contract.md says."""

import re

import pytest

from support import contract
from tests.harness.running import PROJECT

PAGE = (PROJECT / "docs" / "contract.md").read_text("utf-8")
TEXT = " ".join(PAGE.split())
TABLES, API, AGENT = re.split(r"^## (?:Tables|SaaS API|Agent)$", PAGE, flags=re.MULTILINE)[1:]
CALLS = dict(re.findall(r"^\| `((?:GET|POST|PATCH) [^`]+)`.*? \| (.+) \|$", API, re.MULTILINE))
HAPPENS = re.findall(r"^\| (.+?) \| (.*?) \| (.*?) \| .*? \|(?: (.*?) )?\|$", AGENT, re.MULTILINE)


def outcome_of(beginning: str) -> list[str]:
    """Status, fail_reason and "also" of what happens."""
    (outcome,) = [rest for what, *rest in HAPPENS if what.startswith(beginning)]
    return outcome


def test_its_tables_are_those_of_the_contract():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", TABLES, re.MULTILINE))

    assert list(contract.COLUMNS) == list(rows)
    for table, columns in contract.COLUMNS.items():
        listed = {name for name in re.findall(r"`(\w+)`", rows[table]) if name.islower()}
        assert set(columns) <= listed, table
    assert f"{contract.TEST_ORDERS_ROWS:,} rows" in rows[contract.TEST_ORDERS]
    assert f"ENGINE={contract.TEST_MYISAM_ENGINE}" in rows[contract.TEST_MYISAM_TABLE]
    assert f"a `{contract.ROLLBACK_PENDING}` one before it does not count" in rows["rollbacks"]
    assert f"`{contract.ROLLBACK_FAILED}` among them" in rows["audit_logs"]


def test_the_executors_tables_and_those_of_the_test_are_told_apart():
    assert f"change {' and '.join(f'`{table}`' for table in contract.TEST_TABLES)} (ALTER, INDEX)" in TEXT
    assert set(contract.STATE_TABLES) == set(contract.COLUMNS) - {"test_orders", "test_myisam_table"}


def test_statuses_and_reasons():
    shown = " → ".join(f"`{status}`" for status in contract.NOT_ENDED)

    assert f"`status` goes {shown} → one of {', '.join(f'`{status}`' for status in contract.TERMINAL)};" in TEXT
    assert f"`fail_reason` is {', '.join(f'`{reason}`' for reason in contract.FAIL_REASONS)} or NULL" in TEXT
    assert outcome_of("kill switch on before start")[1] == contract.KILL_SWITCH_REASON


@pytest.mark.parametrize(("kind", "method", "path"), contract.WORKER_CALLS)
def test_a_workers_calls(kind, method, path):
    assert f"{method} {path}" in {call.partition("?")[0] for call in CALLS}, kind


def test_answers_and_header():
    kinds = {bool: "bool", (str, type(None)): "str or null"}
    shown = ", ".join(f'"{name}": {kinds[kind]}' for name, kind in contract.KILL_SWITCH_ANSWER.items())

    assert CALLS[f"GET {contract.HEALTH_PATH}"] == f"200 `{{{', '.join(contract.HEALTH)}}}`"
    assert CALLS[f"GET {contract.KILL_SWITCH_PATH}?connection_id="] == f"200 `{{{shown}}}`"
    assert f"every call but `{contract.HEALTH_PATH}` needs the header `{contract.SECRET_HEADER}`" in TEXT


def test_the_agents_variables_and_exit_statuses():
    given = AGENT.partition("It is given")[2].partition("An outcome that")[0]

    assert tuple(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", given)) == contract.AGENT_VARIABLES
    assert (
        f"exit {contract.EXIT_DONE} when it brought the run to a terminal state, {contract.EXIT_NOT_CLAIMED} when"
        in TEXT
    )
    assert f"`LATENCY_DEGRADATION_THRESHOLD` ({contract.LATENCY_DEGRADATION:.2f})" in given
    assert f"`ROWS_EXAMINED_DEGRADATION_THRESHOLD` ({contract.ROWS_EXAMINED_DEGRADATION:.2f})" in given


def test_what_verification_and_refusals_go_by():
    latency, rows = 100 * contract.LATENCY_DEGRADATION, 100 * contract.ROWS_EXAMINED_DEGRADATION
    status, _, also = outcome_of(f"fewer than {contract.MIN_SAMPLES} samples")
    refused = ", ".join(map(str, contract.LOCK_NONE_REFUSED))

    assert outcome_of(f"latency > +{latency:.0f} %, or rows examined > +{rows:.0f} %")[0] == contract.ROLLED_BACK
    assert status == contract.COMPLETED
    assert f"`message` contains `{contract.INCONCLUSIVE}`" in also
    assert outcome_of(f"LOCK=NONE refused ({refused})")[0] == contract.REQUIRES_MANUAL
    assert outcome_of("rollback fails")[2].endswith(f"audit `{contract.ROLLBACK_FAILED}`")
    assert outcome_of(f"an action other than `{contract.ADD_INDEX}`")[0] == contract.FAILED
    assert f"`performance_schema.{contract.METRICS_TABLE}`" in TEXT
