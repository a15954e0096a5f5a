"""What the result log says: the facts of the records, in the right place, for runs of every kind."""

import itertools
import json
import re
import sys
from datetime import UTC, datetime

import pytest

from support.clock import Clock
from support.contract import WORKER_CALLS
from support.form import TEST_CASES
from support.history.calls import Call, name_of
from support.history.history import Participant
from support.judgement.verdict import decide
from support.record.envelope import BadEvidence
from support.record.evidence import Before, Cause, Check, Fact, Observation, Query, Secrets
from support.record.reading import read
from support.result_words import NOT_RUN, PASS
from support.resultlog import markdown, rows, summary
from support.resultlog.front import seal
from support.resultlog.merging import merge
from support.resultlog.sections import build
from tests.harness.running import done
from tests.judgement.histories import completed
from tests.resultlog.test_resultlog_data import LOCATIONS, STARTED, change, made_log, make_run

P0, P1 = ("TC-02", "TC-03", "TC-09"), ("TC-01", "TC-06")
WORDS = ("PASS", "FAIL", "NOT RUN")
NASTY = "a|b\n`c` *d* _e_ <script>alert(1)</script> [x](http://y) & &amp; ~z~ \\ ก้ำ"


PRINT_A_LOG = (
    "import sys; from pathlib import Path; from tests.resultlog.test_resultlog_data import made_log;"
    " sys.stdout.buffer.write(''.join(made_log(Path(sys.argv[1]))).encode())"
)


def section(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end, text.index(start) + len(start))]


@pytest.mark.parametrize("changed", [{"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"}, {"TZ": "Asia/Tokyo"}])
def test_the_same_files_give_the_same_bytes(tmp_path, changed):
    """In another process, where sets have another order or the clock another zone."""
    folder = make_run(tmp_path, failing={LOCATIONS["TC-04"][0]})

    status, output = done([sys.executable, "-c", PRINT_A_LOG, str(folder)], **changed)

    assert status == 0, output
    assert output == "".join(made_log(folder))


def test_dates_and_times_are_those_of_the_time_zone(tmp_path):
    text, _ = made_log(make_run(tmp_path))

    assert "| **วันที่ทดสอบ** | 2026-02-02 |" in text  # 17:30 UTC is 00:30 of the next day in Bangkok
    assert "| **เวลาเริ่ม** | 00:30 UTC+7 |" in text
    assert "| **เวลาสิ้นสุด** | 00:32 UTC+7 |" in text
    assert "- **Start Time:** 00:30:15" in text


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Asia/Bangkok", "00:30 UTC+7"),
        ("UTC", "17:30 UTC+0"),
        ("Asia/Kolkata", "23:00 UTC+5:30"),
        ("America/New_York", "12:30 UTC-5"),
        ("America/St_Johns", "14:00 UTC-3:30"),
    ],
)
def test_offsets(zone, told):
    assert Clock(zone).minute(STARTED.isoformat()) == told


def test_names_come_from_the_settings_and_stay_blank_without(tmp_path):
    named, _ = made_log(make_run(tmp_path / "a", tester="สมชาย ใจดี", reviewer="Jane"))
    blank, page = made_log(make_run(tmp_path / "b"))

    assert "| **ผู้ทดสอบ** | สมชาย ใจดี |" in named
    assert "| Tester | สมชาย ใจดี | ____" in named
    assert "| Reviewer | Jane | ____" in named
    assert "| Tech Lead | ____" in named
    assert "| **ผู้ทดสอบ** | ____" in blank
    assert page.count('class="blank"') > 10


def test_everything_passed(tmp_path):
    text, page = made_log(make_run(tmp_path))

    assert "**Decision:** ✅ APPROVED / ⬜ CONDITIONAL / ⬜ BLOCKED" in text
    assert "| **Overall Status** | ✅ **ALL PASSED** / ⬜ **PARTIAL** / ⬜ **FAILED** |" in text
    assert "| **Test Run Completed** | ✅ Yes / ⬜ No (stopped early) |" in text
    assert "| **Passed** | 10/10 |" in text
    assert "No test failed." in text
    assert "No issue was found" in text
    assert "✓ APPROVED for Canary" in page


def test_a_failed_p0_test_case(tmp_path):
    location = LOCATIONS["TC-09"][1]
    text, page = made_log(make_run(tmp_path, failing={location}))

    assert "| TC-09 | Kill Switch API Failure | Not as expected in 1 of 2 scenarios (another one): " in text
    assert "| fail_reason | kill_switch | ❌ **something else** |" in text
    assert "| P0 (Critical) | 3 | 2/3 | 1/3 | ⬜ Clear / ❌ Blocked |" in text
    block = section(text, "#### [TC-09] Kill Switch API Failure - FAILED", "## 4.")
    assert f"{location} another one" in block
    assert "✗ fail_reason: expected kill_switch, actual something else" in block
    assert "Whose fault it looks like: the executor" in block
    assert "fail_reason: the server says so" in block
    assert "- [x] Blocks canary run\n- [x] Requires code fix\n- [ ] Requires configuration change" in block
    assert f"acceptance run {location}" in block
    assert "**Assigned To:** ____" in block
    assert re.search(r"\| 1 \| fail_reason: .* \| 🔴 High \| TC-09 \|", text)
    assert "✗ BLOCKED" in page
    assert 'class="differs"' in page


@pytest.mark.parametrize(
    ("blames", "ticked"),
    [
        ("the executor", "Requires code fix"),
        ("the suite", "Requires code fix"),
        ("the settings", "Requires configuration change"),
        ("the agent command", "Requires configuration change"),
        ("the test environment", "Test environment issue"),
    ],
)
def test_the_impact_is_that_of_whose_fault_it_is(tmp_path, blames, ticked):
    location = LOCATIONS["TC-04"][0]
    values = {"observations": [], "queries": [], "failure": "it broke\nand why", "blames": blames}
    text, _ = made_log(make_run(tmp_path, failing={location}, records={location: values}))
    block = section(text, "#### [TC-04]", "## 4.")

    assert [line[6:] for line in block.splitlines() if line.startswith("- [x]")] == [ticked]
    assert "✗ it broke" in block
    assert "| fail\\_reason | execution\\_error | ❌ **not observed** |".replace("\\_", "_") in text


def test_what_did_not_run_is_not_run(tmp_path):
    text, page = made_log(make_run(tmp_path, only={*LOCATIONS["TC-02"], LOCATIONS["TC-03"][0]}))

    assert (
        "| TC-01 | Worker Claim Conflict | NOT RUN: no scenario of it was part of this run. | NOT RUN | NOT RUN |"
        in text
    )
    assert "⬜ Pass / ⬜ Fail — NOT RUN |" in text
    assert "| TC-02 | Kill Switch Before Start | FAILED | FAILED | ✅ Pass / ⬜ Fail |" in text
    assert "only 1 of 2 scenarios ran" in section(text, "| TC-03 | Kill", "| TC-04 | LOCK")
    third = section(text, "### 2.3 TC-03", "### 2.4")
    assert f"NOT RUN: {LOCATIONS['TC-03'][1]}" in third
    assert "| **Skipped** | 9/10 |" in text
    assert "3 of 22 scenarios were selected" in text
    assert "❌ BLOCKED" in text
    assert section(page, 'id="TC-01"', "</section>").count("NOT RUN") > 5


def test_the_forms_own_table_comes_first_and_is_whole(tmp_path):
    """The scenario with the form's own table may come later in its file, and may have further rows."""
    first, second = LOCATIONS["TC-06"]
    control = [Observation("Rollback performed", "No", "No", PASS)]
    text, _ = made_log(make_run(tmp_path, records={first: {"observations": control, "name": "TC-06 x: control"}}))
    part = section(text, "### 2.6 TC-06", "### 2.7")

    annex = text[text.index("## Appendix F") :]

    assert part.index("| Verification detected degradation | Yes | Yes |") < part.index("| x: control | ROLLED_BACK |")
    assert "#### 2.6.2 TC-06: x: control" in annex
    assert f"`{first}`" in annex
    assert f"`{second}`" not in annex


def test_times_of_tc_10_come_from_facts_and_wire(tmp_path):
    location = LOCATIONS["TC-10"][0]

    def at(second: int) -> datetime:
        return datetime(2026, 2, 1, 17, 30, second, 7000, tzinfo=UTC)

    def call(worker: int, kind: str, status: int, second: int) -> Call:
        method, path = next((method, path) for known, method, path in WORKER_CALLS if known == kind)
        return Call(name_of(worker), method, path, "", at(second), at(second), status)

    facts = [
        Fact("Worker 1 Start Time", "worker-1", at(1)),
        Fact("Worker 2 Start Time", "worker-2", at(2)),
        Fact("Worker 1 Crash Time", "kill -9", at(3)),
        Fact("Lease Expiry Time", "…", at(4)),
        Fact("Worker 2 Start Time", "worker-2", at(5)),
    ]
    calls = {
        1: [call(1, "claim", 200, 1)],
        2: [call(2, "claim", 409, 3), call(2, "claim", 200, 6), call(2, "status", 200, 8)],
    }
    history = completed().build()
    history.participants = {number: Participant(number, its, None, 0) for number, its in calls.items()}
    text, _ = made_log(make_run(tmp_path, records={location: {"facts": facts, "history": history}}))

    assert [line for line in section(text, "### 2.10", "**Observations").splitlines() if line.startswith("- ")] == [
        "- **Worker 1 Start Time:** 00:30:01.007",
        "- **Worker 1 Crash Time:** 00:30:03.007",
        "- **Lease Expiry Time:** 00:30:04.007",
        "- **Worker 2 Start Time:** 00:30:05.007",
        "- **Worker 2 Claim Time:** 00:30:06.007",
        "- **Completion Time:** 00:30:08.007",
        f"- **Log Files/Locations:** logs/made-{location.rpartition(':')[2]}/worker-1.log",
        f"- **Evidence:** evidence/TC-10-{location.replace('/', '-').replace('.', '-').replace(':', '-')}.json",
    ]


def test_what_a_scenario_did_not_come_to_is_said_where_the_form_asks_and_else_left_out(tmp_path):
    own, further = LOCATIONS["TC-10"]
    text, _ = made_log(make_run(tmp_path, records={own: {"facts": []}, further: {"facts": []}}))

    assert "- **Worker 1 Crash Time:** none: the scenario did not come to that" in text
    assert "- **Worker 2 Claim Time:** none: no claim of worker 2 was granted" in text
    assert "- **Completion Time:** none: no report of worker 2 was taken" in text
    assert text.count("**Worker 1 Crash Time:**") == 1
    assert "not recorded" not in text


@pytest.mark.parametrize(
    ("field", "boxes"),
    [(None, "[x][x]"), ("Fail-closed behavior", "[ ][x]"), ("Index created", "[x][ ]")],
)
def test_the_security_boxes_are_ticked_by_what_was_observed(tmp_path, field, boxes):
    folder = make_run(tmp_path)

    def edit(record: dict) -> None:
        for row in record["observations"]:
            if row["field"] == field:
                row.update(actual="?", verdict="FAIL")
                record["result"] = "FAIL"

    change(folder, LOCATIONS["TC-09"][0], edit)
    part = section(made_log(folder)[0], "**⚠️ Security Check:**", "**Result:**")

    assert "".join(re.findall(r"\[[ x]\]", part)) == boxes


def test_no_security_box_is_ticked_by_a_part_of_the_scenarios(tmp_path):
    text, _ = made_log(make_run(tmp_path, only={LOCATIONS["TC-09"][0]}))

    assert "[x]" not in section(text, "**⚠️ Security Check:**", "**Result:**")


def test_rows_of_queries_are_shown_as_they_came(tmp_path):
    location = LOCATIONS["TC-02"][0]
    wide = {f"column_{n}": "x" * 30 for n in range(6)} | {"text": "two\nlines", "none": None}
    queries = [Query("ตรวจสอบ", "SELECT 1", [], STARTED), Query("more", "SELECT 2", [wide], STARTED)]
    text, page = made_log(make_run(tmp_path, records={location: {"queries": queries}}))

    assert "-- ตรวจสอบ: 0 rows at 00:30:15\n-- more: 1 row at 00:30:15\n--   row 1\n--     column_0  xxx" in text
    assert "--     text      two\\nlines\n--     none      NULL\n```" in text
    assert "two\\nlines" in page


def test_thai_keeps_columns_straight():
    lines = rows.as_lines([{"ก้ำ": "ผู้", "b": 1}, {"ก้ำ": "abc", "b": 2}])

    assert lines == ["ก้ำ   b", "───  ─", "ผู้    1", "abc  2"]


def test_nothing_from_outside_breaks_the_markdown_or_the_page(tmp_path):
    first = LOCATIONS["TC-02"][0]
    seen = [
        Observation(field, expected, NASTY, PASS, "```\n# no heading\n```")
        for field, expected in TEST_CASES["TC-02"].fields
    ]
    values = {"observations": seen, "actual_status": NASTY}
    folder = make_run(tmp_path, records={first: values}, tester=NASTY, environment={"OS": NASTY}, troubles=[NASTY])
    text, page = made_log(folder)

    lines = text.splitlines()
    widths = {
        len(re.findall(r"(?<!\\)\|", line))
        for line in lines
        if line.startswith("| TC-") and "Kill Switch Before" in line
    }
    assert widths == {8, 7, 6}  # seven columns, six and five, whatever is in them; the critical tests begin otherwise
    outside = re.sub(r"(?s)(`{3,})\w*\n.*?\n\1\n", "", text)
    assert "<script>" not in outside
    assert "<script>" not in page
    assert "# no heading" not in outside
    assert "ก้ำ" in text
    assert "ก้ำ" in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a\\|b"),
        ("two\nlines\r\nhere", "two<br>lines<br>here"),
        ("`code`", "\\`code\\`"),
        ("fail_reason", "fail_reason"),
        ("_(x)_", "\\_(x)\\_"),
        ("__x__", "\\_\\_x\\_\\_"),
        ("Yes (< 10 samples)", "Yes (< 10 samples)"),
        ("<b>", "&lt;b>"),
        ("&lt;", "&amp;lt;"),
        ("back\\slash", "back\\\\slash"),
        ("\x00\x1b[31m", "��\\[31m"),
        ("ต้องรันได้ตัวเดียว", "ต้องรันได้ตัวเดียว"),
    ],
)
def test_cells(text, shown):
    assert markdown.cell(text) == shown


def test_a_fence_is_longer_than_any_in_the_text():
    assert markdown.fenced("a\n````\nb") == "`````\na\n````\nb\n`````"


def test_a_run_that_was_cut_off_says_so_at_the_top(tmp_path):
    folder = make_run(tmp_path, ended=None, troubles=["interrupted before the end"])
    text, page = made_log(folder)
    top = text[: text.index("## 1.")]

    assert "interrupted before the end" in top
    assert "the run was cut off: its record has no end" in top
    assert "❌ BLOCKED" in top
    assert "| **เวลาสิ้นสุด** | none: the run was cut off |" in text
    assert "⬜ Yes / ❌ No (stopped early)" in text
    assert "the run was cut off" in section(page, "<header>", "</header>")


def test_a_run_without_any_evidence_has_a_log_that_says_why(tmp_path):
    folder = make_run(tmp_path, only=set(), environment={}, pre_checks=[], clean_up=[], clean_up_script="",
                      troubles=["the test environment: the SaaS API ended while starting"])  # fmt: skip
    text, _ = made_log(folder)

    top = text[: text.index("## 1.")]
    assert "**REFUSED: No scenario was judged: this log says why, and nothing of the executor.**" in top
    assert top.count("the SaaS API ended while starting") == 1
    assert "1 record (Appendix C)" in top
    assert "❌ BLOCKED" in text
    assert "⬜ Done / ⬜ N/A — not done: the run ended before" in text


def test_an_interrupted_scenario_is_not_run(tmp_path):
    location = LOCATIONS["TC-01"][0]
    values = {"result": NOT_RUN, "failure": "interrupted (SIGINT)", "blames": "the run was interrupted",
              "observations": [], "queries": [], "ended": None, "logs": []}  # fmt: skip
    text, _ = made_log(make_run(tmp_path, records={location: values}))

    assert "| Worker 1 HTTP Response | 200 OK | NOT RUN |" in text
    assert "interrupted (SIGINT)" in text
    assert "| **Skipped** | 1/10 |" in text


def test_checklists_show_what_was_done_and_what_failed(tmp_path):
    checks = [Check("SaaS API running และ accessible", True, "200 OK"), Check("Log level ตั้งเป็น DEBUG", False, "it is INFO"),
              Check("Worker instances พร้อมรัน", None, "external")]  # fmt: skip
    text, _ = made_log(make_run(tmp_path, pre_checks=checks))

    assert "| 1 | SaaS API running และ accessible | ✅ Done / ⬜ N/A — 200 OK |" in text
    assert "| 2 | MySQL test database พร้อมใช้งาน | ⬜ Done / ⬜ N/A — not done: the run ended before |" in text
    assert "| 5 | Log level ตั้งเป็น DEBUG | ⬜ Done / ⬜ N/A — FAILED: it is INFO |" in text
    assert "| 8 | Worker instances พร้อมรัน | ⬜ Done / ⚠️ N/A — external |" in text


def test_the_clean_up_has_one_box_and_its_script(tmp_path):
    checks = [
        Check("Drop all test indexes", True, "none was left"),
        Check("Reset kill switches", False, "still on: conn-003"),
    ]
    text, _ = made_log(make_run(tmp_path, clean_up=checks, clean_up_script="USE `executor_test`;\nDELETE FROM x;"))

    assert "| 1 | Drop all test indexes | ✅ Done — none was left |" in text
    assert "| 2 | Delete test execution_runs | ⬜ Done — not done: the run ended before |" in text
    assert "| 4 | Reset kill switches | ⬜ Done — FAILED: still on: conn-003 |" in text
    assert "**Cleanup Script Used:**\n```sql\nUSE `executor_test`;\nDELETE FROM x;\n```" in text


def test_versions_are_those_of_the_parts(tmp_path):
    text, _ = made_log(make_run(tmp_path / "a"))
    node, _ = made_log(
        make_run(tmp_path / "b", environment={"Node.js": "v18.19.0", "Agent": "1.2.3", "Stack": "external"})
    )

    assert "| **Node.js** | N/A (no part reported one) |" in text
    assert "| **Agent** | not reported |" in text
    assert "| **Node.js** | v18.19.0 |" in node
    assert node.index("| **OS** |") < node.index("| **Stack** | external |")


def test_no_secret_is_in_the_log(tmp_path):
    secret, location = "s3cret-pa55word", LOCATIONS["TC-02"][0]
    values = {
        "failure": f"refused {secret}",
        "observations": [Observation("Index created", "No", f"Yes {secret}", "FAIL", secret)],
        "queries": [Query("q", f"SELECT '{secret}'", [{"x": secret, "claim_token": "token-of-mine"}], STARTED)],
    }
    folder = make_run(
        tmp_path, failing={location}, records={location: values}, secrets=Secrets([secret]), troubles=[secret]
    )

    for text in made_log(folder):
        assert secret not in text
        assert "token-of-mine" not in text
        assert "********" in text


def test_a_record_that_contradicts_itself_blocks(tmp_path):
    folder = make_run(tmp_path)
    change(folder, LOCATIONS["TC-05"][0], lambda record: record["observations"][0].update(verdict="FAIL"))
    text, _ = made_log(folder)

    assert "contradicts itself: its result is PASS, but Duplicate key error detected did not pass" in text
    assert "❌ BLOCKED" in text


def test_a_record_that_was_taken_away_blocks(tmp_path):
    folder = make_run(tmp_path)
    change(folder, LOCATIONS["TC-05"][0], lambda record: None).unlink()

    assert f"1 selected scenarios were never judged: {LOCATIONS['TC-05'][0]}" in made_log(folder)[0]


@pytest.mark.parametrize("broken", ["started", "name", "observations"])
def test_a_record_without_its_parts_is_one_line(tmp_path, broken):
    folder = make_run(tmp_path)
    file = change(folder, LOCATIONS["TC-05"][0], lambda record: record.pop(broken))

    with pytest.raises(BadEvidence, match=f"{file.name}.*it has no {broken}"):
        read(folder)


@pytest.mark.parametrize(
    ("key", "value"), [("started", "yesterday"), ("observations", [1]), ("history", {}), ("facts", 3)]
)
def test_a_record_of_another_shape_is_one_line(tmp_path, key, value):
    folder = make_run(tmp_path)
    change(folder, LOCATIONS["TC-10"][0], lambda record: record.update({key: value}))

    with pytest.raises(BadEvidence, match="shape") as caught:
        build(merge([read(folder)]))
    assert "\n" not in str(caught.value)


def test_test_cases_beyond_the_form_have_an_appendix_and_no_place_in_its_sections(tmp_path):
    """The first page says so, the form's own numbers stay its own, and a red one is an issue like any other."""
    markdown, page = made_log(make_run(tmp_path, failing={LOCATIONS["TC-11"][0]}))
    body, appendix = markdown.split("## Appendix E: Test cases beyond the form")

    assert "10 of 10 test cases passed, 0 failed, 0 did not run. Beyond the form: 0 of 1 passed." in body
    assert "The suite extends the form by TC-11 SaaS API by Itself: Appendix E." in body.partition("## 2. ")[0]
    assert "TC-11" not in body.partition("## 2. ")[2].partition("### 3.3 ")[0]
    assert "| **Total Test Cases** | 10 |" in body
    assert "TC-11" in body.partition("### 4.1 ")[2].partition("### 4.2 ")[0]
    assert "### E.1 TC-11: SaaS API by Itself" in appendix
    assert "TC-11" in page


def test_every_combination_of_p0_and_p1_is_shown_as_it_is_decided():
    """The rule of the form, written once more: P0 all, P1 at least 80 % of two, which is both."""
    for words in itertools.product(WORDS, repeat=5):
        results = dict.fromkeys(TEST_CASES, "FAIL") | {"TC-11": "PASS"} | dict(zip((*P0, *P1), words, strict=True))
        p0, p1 = [results[name] for name in P0], [results[name] for name in P1]
        if any(word != "PASS" for word in p0):
            expected = "BLOCKED"
        elif p1 == ["PASS", "PASS"]:
            expected = "APPROVED"
        else:
            expected = "CONDITIONAL"

        decision, reasons = decide(results)
        assert decision == expected, results
        for name in TEST_CASES:
            assert any(re.search(rf" {name}\b", reason) for reason in reasons) == (results[name] != "PASS")

        boxes = summary.decision_boxes(decision).boxes
        assert [box.word for box in boxes if box.ticked] == [expected]
        first, second, both = summary.blockers(results)
        assert first[1:4] == ("3", f"{p0.count('PASS')}/3", f"{p0.count('FAIL')}/3")
        assert second[1:4] == ("2", f"{p1.count('PASS')}/2", f"{p1.count('FAIL')}/2")
        assert first[4].boxes[0].ticked == (expected != "BLOCKED")
        assert both[4].boxes[0].ticked == (expected == "APPROVED")
        assert {key.text: [box.ticked for box in choice.boxes] for _, key, *_, choice in summary.critical(results)} == {
            name: [results[name] == "PASS", results[name] == "FAIL"] for name in (*P0, *P1)
        }


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    _, page = made_log(make_run(tmp_path))

    assert not re.search(r"(?:src|href)\s*=\s*[\"'](?!#|\./(?:logs|evidence)/)", page)
    assert "@import" not in page
    assert "url(" not in page
    assert "<script" not in page
    assert page.count('class="case"') == len(TEST_CASES)
    assert page.count("<section") == page.count("</section>")
    assert page.count("<details") == page.count("</details>")


def test_every_link_within_the_page_leads_somewhere(tmp_path):
    _, page = made_log(make_run(tmp_path, failing={LOCATIONS["TC-03"][0], LOCATIONS["TC-09"][1]}))
    targets, ids = set(re.findall(r'href="#([^"]*)"', page)), re.findall(r' id="([^"]*)"', page)

    assert targets <= set(ids)
    assert len(ids) == len(set(ids))
    assert {re.sub(r"\W+|_", "-", LOCATIONS["TC-09"][1]), "TC-03", "annex", "front"} <= targets


def test_the_first_page_has_all_that_is_signed(tmp_path):
    before = Before("20260101-000000-aaaaaa", "APPROVED", dict.fromkeys(TEST_CASES, PASS), {"Agent": "1.0"})
    cause = Cause("worker 1", "rule broken", "R-10", "Worker 1 sent ADD INDEX unasked (R-10).")
    red = LOCATIONS["TC-09"][1]
    folder = make_run(tmp_path, failing={red}, records={red: {"cause": cause}}, before=before, environment={"Agent": "1.1"},
                      settings=[("agent_command", "node agent.js {execution_id}")])  # fmt: skip
    text, _ = made_log(folder)
    top = text[: text.index("## 1. Test Run Information")]

    assert "| **Executor (agent)** | 1.1 |" in top
    assert "| **Started by** | `node agent.js {execution_id}` |" in top
    assert "| 1 × R-10: Worker 1 sent ADD INDEX unasked (R-10). |" in top
    assert (
        "Changed since the last whole run, 20260101-000000-aaaaaa (APPROVED): TC-09 PASS → FAIL; Agent 1.0 → 1.1" in top
    )
    assert "| Tech Lead | ____" in top
    assert "| **Approved for Canary** | ⬜ Yes / ⬜ No |" in top
    assert seal(read(folder).hashes) in top


def test_scenarios_of_one_cause_are_one_issue(tmp_path):
    cause = Cause("worker 1", "rule broken", "R-10", "Worker 1 sent ADD INDEX unasked (R-10).")
    red = [*LOCATIONS["TC-09"], LOCATIONS["TC-04"][0]]
    text, _ = made_log(make_run(tmp_path, failing=red, records={one: {"cause": cause} for one in red}))
    found = section(text, "### 4.1", "### 4.2")

    assert found.count("⬜ Open") == 1
    assert f"(3 scenarios, the first: {red[2]}) | 🔴 High | TC-04, TC-09 |" in found
    assert f"  the same in {red[1]}" in section(text, "#### [TC-09]", "## 4.")


def test_every_row_of_a_record_is_in_both(tmp_path):
    folder = make_run(tmp_path)
    text, page = made_log(folder)
    for file in (folder / "evidence").glob("*.json"):
        record = json.loads(file.read_text(encoding="utf-8"))
        assert file.name in text
        assert file.name in page
        for row in record["observations"]:
            assert f"| {row['field']} | {row['expected']} |" in text
