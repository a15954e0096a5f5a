"""What all steps of one run share: the run, who may act on it, and what is written down about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from executor_v1 import logs, vocabulary

from . import fencing
from .change import IndexChange
from .client import ApiRefused, ApiUnavailable, Client, Conflict
from .config import AgentConfig
from .lease import Lease
from .session import Session

# What an API answers that does not have a call; that the run itself is unknown shows at the next renewal of the lease.
NO_SUCH_CALL = (404, 405, 501)


@dataclass
class Job:
    """`phase` and `progress` are those of the earlier worker until this one records its own."""

    config: AgentConfig
    run_id: str
    connection_id: str
    change: IndexChange
    client: Client
    lease: Lease
    session: Session
    phase: str | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    phase_found: str | None = field(init=False)

    def __post_init__(self) -> None:
        """`phase_found` stays what an earlier worker left."""
        self.phase_found = self.phase

    def connect(self) -> None:
        """Have a fresh connection that holds the run's lock. Raises what `fencing.open_session` raises."""
        fencing.open_session(self.session, self.lease, self.config.fencing_timeout)

    def record(self, phase: str, **facts: Any) -> None:
        """Write down for a successor how far this worker is. Without that the work does not go on, unless the API keeps
        no such thing at all."""
        self.lease.check()
        self.phase = phase
        self.progress.update(facts)
        try:
            self.client.record_progress(self.run_id, phase, self.progress, self.lease.require)
        except ApiRefused as error:
            if error.status not in NO_SUCH_CALL:
                raise
            logs.warning("progress_not_kept", error=str(error))
        logs.info("phase", phase=phase)

    def record_rollback(self, status: str, statement: str, trigger: str) -> None:
        record = {
            "execution_run_id": self.run_id,
            "rollback_type": "auto",
            "trigger_reason": trigger,
            "rollback_sql": statement,
            "status": status,
        }
        self._try_to_write(f"rollback record {status}", lambda: self.client.record_rollback(record, self.lease.require))

    def audit(self, action: str, new_status: str, details: dict[str, Any]) -> None:
        entry = {
            "execution_run_id": self.run_id,
            "action": action,
            "old_status": vocabulary.RUNNING,
            "new_status": new_status,
            "details": {**details, "worker_id": self.config.worker_id},
            "timestamp": datetime.now(UTC).isoformat(),
        }
        self._try_to_write(f"audit entry {action}", lambda: self.client.audit(entry, self.lease.require))

    def _try_to_write(self, what: str, write: Callable[[], None]) -> None:
        """A record that can't be written does not keep the index from being undone; its loss is told with the outcome.

        Raises LeaseLost or Conflict.
        """
        self.lease.check()
        try:
            write()
        except Conflict:
            raise
        except (ApiUnavailable, ApiRefused) as error:
            logs.error("record_lost", what=what, error=str(error))
            self.notes.append(f"the {what} could not be written: {error}")
