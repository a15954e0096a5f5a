"""The test cases: the ids that have to run, as the result log's form names them.

Source: "Executor v1 Test Result Log", sections 2.1–2.10 (names, descriptions, Field/Expected tables) and 3.2–3.3
(expected status, priorities).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TestCase:
    """One test case of the result log. ``fields`` are (Field, Expected) as its table has them."""

    id: str
    name: str
    description: str
    priority: str
    expected_status: str
    fields: tuple[tuple[str, str], ...]

    __test__ = False  # not one of pytest's classes


PRIORITIES = ("P0", "P1", "P2")

_STATUS, _REASON = "Final execution_run Status", "fail_reason"

TEST_CASES = {
    case.id: case
    for case in [
        TestCase(
            "TC-01", "Worker Claim Conflict", "Worker 2 ตัว claim execution_run เดียวกัน → ต้องรันได้ตัวเดียว", "P1", "COMPLETED",
            (
                ("Worker 1 HTTP Response", "200 OK"),
                ("Worker 2 HTTP Response", "409 Conflict"),
                (_STATUS, "COMPLETED"),
                ("Only 1 worker executed", "Yes"),
            ),
        ),
        TestCase(
            "TC-02", "Kill Switch Before Start", "Kill switch เปิดก่อนเริ่ม → abort", "P0", "FAILED",
            (
                ("Kill switch detected", "Yes"),
                ("Index created", "No"),
                (_STATUS, "FAILED"),
                (_REASON, "kill_switch"),
            ),
        ),
        TestCase(
            "TC-03", "Kill Switch After ADD INDEX", "Kill switch เปิดหลัง ADD INDEX ก่อน verify → rollback", "P0", "ROLLED_BACK",
            (
                ("ADD INDEX successful", "Yes"),
                ("Kill switch detected after ADD", "Yes"),
                ("Rollback executed", "Yes"),
                ("Index exists after rollback", "No"),
                (_STATUS, "ROLLED_BACK"),
                (_REASON, "kill_switch"),
            ),
        ),
        TestCase(
            "TC-04", "LOCK=NONE Not Supported", "MySQL ไม่รองรับ LOCK=NONE → mark requires_manual", "P2", "REQUIRES_MANUAL",
            (
                ("MySQL error detected", "Error 1846 หรือ similar"),
                ("Index created", "No"),
                (_STATUS, "REQUIRES_MANUAL"),
                (_REASON, "execution_error"),
                ("Error message recorded", "Yes"),
            ),
        ),
        TestCase(
            "TC-05", "Index Already Exists", "Index มีอยู่แล้ว → abort", "P2", "FAILED",
            (
                ("Duplicate key error detected", "Error 1061"),
                ("Execution aborted", "Yes"),
                (_STATUS, "FAILED"),
                (_REASON, "execution_error"),
            ),
        ),
        TestCase(
            "TC-06", "Verification Fail + Rollback OK", "Verification fail → rollback success", "P1", "ROLLED_BACK",
            (
                ("ADD INDEX successful", "Yes"),
                ("Verification detected degradation", "Yes"),
                ("Rollback executed", "Yes"),
                ("Index exists after rollback", "No"),
                (_STATUS, "ROLLED_BACK"),
                (_REASON, "verification_failed"),
                ("Rollback record status", "completed"),
            ),
        ),
        TestCase(
            "TC-07", "Verification Fail + Rollback Fail", "Verification fail แต่ rollback fail → mark + audit", "P2", "FAILED",
            (
                ("ADD INDEX successful", "Yes"),
                ("Verification failed", "Yes"),
                ("Rollback attempted", "Yes"),
                ("Rollback failed", "Yes"),
                ("Index still exists", "Yes"),
                (_STATUS, "FAILED"),
                (_REASON, "execution_error"),
                ("Rollback record status", "failed"),
                ("Audit log entry created", "Yes"),
            ),
        ),
        TestCase(
            "TC-08", "Low Sample - Inconclusive", "Sample ต่ำ → inconclusive และห้าม auto-rollback", "P2", "COMPLETED",
            (
                ("ADD INDEX successful", "Yes"),
                ("Low sample detected", "Yes (< 10 samples)"),
                ("Rollback performed", "No"),
                ("Index still exists", "Yes"),
                (_STATUS, "COMPLETED"),
                (_REASON, "NULL"),
                ("Message contains inconclusive", "Yes"),
            ),
        ),
        TestCase(
            "TC-09", "Kill Switch API Failure", "Kill switch API ล่ม → fail-closed abort", "P0", "FAILED",
            (
                ("API error detected", "Yes"),
                ("Fail-closed behavior", "Yes (assumes active)"),
                ("Index created", "No"),
                (_STATUS, "FAILED"),
                (_REASON, "kill_switch"),
            ),
        ),
        TestCase(
            "TC-10", "Worker Crash + Lease Expiry", "Worker crash กลางทาง → lease หมดอายุแล้ว worker ใหม่รับต่อได้", "P2", "COMPLETED",
            (
                ("Worker 1 claimed successfully", "Yes"),
                ("Worker 1 crashed", "Yes (simulated)"),
                ("Lease expired", "Yes"),
                ("Worker 2 claimed successfully", "Yes (after lease expiry)"),
                (_STATUS, "COMPLETED"),
            ),
        ),
    ]
}  # fmt: skip
"""Every test case that has to run, by id."""
