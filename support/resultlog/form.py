"""The words of the form that are its own and not a run's: titles, labels, checklists, reasons, index names.

Source: "Integration Test Result Log - Executor v1", template version 1.0. Names, descriptions, Field/Expected tables and
priorities are in ``support.catalogue``, the verification queries in ``support.verification_queries``.
"""

from dataclasses import dataclass

TITLES = {
    "TC-01": "Worker Claim Conflict",
    "TC-02": "Kill Switch Before Start",
    "TC-03": "Kill Switch After ADD INDEX",
    "TC-04": "LOCK=NONE Not Supported",
    "TC-05": "Index Already Exists",
    "TC-06": "Verification Fail with Rollback Success",
    "TC-07": "Verification Fail with Rollback Fail",
    "TC-08": "Low Sample Count - Inconclusive",
    "TC-09": "Kill Switch API Failure",
    "TC-10": "Worker Crash and Lease Expiry",
}
"""The headings of 2.1–2.10, which are longer than the names in the tables."""

START, END, LOG = "Start Time", "End Time", "Log File/Location"
SWITCHED, WINDOW, SAMPLES, API_ERROR = (
    "Kill Switch Activated At",
    "Metrics Window",
    "Sample Count Observed",
    "API Error Type",
)
W1_START, W1_CRASH, LEASE_END, W2_START, W2_CLAIM, COMPLETION, LOGS = (
    "Worker 1 Start Time",
    "Worker 1 Crash Time",
    "Lease Expiry Time",
    "Worker 2 Start Time",
    "Worker 2 Claim Time",
    "Completion Time",
    "Log Files/Locations",
)

_USUAL = (START, END, LOG)
DETAILS = {
    "TC-03": (START, END, SWITCHED, LOG),
    "TC-06": (START, END, WINDOW, LOG),
    "TC-08": (START, END, SAMPLES, LOG),
    "TC-09": (START, END, API_ERROR, LOG),
    "TC-10": (W1_START, W1_CRASH, LEASE_END, W2_START, W2_CLAIM, COMPLETION, LOGS),
}


def details_of(case_id: str) -> tuple[str, ...]:
    """The labels of a test case's "Execution Details", in the form's order."""
    return DETAILS.get(case_id, _USUAL)


INDEXES = {
    "TC-01": "idx_tc01_customer",
    "TC-02": "idx_tc02_status",
    "TC-03": "idx_tc03_date",
    "TC-04": "idx_tc04_content",
    "TC-05": "idx_tc05_existing",
    "TC-06": "idx_tc06_perf",
    "TC-07": "idx_tc07_fail",
    "TC-08": "idx_tc08_low",
    "TC-09": "idx_tc09_api",
    "TC-10": "idx_tc10_crash",
}

PRE_CHECKS = (
    "SaaS API running และ accessible",
    "MySQL test database พร้อมใช้งาน",
    "Test data (test_orders) ถูกสร้างแล้ว",
    "Environment variables ถูกต้อง",
    "Log level ตั้งเป็น DEBUG",
    "Kill switch ถูก reset เป็น inactive",
    "ไม่มี execution_run ค้างอยู่",
    "Worker instances พร้อมรัน",
)
"""1.3, in its order."""

CLEAN_UP = (
    "Drop all test indexes",
    "Delete test execution_runs",
    "Delete test rollback records",
    "Reset kill switches",
    "Clean up audit logs",
    "Stop test workers",
    "Archive log files",
)
"""Section 5, in its order."""

ENVIRONMENT = ("MySQL Server", "Node.js", "SaaS API", "Agent", "Test Database", "OS")
"""1.2, in its order."""


@dataclass(frozen=True)
class Critical:
    """A row of 3.3 "Critical Tests": the name it has there, and why it has to pass."""

    case_id: str
    name: str
    reason: str


CRITICAL = (
    Critical("TC-02", "Kill Switch Before Start", "ต้องมั่นใจว่า kill switch ทำงาน"),
    Critical("TC-09", "Kill Switch API Failure", "Fail-closed ต้องทำงานเพื่อความปลอดภัย"),
    Critical("TC-03", "Kill Switch After ADD INDEX", "ต้อง rollback ได้ถ้าจำเป็น"),
    Critical("TC-01", "Worker Claim Conflict", "ป้องกัน duplicate execution"),
    Critical("TC-06", "Verification + Rollback OK", "Auto-rollback เมื่อ performance แย่ลง"),
)
PRIORITY_SHOWN = {"P0": "🔴 P0", "P1": "🟠 P1", "P2": "🟢 P2"}
SEVERITIES = {"P0": "🔴 High", "P1": "🟠 Medium", "P2": "🟢 Low"}

SECURITY_CHECKS = (
    "ยืนยันว่า API failure ทำให้ execution ถูก abort (fail-closed)",
    "ไม่มี index ถูกสร้างโดยไม่ผ่าน kill switch check",
)
"""The boxes of TC-09."""

CRITERIA = (
    ("✅", "APPROVED for Canary", "P0 ทั้งหมด PASS และ P1 >= 80% PASS"),
    ("⚠️", "CONDITIONAL", "P0 ทั้งหมด PASS แต่มี P1 FAIL (ต้อง review)"),
    ("❌", "BLOCKED", "มี P0 FAIL"),
)

IMPACTS = ("Blocks canary run", "Requires code fix", "Requires configuration change", "Test environment issue")

RETENTION_DAYS = 30
"""How long log files are kept. Source: Appendix A."""
