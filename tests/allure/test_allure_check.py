"""The check at the end notices every side that tells another story, and the evidence reads well."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.allure import attachments, pages, timeline
from support.allure.check import check
from support.allure.judgement import CATEGORIES
from support.errors import INTERRUPTED, SettingsError, SuiteError, TestEnvironmentError
from support.history.calls import Call
from support.history.history import Participant
from support.history.statements import Statement
from support.record.evidence import Evidence, Fact, Query, Secrets, write
from support.record.outcome import Outcome
from support.record.reading import Record
from tests.judgement.histories import completed

PLACE = "features/x.feature:3"


def outcome(status: str = "passed") -> Outcome:
    return Outcome(PLACE, "a scenario", "x", None, "", ["TC-02"], [], 1, status, True, None)


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with one passed result and one with one evidence record, which agree."""
    results, evidence = tmp_path / "results", tmp_path / "evidence"
    results.mkdir()
    evidence.mkdir()
    labels = [{"name": "location", "value": PLACE}, {"name": "test_case", "value": "TC-02"}]
    (results / "a-result.json").write_text(json.dumps({"name": "a", "status": "passed", "labels": labels}))
    keep(evidence, "a.json", PLACE)
    return results, evidence


def keep(folder: Path, name: str, location: str) -> None:
    """Leave evidence of a scenario that passed."""
    write(Evidence("TC-02", "a scenario", "x", location, [], "", result="PASS"), folder, Secrets([])).rename(
        folder / name
    )


def differences(sides: tuple[Path, Path], status: str = "passed", failed: bool = False, ids=None) -> list[str]:
    return check(*sides, [outcome(status)], failed, {"TC-02": {PLACE}} if ids is None else ids)


def change(file: Path, **changes: str) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_sides_that_agree_have_no_difference(sides):
    assert differences(sides) == []


def test_a_result_that_is_gone_is_named(sides):
    (sides[0] / "a-result.json").unlink()
    assert differences(sides) == [f"{PLACE}: behave calls it passed, Allure has 0 results of it"]


@pytest.mark.parametrize("status", ["failed", "error", "hook_error", "cleanup_error", "untested", "skipped"])
def test_a_result_greener_than_behave_is_named(sides, status):
    assert any(f"behave calls it {status}, Allure passed" in text for text in differences(sides, status))


def test_a_result_from_elsewhere_is_named(sides):
    other = json.loads((sides[0] / "a-result.json").read_text())
    other["labels"][0]["value"] = "features/old.feature:1"
    (sides[0] / "b-result.json").write_text(json.dumps(other))
    assert differences(sides) == ["features/old.feature:1: Allure has a result, but it was not selected"]


@pytest.mark.parametrize("result", ["FAIL", "UNKNOWN", "NOT RUN"])
def test_evidence_that_did_not_pass_is_named(sides, result):
    change(sides[1] / "a.json", result=result)
    assert differences(sides) == [f"{PLACE}: Allure calls it passed, the evidence {result}"]


def test_evidence_that_is_gone_is_named(sides):
    (sides[1] / "a.json").unlink()
    assert differences(sides) == [f"{PLACE}: Allure calls it passed, the evidence is missing"]


def test_evidence_of_what_was_not_selected_is_named(sides):
    keep(sides[1], "b.json", "y")
    assert differences(sides) == ["y: there is evidence, but it was not selected"]


def test_an_id_that_nobody_expects_is_named(sides):
    assert differences(sides, ids={"TC-03": {PLACE}}) == [
        f"{PLACE}: TC-02 is not among the expected ids, or not with this scenario"
    ]


def test_a_failed_run_without_a_red_result_is_named(sides):
    assert differences(sides, failed=True) == ["behave calls the run failed, but no result in Allure is red"]


def test_a_long_log_is_cut_from_the_front_and_says_so():
    lines = [f"line {number}\n" for number in range(1000)]
    cut = attachments.bounded("".join(lines), "worker-1.log").splitlines(keepends=True)
    assert cut[0] == "[the last lines only; all of them: worker-1.log]\n"
    assert cut[1:] == lines[-attachments.LOG_LINES_WHEN_GREEN :]


def test_a_log_of_long_lines_keeps_to_its_size():
    cut = attachments.bounded("\n".join("ก" * 30_000 for _ in range(3)), "worker-1.log")
    assert len(cut.encode()) < attachments.LOG_BYTES_WHEN_GREEN + 200


def test_a_short_log_is_left_as_it_is():
    assert attachments.bounded("one\ntwo\n", "worker-1.log") == "one\ntwo\n"


@pytest.mark.parametrize(
    ("blames", "name"),
    [
        (TestEnvironmentError.blames, "The test environment failed"),
        (SettingsError.blames, "The settings or the agent command are wrong"),
        ("the agent command", "The settings or the agent command are wrong"),
        (INTERRUPTED, "The run was interrupted"),
        (SuiteError.blames, "The suite is wrong"),
    ],
)
def test_a_broken_result_is_in_the_category_of_its_blame(blames, name):
    message = f"it broke\n\nBlame: {blames}\nAgain: acceptance run {PLACE}"
    broken = [one for one in json.loads(CATEGORIES.read_text("utf-8")) if "broken" in one["matchedStatuses"]]
    assert next(one["name"] for one in broken if re.fullmatch(one.get("messageRegex", r"[\s\S]*"), message)) == name


@pytest.fixture
def record() -> Record:
    """Evidence of a worker that is refused, with all that a page has to escape."""
    start = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    at = [start + timedelta(seconds=n / 10) for n in range(11)]
    lease = json.dumps({"lease_expires_at": at[9].isoformat()})
    claim = Call("worker 1", "POST", "/api/executions/<x>/claim", "<&>", at[2], at[3], 200, lease, held=True)
    look = Call("worker 1", "GET", "/api/kill-switch", "", at[4], at[4], None, "", "silence")
    drop = Statement(
        1, 1, "alter_table", "ALTER TABLE t DROP INDEX `<i>`", None, 1205, "<lock>", at[5], None, 0.1, 0, False
    )
    history = completed().build()
    history.statements = [drop]
    history.participants = {1: Participant(1, [claim, look], at[8], -9, {}, at[1], at[8])}
    return Record(
        "TC-10", "a scenario", "x", PLACE, [], "",
        history=history,
        facts=[Fact("Metrics Window", "<w>", at[5]), Fact("Sample Count Observed", "3", at[7])],
        queries=[Query("ตรวจสอบ", "SELECT '<'", [{"a": None, "b": "<b>"}], at[10])],
    )  # fmt: skip


def test_pages_escape_everything_and_show_thai(record):
    clock = pages.Clock("Asia/Bangkok")
    shown = [pages.wire(record, clock, red=True), pages.queries(record, clock, red=True),
             pages.statements(record, clock), pages.facts(record, clock), timeline.svg(record, clock)]  # fmt: skip
    for page in shown:
        assert not any(raw in page for raw in ("<x>", "<&>", "<i>", "<w>", "<lock>", "'<'"))
    assert "ตรวจสอบ" in shown[1]
    assert "NULL" in shown[1]
    assert "19:00:00.200" in shown[0]


def test_bodies_are_shown_when_red_only(record):
    clock = pages.Clock("UTC")
    assert "&lt;&amp;&gt;" in pages.wire(record, clock, red=True)
    assert "&lt;&amp;&gt;" not in pages.wire(record, clock, red=False)


def test_the_picture_has_the_lanes_the_lease_the_window_and_the_crash(record):
    picture = timeline.svg(record, pages.Clock("UTC"))
    words = ("server", "worker 1", "lease until", "metrics window", "killed", "DROP INDEX: error 1205", "(held)")
    assert [word for word in words if word not in picture] == []


def test_no_picture_without_a_moment(record):
    assert timeline.svg(Record("", "", "", "", [], ""), pages.Clock("UTC")) == ""
