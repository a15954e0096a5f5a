"""Wrong words for a right deed, on the way out: TC-01 and TC-09."""

from executor_v1 import vocabulary
from tests.proof.catalogue import mutant


@mutant("TC-01", "Final execution_run Status", of="agent.outcomes.Outcome.report")
def completed_run_told_as_failed(report):
    """A run that completed is reported as FAILED."""

    def wrong(self):
        told = report(self)
        return {**told, "status": vocabulary.FAILED} if told["status"] == vocabulary.COMPLETED else told

    return wrong


@mutant("TC-09", "fail_reason", of="agent.outcomes.Outcome.report", scenario="Kill Switch API Failure: 503")
def reason_lost(report):
    """The status is reported without the fail_reason."""
    return lambda self: {**report(self), "fail_reason": None}


@mutant("TC-09", "Rollback record status", of="agent.client.Client.record_rollback", scenario="after ADD INDEX: empty")
def rollback_record_lost_after_api_failure(record_rollback):
    """The rollback is done, but its record never sent."""
    return lambda self, record, check: None


# -- what only a rule sees --------------------------------------------------------------------------------------


@mutant("TC-01", "R-33", of="agent.outcomes.Outcome.report", cause=("worker 1", "rule broken", "R-33"))
def completed_run_has_the_default_reason(report):
    """A report without a fail_reason gets the default one, execution_error, also that of a run that completed."""
    return lambda self: {**report(self), "fail_reason": self.fail_reason or vocabulary.EXECUTION_ERROR}
