"""Records of rollbacks that are not what happened; only a rule sees that: TC-02, TC-03 and TC-04."""

from executor_v1 import vocabulary
from executor_v1.agent import change
from tests.proof.catalogue import mutant

SWITCH = "After ADD INDEX$"
STOPPED = "Before Start$"


def _record(patch_job):
    """A patch of ``resume``: something more is done with the job of a run that the kill switch has stopped."""

    def patch(resume):
        def more(job):
            outcome = resume(job)
            if outcome.fail_reason == vocabulary.KILL_SWITCH:
                patch_job(job, outcome)
            return outcome

        return more

    return patch


@mutant("TC-02", "R-70", of="agent.worker.resume", scenario=STOPPED, cause=("worker 1", "rule broken", "R-70"))
def stopped_run_has_a_completed_rollback(resume):
    """A run that the kill switch stops has a completed rollback on record, also where there was nothing to undo."""
    return _record(
        lambda job, outcome: job.record_rollback("completed", change.drop_statement(job.change), outcome.message)
    )(resume)


@mutant(
    "TC-04",
    "R-70",
    of="agent.worker.start",
    scenario="Not Supported$",
    cause=("worker 1", "rule broken", "R-70"),
)
def refused_add_has_a_completed_rollback(start):
    """A run whose ADD INDEX was refused has a completed rollback on record: there is no index, after all."""

    def tidy(job):
        outcome = start(job)
        job.record_rollback("completed", change.drop_statement(job.change), outcome.message)
        return outcome

    return tidy


@mutant("TC-03", "R-71", of="agent.job.Job.record_rollback", scenario=SWITCH, cause=("worker 1", "rule broken", "R-71"))
def rollback_sql_written_from_memory(record_rollback):
    """The rollback_sql on record is the DROP INDEX as one would type it, and not the statement that was sent."""

    def from_memory(self, status, statement, trigger):
        record_rollback(self, status, f"DROP INDEX {self.change.index} ON {self.change.table}", trigger)

    return from_memory


@mutant("TC-03", "R-72", of="agent.job.Job.audit", scenario=SWITCH, cause=("worker 1", "rule broken", "R-72"))
def every_rollback_audited_as_failed(audit):
    """A rollback that was carried out is in the audit log as rollback_failed, the one word that was copied everywhere."""
    return lambda self, action, new_status, details: audit(self, "rollback_failed", new_status, details)


@mutant("TC-02", "R-72", of="agent.worker.resume", scenario=STOPPED, cause=("worker 1", "rule broken", "R-72"))
def stopped_run_audited_as_failed_rollback(resume):
    """A run that ends as failed is in the audit log as rollback_failed, also where nothing was rolled back."""
    return _record(
        lambda job, outcome: job.audit("rollback_failed", outcome.status, {"trigger_reason": outcome.message})
    )(resume)


@mutant(
    "TC-03",
    "R-77",
    of="agent.client.Client.record_rollback",
    scenario=SWITCH,
    cause=("worker 1", "rule broken", "R-77"),
)
def rollback_recorded_as_manual(record_rollback):
    """The rollback is on record as one that a person made."""
    return lambda self, record, check: record_rollback(self, {**record, "rollback_type": "manual"}, check)
