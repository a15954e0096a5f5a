"""Runs: created, claimed, renewed and ended. Every function works inside the caller's transaction."""

import hashlib
import hmac
import json
import secrets
from typing import Any

import pymysql
from pymysql.cursors import DictCursor

from executor_v1 import vocabulary

from . import problems, rows
from .models import Claim, NewExecution, Progress, StatusChange

DUPLICATE_ENTRY = 1062
ANONYMOUS = "anonymous"
TIMES = ("claimed_at", "lease_expires_at", "created_at", "updated_at", "started_at", "completed_at")

# A run without an end of its lease has no holder.
CLAIMABLE = (
    "(status = 'scheduled' OR (status = 'running' AND (lease_expires_at IS NULL OR lease_expires_at <= NOW(6))))"
)
SELECT = f"SELECT *, (lease_expires_at > NOW(6)) AS lease_alive, {CLAIMABLE} AS claimable FROM execution_runs"


def hash_token(token: str | None) -> str | None:
    """What is stored of a claim token, so that nobody who reads the table can write in a worker's name."""
    return hashlib.sha256(token.encode()).hexdigest() if token else None


def is_holder(row: dict[str, Any], token: str | None) -> bool:
    """Whether `token` is that of the last claim, its lease alive or not."""
    given, stored = hash_token(token), row["claim_token_sha256"]
    return bool(given and stored) and hmac.compare_digest(given, stored)


def holds_lease(row: dict[str, Any], token: str | None) -> bool:
    """Whether the sender of `token` may still write: last to claim, the run not ended, the lease not run out."""
    return row["status"] == vocabulary.RUNNING and is_holder(row, token) and bool(row["lease_alive"])


def is_resend(row: dict[str, Any], token: str | None, status: str) -> bool:
    """Whether a status report says what this very worker already made true."""
    return status in vocabulary.TERMINAL and row["status"] == status and is_holder(row, token)


def claim_statement() -> str:
    """The one statement that grants a claim: its WHERE decides, so of many at once exactly one changes the row."""
    return (
        "UPDATE execution_runs SET claimed_by = %(worker)s, claim_token_sha256 = %(token_hash)s,"
        " lease_milliseconds = %(lease_milliseconds)s, claimed_at = NOW(6),"
        " lease_expires_at = NOW(6) + INTERVAL %(lease_milliseconds)s * 1000 MICROSECOND,"
        " started_at = COALESCE(started_at, NOW(6)), status = 'running'"
        f" WHERE id = %(id)s AND {CLAIMABLE}"
    )


def find(cursor: DictCursor, run_id: str, *, lock: bool = False) -> dict[str, Any]:
    """The row of a run, with `lease_alive` and `claimable` by the database's clock. Raises a 404 problem."""
    cursor.execute(f"{SELECT} WHERE id = %s" + (" FOR UPDATE" if lock else ""), (run_id,))
    row = cursor.fetchone()
    if row is None:
        raise problems.not_found(f"execution {run_id}")
    return row


def find_for_write(cursor: DictCursor, run_id: str, token: str | None) -> dict[str, Any]:
    """The row, locked until the transaction ends, if the sender of `token` may write. Raises 404 or 409 problems."""
    row = find(cursor, run_id, lock=True)
    if not holds_lease(row, token):
        raise problems.lease_lost(lease_trouble(row, token))
    return row


def lease_trouble(row: dict[str, Any], token: str | None) -> str:
    """Why a worker may not write."""
    if row["status"] != vocabulary.RUNNING:
        return f"the run is {row['status']}"
    if not token:
        return "the header X-Claim-Token is missing"
    if not is_holder(row, token):
        return "the claim token is not that of the last claim"
    return "the lease has expired"


def create(cursor: DictCursor, new: NewExecution) -> dict[str, Any]:
    digests = None if new.query_digests is None else json.dumps([digest.lower() for digest in new.query_digests])
    values = {**new.model_dump(), "columns": json.dumps(new.columns, ensure_ascii=False), "query_digests": digests}
    try:
        cursor.execute(
            "INSERT INTO execution_runs"
            " (id, connection_id, action, table_name, index_name, index_type, `columns`, query_digests) VALUES"
            " (%(id)s, %(connection_id)s, %(action)s, %(table_name)s, %(index_name)s, %(index_type)s, %(columns)s,"
            " %(query_digests)s)",
            values,
        )
    except pymysql.err.IntegrityError as error:
        if error.args[0] != DUPLICATE_ENTRY:
            raise
        raise problems.conflict("id_taken", f"execution {new.id} already exists") from error
    rows.add_audit(cursor, "created", new.id, {"new_status": vocabulary.SCHEDULED})
    return represent(find(cursor, new.id))


def list_runs(cursor: DictCursor, status: str | None, limit: int) -> list[dict[str, Any]]:
    """Oldest first."""
    where, values = ("WHERE status = %s", [status]) if status else ("", [])
    cursor.execute(f"{SELECT} {where} ORDER BY created_at, id LIMIT %s", [*values, limit])
    return [represent(row) for row in cursor.fetchall()]


def claim(cursor: DictCursor, run_id: str, wish: Claim, default_lease: float) -> dict[str, Any]:
    """Grant the run to one worker; answers the run with the worker's token. Raises 404 or 409 problems."""
    token = wish.claim_token or secrets.token_hex(32)
    worker = wish.worker_id or ANONYMOUS
    lease = round((wish.lease_seconds or default_lease) * 1000)
    cursor.execute(
        claim_statement(),
        {"worker": worker, "token_hash": hash_token(token), "lease_milliseconds": lease, "id": run_id},
    )
    granted = cursor.rowcount == 1
    row = find(cursor, run_id, lock=True)
    if granted:
        cursor.execute(
            "INSERT INTO execution_claims (execution_run_id, worker_id, lease_expires_at) VALUES (%s, %s, %s)",
            (run_id, worker, row["lease_expires_at"]),
        )
        rows.add_audit(cursor, "claimed", run_id, {"worker_id": worker, "phase": row["phase"]})
    elif not holds_lease(row, token):
        raise problems.conflict("not_claimable", claim_refusal(row))
    return {**represent(row), "claim_token": token, "lease_seconds": row["lease_milliseconds"] / 1000}


def claim_refusal(row: dict[str, Any]) -> str:
    if row["status"] in vocabulary.TERMINAL:
        return f"the run is {row['status']} and does not change any more"
    return f"the run is claimed by {row['claimed_by']} and its lease is alive"


def renew(cursor: DictCursor, run_id: str, token: str | None) -> dict[str, Any]:
    """Start the lease anew from now. Raises 404 or 409 problems."""
    find_for_write(cursor, run_id, token)
    cursor.execute(
        "UPDATE execution_runs SET lease_expires_at = NOW(6) + INTERVAL lease_milliseconds * 1000 MICROSECOND"
        " WHERE id = %s",
        (run_id,),
    )
    return represent(find(cursor, run_id))


def record_progress(cursor: DictCursor, run_id: str, token: str | None, body: Progress) -> dict[str, Any]:
    find_for_write(cursor, run_id, token)
    cursor.execute(
        "UPDATE execution_runs SET phase = %s, progress = %s WHERE id = %s",
        (body.phase, json.dumps(body.progress, ensure_ascii=False), run_id),
    )
    return represent(find(cursor, run_id))


def change_status(cursor: DictCursor, run_id: str, token: str | None, change: StatusChange) -> dict[str, Any]:
    """End a run. The same report sent again changes nothing and is answered alike. Raises 404 or 409 problems."""
    row = find(cursor, run_id, lock=True)
    if is_resend(row, token, change.status):
        return represent(row)
    if not vocabulary.is_legal(row["status"], change.status):
        raise problems.conflict("illegal_transition", f"a run does not go from {row['status']} to {change.status}")
    if not holds_lease(row, token):
        raise problems.lease_lost(lease_trouble(row, token))
    cursor.execute(
        "UPDATE execution_runs SET status = %s, fail_reason = %s, message = %s, error_message = %s,"
        " completed_at = NOW(6) WHERE id = %s",
        (change.status, change.fail_reason, change.message, change.error_message, run_id),
    )
    details = {"old_status": row["status"], "new_status": change.status, "fail_reason": change.fail_reason}
    rows.add_audit(cursor, "status_changed", run_id, {**details, "worker_id": row["claimed_by"]})
    return represent(find(cursor, run_id))


def represent(row: dict[str, Any]) -> dict[str, Any]:
    """A run as the API shows it: lists as lists, times as UTC text, nothing of the token."""
    hidden = ("claim_token_sha256", "lease_milliseconds", "lease_alive")
    shown = {name: value for name, value in row.items() if name not in hidden}
    shown.update({name: rows.utc(row[name]) for name in TIMES})
    shown.update({name: rows.from_json(row[name]) for name in ("columns", "query_digests", "progress")})
    return {**shown, "claimable": bool(row["claimable"])}
