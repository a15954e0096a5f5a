"""Defects that show when something goes wrong between agent and server: a wait, a connection, a lease: TC-04, -05, -07, -10."""

import os
import subprocess
import sys

from executor_v1 import vocabulary
from executor_v1.agent import change, errors, rollback, schema, worker
from executor_v1.agent.errors import ServerError
from executor_v1.agent.outcomes import Outcome
from executor_v1.agent.session import Session
from tests.proof.catalogue import EXECUTOR_FOLDER, mutant

RENAMED, ENDED, LOCKED = "renames the column", "an administrator ends it", "the table stays locked"
CUT, ANSWER_LOST, NO_ENTRY = "its connection is cut", "but the answer is lost", "lets the executor not in"
MADE_MEANWHILE, CUT_BEFORE, DROPPED_MEANWHILE = (
    "made while",
    "lost before another",
    "waits, somebody else drops the index",
)
LEASE_OVER, LEASE_REFUSED = "runs out while its ADD INDEX", "is refused while its DROP INDEX"
PLAIN = "control, the last report is answered with 503"


# -- errors of the ADD INDEX ------------------------------------------------------------------------------------


@mutant("TC-04", "R-20", of="agent.session.Session.ddl", scenario=RENAMED, cause=("worker 1", "rule broken", "R-20"))
def refused_add_sent_again_as_for_an_old_server(ddl):
    """An ADD INDEX that is refused for anything but LOCK=NONE is sent again without ALGORITHM and LOCK."""

    def once_more(self, sql):
        try:
            return ddl(self, sql)
        except ServerError as error:
            if error.errno in errors.NOT_SUPPORTED or errors.lost_connection(error):
                raise
            return ddl(self, sql.removesuffix(f", {change.ONLINE}"))

    return once_more


@mutant(
    "TC-04", "Schema changes tried after the refusal", "Index created", of="agent.session.Session.ddl", scenario=ENDED
)
def ended_add_sent_again(ddl):
    """An ADD INDEX that an administrator has ended is sent again at once: it was not refused, after all."""

    def once_more(self, sql):
        try:
            return ddl(self, sql)
        except ServerError as error:
            if error.errno != 1317:
                raise
            return ddl(self, sql)

    return once_more


@mutant("TC-04", "fail_reason", of="agent.outcomes.add_refused", scenario=LOCKED)
def time_out_of_the_add_is_no_error(add_refused):
    """An ADD INDEX that met a lock ends the run as failed by the kill switch, so that somebody schedules it again."""
    return lambda wanted, error: Outcome(vocabulary.FAILED, str(error), vocabulary.KILL_SWITCH, str(error))


@mutant("TC-05", "Final execution_run Status", of="agent.outcomes.add_refused", scenario=MADE_MEANWHILE)
def index_made_meanwhile_taken_for_its_own(add_refused):
    """The name was free before the ADD INDEX, so error 1061 must mean that it was carried out: the run completes."""

    def pleased(wanted, error):
        if error.errno == errors.DUPLICATE_KEY_NAME:
            return Outcome(vocabulary.COMPLETED, f"index {wanted.index} is there; inconclusive")
        return add_refused(wanted, error)

    return pleased


# -- a connection that is lost ----------------------------------------------------------------------------------


@mutant(
    "TC-04", "R-22", of="agent.worker.after_lost_connection", scenario=CUT, cause=("worker 1", "rule broken", "R-22")
)  # fmt: skip
def lost_add_sent_again_beside_itself(after_lost_connection):
    """After a connection that was lost in it the ADD INDEX is sent again on a new one, whatever became of the first."""

    def once_more(job, error):
        job.session.open()
        try:
            job.session.ddl(change.add_statement(job.change))
        except ServerError as refusal:
            if refusal.errno != errors.DUPLICATE_KEY_NAME:
                raise
        return worker.go_on_with_index(job)

    return once_more


@mutant(
    "TC-04", "R-23", of="agent.worker.after_lost_connection", scenario=ANSWER_LOST,
    cause=("worker 1", "rule broken", "R-23"),
)  # fmt: skip
def lost_add_done_anew(after_lost_connection):
    """An index that was made while the connection was lost is dropped and added again, to be sure of it."""

    def anew(job, error):
        job.connect()
        job.session.ddl(change.drop_statement(job.change))
        job.session.ddl(change.add_statement(job.change))
        return worker.go_on_with_index(job)

    return anew


@mutant(
    "TC-04", "R-11", of="agent.worker.after_lost_connection", scenario=ANSWER_LOST,
    cause=("worker 1", "rule broken", "R-11"),
)  # fmt: skip
def lost_add_found_and_completed(after_lost_connection):
    """When the index is found after a lost connection the run is completed at once: there was trouble enough."""

    def hasty(job, error):
        job.connect()
        return Outcome(vocabulary.COMPLETED, f"index {job.change.index} was added; inconclusive")

    return hasty


@mutant(
    "TC-07", "R-27", of="agent.session.Session._bound_waiting", scenario=CUT_BEFORE,
    cause=("worker 1", "rule broken", "R-27"),
)  # fmt: skip
def limit_forgotten_by_a_second_connection(_bound_waiting):
    """The longest wait for a lock is set when the worker starts, and not for the connection after a lost one."""
    bound = []

    def only_once(self):
        if not bound:
            bound.append(self)
            _bound_waiting(self)

    return only_once


@mutant("TC-04", "R-27", of="agent.worker.start", scenario=LOCKED, cause=("worker 1", "rule broken", "R-27"))
def add_waits_longer_than_set(start):
    """The ADD INDEX may wait for a minute, whatever was set: the approval was hard to get."""

    def patient(job):
        job.session.query("SET SESSION lock_wait_timeout = 60")
        return start(job)

    return patient


@mutant("TC-04", "R-32", of="agent.outcomes.not_prepared", scenario=NO_ENTRY, cause=("worker 1", "rule broken", "R-32"))
def no_entry_told_without_the_error(not_prepared):
    """That the server let the worker not in is told in words of the agent's own; what the server said is not kept."""
    return lambda phase, error: Outcome(
        vocabulary.FAILED, "MySQL is down", vocabulary.EXECUTION_ERROR, "the database could not be used"
    )


@mutant("TC-04", "fail_reason", of="agent.outcomes.not_prepared", scenario=NO_ENTRY)
def no_entry_told_as_kill_switch(not_prepared):
    """A worker that the server lets not in ends the run as if the kill switch were on, to be safe."""
    return lambda phase, error: Outcome(vocabulary.FAILED, str(error), vocabulary.KILL_SWITCH, str(error))


# -- the DROP INDEX ---------------------------------------------------------------------------------------------


@mutant(
    "TC-07", "R-31", of="agent.rollback.was_carried_out", scenario=DROPPED_MEANWHILE,
    cause=("worker 1", "rule broken", "R-31"),
)  # fmt: skip
def index_dropped_by_another_is_rolled_back(was_carried_out):
    """Error 1091 of the DROP INDEX is success: the index is gone, and that is what was wanted."""
    return lambda job, error: error.errno == 1091 or was_carried_out(job, error)


@mutant(
    "TC-07", "R-24", of="agent.rollback.drop", scenario="it gives up, and", cause=("worker 1", "rule broken", "R-24")
)  # fmt: skip
def drop_tried_again_without_a_look_at_the_index(drop):
    """A DROP INDEX that met a lock is sent again at once: the index was the run's own a moment ago."""

    def stubborn(job):
        rollback.look_again(job)
        for attempt in range(3):
            job.lease.check()
            try:
                job.session.ddl(change.drop_statement(job.change))
                return True
            except ServerError as error:
                if attempt == 2 or not errors.is_retryable_drop(error):
                    raise
        return False

    return stubborn


@mutant(
    "TC-07", "R-31", of="agent.rollback.was_carried_out", scenario="somebody else renames the index",
    cause=("worker 1", "rule broken", "R-70"),
)  # fmt: skip
def lost_drop_looked_up_by_name_alone(was_carried_out):
    """After a connection that was lost in the DROP INDEX an index that is not there under its name is taken for dropped."""

    def by_name(job, error):
        if not errors.lost_connection(error):
            return False
        job.connect()
        return schema.find_index(job.session, job.change.table, job.change.index) is None

    return by_name


@mutant("TC-10", "R-03", of="agent.rollback.drop", scenario=LEASE_REFUSED, cause=("worker 1", "rule broken", "R-03"))
def drop_tried_again_without_a_look_at_the_lease(drop):
    """A DROP INDEX that met a lock is tried again at once, without asking whether the run is still the worker's."""

    def stubborn(job):
        for attempt in range(3):
            rollback.look_again(job)
            try:
                job.session.ddl(change.drop_statement(job.change))
                return True
            except ServerError as error:
                if attempt == 2 or not errors.is_retryable_drop(error):
                    raise
        return False

    return stubborn


# -- what is left, and what is not the run's --------------------------------------------------------------------


@mutant(
    "TC-10", "R-82", of="agent.lease.Lease.surrender", scenario=LEASE_OVER, cause=("worker 1", "rule broken", "R-82")
)
def lost_lease_ends_the_process_at_once(surrender):
    """A worker whose lease is lost leaves at once, in the middle of its ADD INDEX, which the server goes on with."""
    return lambda self, why: os._exit(4)


@mutant("TC-10", "R-03", of="agent.runner.report", scenario=LEASE_OVER, cause=("worker 1", "rule broken", "R-03"))
def report_sent_when_the_lease_is_over(report):
    """The outcome is reported whatever became of the lease: the API will say so if it is not wanted."""
    return lambda client, lease, run_id, outcome: client.change_status(run_id, outcome.report())


LINGERING = """
import os, sys
from executor_v1.agent.config import AgentConfig
from executor_v1.agent.session import Session
session = Session(AgentConfig.read(os.environ), sys.argv[1])
session.open()
print("ready", flush=True)
session._connection._sock.recv(1)
"""


@mutant("TC-10", "R-82", of="agent.runner.attempt", scenario=PLAIN, cause=("worker 1", "rule broken", "R-82"))
def connection_kept_for_the_next_worker(attempt):
    """A helper in a session of its own keeps a connection open for the next worker, as long as the server lets it."""

    def with_a_helper(config, run_id, *arguments):
        helper = subprocess.Popen(
            [sys.executable, "-c", LINGERING, run_id],
            env={**os.environ, "PYTHONPATH": str(EXECUTOR_FOLDER)},
            start_new_session=True,
            stdout=subprocess.PIPE,
        )
        assert helper.stdout.readline() == b"ready\n"
        return attempt(config, run_id, *arguments)

    return with_a_helper


def _after_the_report(sql):
    """A patch of ``report``: one more statement is sent when the run has ended."""

    def patch(report):
        def report_and_ask(client, lease, run_id, outcome):
            report(client, lease, run_id, outcome)
            session = Session(client._config, run_id)
            session.open()
            session.query(sql.format(lock=session.lock))
            session.close()

        return report_and_ask

    return patch


@mutant("TC-10", "R-02", of="agent.runner.report", scenario=PLAIN, cause=("worker 1", "rule broken", "R-02"))
def lock_given_back_after_the_report(report):
    """The run's lock is given back in so many words when the run has been reported."""
    return _after_the_report("DO RELEASE_LOCK('{lock}')")(report)


@mutant("TC-04", "R-02", of="agent.runner.report", scenario=LOCKED, cause=("worker 1", "rule broken", "R-02"))
def table_looked_at_after_the_report(report):
    """When the run has been reported the table is looked at once more, for the log."""
    return _after_the_report("SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_NAME = 'test_orders'")(
        report
    )


@mutant(
    "TC-10", "R-26", of="agent.fencing.take_over", scenario="Lease Expiry$", cause=("worker 1", "rule broken", "R-26")
)
def every_session_of_the_account_ended(take_over):
    """Whoever else is connected with the agent's account is taken for an earlier worker, and ended."""

    def alone(session, lease, timeout):
        for row in session.query("SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()"):
            session.kill(row["ID"])
        return take_over(session, lease, timeout)

    return alone
