"""Wrong words for a right deed, on the way out: TC-01 and TC-09."""

import subprocess

from executor_v1 import vocabulary
from executor_v1.agent.client import ApiRefused
from tests.proof.catalogue import mutant


@mutant(
    "TC-01", "Final execution_run Status", of="agent.outcomes.Outcome.report", cause=("worker 1", "rule broken", "R-37")
)
def completed_run_told_as_failed(report):
    """A run that completed is reported as FAILED."""

    def wrong(self):
        told = report(self)
        return {**told, "status": vocabulary.FAILED} if told["status"] == vocabulary.COMPLETED else told

    return wrong


@mutant(
    "TC-09",
    "fail_reason",
    of="agent.outcomes.Outcome.report",
    scenario="Kill Switch API Failure: 503",
    cause=("worker 1", "rule broken", "R-37"),
)
def reason_lost(report):
    """The status is reported without the fail_reason."""
    return lambda self: {**report(self), "fail_reason": None}


@mutant(
    "TC-09",
    "Rollback record status",
    of="agent.client.Client.record_rollback",
    scenario="after ADD INDEX: 500",
    cause=("worker 1", "rule broken", "R-70"),
)
def rollback_record_lost_after_api_failure(record_rollback):
    """The rollback is done, but its record never sent."""
    return lambda self, record, check: None


# -- what only a rule sees --------------------------------------------------------------------------------------


@mutant("TC-01", "R-37", of="agent.outcomes.Outcome.report", cause=("worker 1", "rule broken", "R-37"))
def completed_run_has_the_default_reason(report):
    """A report without a fail_reason gets the default one, execution_error, also that of a run that completed."""
    return lambda self: {**report(self), "fail_reason": self.fail_reason or vocabulary.EXECUTION_ERROR}


@mutant(
    "TC-03",
    "R-04",
    of="agent.client.Client.change_status",
    scenario="After ADD INDEX$",
    cause=("the SaaS API", "call refused", "422"),
)
def refused_report_put_otherwise(change_status):
    """A report with a word that the API does not know is refused, and another one, without that word, sent after it."""

    def insist(self, run_id, report):
        try:
            change_status(self, run_id, {**report, "fail_reason": "kill-switch"})
        except ApiRefused:
            change_status(self, run_id, report)

    return insist


@mutant(
    "TC-02",
    "R-36",
    of="agent.outcomes.Outcome.report",
    scenario="Before Start$",
    cause=("worker 1", "rule broken", "R-36"),
)
def stopped_run_says_nothing(report):
    """A run is reported without a message, for its fail_reason says it all."""
    return lambda self: {**report(self), "message": None}


@mutant("TC-02", "R-80", of="agent.runner.attempt", scenario="Before Start$", cause=("worker 1", "rule broken", "R-80"))
def headers_of_calls_printed(attempt):
    """The headers of the agent's calls are printed, for the search of an error once, with secret and token."""

    def talkative(config, run_id, client, started):
        print("headers:", client.headers(), flush=True)
        return attempt(config, run_id, client, started)

    return talkative


@mutant("TC-02", "R-81", of="agent.runner.attempt", scenario="Before Start$", cause=("worker 1", "rule broken", "R-81"))
def helper_left_running(attempt):
    """The agent starts a process of its own beside it and ends without ending that one."""

    def with_helper(*arguments):
        subprocess.Popen(["sleep", "20"])
        return attempt(*arguments)

    return with_helper
