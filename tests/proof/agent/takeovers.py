"""Defects of leases and of the successor of a dead worker: TC-10."""

import secrets
import threading
from dataclasses import replace

from executor_v1 import logs
from executor_v1.agent import change, http, outcomes, takeover
from executor_v1.agent.client import Client, Conflict
from executor_v1.agent.runner import ExitCode
from tests.proof.catalogue import mutant

DIES, FINISHED, WAITING = "Lease Expiry$", "the server finishes", "still waits when its successor comes"
FOREIGN = "somebody else's index"
ALIVE, FROZEN = "a worker that is alive keeps its run", "freezes after its ADD INDEX"


@mutant(
    "TC-10",
    "Final execution_run Status",
    of="agent.takeover.resume_point",
    scenario=FINISHED,
    cause=("worker 2", "statement failed", "1061"),
)
def takeover_gives_up_at_1061(resume_point):
    """A successor adds the index without looking, and gives up when the server says that it is there."""
    return lambda phase, existed_before, found, differs: takeover.START


@mutant(
    "TC-10",
    "Index found and not added again",
    of="agent.worker.resume",
    scenario=FINISHED,
    cause=("worker 2", "rule broken", "R-23"),
)
def takeover_adds_the_index_again(resume):
    """A successor drops what it finds and adds the index again."""

    def clean_start(job):
        if job.phase is not None:
            job.session.ddl(change.drop_statement(job.change))
        return resume(job)

    return clean_start


@mutant(
    "TC-10",
    "ADD INDEX carried out",
    of="agent.worker.resume",
    scenario=DIES,
    cause=("the executor", "row", "ADD INDEX carried out"),
)
def takeover_leaves_it_to_people(resume):
    """A successor of a worker that died over its ALTER does nothing and asks for manual work."""
    return lambda job: outcomes.requires_manual("an earlier worker died") if job.phase else resume(job)


@mutant(
    "TC-10",
    "Final execution_run Status",
    of="agent.worker.with_notes",
    scenario=DIES,
    cause=("worker 2", "rule broken", "R-37"),
)
def takeover_told_as_failed(with_notes):
    """A run that was taken over ends as FAILED, whatever became of it."""

    def told(outcome, notes):
        return outcomes.failed(outcome.message)

    return told


@mutant(
    "TC-10",
    "Index taken for the run's own",
    of="agent.schema.difference",
    scenario=FOREIGN,
    cause=("worker 2", "rule broken", "R-30"),
)
def any_index_of_the_name_is_ours(difference):
    """A successor takes whatever index has the name for the one that its predecessor made."""
    return lambda change, found, table_columns: None


@mutant("TC-10", "Index taken for the run's own", of="agent.schema.difference", scenario="another run's index")
def mark_compared_by_its_beginning(difference):
    """The index of a run whose id only begins like this one's is taken for its own."""

    def of_one_beginning(wanted, found, table_columns):
        same = found.comment.startswith(wanted.comment)
        return difference(wanted, replace(found, comment=wanted.comment) if same else found, table_columns)

    return of_one_beginning


@mutant(
    "TC-07", "Final execution_run Status", of="agent.schema.difference", scenario="get faster, somebody is to make the index anew",
    cause=("worker 1", "rule broken", "R-30"),
)  # fmt: skip
def mark_compared_without_case(difference):
    """The index of a run whose id differs from this one's in case alone is taken for its own."""

    def in_any_case(wanted, found, table_columns):
        same = found.comment.casefold() == wanted.comment.casefold()
        return difference(wanted, replace(found, comment=wanted.comment) if same else found, table_columns)

    return in_any_case


@mutant(
    "TC-07", "Final execution_run Status", of="agent.schema.difference", scenario="take the last column",
    cause=("worker 1", "rule broken", "R-30"),
)  # fmt: skip
def columns_that_are_gone_not_missed(difference):
    """Of the index that is there each column has to be as approved, and none is missed that is not there any more."""

    def as_far_as_it_goes(wanted, found, table_columns):
        return difference(replace(wanted, parts=wanted.parts[: len(found.parts)]), found, table_columns)

    return as_far_as_it_goes


@mutant("TC-10", "Lease expired", of="agent.client.Client.claim", scenario=FINISHED)
def length_of_the_lease_not_read(claim):
    """The agent asks for a lease of 60 seconds, whatever it was told."""

    def of_a_minute(self, run_id):
        self._config = replace(self._config, lease_seconds=60.0)
        return claim(self, run_id)

    return of_a_minute


@mutant("TC-10", "Final execution_run Status", of="agent.change.read_digests", scenario=ALIVE)
def empty_list_of_digests_refused(read_digests):
    """A run with an empty list of digests is turned down."""

    def strict(value):
        if value == []:
            raise change.identifiers.NameRefused("query_digests is empty")
        return read_digests(value)

    return strict


@mutant(
    "TC-10",
    "Index that was there before",
    of="agent.worker.resume",
    scenario=FOREIGN,
    cause=("worker 2", "rule broken", "R-24"),
)
def takeover_replaces_a_foreign_index(resume):
    """A successor drops the index that somebody else made under the name, and makes its own."""

    def replace(job):
        if job.phase is None:
            return resume(job)
        job.session.ddl(change.drop_statement(job.change))
        return resume.__globals__["start"](job)

    return replace


@mutant(
    "TC-10",
    "Last report sent again",
    of="agent.client.Client.change_status",
    scenario="report is answered with 503",
    cause=("worker 1", "rule broken", "R-76"),
)
def last_report_sent_once(change_status):
    """The outcome of the run is reported once; if the API can't take it just then, it is lost."""

    def once(self, run_id, report):
        try:
            self.once("PATCH", f"/api/executions/{run_id}/status", report, self._config.api_timeout)
        except http.NoAnswer:
            pass

    return once


@mutant(
    "TC-10",
    "Worker 2 HTTP Response",
    of="agent.lease.Lease._keep",
    scenario=ALIVE,
    cause=("worker 1", "rule broken", "R-50"),
)
def lease_not_renewed(keep):
    """The agent does not renew its lease while it waits for the server."""
    return lambda self: None


@mutant(
    "TC-10",
    "Final execution_run Status",
    of="agent.fencing.take_over",
    scenario=WAITING,
    cause=("worker 2", "statement failed", "1061"),
)
def orphaned_statement_left_running(take_over):
    """A successor does not end the statement that a dead worker left waiting on the server."""
    return lambda session, lease, timeout: None


@mutant(
    "TC-10",
    "Done by worker 1 after the takeover",
    of=("agent.lease.Lease.is_lost", "agent.lease.Lease.check", "agent.client.Client.send", "agent.fencing.take_over"),
    scenario=FROZEN,
    cause=("worker 1", "rule broken", "R-03"),
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


# -- what only a rule sees --------------------------------------------------------------------------------------


@mutant(
    "TC-10",
    "R-15",
    of=("agent.worker.resume", "agent.outcomes.requires_manual"),
    scenario=FOREIGN,
    cause=("worker 2", "rule broken", "R-15"),
)
def whatever_stops_a_run_told_as_kill_switch(resume, requires_manual):
    """Whatever stops a run before its ADD INDEX is told with the fail_reason kill_switch, somebody else's index too."""

    def look_first(job):
        switch = resume.__globals__["ask_switch"](job)
        return outcomes.stopped_by_switch(switch.reason) if switch.active else resume(job)

    return look_first, lambda message, error=None: outcomes.stopped_by_switch(message)


@mutant(
    "TC-10", "R-37", of="agent.outcomes.requires_manual", scenario=FOREIGN, cause=("worker 2", "rule broken", "R-37")
)
def foreign_index_told_without_reason(requires_manual):
    """A run that ends because of somebody else's index has no fail_reason."""
    return lambda message, error=None: replace(requires_manual(message, error), fail_reason=None)


@mutant(
    "TC-10",
    "R-32",
    of=("agent.takeover.resume_point", "agent.outcomes.add_refused"),
    scenario=FOREIGN,
    cause=("worker 2", "rule broken", "R-32"),
)
def error_of_a_successor_not_recorded(resume_point, add_refused):
    """A successor runs into somebody else's index with an ADD INDEX of its own, and does not tell the server's error."""
    return (
        lambda phase, existed_before, found, differs: takeover.START,
        lambda wanted, error: outcomes.failed(f"index {wanted.index} was not created"),
    )


@mutant(
    "TC-03",
    "R-03",
    of="agent.client.Client.heartbeat",
    scenario="After ADD INDEX$",
    cause=("worker 1", "rule broken", "R-03"),
)
def refused_renewals_ignored(heartbeat):
    """The lease is renewed without the claim token; that each renewal is answered with 409 is logged, and the work goes on."""

    def renew(self, run_id, deadline):
        try:
            heartbeat(Client(self._config), run_id, deadline)
        except Conflict as error:
            logs.warning("heartbeat_refused", error=str(error))

    return renew


@mutant("TC-10", "R-50", of="agent.runner.report", scenario=ALIVE, cause=("worker 1", "rule broken", "R-50"))
def lease_run_out_and_claimed_again(report):
    """The lease is renewed only while statements run; when it shows before the report that it ran out, the run is claimed
    again."""

    def late(client, lease, run_id, outcome):
        lease.__exit__(None, None, None)
        threading.Event().wait(client.lease_seconds + 0.3)
        try:
            client.heartbeat(run_id, client.lease_seconds)
        except Conflict:
            client._token = secrets.token_hex(32)
            client.claim(run_id)
        client.change_status(run_id, outcome.report())

    return late


@mutant(
    "TC-10",
    "R-43",
    of="agent.runner.attempt",
    scenario="freezes while its last report",
    cause=("worker 1", "rule broken", "R-43"),
)
def refused_report_ends_the_agent_as_done(attempt):
    """An agent whose last report is refused, as another has the run, ends with exit status 0: the run is ended, after all."""

    def contented(*arguments):
        try:
            return attempt(*arguments)
        except Conflict:
            return ExitCode.FINISHED

    return contented
