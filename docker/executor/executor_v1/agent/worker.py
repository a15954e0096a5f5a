"""The order of work of one run, from the first look at the table to its outcome."""

from typing import Any

from executor_v1 import logs, vocabulary

from . import change, errors, killswitch, metrics, outcomes, rollback, schema, takeover, verification
from .errors import ServerError
from .fencing import FencingFailed
from .job import Job
from .metrics import Window
from .outcomes import Outcome
from .session import SessionRefused


def carry_out(job: Job) -> Outcome:
    """Bring the claimed run to its outcome. Raises LeaseLost, ApiUnavailable or ApiRefused, all of which leave the run
    to a successor."""
    try:
        job.connect()
        outcome = resume(job)
    except (ServerError, SessionRefused, FencingFailed) as error:
        logs.error("database_trouble", phase=job.phase, error=str(error))
        if job.phase == vocabulary.ROLLING_BACK:
            outcome = rollback.not_undone(job, error)
        else:
            outcome = outcomes.not_prepared(job.phase, error)
    finally:
        job.session.close()
    return with_notes(outcome, job.notes)


def with_notes(outcome: Outcome, notes: list[str]) -> Outcome:
    message = "; ".join([outcome.message, *dict.fromkeys(notes)])
    return Outcome(outcome.status, message, outcome.fail_reason, outcome.error_message)


def resume(job: Job) -> Outcome:
    """Go on where an earlier worker stopped, which for a new run is the start."""
    found = schema.find_index(job.session, job.change.table, job.change.index)
    differs = found and schema.difference(job.change, found, schema.columns(job.session, job.change.table))
    if job.phase == vocabulary.NOT_KEPT:
        # The index alone tells of an earlier worker.
        job.phase = vocabulary.ADDING if found and not differs else None
    if found is None and job.phase in (vocabulary.ADDING, vocabulary.INDEX_ADDED):
        renamed = schema.other_name(job.session, job.change)
        if renamed:
            return outcomes.failed(f"index {job.change.index} was renamed to {renamed} by somebody else")
    existed_before = bool(job.progress.get("existed_before"))
    point = takeover.resume_point(job.phase, existed_before, found is not None, bool(differs))
    logs.info("resume", point=point, phase=job.phase, index_found=found is not None, differs=differs)
    name = job.change.index
    if point == takeover.ROLL_BACK:
        return rollback.finish(job)
    if point == takeover.GONE:
        return outcomes.failed(f"index {name} was added by this run and is gone: somebody else dropped it")
    if point == takeover.FOREIGN:
        return outcomes.requires_manual(f"an index {name} is there that is not this run's: {differs}")
    if point == takeover.VERIFY:
        job.notes.append("taken over from an earlier worker: the index was there and was not added again")
        return go_on_with_index(job)
    switch = ask_switch(job)
    return outcomes.stopped_by_switch(switch.reason) if switch.active else start(job)


def ask_switch(job: Job) -> killswitch.Switch:
    switch = killswitch.ask(job.config, job.connection_id)
    logs.info("kill_switch", active=switch.active, reason=switch.reason)
    job.lease.require()
    return switch


def start(job: Job) -> Outcome:
    """Look, measure, add the index."""
    unfit = unfit_for_change(job)
    if unfit:
        return unfit
    baseline = measure(job)
    # Read as late as can be: whatever is there now was not made by the statement that comes next.
    existed_before = schema.find_index(job.session, job.change.table, job.change.index) is not None
    job.record(
        vocabulary.ADDING,
        existed_before=existed_before,
        mysql_connection_id=job.session.connection_id,
        create_table=schema.create_table(job.session, job.change.table),
        baseline={digest: sample.to_json() for digest, sample in baseline.items()},
    )
    job.lease.check()
    try:
        warnings = job.session.ddl(change.add_statement(job.change))
    except ServerError as error:
        if errors.lost_connection(error):
            return after_lost_connection(job, error)
        return outcomes.add_refused(job.change, error)
    note_duplicate(job, warnings)
    return go_on_with_index(job)


def unfit_for_change(job: Job) -> Outcome | None:
    """Why the change can't be tried any more, or must not be: the table may have changed since the approval."""
    table_columns = schema.columns(job.session, job.change.table)
    if not table_columns:
        return outcomes.no_longer_possible(f"table {job.change.table} does not exist")
    missing = [part.column for part in job.change.parts if part.column.casefold() not in table_columns]
    if missing:
        return outcomes.no_longer_possible(f"table {job.change.table} has no column {', '.join(missing)}")
    key = schema.covered_foreign_key(job.session, job.change)
    if key:
        return outcomes.requires_manual(
            f"no statement was sent: the new index would serve foreign key {key}, so that the server may drop the index"
            " it made for that key and would not let the new one be dropped"
        )
    return None


def note_duplicate(job: Job, warnings: list[dict[str, Any]]) -> None:
    for warning in warnings:
        if warning["Code"] == errors.DUPLICATE_INDEX_WARNING:
            job.notes.append(f"duplicate index, the server warns ({warning['Code']}): {warning['Message']}")


def after_lost_connection(job: Job, error: ServerError) -> Outcome:
    """What became of an ALTER whose answer was lost. It is never sent a second time."""
    name, table = job.change.index, job.change.table
    try:
        job.connect()
        found = schema.find_index(job.session, table, name)
        differs = found and schema.difference(job.change, found, schema.columns(job.session, table))
    except (ServerError, SessionRefused, FencingFailed) as trouble:
        why = f"the connection was lost during ADD INDEX and the table can't be read: {trouble}"
        return outcomes.requires_manual(why, str(error))
    if found is None:
        return outcomes.failed(f"the connection was lost during ADD INDEX and index {name} was not made", str(error))
    if job.progress["existed_before"] or differs:
        why = f"the connection was lost during ADD INDEX and the index {name} there is not this run's"
        return outcomes.requires_manual(why, str(error))
    job.notes.append(f"the connection was lost during ADD INDEX, which the server finished: {error}")
    return go_on_with_index(job)


def go_on_with_index(job: Job) -> Outcome:
    """The index of the run is there: ask the kill switch again, then verify."""
    job.record(vocabulary.INDEX_ADDED)
    switch = ask_switch(job)
    if switch.active:
        return rollback.roll_back(job, vocabulary.KILL_SWITCH, f"kill switch after ADD INDEX: {switch.reason}")
    return verify(job)


def verify(job: Job) -> Outcome:
    """Measure, ask the kill switch once more, and only then decide."""
    digests = job.change.digests
    baseline = metrics.window_from_json(job.progress.get("baseline"), digests)
    limits = verification.Limits(job.config.min_sample_count, job.config.latency_threshold, job.config.rows_threshold)
    after = measure(job)
    switch = ask_switch(job)
    if switch.active:
        return rollback.roll_back(job, vocabulary.KILL_SWITCH, f"kill switch in the metrics window: {switch.reason}")
    verdict = verification.judge(digests, baseline, after, limits)
    logs.info("verdict", outcome=verdict.outcome, text=verdict.text())
    if verdict.outcome == verification.DEGRADED:
        return rollback.roll_back(job, vocabulary.VERIFICATION_FAILED, f"verification failed: {verdict.text()}")
    return keep(job, verdict)


def keep(job: Job, verdict: verification.Verdict) -> Outcome:
    """`completed` is said only of the run's own index, there as approved."""
    name = job.change.index
    found = schema.find_index(job.session, job.change.table, name)
    if found is None:
        return outcomes.failed(f"index {name} was added by this run and {schema.what_became(job.session, job.change)}")
    differs = schema.difference(job.change, found, schema.columns(job.session, job.change.table))
    if differs:
        return outcomes.failed(f"index {name} is not what this run made: {differs}")
    kept = f"index {name} on {job.change.table} ({job.change.columns()}) was added and is kept"
    passed = "verified, " if verdict.outcome == verification.PASSED else ""
    return Outcome(vocabulary.COMPLETED, f"{kept}; {passed}{verdict.text()}")


def measure(job: Job) -> Window:
    """One metrics window: exactly two reads of the counters, the configured time apart. Without digests no time passes.

    A server that can't be measured makes the window say so; one that was restarted is connected to again.
    """
    digests = job.change.digests
    if not digests:
        return {}
    try:
        problem = metrics.is_measurable(job.session)
        if problem:
            return metrics.unmeasured(digests, problem)
        opening = metrics.read_snapshot(job.session, digests)
        job.lease.wait(job.config.metrics_window_seconds)
        return metrics.window(opening, metrics.read_snapshot(job.session, digests), digests)
    except ServerError as error:
        if errors.lost_connection(error):
            job.connect()
        return metrics.unmeasured(digests, metrics.why_unreadable(error))
