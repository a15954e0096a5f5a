"""One worker on one run: claim it, have it carried out, report the outcome."""

import enum
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from executor_v1 import logs, vocabulary

from . import change, outcomes, worker
from .change import ChangeRefused
from .client import ApiRefused, ApiUnavailable, Client, Conflict
from .config import AgentConfig
from .job import Job
from .lease import Lease, LeaseLost
from .outcomes import Outcome
from .session import Session


class ExitCode(enum.IntEnum):
    FINISHED = 0
    BROKEN = 1
    CONFIG = 2
    NOT_CLAIMED = 3
    LEASE_LOST = 4


def run(config: AgentConfig, run_id: str, started: Callable[[Lease], None] = lambda lease: None) -> ExitCode:
    """Bring one run to a terminal state, if the claim is granted. `started` is told the lease. Never raises."""
    logs.bind(execution_id=run_id)
    token = secrets.token_hex(32)
    logs.protect(token)
    try:
        return attempt(config, run_id, Client(config, token), started)
    except (LeaseLost, Conflict) as error:
        logs.error("stopped", why=f"lease lost: {error}")
        return ExitCode.LEASE_LOST
    except (ApiUnavailable, ApiRefused) as error:
        logs.error("broken", why=str(error))
        return ExitCode.BROKEN
    except Exception:  # noqa: BLE001  (logged with its traceback; the run is left to a successor)
        logs.error("broken", why="a defect of the agent", traceback=True)
        return ExitCode.BROKEN
    finally:
        logs.bind(execution_id=None)


def attempt(config: AgentConfig, run_id: str, client: Client, started: Callable[[Lease], None]) -> ExitCode:
    refusal = refusal_of(client.get_run(run_id))
    asked_at = time.monotonic()
    claimed = client.claim(run_id)
    if claimed is None:
        return ExitCode.NOT_CLAIMED
    logs.info("claimed", lease_expires_at=claimed["lease_expires_at"], earlier_phase=claimed.get("phase"))
    client.lease_seconds = lease_granted(claimed)
    with Lease(client, run_id, client.lease_seconds, asked_at, config.api_timeout) as lease:
        started(lease)
        outcome = refusal or refusal_of(claimed) or worker.carry_out(job_for(config, claimed, client, lease))
        report(client, lease, run_id, outcome)
    return ExitCode.FINISHED


def lease_granted(claimed: dict[str, Any]) -> float:
    """How many seconds the API granted, which need not be what was asked for. This project's own API says it outright."""
    if "lease_seconds" in claimed:
        return float(claimed["lease_seconds"])
    begin, end = (datetime.fromisoformat(claimed[name]) for name in ("claimed_at", "lease_expires_at"))
    return (end - begin).total_seconds()


def refusal_of(run: dict[str, Any]) -> Outcome | None:
    """The outcome of a run that is not carried out; it has to be claimed all the same, to be ended."""
    try:
        change.read(run)
    except ChangeRefused as error:
        logs.warning("run_refused", why=str(error))
        return outcomes.refused(error)
    return None


def job_for(config: AgentConfig, claimed: dict[str, Any], client: Client, lease: Lease) -> Job:
    progress = claimed.get("progress")
    return Job(
        config=config,
        run_id=claimed["id"],
        connection_id=claimed["connection_id"],
        change=change.read(claimed),
        client=client,
        lease=lease,
        session=Session(config, claimed["id"]),
        phase=claimed.get("phase", vocabulary.NOT_KEPT),
        progress=progress if isinstance(progress, dict) else {},
    )


def report(client: Client, lease: Lease, run_id: str, outcome: Outcome) -> None:
    """Say how the run ended, again and again until there is an answer; only the first arrival changes anything.

    From the first attempt on the API alone decides whether the lease is alive: the report may have arrived although its
    answer got lost, and then every renewal is refused. Raises LeaseLost, Conflict, ApiUnavailable or ApiRefused.
    """
    lease.check()
    lease.expect_end()
    client.change_status(run_id, outcome.report())
    logs.info("finished", status=outcome.status, fail_reason=outcome.fail_reason, message=outcome.message)
