"""What the contract says that can be looked up: tables with their columns, and the shape of the API's answers.

Source: docs/contract.md; a test holds the two against each other.
"""

COLUMNS = {
    "execution_runs": (
        "id", "connection_id", "action", "table_name", "index_name", "columns", "query_digests", "status", "fail_reason",
        "message", "error_message", "claimed_by", "claimed_at", "lease_expires_at",
    ),
    "execution_claims": ("execution_run_id", "worker_id", "lease_expires_at", "created_at"),
    "rollbacks": ("execution_run_id", "rollback_type", "trigger_reason", "rollback_sql", "status", "created_at"),
    "audit_logs": ("tenant_id", "action", "resource_type", "resource_id", "details", "created_at"),
    "kill_switches": ("connection_id", "active", "reason", "updated_at"),
    "test_orders": ("id", "customer_id", "order_date", "status", "total_amount", "created_at"),
    "test_myisam_table": ("id", "content"),
}  # fmt: skip
"""Every table with the columns that the suite or its scenarios use; `index_type` of execution_runs is optional."""

HEALTH = ("status", "version", "commit", "database")
KILL_SWITCH = {"global_active": bool, "connection_active": bool, "reason": (str, type(None))}
