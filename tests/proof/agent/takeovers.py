"""Defects of leases and of the successor of a dead worker: TC-10."""

from executor_v1.agent import change, http, outcomes, takeover
from executor_v1.agent.client import Conflict
from tests.proof.catalogue import mutant

DIES, FINISHED, WAITING = "Lease Expiry$", "the server finishes", "still waits when its successor comes"
FOREIGN = "somebody else's index"
ALIVE, FROZEN = "a worker that is alive keeps its run", "freezes after its ADD INDEX"


@mutant("TC-10", "Final execution_run Status", of="agent.takeover.resume_point", scenario=FINISHED)
def takeover_gives_up_at_1061(resume_point):
    """A successor adds the index without looking, and gives up when the server says that it is there."""
    return lambda phase, existed_before, found, differs: takeover.START


@mutant("TC-10", "Index found and not added again", of="agent.worker.resume", scenario=FINISHED)
def takeover_adds_the_index_again(resume):
    """A successor drops what it finds and adds the index again."""

    def clean_start(job):
        if job.phase is not None:
            job.session.ddl(change.drop_statement(job.change))
        return resume(job)

    return clean_start


@mutant("TC-10", "ADD INDEX carried out", of="agent.worker.resume", scenario=DIES)
def takeover_leaves_it_to_people(resume):
    """A successor of a worker that died over its ALTER does nothing and asks for manual work."""
    return lambda job: outcomes.requires_manual("an earlier worker died") if job.phase else resume(job)


@mutant("TC-10", "Final execution_run Status", of="agent.worker.with_notes", scenario=DIES)
def takeover_told_as_failed(with_notes):
    """A run that was taken over ends as FAILED, whatever became of it."""

    def told(outcome, notes):
        return outcomes.failed(outcome.message)

    return told


@mutant("TC-10", "Index taken for the run's own", of="agent.schema.difference", scenario=FOREIGN)
def any_index_of_the_name_is_ours(difference):
    """A successor takes whatever index has the name for the one that its predecessor made."""
    return lambda change, found, table_columns: None


@mutant("TC-10", "Index that was there before", of="agent.worker.resume", scenario=FOREIGN)
def takeover_replaces_a_foreign_index(resume):
    """A successor drops the index that somebody else made under the name, and makes its own."""

    def replace(job):
        if job.phase is None:
            return resume(job)
        job.session.ddl(change.drop_statement(job.change))
        return resume.__globals__["start"](job)

    return replace


@mutant(
    "TC-10", "Last report sent again", of="agent.client.Client.change_status", scenario="report is answered with 503"
)
def last_report_sent_once(change_status):
    """The outcome of the run is reported once; if the API can't take it just then, it is lost."""

    def once(self, run_id, report):
        try:
            self.once("PATCH", f"/api/executions/{run_id}/status", report, self._config.api_timeout)
        except http.NoAnswer:
            pass

    return once


@mutant("TC-10", "Worker 2 HTTP Response", of="agent.lease.Lease._keep", scenario=ALIVE)
def lease_not_renewed(keep):
    """The agent does not renew its lease while it waits for the server."""
    return lambda self: None


@mutant("TC-10", "Final execution_run Status", of="agent.fencing.take_over", scenario=WAITING)
def orphaned_statement_left_running(take_over):
    """A successor does not end the statement that a dead worker left waiting on the server."""
    return lambda session, lease, timeout: None


@mutant(
    "TC-10",
    "Done by worker 1 after the takeover",
    of=("agent.lease.Lease.is_lost", "agent.lease.Lease.check", "agent.client.Client.send", "agent.fencing.take_over"),
    scenario=FROZEN,
)
def zombie_writes_after_takeover(is_lost, check, send, take_over):
    """A worker whose lease ran out goes on with its statements, and a successor does not keep it from that."""

    def send_and_shrug(self, method, path, *arguments, **options):
        try:
            return send(self, method, path, *arguments, **options)
        except Conflict:
            if path.endswith("/claim"):
                raise
            return {}

    return lambda self: False, lambda self: None, send_and_shrug, lambda session, lease, timeout: None
