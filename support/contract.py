"""What docs/contract.md says in names and numbers, once; whoever needs one of them takes it from here.

Each part quotes the sentence it comes from. ``tests/ground/test_contract.py`` holds all of them against that page.
"""

from typing import Final, Literal

VERSION: Final = "1.1"
""""Contract version"."""

# -- Tables: "In the schema that MYSQL_DATABASE names" ----------------------------------------------------------------

COLUMNS: Final = {
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

TEST_ORDERS: Final = "test_orders"
TEST_ORDERS_ROWS: Final = 10_000
"""`test_orders`: "10,000 rows"."""

TEXT_LENGTHS: Final = {"status": 50}
"""`test_orders`: "`status` VARCHAR(50)"; an index of so many leading characters is one of the whole column."""

TEST_MYISAM_TABLE: Final = "test_myisam_table"
TEST_MYISAM_ENGINE: Final = "MyISAM"
"""`test_myisam_table`: "ENGINE=MyISAM"."""

TEST_TABLES: Final = (TEST_ORDERS, TEST_MYISAM_TABLE)
"""The tables that runs are about: an agent may "change `test_orders` and `test_myisam_table` (ALTER, INDEX)"."""

STATE_TABLES: Final = tuple(table for table in COLUMNS if table not in TEST_TABLES)
"""The executor's own: "All state is in these tables: the suite empties them between scenarios"."""

# -- The run: "`status` goes `scheduled` → `running` → one of …" -------------------------------------------------------

SCHEDULED: Final = "scheduled"
RUNNING: Final = "running"
COMPLETED: Final = "completed"
FAILED: Final = "failed"
ROLLED_BACK: Final = "rolled_back"
REQUIRES_MANUAL: Final = "requires_manual"
NOT_ENDED: Final = (SCHEDULED, RUNNING)
TERMINAL: Final = (COMPLETED, FAILED, ROLLED_BACK, REQUIRES_MANUAL)
""""Terminal states never change again"."""

KILL_SWITCH_REASON: Final = "kill_switch"
EXECUTION_ERROR: Final = "execution_error"
VERIFICATION_FAILED: Final = "verification_failed"
VALIDATION_ERROR: Final = "validation_error"
OUT_OF_SCOPE: Final = "out_of_scope"
FAIL_REASONS: Final = (KILL_SWITCH_REASON, EXECUTION_ERROR, VERIFICATION_FAILED, VALIDATION_ERROR, OUT_OF_SCOPE)
""""`fail_reason` is … or NULL"."""

ADD_INDEX: Final = "ADD_INDEX"
""""Validate (only `ADD_INDEX`; identifiers)"."""

ROLLBACK_PENDING: Final = "pending"
""""One row with the outcome, a `pending` one before it does not count"."""

ROLLBACK_FAILED: Final = "rollback_failed"
"""The action in `audit_logs` where a "rollback fails"."""

INCONCLUSIVE: Final = "inconclusive"
"""Fewer samples than needed: "`message` contains `inconclusive`"."""

# -- SaaS API ---------------------------------------------------------------------------------------------------------

SECRET_HEADER: Final = "X-API-SECRET"
"""With `API_SECRET` set, "every call but `/health` needs the header"."""

HEALTH_PATH: Final = "/health"
EXECUTIONS_PATH: Final = "/api/executions"
KILL_SWITCH_PATH: Final = "/api/kill-switch"

CallKind = Literal["claim", "heartbeat", "status", "run", "kill switch", "rollback", "audit", "other"]
"""What the suite calls a worker's call; `other` is the executor's own business."""

WORKER_CALLS: Final[tuple[tuple[CallKind, str, str], ...]] = (
    ("claim", "POST", f"{EXECUTIONS_PATH}/{{id}}/claim"),
    ("heartbeat", "POST", f"{EXECUTIONS_PATH}/{{id}}/heartbeat"),
    ("status", "PATCH", f"{EXECUTIONS_PATH}/{{id}}/status"),
    ("run", "GET", f"{EXECUTIONS_PATH}/{{id}}"),
    ("kill switch", "GET", KILL_SWITCH_PATH),
    ("rollback", "POST", "/api/rollbacks"),
    ("audit", "POST", "/api/audit"),
)
"""(kind, method, path) of a worker's calls, as in the table of calls."""

HEALTH: Final = ("status", "version", "commit", "database")
"""`GET /health`: "200 `{status, version, commit, database}`"."""

KILL_SWITCH_ANSWER: Final = {"global_active": bool, "connection_active": bool, "reason": (str, type(None))}
"""`GET /api/kill-switch`: "`{"global_active": bool, "connection_active": bool, "reason": str or null}`"."""

# -- Agent ------------------------------------------------------------------------------------------------------------

AGENT_VARIABLES: Final = (
    "MYSQL_HOST", "MYSQL_PORT", "MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DATABASE", "SAAS_API_URL", "API_SECRET", "WORKER_ID",
    "LOG_LEVEL", "EXECUTION_LEASE_TIMEOUT_SECONDS", "METRICS_WINDOW_MINUTES", "MIN_SAMPLE_COUNT",
    "LATENCY_DEGRADATION_THRESHOLD", "ROWS_EXAMINED_DEGRADATION_THRESHOLD", "KILL_SWITCH_TIMEOUT_SECONDS",
    "DDL_LOCK_WAIT_TIMEOUT_SECONDS",
)  # fmt: skip
""""It is given …"."""

EXIT_DONE: Final = 0
EXIT_NOT_CLAIMED: Final = 3
""""Exit 0 when it brought the run to a terminal state, 3 when it did not get the claim"."""

METRICS_TABLE: Final = "events_statements_summary_by_digest"
""""Metrics come from `performance_schema.events_statements_summary_by_digest`"."""

LATENCY_DEGRADATION: Final = 0.10
ROWS_EXAMINED_DEGRADATION: Final = 0.20
""""Latency > +10 %, or rows examined > +20 %, or more full scans"."""

MIN_SAMPLES: Final = 10
""""Fewer than 10 samples in the window"."""

LOCK_NONE_REFUSED: Final = (1845, 1846)
""""LOCK=NONE refused (1845, 1846)": the server's errors."""

DUPLICATE_NAME: Final = 1061
""""Name exists (1061)"."""

NO_SUCH_COLUMN: Final = 1072
NOT_ALLOWED: Final = 1142
LOCK_WAIT: Final = 1205
""""Any other error of the ADD INDEX, such as 1064, 1072, 1142, 1205"."""
