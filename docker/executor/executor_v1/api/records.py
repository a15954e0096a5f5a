"""Kill switches, rollback records and the audit log. Every function works inside the caller's transaction."""

import json
from typing import Any

from pymysql.cursors import DictCursor

from executor_v1.vocabulary import GLOBAL_SWITCH

from . import rows, runs
from .models import AuditEntry, KillSwitch, Rollback


def audit(cursor: DictCursor, token: str | None, entry: AuditEntry) -> dict[str, Any]:
    """Write a worker's entry; the very same one sent again is not written twice. Raises 404 or 409 problems."""
    run_id = entry.execution_run_id
    runs.find_for_write(cursor, run_id, token)
    details = {
        "old_status": entry.old_status,
        "new_status": entry.new_status,
        "timestamp": entry.timestamp,
        "details": entry.details,
    }
    cursor.execute(
        "SELECT id FROM audit_logs WHERE resource_id = %s AND action = %s AND details = %s",
        (run_id, entry.action, json.dumps(details, ensure_ascii=False)),
    )
    known = cursor.fetchone()
    audit_id = known["id"] if known else rows.add_audit(cursor, entry.action, run_id, details)
    return {"id": audit_id, "execution_run_id": run_id, "action": entry.action}


def may_become(old: str, new: str) -> bool:
    """Whether a rollback record may go from `old` to `new`: what is undone stays undone, a failure may be made good."""
    return old != "completed" or new == "completed"


def record_rollback(cursor: DictCursor, token: str | None, record: Rollback) -> dict[str, Any]:
    """One row for one rollback, of whichever attempt and worker: a later report of it updates the row.

    Returns the record as it now stands. Raises 404 or 409 problems.
    """
    runs.find_for_write(cursor, record.execution_run_id, token)
    cursor.execute(
        "SELECT id, status FROM rollbacks WHERE execution_run_id = %s AND rollback_type = %s AND rollback_sql = %s",
        (record.execution_run_id, record.rollback_type, record.rollback_sql),
    )
    known = cursor.fetchone()
    if known is None:
        cursor.execute(
            "INSERT INTO rollbacks (execution_run_id, rollback_type, trigger_reason, rollback_sql, status) VALUES"
            " (%(execution_run_id)s, %(rollback_type)s, %(trigger_reason)s, %(rollback_sql)s, %(status)s)",
            record.model_dump(),
        )
        return {"id": cursor.lastrowid, **record.model_dump()}
    if not may_become(known["status"], record.status):
        return {"id": known["id"], **record.model_dump(), "status": known["status"]}
    cursor.execute(
        "UPDATE rollbacks SET status = %s, trigger_reason = %s WHERE id = %s",
        (record.status, record.trigger_reason, known["id"]),
    )
    return {"id": known["id"], **record.model_dump()}


def set_kill_switch(cursor: DictCursor, switch: KillSwitch) -> dict[str, Any]:
    connection_id = switch.connection_id or GLOBAL_SWITCH
    cursor.execute(
        "INSERT INTO kill_switches (connection_id, active, reason) VALUES (%s, %s, %s) ON DUPLICATE KEY UPDATE"
        " active = VALUES(active), reason = VALUES(reason), updated_at = CURRENT_TIMESTAMP(6)",
        (connection_id, switch.active, switch.reason),
    )
    action = "kill_switch_on" if switch.active else "kill_switch_off"
    rows.add_audit(cursor, action, connection_id, {"reason": switch.reason}, resource_type="kill_switch")
    return {
        "connection_id": switch.connection_id,
        "scope": "global" if connection_id == GLOBAL_SWITCH else "connection",
        "active": switch.active,
        "reason": switch.reason,
    }


def read_kill_switch(cursor: DictCursor, connection_id: str) -> dict[str, Any]:
    """Both switches that bear on a connection, read by one statement so that they are of one moment."""
    cursor.execute(
        "SELECT connection_id, active, reason FROM kill_switches WHERE connection_id IN (%s, %s)",
        (GLOBAL_SWITCH, connection_id),
    )
    on = {row["connection_id"]: row["reason"] for row in cursor.fetchall() if row["active"]}
    return {
        "global_active": GLOBAL_SWITCH in on,
        "connection_active": connection_id in on,
        "reason": on.get(GLOBAL_SWITCH) or on.get(connection_id),
    }
