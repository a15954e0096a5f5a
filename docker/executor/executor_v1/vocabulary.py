"""The words that the API, the agent and the tables share."""

SCHEDULED = "scheduled"
RUNNING = "running"
COMPLETED = "completed"
FAILED = "failed"
ROLLED_BACK = "rolled_back"
REQUIRES_MANUAL = "requires_manual"

STATUSES = (SCHEDULED, RUNNING, COMPLETED, FAILED, ROLLED_BACK, REQUIRES_MANUAL)
TERMINAL = frozenset({COMPLETED, FAILED, ROLLED_BACK, REQUIRES_MANUAL})

KILL_SWITCH = "kill_switch"
EXECUTION_ERROR = "execution_error"
VERIFICATION_FAILED = "verification_failed"
VALIDATION_ERROR = "validation_error"
OUT_OF_SCOPE = "out_of_scope"

# How far a worker came, written down before (ADDING, ROLLING_BACK) or after (INDEX_ADDED) the statement it is about.
ADDING = "adding"
INDEX_ADDED = "index_added"
ROLLING_BACK = "rolling_back"
# What an agent takes for the phase where the API keeps none.
NOT_KEPT = "not kept"

GLOBAL_SWITCH = "*"
MAX_DIGESTS = 100
LEASE_SECONDS_MIN, LEASE_SECONDS_MAX = 1, 3600


def is_legal(old: str, new: str) -> bool:
    """Whether a status report may take a run from `old` to `new`; a run starts by being claimed, never by a report."""
    return old == RUNNING and new in TERMINAL
