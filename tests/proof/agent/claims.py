"""Defects of an agent whose claim was refused: TC-01."""

from executor_v1.agent.runner import ExitCode
from tests.proof.catalogue import mutant


@mutant("TC-01", "Only 1 worker executed", of="agent.client.Client.claim")
def loser_carries_on(claim):
    """An agent whose claim was refused goes on as if it had been granted, until something else stops it."""

    def claim_or_pretend(self, run_id):
        return claim(self, run_id) or {**self.get_run(run_id), "lease_seconds": 5.0}

    return claim_or_pretend


@mutant(
    "TC-01",
    "Only 1 worker executed",
    of=("agent.client.Client.claim", "agent.lease.Lease.check", "agent.lease.Lease.is_lost"),
)
def loser_carries_on_without_a_lease(claim, check, is_lost):
    """An agent whose claim was refused goes on as if it had been granted, and cares about no lease."""

    def claim_or_pretend(self, run_id):
        return claim(self, run_id) or {**self.get_run(run_id), "lease_seconds": 5.0}

    return claim_or_pretend, lambda self: None, lambda self: False


@mutant("TC-01", "Worker 2 exit status", of="agent.runner.attempt")
def loser_exits_with_success(attempt):
    """An agent whose claim was refused ends with exit status 0, as if it had brought the run to its end."""

    def contented(*arguments):
        status = attempt(*arguments)
        return ExitCode.FINISHED if status == ExitCode.NOT_CLAIMED else status

    return contented


@mutant("TC-01", "Worker 1 exit status", of="agent.runner.attempt")
def winner_exits_as_broken(attempt):
    """An agent that brought its run to an end ends with exit status 1."""

    def downcast(*arguments):
        status = attempt(*arguments)
        return ExitCode.BROKEN if status == ExitCode.FINISHED else status

    return downcast
