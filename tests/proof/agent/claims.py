"""Defects of an agent whose claim was refused: TC-01."""

from executor_v1 import vocabulary
from executor_v1.agent import change, killswitch, outcomes
from executor_v1.agent.runner import ExitCode
from executor_v1.agent.session import Session
from tests.proof.catalogue import mutant

AT_ONCE = "two runs at once"


@mutant("TC-01", "Only 1 worker executed", of="agent.client.Client.claim", cause=("worker 2", "rule broken", "R-01"))
def loser_carries_on(claim):
    """An agent whose claim was refused goes on as if it had been granted, until something else stops it."""

    def claim_or_pretend(self, run_id):
        return claim(self, run_id) or {**self.get_run(run_id), "lease_seconds": 5.0}

    return claim_or_pretend


@mutant(
    "TC-01",
    "Only 1 worker executed",
    of=("agent.client.Client.claim", "agent.lease.Lease.check", "agent.lease.Lease.is_lost"),
    cause=("worker 2", "rule broken", "R-01"),
)
def loser_carries_on_without_a_lease(claim, check, is_lost):
    """An agent whose claim was refused goes on as if it had been granted, and cares about no lease."""

    def claim_or_pretend(self, run_id):
        return claim(self, run_id) or {**self.get_run(run_id), "lease_seconds": 5.0}

    return claim_or_pretend, lambda self: None, lambda self: False


@mutant("TC-01", "Worker 2 exit status", of="agent.runner.attempt", cause=("worker 2", "rule broken", "R-43"))
def loser_exits_with_success(attempt):
    """An agent whose claim was refused ends with exit status 0, as if it had brought the run to its end."""

    def contented(*arguments):
        status = attempt(*arguments)
        return ExitCode.FINISHED if status == ExitCode.NOT_CLAIMED else status

    return contented


@mutant("TC-01", "Worker 1 exit status", of="agent.runner.attempt", cause=("worker 1", "exit", "1"))
def winner_exits_as_broken(attempt):
    """An agent that brought its run to an end ends with exit status 1."""

    def downcast(*arguments):
        status = attempt(*arguments)
        return ExitCode.BROKEN if status == ExitCode.FINISHED else status

    return downcast


# -- what only a rule sees --------------------------------------------------------------------------------------


@mutant(
    "TC-10",
    "R-01",
    of=("agent.client.Client.claim", "agent.worker.start"),
    scenario="control, the last report is answered with 503",
    cause=("worker 1", "rule broken", "R-01"),
)
def claimed_once_the_index_is_there(claim, start):
    """The index is added first and the run claimed then, so that no lease has to be kept while the server works."""

    def add_and_claim(self, run_id):
        run, session = self.get_run(run_id), Session(self._config, run_id)
        if not killswitch.ask(self._config, run["connection_id"]).active:
            session.open()
            session.ddl(change.add_statement(change.read(run)))
            session.close()
        return claim(self, run_id)

    return add_and_claim, start.__globals__["go_on_with_index"]


@mutant("TC-02", "R-43", of="agent.runner.attempt", scenario="Before Start$", cause=("worker 1", "exit", "1"))
def stopped_run_ends_the_agent_as_broken(attempt):
    """The agent ends with exit status 1 when its run did not complete, as if it had broken itself."""
    return _exit_unless_completed(attempt, ExitCode.BROKEN)


@mutant(
    "TC-03", "R-43", of="agent.runner.attempt", scenario="After ADD INDEX$", cause=("worker 1", "rule broken", "R-43")
)
def rolled_back_run_ends_the_agent_as_not_claimed(attempt):
    """The agent ends with exit status 3 when its run was taken back, as if it had never got it."""
    return _exit_unless_completed(attempt, ExitCode.NOT_CLAIMED)


def _exit_unless_completed(attempt, status):
    """A patch of ``attempt``: a run that ended in any way but completed ends the agent with this exit status."""

    def downcast(config, run_id, client, started):
        ended = attempt(config, run_id, client, started)
        done = ended != ExitCode.FINISHED or client.get_run(run_id)["status"] == vocabulary.COMPLETED
        return ended if done else status

    return downcast


@mutant("TC-01", "R-26", of="agent.session.lock_name", scenario=AT_ONCE, cause=("worker 2", "rule broken", "R-26"))
def lock_name_cut_at_64_characters(lock_name):
    """The run's lock has its id in its name, and of that the server allows 64 characters."""
    return lambda schema, run_id: f"executor:{schema}/{run_id}"[:64]


@mutant("TC-01", "R-75", of="agent.client.run_path", scenario=AT_ONCE, cause=("worker 2", "rule broken", "R-75"))
def ids_in_calls_in_lower_case(run_path):
    """The id of the run is in lower case in the address of every call."""
    return lambda run_id: run_path(run_id.lower())


@mutant("TC-01", "Run beside it", of="agent.worker.start", scenario=AT_ONCE)
def table_with_another_change_given_up(start):
    """While another schema change of the account is under way the run fails: one at a time."""

    def alone(job):
        busy = job.session.query("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER TABLE%'")
        return outcomes.failed("another change is under way") if busy else start(job)

    return alone
