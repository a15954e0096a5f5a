"""The suite's own honesty, by spoiling something and running it: what is wrong is said, blamed rightly, and never green."""

import sys

from support.form import of_the_form
from support.record.reading import read_all
from support.run.selection import all_features, expected_scenarios
from tests.harness.running import (
    allure_of,
    behave,
    change,
    evidence_of,
    left_behind,
    log_of,
    verdict_of,
)

IDLE_AGENT = """
import os, urllib.request
urllib.request.urlopen(os.environ["SAAS_API_URL"] + "/health").read()
"""

SPOILT_FEATURE = """
@TC-05 @P2 @normal
Feature: Spoilt
  Background:
    Given index "idx_tc05_existing" on test_orders (customer_id) already exists
    And execution run "test-tc05-001" on connection "conn-005" adds index "idx_tc05_existing" on test_orders (customer_id)

  Scenario: a Field whose observation raises
    When worker 1 carries out the run
    Then the result log reads
      | Field                       | Expected        |
      | Index that was there before | unchanged       |
      | fail_reason                 | execution_error |

  Scenario: a clean-up of behave's own that fails
    Given something that behave cannot undo
    When worker 1 carries out the run
    Then the result log reads
      | Field       | Expected        |
      | fail_reason | execution_error |

  Scenario: an index of somebody else
    Given somebody else adds an index
    When worker 1 carries out the run
    Then the result log reads
      | Field       | Expected        |
      | fail_reason | execution_error |

  Scenario: the one after it
    When worker 1 carries out the run
    Then the result log reads
      | Field       | Expected        |
      | fail_reason | execution_error |

  Scenario: a clean-up that fails
    Given something that cannot be undone
    When worker 1 carries out the run
    Then the result log reads
      | Field       | Expected        |
      | fail_reason | execution_error |

  Scenario: one that is not run any more
    When worker 1 carries out the run
    Then the result log reads
      | Field       | Expected        |
      | fail_reason | execution_error |
"""

SPOILT_STEPS = """
from behave import given


@given("something that cannot be undone")
def cannot_be_undone(context):
    context.case.at_the_end(lambda: context.case.database.execute("DROP TABLE not_there"))


@given("something that behave cannot undo")
def behave_cannot_undo(context):
    context.add_cleanup(lambda: context.case.database.execute("DROP TABLE not_there"))


@given("somebody else adds an index")
def somebody_adds_an_index(context):
    with context.case.stack.accounts.suite.connect() as somebody, somebody.cursor() as cursor:
        cursor.execute("ALTER TABLE test_orders ADD INDEX idx_of_somebody (status)")
"""


def test_what_cannot_be_observed_undone_or_explained_fails_its_own_scenario(project, reports):
    for feature in (project / "features").glob("*.feature"):
        feature.unlink()
    (project / "features" / "spoilt.feature").write_text(SPOILT_FEATURE)
    (project / "steps" / "spoilt.py").write_text(SPOILT_STEPS)
    says = '    """The index of that name which was not the run\'s is the same as before."""\n'
    change(project / "support" / "judgement" / "fields" / "index.py", says, '    raise KeyError("its column")\n')

    status, output = behave(reports, "-D", "jobs=1", project=project)

    found, shown, content = evidence_of(reports), allure_of(reports), verdict_of(reports)
    assert (status, content["decision"]) == (1, "BLOCKED")
    assert left_behind(content["run_id"]) == []

    record = found["a Field whose observation raises"]
    assert (record["result"], record["blames"]) == ("FAIL", "the suite")
    assert {row["field"]: row["verdict"] for row in record["observations"]} == {
        "Index that was there before": "UNKNOWN", "fail_reason": "PASS", "Unexpected changes": "PASS",
        "Contract rules": "PASS",
    }  # fmt: skip
    assert "the observation failed: KeyError: 'its column'" in output
    assert "| Index that was there before | unchanged | ❌ **unknown** |" in log_of(reports)

    place = found["a clean-up of behave's own that fails"]["location"]
    assert any(f"the results do not agree: {place}" in reason for reason in content["reasons"])

    record = found["an index of somebody else"]
    assert (record["result"], record["blames"]) == ("FAIL", "the executor")
    wrong = [(row["field"], row["actual"]) for row in record["observations"] if row["verdict"] != "PASS"]
    assert wrong == [("Unexpected changes", "index idx_of_somebody on test_orders (status) BTREE was added")]
    assert found["the one after it"]["result"] == "PASS"

    record = found["a clean-up that fails"]
    assert (record["result"], record["blames"]) == ("FAIL", "the test environment")
    assert "clean-up failed: OperationalError: (1051, " in record["failure"]
    assert "Stopping here: clean-up failed: OperationalError" in output
    assert "one that is not run any more" not in found
    assert {name for name, status in shown.items() if status == "passed"} == {"the one after it"}


FORM = [case.id for case in of_the_form()]


def test_a_worker_that_ends_well_and_has_done_nothing_passes_no_test_case(reports):
    """It calls the API, so it is a worker; of each test case one scenario is run."""
    agent = reports.parent / "agent.py"
    agent.write_text(IDLE_AGENT)
    expected = expected_scenarios(all_features())
    one_of_each = [min(expected[case], key=lambda place: (len(place), place)) for case in FORM]

    status, output = behave(reports, *one_of_each, "-D", f"agent_command={sys.executable} {agent} {{execution_id}}")

    assert status == 1
    cases = verdict_of(reports)["test_cases"]
    assert {(cases[one]["result"], *cases[one]["blames"]) for one in FORM} == {("FAIL", "the executor")}, output
    assert {one.exit_status for record in read_all(reports / "latest" / "evidence") for one in record.workers} == {0}
    assert set(allure_of(reports).values()) == {"failed"}
