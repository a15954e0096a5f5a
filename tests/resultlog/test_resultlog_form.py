"""The result log has every section, table, row, label and query of the form, in its order and its words.

``FORM`` was copied from the form itself; it knows nothing of the template.
"""

import html
import re
from pathlib import Path

import pytest

from tests.resultlog.test_resultlog_data import LOCATIONS, made_log, make_run

FORM = """\
# Integration Test Result Log - Executor v1
> เอกสารนี้ใช้สำหรับบันทึกผลการรัน Integration Tests จริงของ Executor v1
= อ้างอิง
> อ้างอิง: `EXECUTOR_V1_INTEGRATION_TEST_CHECKLIST.md` | `EXECUTOR_V1_INTEGRATION_TEST_PLAN.md`
## 1. Test Run Information
### 1.1 รายละเอียดการทดสอบ
| Field | Value |
· Test Run ID
· วันที่ทดสอบ
· เวลาเริ่ม
· เวลาสิ้นสุด
· ผู้ทดสอบ
· Reviewer
### 1.2 Environment Information
| Component | Version / Details |
· MySQL Server
· Node.js
· SaaS API
· Agent
· Test Database
· OS
### 1.3 Pre-Test Checklist
> ✅ ต้องผ่านทุกข้อก่อนเริ่มทดสอบ
| # | Item | Status |
· 1 · SaaS API running และ accessible
· 2 · MySQL test database พร้อมใช้งาน
· 3 · Test data (test_orders) ถูกสร้างแล้ว
· 4 · Environment variables ถูกต้อง
· 5 · Log level ตั้งเป็น DEBUG
· 6 · Kill switch ถูก reset เป็น inactive
· 7 · ไม่มี execution_run ค้างอยู่
· 8 · Worker instances พร้อมรัน
= Pre-Test Notes
## 2. Test Results - Detailed Log
### ตารางสรุปผลการทดสอบ
| TC ID | Test Name | Actual Behavior | execution_run Status | Log Ref / Timestamp | Result | Notes |
· TC-01 · Worker Claim Conflict
· TC-02 · Kill Switch Before Start
· TC-03 · Kill Switch After ADD INDEX
· TC-04 · LOCK=NONE Not Supported
· TC-05 · Index Already Exists
· TC-06 · Verification Fail + Rollback OK
· TC-07 · Verification Fail + Rollback Fail
· TC-08 · Low Sample - Inconclusive
· TC-09 · Kill Switch API Failure
· TC-10 · Worker Crash + Lease Expiry
### 2.1 TC-01: Worker Claim Conflict
= Description
| Field | Expected | Actual |
· Worker 1 HTTP Response · 200 OK
· Worker 2 HTTP Response · 409 Conflict
· Final execution_run Status · COMPLETED
· Only 1 worker executed · Yes
= Execution Details
= Start Time
= End Time
= Log File/Location
= Observations
= Database Verification
-- Query ที่ใช้ตรวจสอบ
SELECT id, status, claimed_by, claimed_at FROM execution_runs WHERE id = 'test-tc01-001';
-- ผลลัพธ์:
= Result
= Notes
### 2.2 TC-02: Kill Switch Before Start
= Description
| Field | Expected | Actual |
· Kill switch detected · Yes
· Index created · No
· Final execution_run Status · FAILED
· fail_reason · kill_switch
= Execution Details
= Start Time
= End Time
= Log File/Location
= Observations
= Database Verification
-- Query ที่ใช้ตรวจสอบ
SELECT id, status, fail_reason FROM execution_runs WHERE id = 'test-tc02-001';
-- ผลลัพธ์:
= Result
= Notes
### 2.3 TC-03: Kill Switch After ADD INDEX
= Description
| Field | Expected | Actual |
· ADD INDEX successful · Yes
· Kill switch detected after ADD · Yes
· Rollback executed · Yes
· Index exists after rollback · No
· Final execution_run Status · ROLLED_BACK
· fail_reason · kill_switch
= Execution Details
= Start Time
= End Time
= Kill Switch Activated At
= Log File/Location
= Observations
= Database Verification
-- ตรวจสอบ index
SHOW INDEX FROM test_orders WHERE Key_name = 'idx_tc03_date';
-- ตรวจสอบ execution status
SELECT id, status, fail_reason FROM execution_runs WHERE id = 'test-tc03-001';
-- ตรวจสอบ rollback record
SELECT * FROM rollbacks WHERE execution_run_id = 'test-tc03-001';
-- ผลลัพธ์:
= Result
= Notes
### 2.4 TC-04: LOCK=NONE Not Supported
= Description
| Field | Expected | Actual |
· MySQL error detected · Error 1846 หรือ similar
· Index created · No
· Final execution_run Status · REQUIRES_MANUAL
· fail_reason · execution_error
· Error message recorded · Yes
= Execution Details
= Start Time
= End Time
= Log File/Location
= Observations
= Database Verification
-- Query ที่ใช้ตรวจสอบ
SELECT id, status, fail_reason, error_message FROM execution_runs WHERE id = 'test-tc04-001';
-- ผลลัพธ์:
= Result
= Notes
### 2.5 TC-05: Index Already Exists
= Description
| Field | Expected | Actual |
· Duplicate key error detected · Error 1061
· Execution aborted · Yes
· Final execution_run Status · FAILED
· fail_reason · execution_error
= Execution Details
= Start Time
= End Time
= Log File/Location
= Observations
= Database Verification
-- Query ที่ใช้ตรวจสอบ
SELECT id, status, fail_reason FROM execution_runs WHERE id = 'test-tc05-001';
-- ผลลัพธ์:
= Result
= Notes
### 2.6 TC-06: Verification Fail with Rollback Success
= Description
| Field | Expected | Actual |
· ADD INDEX successful · Yes
· Verification detected degradation · Yes
· Rollback executed · Yes
· Index exists after rollback · No
· Final execution_run Status · ROLLED_BACK
· fail_reason · verification_failed
· Rollback record status · completed
= Execution Details
= Start Time
= End Time
= Metrics Window
= Log File/Location
= Observations
= Database Verification
-- ตรวจสอบ index
SHOW INDEX FROM test_orders WHERE Key_name = 'idx_tc06_perf';
-- ตรวจสอบ execution status
SELECT id, status, fail_reason FROM execution_runs WHERE id = 'test-tc06-001';
-- ตรวจสอบ rollback record
SELECT * FROM rollbacks WHERE execution_run_id = 'test-tc06-001';
-- ผลลัพธ์:
= Result
= Notes
### 2.7 TC-07: Verification Fail with Rollback Fail
= Description
| Field | Expected | Actual |
· ADD INDEX successful · Yes
· Verification failed · Yes
· Rollback attempted · Yes
· Rollback failed · Yes
· Index still exists · Yes
· Final execution_run Status · FAILED
· fail_reason · execution_error
· Rollback record status · failed
· Audit log entry created · Yes
= Execution Details
= Start Time
= End Time
= Log File/Location
= Observations
= Database Verification
-- ตรวจสอบ index ยังอยู่
SHOW INDEX FROM test_orders WHERE Key_name = 'idx_tc07_fail';
-- ตรวจสอบ execution status
SELECT id, status, fail_reason FROM execution_runs WHERE id = 'test-tc07-001';
-- ตรวจสอบ rollback record
SELECT * FROM rollbacks WHERE execution_run_id = 'test-tc07-001';
-- ตรวจสอบ audit log
SELECT * FROM audit_logs WHERE resource_id = 'test-tc07-001' AND action = 'rollback_failed';
-- ผลลัพธ์:
= Result
= Notes
### 2.8 TC-08: Low Sample Count - Inconclusive
= Description
| Field | Expected | Actual |
· ADD INDEX successful · Yes
· Low sample detected · Yes (< 10 samples)
· Rollback performed · No
· Index still exists · Yes
· Final execution_run Status · COMPLETED
· fail_reason · NULL
· Message contains inconclusive · Yes
= Execution Details
= Start Time
= End Time
= Sample Count Observed
= Log File/Location
= Observations
= Database Verification
-- ตรวจสอบ index ยังอยู่
SHOW INDEX FROM test_orders WHERE Key_name = 'idx_tc08_low';
-- ตรวจสอบ execution status
SELECT id, status, fail_reason, message FROM execution_runs WHERE id = 'test-tc08-001';
-- ผลลัพธ์:
= Result
= Notes
### 2.9 TC-09: Kill Switch API Failure
= Description
| Field | Expected | Actual |
· API error detected · Yes
· Fail-closed behavior · Yes (assumes active)
· Index created · No
· Final execution_run Status · FAILED
· fail_reason · kill_switch
= Execution Details
= Start Time
= End Time
= API Error Type
= Log File/Location
= Observations
= Database Verification
-- ตรวจสอบว่า index ไม่ถูกสร้าง
SHOW INDEX FROM test_orders WHERE Key_name = 'idx_tc09_api';
-- ตรวจสอบ execution status
SELECT id, status, fail_reason FROM execution_runs WHERE id = 'test-tc09-001';
-- ผลลัพธ์:
= ⚠️ Security Check
[] ยืนยันว่า API failure ทำให้ execution ถูก abort (fail-closed)
[] ไม่มี index ถูกสร้างโดยไม่ผ่าน kill switch check
= Result
= Notes
### 2.10 TC-10: Worker Crash and Lease Expiry
= Description
| Field | Expected | Actual |
· Worker 1 claimed successfully · Yes
· Worker 1 crashed · Yes (simulated)
· Lease expired · Yes
· Worker 2 claimed successfully · Yes (after lease expiry)
· Final execution_run Status · COMPLETED
= Execution Details
= Worker 1 Start Time
= Worker 1 Crash Time
= Lease Expiry Time
= Worker 2 Start Time
= Worker 2 Claim Time
= Completion Time
= Log Files/Locations
= Observations
= Database Verification
-- ตรวจสอบ execution status
SELECT id, status, claimed_by, claimed_at, lease_expires_at FROM execution_runs WHERE id = 'test-tc10-001';
-- ตรวจสอบ claim history
SELECT * FROM execution_claims WHERE execution_run_id = 'test-tc10-001' ORDER BY created_at DESC;
-- ผลลัพธ์:
= Result
= Notes
## 3. Test Results Summary
### 3.1 Overall Status
| Metric | Value |
· Overall Status
· Test Run Completed
· Total Test Cases
· Passed
· Failed
· Skipped
### 3.2 Results Summary Table
| TC ID | Test Name | Expected Status | Actual Status | Result |
· TC-01 · Worker Claim Conflict · COMPLETED
· TC-02 · Kill Switch Before Start · FAILED
· TC-03 · Kill Switch After ADD INDEX · ROLLED_BACK
· TC-04 · LOCK=NONE Not Supported · REQUIRES_MANUAL
· TC-05 · Index Already Exists · FAILED
· TC-06 · Verification Fail + Rollback OK · ROLLED_BACK
· TC-07 · Verification Fail + Rollback Fail · FAILED
· TC-08 · Low Sample - Inconclusive · COMPLETED
· TC-09 · Kill Switch API Failure · FAILED
· TC-10 · Worker Crash + Lease Expiry · COMPLETED
### 3.3 Blocker Analysis for Canary Run
= คำจำกัดความ
> คำจำกัดความ: Blocker = Test case ที่ต้องผ่านก่อนอนุญาตให้ทำ Canary Run บน Production
#### Critical Tests (Must Pass Before Canary)
| Priority | TC ID | Test Name | เหตุผล | Status |
· 🔴 P0 · TC-02 · Kill Switch Before Start · ต้องมั่นใจว่า kill switch ทำงาน
· 🔴 P0 · TC-09 · Kill Switch API Failure · Fail-closed ต้องทำงานเพื่อความปลอดภัย
· 🔴 P0 · TC-03 · Kill Switch After ADD INDEX · ต้อง rollback ได้ถ้าจำเป็น
· 🟠 P1 · TC-01 · Worker Claim Conflict · ป้องกัน duplicate execution
· 🟠 P1 · TC-06 · Verification + Rollback OK · Auto-rollback เมื่อ performance แย่ลง
#### Blocker Status Summary
| Blocker Type | Total | Passed | Failed | Status |
· P0 (Critical)
· P1 (High)
· All Blockers
#### Canary Run Decision
| Decision | Criteria |
· ✅ APPROVED for Canary · P0 ทั้งหมด PASS และ P1 >= 80% PASS
· ⚠️ CONDITIONAL · P0 ทั้งหมด PASS แต่มี P1 FAIL (ต้อง review)
· ❌ BLOCKED · มี P0 FAIL
= Decision
### 3.4 Failed Tests Detail
#### [TC-03] Kill Switch After ADD INDEX - FAILED
= Failure Summary
= Root Cause
= Impact
[] Blocks canary run
[] Requires code fix
[] Requires configuration change
[] Test environment issue
= Action Required
= Assigned To
## 4. Issues and Observations
### 4.1 Issues Found During Testing
| # | Issue | Severity | TC Related | Status |
### 4.2 Observations
### 4.3 Recommendations
## 5. Post-Test Cleanup Checklist
| # | Item | Status |
· 1 · Drop all test indexes
· 2 · Delete test execution_runs
· 3 · Delete test rollback records
· 4 · Reset kill switches
· 5 · Clean up audit logs
· 6 · Stop test workers
· 7 · Archive log files
= Cleanup Script Used
## 6. Sign-off
### Test Execution Sign-off
| Role | Name | Date | Signature |
· Tester
· Reviewer
· Tech Lead
### Canary Run Approval
| Field | Value |
· Approved for Canary
· Approved By
· Approval Date
· Conditions/Notes
## Appendix A: Log Files Reference
| TC ID | Log File Location | Retention |
· TC-01
· TC-02
· TC-03
· TC-04
· TC-05
· TC-06
· TC-07
· TC-08
· TC-09
· TC-10
## Appendix B: Quick Cleanup Commands
"""
"""Headings as they are; ``|`` the head of a table, ``·`` a row by its first cells, ``=`` a label in bold, ``[]`` a box to
tick, ``>`` a quotation, and the queries with their comments. The link targets of the form are not part of a project.
"""

SIGNED = FORM[FORM.index("## 6. Sign-off") : FORM.index("## Appendix A")]
"""Section 6, which is on the first page; its old place has its heading alone."""


def in_order(form: str) -> list[str]:
    """The lines of a ``form``, section 6 before all others."""
    first = form.index("## 1.")
    return (form[:first] + SIGNED + form[first:].replace(SIGNED, "## 6. Sign-off\n")).splitlines()


KEY_CELLS = {"#": 2, "TC ID": 2, "Priority": 4, "Decision": 2}
"""How many cells of a row are the form's own, by the table's first column; one where it is not said."""

BLANKS = re.compile(
    r"_\((?:กรอก|YYYY|HH|ชื่อ|เช่น|วันที่|path|duration|จำนวน|commit|database|ระบุ|อธิบาย|Test Name)"
    r"|\((?:บันทึก|วาง|สรุป|วิเคราะห์|ระบุสิ่ง|ข้อเสนอ|หมายเหตุ)"
)
"""The form's own blanks, all kinds of them."""


def plain(cell: str) -> str:
    return re.sub(r"\\([\\`|*\[\]~_])", r"\1", cell).replace("**", "").replace("&lt;", "<").strip()


def skeleton(text: str) -> list[str]:
    """What of a Markdown text is form and not content, in the notation of ``FORM``."""
    found, fence, language, head, queries = [], "", "", None, True
    for line in text.splitlines():
        opened = re.match(r"(`{3,})(\w*)$", line)
        if fence:
            if line == fence:
                fence = ""
            elif language == "sql" and queries and re.match(r"(SELECT|SHOW|-- \S)", line):
                found.append(line)
        elif opened:
            fence, language = opened.groups()
        elif line.startswith("|"):
            cells = [plain(cell) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if head is None:
                head = cells
                found.append(f"| {' | '.join(cells)} |")
            elif not set(line) <= set("|- "):
                found.append(f"· {' · '.join(cells[: cells_of(head)])}")
        else:
            head = None
            queries = queries and not line.startswith("## Appendix B")
            found += [line] if line.startswith("#") else []
            found += [f"= {label}" for label in re.findall(r"\*\*([^*]+):\*\*", line)]
            found += [f"[] {text}" for text in re.findall(r"^- \[[ x]\] (.*)", line)]
            found += [plain(line)] if line.startswith(">") else []
    return found


def cells_of(head: list[str]) -> int:
    if head[:2] == ["Field", "Expected"]:
        return 2
    if head[:2] == ["TC ID", "Log File Location"]:
        return 1
    return 3 if head[2:3] == ["Expected Status"] else KEY_CELLS.get(head[0], 1)


def missing(wanted: list[str], there: list[str]) -> list[str]:
    """What of ``wanted`` does not come in ``there``, in this order."""
    lost, position = [], 0
    for line in wanted:
        if line in there[position:]:
            position = there.index(line, position) + 1
        else:
            lost.append(line)
    return lost


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("reports"), failing={LOCATIONS["TC-03"][0]})


def test_nothing_of_the_form_is_missing(folder):
    assert missing(in_order(FORM), skeleton(made_log(folder)[0])) == []


def test_nothing_of_the_form_is_missing_where_nothing_ran(tmp_path):
    text, _ = made_log(make_run(tmp_path, only=set()))
    failed = FORM.index("#### [TC-03]"), FORM.index("## 4. Issues")

    assert missing(in_order(FORM[: failed[0]] + FORM[failed[1] :]), skeleton(text)) == []


def test_no_blank_of_the_form_is_left(folder):
    for text in made_log(folder):
        assert "_(กรอก" not in text
        assert not BLANKS.findall(text)


def test_the_page_has_every_heading_table_and_row_of_the_form_too(folder):
    page = re.sub(r"<style>.*?</style>", "", made_log(folder)[1], flags=re.DOTALL)
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))
    position = 0
    for line in in_order(FORM):
        kind, _, rest = line.partition(" ")
        if kind.startswith("#"):
            assert rest in text[position:], line
            position = text.index(rest, position)
        elif kind in ("|", "·", "=", "[]", ">"):
            for part in re.split(r" [|·] ", rest.removesuffix(" |")):
                assert re.sub(r"[🔴🟠✅❌⚠\ufe0f`]+ ?", "", part).strip() in text, line
