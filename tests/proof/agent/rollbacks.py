"""Defects of the rollback: done but not recorded, recorded but not done, failed and not told: TC-03, TC-06 and TC-07."""

import threading

from executor_v1 import logs, vocabulary
from executor_v1.agent import change, rollback
from executor_v1.agent.errors import ServerError
from executor_v1.agent.outcomes import Outcome
from executor_v1.agent.session import Session
from tests.proof.catalogue import mutant

SWITCH, SLOWER, REFUSED = "After ADD INDEX$", "OK: latency", "Rollback Fail$"


def _changed(patch_outcome):
    """A patch of a function that returns an outcome: the outcome is changed."""
    return lambda function: lambda *arguments: patch_outcome(function(*arguments))


@mutant(
    "TC-03",
    "Index exists after rollback",
    of="agent.session.Session.ddl",
    scenario=SWITCH,
    cause=("worker 1", "rule broken", "R-70"),
)
def rollback_recorded_and_not_done(ddl):
    """The rollback is recorded and reported, but no DROP INDEX is sent."""
    return lambda self, sql: [] if "DROP INDEX" in sql else ddl(self, sql)


@mutant(
    "TC-03",
    "Rollback record status",
    of="agent.job.Job.record_rollback",
    scenario=SWITCH,
    cause=("worker 1", "rule broken", "R-70"),
)
def rollback_done_and_not_recorded(record_rollback):
    """The index is dropped, but nothing is written into the table of rollbacks."""
    return lambda self, status, statement, trigger: None


@mutant(
    "TC-03",
    "Rollback record status",
    of="agent.rollback.undone",
    scenario=SWITCH,
    cause=("worker 1", "rule broken", "R-70"),
)
def rollback_record_left_pending(undone):
    """The record of a rollback that was done stays at pending."""

    def forgetful(job, was_there, unchanged):
        return Outcome(vocabulary.ROLLED_BACK, "rolled back", job.progress["rollback"]["fail_reason"])

    return forgetful


@mutant(
    "TC-03",
    "Rollback executed",
    of="agent.rollback.roll_back",
    scenario=SWITCH,
    cause=("worker 1", "rule broken", "R-31"),
)
def switch_after_add_only_ends_the_run(roll_back):
    """When the switch is turned on after the ADD INDEX the run ends as rolled back, and the index stays."""
    return lambda job, fail_reason, trigger: Outcome(vocabulary.ROLLED_BACK, trigger, fail_reason)


@mutant(
    "TC-03",
    "Final execution_run Status",
    of="agent.rollback.undone",
    scenario=SWITCH,
    cause=("worker 1", "rule broken", "R-37"),
)
def rolled_back_run_told_as_failed(undone):
    """A run that was rolled back ends as FAILED."""
    return _changed(lambda outcome: Outcome(vocabulary.FAILED, outcome.message, outcome.fail_reason))(undone)


@mutant("TC-03", "fail_reason", of="agent.rollback.undone", scenario=SWITCH, cause=("worker 1", "rule broken", "R-61"))
def rolled_back_run_always_blames_verification(undone):
    """Every rollback has the fail_reason verification_failed."""
    return _changed(lambda outcome: Outcome(outcome.status, outcome.message, vocabulary.VERIFICATION_FAILED))(undone)


@mutant(
    "TC-06",
    "Final execution_run Status",
    of="agent.rollback.undone",
    scenario=SLOWER,
    cause=("worker 1", "rule broken", "R-37"),
)
def degraded_run_told_as_failed(undone):
    """A run that was rolled back after the verification ends as FAILED."""
    return _changed(lambda outcome: Outcome(vocabulary.FAILED, outcome.message, outcome.fail_reason))(undone)


@mutant("TC-06", "fail_reason", of="agent.rollback.undone", scenario=SLOWER, cause=("worker 1", "rule broken", "R-37"))
def degraded_run_has_execution_error(undone):
    """A run that was rolled back after the verification has the fail_reason execution_error."""
    return _changed(lambda outcome: Outcome(outcome.status, outcome.message, vocabulary.EXECUTION_ERROR))(undone)


@mutant(
    "TC-06",
    "Rollback record status",
    of="agent.rollback.finish",
    scenario=SLOWER,
    cause=("worker 1", "rule broken", "R-70"),
)
def successful_rollback_recorded_as_failed(finish):
    """A rollback that succeeded is on record as failed."""

    def pessimistic(job):
        outcome = finish(job)
        job.record_rollback("failed", f"{change.drop_statement(job.change)} ", rollback.trigger(job))
        return outcome

    return pessimistic


@mutant(
    "TC-06",
    "Index exists after rollback",
    of="agent.change.drop_statement",
    scenario=SLOWER,
    cause=("worker 1", "rule broken", "R-21"),
)
def rollback_only_hides_the_index(drop_statement):
    """The rollback makes the index invisible in place of dropping it."""
    return lambda wanted: f"ALTER TABLE `{wanted.table}` ALTER INDEX `{wanted.index}` INVISIBLE"


# -- TC-07: the rollback fails ----------------------------------------------------------------------------------


@mutant(
    "TC-07",
    "Verification failed",
    of="agent.verification.is_slower",
    scenario=REFUSED,
    cause=("worker 1", "rule broken", "R-62"),
)
def degradation_overlooked(is_slower):
    """Latency is not judged, so that a rollback that would fail is never tried."""
    return lambda before, after, threshold: False


@mutant(
    "TC-07",
    "Final execution_run Status",
    of="agent.rollback.not_undone",
    scenario=REFUSED,
    cause=("worker 1", "rule broken", "R-31"),
)
def failed_rollback_told_as_rolled_back(not_undone):
    """A rollback that failed ends the run as ROLLED_BACK."""
    return _changed(lambda outcome: Outcome(vocabulary.ROLLED_BACK, outcome.message, vocabulary.EXECUTION_ERROR))(
        not_undone
    )


@mutant(
    "TC-07", "fail_reason", of="agent.rollback.not_undone", scenario=REFUSED, cause=("worker 1", "rule broken", "R-37")
)
def failed_rollback_keeps_the_first_reason(not_undone):
    """A rollback that failed leaves the fail_reason at verification_failed."""
    return _changed(lambda outcome: Outcome(outcome.status, outcome.message, vocabulary.VERIFICATION_FAILED))(
        not_undone
    )


@mutant(
    "TC-07",
    "Rollback record status",
    of="agent.job.Job.record_rollback",
    scenario=REFUSED,
    cause=("worker 1", "rule broken", "R-70"),
)
def failed_rollback_recorded_as_completed(record_rollback):
    """A rollback that failed is on record as completed."""
    return lambda self, status, statement, trigger: record_rollback(self, "completed", statement, trigger)


@mutant(
    "TC-07",
    "Audit log entry created",
    of="agent.job.Job.audit",
    scenario=REFUSED,
    cause=("worker 1", "rule broken", "R-72"),
)
def audit_entry_missing(audit):
    """The agent writes nothing into the audit log."""
    return lambda self, action, new_status, details: None


@mutant(
    "TC-07",
    "Rollback attempted",
    of="agent.rollback.drop",
    scenario=REFUSED,
    cause=("the executor", "row", "Rollback attempted"),
)
def rollback_told_as_failed_without_an_attempt(drop):
    """The rollback is given up and told as failed before any DROP INDEX is sent."""

    def resigned(job):
        raise ServerError(1142, "ALTER command denied")

    return resigned


@mutant(
    "TC-07",
    "Rollback failed",
    of="agent.change.drop_statement",
    scenario="another session holds",
    cause=("worker 1", "rule broken", "R-70"),
)
def rollback_that_changes_nothing(drop_statement):
    """The rollback compares the index with nothing: its statement is no DROP INDEX and can't fail for want of a lock."""
    return lambda wanted: f"DO 'DROP INDEX {wanted.index}'"


# -- what only a rule sees --------------------------------------------------------------------------------------


@mutant(
    "TC-07",
    "R-02",
    of="agent.runner.report",
    scenario="another session holds",
    cause=("worker 1", "rule broken", "R-02"),
)
def failed_rollback_tried_again_after_the_report(report):
    """When a rollback has failed and been reported, the DROP INDEX is sent once more, as the lock may be gone by then."""

    def report_and_try(client, lease, run_id, outcome):
        report(client, lease, run_id, outcome)
        session = Session(client._config, run_id)
        try:
            session.open()
            session.ddl(change.drop_statement(change.read(client.get_run(run_id))))
        except ServerError as error:
            logs.warning("still_not_dropped", error=str(error))
        finally:
            session.close()

    return report_and_try


@mutant(
    "TC-03",
    "R-31",
    of=("agent.rollback.drop", "agent.runner.report"),
    scenario=SWITCH,
    cause=("worker 1", "rule broken", "R-31"),
)
def rollback_reported_while_its_statement_runs(drop, report):
    """The DROP INDEX is sent by a thread, and the run reported as rolled back while it still waits for the table."""
    under_way = []

    def begin(job):
        reader, writer = Session(job.config, job.run_id), Session(job.config, job.run_id)
        reader.open()
        reader.query("BEGIN")
        reader.query(f"SELECT COUNT(*) FROM `{job.change.table}`")
        writer.open()
        work = threading.Thread(target=writer.ddl, args=[change.drop_statement(job.change)])
        work.start()
        while not reader.query("SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER TABLE %'"):
            job.lease.wait(0.01)
        under_way.extend([reader, work, writer])
        return True

    def report_and_wait(*arguments):
        report(*arguments)
        reader, work, writer = under_way
        work.join(0.8)  # it does not end before the reader does; nearer to the report a busy server may note ends late
        reader.close()
        work.join()
        writer.close()

    return begin, report_and_wait


@mutant("TC-03", "R-24", of="agent.worker.start", scenario=SWITCH, cause=("worker 1", "rule broken", "R-24"))
def index_dropped_before_it_is_added(start):
    """To begin with a clean table, a DROP INDEX is sent before the ADD INDEX; that there is none is no error."""

    def clean_start(job):
        try:
            job.session.ddl(change.drop_statement(job.change))
        except ServerError as error:
            logs.debug("nothing_to_drop", error=str(error))
        return start(job)

    return clean_start


@mutant("TC-06", "R-23", of="agent.rollback.drop", scenario=SLOWER, cause=("worker 1", "rule broken", "R-23"))
def rolled_back_index_tried_once_more(drop):
    """The index that was rolled back is added once more, as its slowness may have been chance, and dropped again."""

    def twice(job):
        was_there = drop(job)
        job.session.ddl(change.add_statement(job.change))
        job.session.ddl(change.drop_statement(job.change))
        return was_there

    return twice


@mutant("TC-03", "R-20", of="agent.change.drop_statement", scenario=SWITCH, cause=("worker 1", "rule broken", "R-20"))
def rollback_not_asked_for_online(drop_statement):
    """The DROP INDEX does not say ALGORITHM and LOCK."""
    return lambda wanted: drop_statement(wanted).removesuffix(f", {change.ONLINE}")


@mutant(
    "TC-07",
    "R-27",
    of="agent.rollback.drop",
    scenario="another session holds",
    cause=("worker 1", "rule broken", "R-27"),
)
def rollback_waits_longer_than_set(drop):
    """A rollback may wait five times as long for its lock as was set, for it matters more than the change did."""

    def patient(job):
        job.session.query(f"SET SESSION lock_wait_timeout = {5 * job.config.ddl_lock_wait_timeout}")
        return drop(job)

    return patient
