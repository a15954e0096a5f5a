"""The "Database Verification" queries of the result log's form, with the rows they return at that moment.

Source: the result log's sections 2.1–2.10, query by query.
"""

from support.clock import now
from support.mysql.database import Database
from support.record.evidence import Query
from support.stacks.saas_api import RunSpec

_INDEX = ("ตรวจสอบ index", "SHOW INDEX FROM {table} WHERE Key_name = '{index}'")
_STATUS = ("ตรวจสอบ execution status", "SELECT id, status, fail_reason FROM execution_runs WHERE id = '{run}'")
_ROLLBACK = ("ตรวจสอบ rollback record", "SELECT * FROM rollbacks WHERE execution_run_id = '{run}'")
_USED = "Query ที่ใช้ตรวจสอบ"

QUERIES = {
    "TC-01": [(_USED, "SELECT id, status, claimed_by, claimed_at FROM execution_runs WHERE id = '{run}'")],
    "TC-02": [(_USED, _STATUS[1])],
    "TC-03": [_INDEX, _STATUS, _ROLLBACK],
    "TC-04": [(_USED, "SELECT id, status, fail_reason, error_message FROM execution_runs WHERE id = '{run}'")],
    "TC-05": [(_USED, _STATUS[1])],
    "TC-06": [_INDEX, _STATUS, _ROLLBACK],
    "TC-07": [
        ("ตรวจสอบ index ยังอยู่", _INDEX[1]),
        _STATUS,
        _ROLLBACK,
        ("ตรวจสอบ audit log", "SELECT * FROM audit_logs WHERE resource_id = '{run}' AND action = 'rollback_failed'"),
    ],
    "TC-08": [
        ("ตรวจสอบ index ยังอยู่", _INDEX[1]),
        (_STATUS[0], "SELECT id, status, fail_reason, message FROM execution_runs WHERE id = '{run}'"),
    ],
    "TC-09": [("ตรวจสอบว่า index ไม่ถูกสร้าง", _INDEX[1]), _STATUS],
    "TC-10": [
        (
            _STATUS[0],
            "SELECT id, status, claimed_by, claimed_at, lease_expires_at FROM execution_runs WHERE id = '{run}'",
        ),
        (
            "ตรวจสอบ claim history",
            "SELECT * FROM execution_claims WHERE execution_run_id = '{run}' ORDER BY created_at DESC",
        ),
    ],
}


def run(database: Database, case_id: str, spec: RunSpec) -> list[Query]:
    """Run the queries of one test case for one execution run; none for a scenario beyond the test cases."""
    done = []
    for title, template in QUERIES.get(case_id, []):
        sql = template.format(run=spec.id, table=spec.table_name, index=spec.index_name)
        done.append(Query(title, sql, database.rows(sql), now()))
    return done
