"""The form's file: what is wrong in it is told in one line, and a new test case is an entry of it and nothing else."""

import re

import pytest
from behave.parser import parse_feature

from support import form as reader
from support.errors import SuiteError
from support.form import FILE, TEST_CASES, form, read
from support.judgement.verdict import verdict
from support.resultlog import appendices
from support.run.selection import expected_scenarios
from tests.resultlog.test_resultlog_data import made_log, make_run

TEXT = FILE.read_text(encoding="utf-8")
TC_12 = """
[test_cases.TC-12]
name = "Server Restart"
description = "Server restart กลางทาง → failed"
priority = "P2"
index = "idx_tc12_restart"
details = ["Start Time", "End Time", "Log File/Location"]

[test_cases.TC-12.expected]
"Index created" = "No"
"Final execution_run Status" = "FAILED"

[test_cases.TC-12.queries]
"ตรวจสอบ index" = "SHOW INDEX FROM {table} WHERE Key_name = '{index}'"
"""


@pytest.fixture
def a_form(tmp_path):
    """Write a text as the form's file, and return the file."""

    def write(text: str):
        file = tmp_path / "features" / "form.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write


def mistake(file) -> str:
    """What the reader says of a file, which is one line that begins with its name."""
    with pytest.raises(SuiteError) as raised:
        read(file)
    name, _, line = str(raised.value).partition(": ")
    assert (name, line.count("\n")) == ("features/form.toml", 0)
    return line


STATUSES = "COMPLETED, FAILED, ROLLED_BACK, REQUIRES_MANUAL"
OF_A_TEST_CASE = [
    ("name =", "nmae =", ".name: it is missing; test_cases.TC-12.nmae: the form has no such entry"),
    ('"No"', "false", ".expected.Index created: Input should be a valid string"),
    ('"P2"', '"P4"', ".priority: Input should be 'P0', 'P1', 'P2' or 'P3'"),
    ('"FAILED"', '"FALED"', f": expected has no 'Final execution_run Status' that is one of {STATUSES}"),
    ("idx_tc12_restart", "idx_restart", ".index: idx_restart begins with no prefix of the leftovers"),
    ("{index}", "{indx}", ": the query 'ตรวจสอบ index' has more in braces than run, table and index: 'indx'"),
    ("Start Time", "Begin", ".details: Begin is not among the details"),
]


@pytest.mark.parametrize(("right", "wrong", "what"), OF_A_TEST_CASE)
def test_a_mistake_in_a_test_case_is_one_line(a_form, right, wrong, what):
    assert right in TC_12
    assert mistake(a_form(TEXT + TC_12.replace(right, wrong))) == f"test_cases.TC-12{what}"


NOT_THE_EXECUTORS = "is no column of the executor's own tables"
ELSEWHERE = [
    ("TC-10", "TC-1", "test_cases.TC-1: String should match pattern"),
    ('TC-10]\nname = "Worker Crash + Lease Expiry"\n', "TC-10]\n", "test_cases.TC-10.name: it is missing"),
    (
        'priority = "P0"',
        'priority = "P2"',
        "critical: TC-02, TC-03, TC-09: it has to list the test cases of P0 and P1, and no",
    ),
    ('api = "SaaS API running และ accessible"\n', "", "pre_checks: api is missing"),
    ("\nlogs =", "\nlog =", "clean_up.log: Input should be 'indexes', 'runs',"),
    (
        'table = "rollbacks"',
        'table = "test_orders"',
        f"leftovers.rows.2: test_orders.execution_run_id {NOT_THE_EXECUTORS}",
    ),
    ('column = "id"', 'column = "name"', f"leftovers.rows.0: execution_runs.name {NOT_THE_EXECUTORS}"),
    ('like = "conn-0%"', 'like = "%"', "leftovers.rows.5.like: String should match pattern"),
    ("p1_needed = 0.8", "p1_needed = 80", "canary.p1_needed: Input should be less than or equal to 1"),
    ("retention_days = 30 ", "retention_days = 0 ", "retention_days: Input should be greater than 0"),
]


@pytest.mark.parametrize(("right", "wrong", "what"), ELSEWHERE)
def test_a_mistake_elsewhere_is_one_line(a_form, right, wrong, what):
    assert right in TEXT
    assert mistake(a_form(TEXT.replace(right, wrong))).startswith(what)


def test_a_file_that_is_no_toml_is_told_in_one_line_with_the_place(a_form):
    line = TEXT.count("\n") + 3
    assert f"(at line {line}, column " in mistake(a_form(TEXT + TC_12.replace('Restart"', "Restart", 1)))


def test_a_file_that_is_not_there_or_is_no_text_is_told_in_one_line(tmp_path):
    (tmp_path / "form.toml").write_bytes(b"\xff")
    for name in ("form.toml", "none.toml"):
        with pytest.raises(SuiteError, match=rf"/{name}: .+") as raised:
            read(tmp_path / name)
        assert "\n" not in str(raised.value)


@pytest.fixture
def one_more(a_form, monkeypatch):
    """The form with one test case more."""
    monkeypatch.setattr(reader, "FILE", a_form(TEXT + TC_12))
    form.cache_clear()
    yield
    form.cache_clear()


def test_a_new_test_case_is_an_entry_of_the_file_and_nothing_else(one_more, tmp_path):
    scenario = "Feature: f\n  @TC-12 @P2 @normal\n  Scenario: TC-12 Server Restart\n    Given x\n"
    folder = make_run(tmp_path, expected={"TC-12": ["features/made.feature:1"]})
    markdown, page = made_log(folder)

    assert list(expected_scenarios([parse_feature(scenario, filename="features/x.feature")])) == ["TC-12"]
    assert verdict("r", [], {"TC-12": {"x"}}, {}, [])["test_cases"]["TC-12"]["expected_status"] == "FAILED"
    assert len(re.findall(r"^### 2\.\d+ TC-", markdown, re.MULTILINE)) == 11
    section = markdown.partition("### 2.11 TC-12: Server Restart")[2].partition("\n---")[0]
    for words in (
        "Server restart กลางทาง → failed",
        "| Index created | No | NOT RUN |",
        "- **Log File/Location:** NOT RUN",
        "SHOW INDEX FROM test_orders WHERE Key_name = 'idx_tc12_restart';",
    ):
        assert words in section, words
    assert "| **Total Test Cases** | 11 |" in markdown
    assert "TC-12" in page
    assert "idx_tc12_restart" in appendices.sql("executor_test")
    assert "$(seq 1 12)" in appendices.shell()
    assert TEST_CASES["TC-12"].connection == "conn-012"


def test_appendix_b_drops_no_index_but_those_with_a_prefix_of_the_leftovers():
    """Prefixes that have nothing in common are each asked for; the empty one would drop every index there is."""
    script = appendices.sql("executor_test")
    conditions = re.findall(r"LEFT\(INDEX_NAME, (\d+)\) = '(\w*)'", script)

    assert {(int(length), prefix) for length, prefix in conditions} == {
        (len(prefix), prefix) for prefix in form().leftovers.index_prefixes
    }
    assert all(prefix for _, prefix in conditions)


def test_scenarios_of_the_features_do_what_their_test_case_says():
    """Run, connection and index of a test case's scenarios are those that the form's names lead to."""
    features = [file.read_text(encoding="utf-8") for file in FILE.parent.glob("*.feature")]
    given = set(
        re.findall(r'run "(test-tc\d\d-001)" on connection "(conn-\d+)" \w+ .*?index "(\w+)"', " ".join(features))
    )

    assert given == {(case.run_id, case.connection, case.index) for case in TEST_CASES.values()}
