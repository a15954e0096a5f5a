"""Defects of the verification: TC-06 and TC-08."""

import time
from dataclasses import replace

from executor_v1 import vocabulary
from executor_v1.agent import metrics, outcomes, verification
from executor_v1.agent.metrics import Sample
from executor_v1.agent.outcomes import Outcome
from tests.proof.catalogue import mutant

LATENCY, ROWS, SCANS, CONTROL = "OK: latency", "OK: rows examined", "OK: full scans", "nothing gets worse"
ROWS_WITHIN, SLOWER_WITHIN = "within the limits: queries examine", "within the limits: queries get slower"
SLOWER_BEYOND, SCANS_BEYOND = "beyond the limits: queries get slower", "beyond the limits: queries scan"
FEW, NINE, TEN = "Inconclusive: 12 samples", "Inconclusive: 9 samples", "10 samples are enough"


# -- TC-06: what counts as worse --------------------------------------------------------------------------------


@mutant(
    "TC-06",
    "Verification detected degradation",
    of="agent.verification.is_slower",
    scenario=LATENCY,
    cause=("worker 1", "rule broken", "R-62"),
)
def latency_not_judged(is_slower):
    """Latency is measured and not judged."""
    return lambda before, after, threshold: False


@mutant(
    "TC-06",
    "Rollback executed",
    of="agent.verification.reads_more",
    scenario=ROWS,
    cause=("worker 1", "rule broken", "R-62"),
)
def rows_not_judged(reads_more):
    """Rows examined are measured and not judged."""
    return lambda before, after, threshold: False


@mutant(
    "TC-06",
    "Index exists after rollback",
    of="agent.verification.scans_more",
    scenario=SCANS,
    cause=("worker 1", "rule broken", "R-62"),
)
def scans_not_judged(scans_more):
    """Full scans are measured and not judged."""
    return lambda before, after: False


@mutant(
    "TC-06",
    "Degradation measured by the server",
    of="agent.worker.verify",
    scenario=LATENCY,
    cause=("worker 1", "rule broken", "R-61"),
)
def no_metrics_window(verify):
    """The index is kept without any look at the queries."""
    passed = verification.Verdict(verification.PASSED, [], ["looks good"], [])
    return lambda job: verify.__globals__["keep"](job, passed)


@mutant(
    "TC-06",
    "Verification detected degradation",
    of="agent.worker.measure",
    scenario=ROWS,
    cause=("worker 1", "rule broken", "R-60"),
)
def windows_without_length(measure):
    """The counters are read twice at once, so that no query can lie in between."""

    def hasty(job):
        opening = metrics.read_snapshot(job.session, job.change.digests)
        return metrics.window(opening, metrics.read_snapshot(job.session, job.change.digests), job.change.digests)

    return hasty


@mutant(
    "TC-06",
    "Rollback performed",
    of="agent.verification.outcome",
    scenario=CONTROL,
    cause=("worker 1", "rule broken", "R-63"),
)
def always_degraded(outcome):
    """Whatever is measured counts as a degradation."""
    return lambda degradations, measured: verification.DEGRADED


@mutant(
    "TC-06",
    "Rollback performed",
    of="agent.verification.scans_more",
    scenario="queries stop scanning",
    cause=("worker 1", "rule broken", "R-63"),
)
def fewer_scans_taken_for_a_degradation(scans_more):
    """Any change in full scans counts as a degradation, an improvement too."""
    return lambda before, after: after != before


@mutant(
    "TC-06",
    "Measure named by the rollback",
    of="agent.verification.degraded_measures",
    scenario=ROWS,
    cause=("worker 1", "rule broken", "R-77"),
)
def wrong_measure_named(degraded_measures):
    """The rollback's reason always names latency."""
    return lambda *arguments: ["latency got worse"] if degraded_measures(*arguments) else []


@mutant(
    "TC-06",
    "Verification detected degradation",
    of="agent.metrics.sample",
    scenario=LATENCY,
    cause=("worker 1", "rule broken", "R-62"),
)
def lifetime_averages(sample):
    """Executions are counted in the window, but their averages are those since the server was started."""

    def lifetime(before, after):
        grown = sample(before, after)
        if grown.problem or not after.executions:
            return grown
        share = grown.executions / after.executions
        return Sample(
            grown.executions, round(after.time * share), round(after.rows * share), round(after.scans * share)
        )

    return lifetime


@mutant(
    "TC-06",
    "Rollback performed",
    of="agent.verification.average",
    scenario=CONTROL,
    cause=("worker 1", "rule broken", "R-63"),
)
def totals_in_place_of_averages(average):
    """Totals of the windows are compared, whatever the number of executions in each."""
    return lambda total, sample: average(total, Sample(executions=1))


@mutant(
    "TC-06",
    "Rollback performed",
    of="agent.verification.reads_more",
    scenario=ROWS_WITHIN,
    cause=("worker 1", "rule broken", "R-63"),
)
def rows_limit_counts_as_beyond(reads_more):
    """Exactly 20 % more rows examined counts as too much."""
    return lambda before, after, threshold: before > 0 and after >= before * (1 + threshold)


@mutant(
    "TC-06",
    "Rollback performed",
    of="agent.verification.reads_more",
    scenario=ROWS_WITHIN,
    cause=("worker 1", "rule broken", "R-63"),
)
def rows_limit_of_latency(reads_more):
    """Rows examined are held against the limit of latency, 10 %."""
    return lambda before, after, threshold: reads_more(before, after, threshold / 2)


@mutant(
    "TC-06",
    "Verification detected degradation",
    of="agent.verification.is_slower",
    scenario=SLOWER_BEYOND,
    cause=("worker 1", "rule broken", "R-62"),
)
def latency_limit_of_rows(is_slower):
    """Latency is held against the limit of rows examined, 20 %."""
    return lambda before, after, threshold: is_slower(before, after, 2 * threshold)


@mutant(
    "TC-06",
    "Rollback performed",
    of="agent.verification.is_slower",
    scenario=SLOWER_WITHIN,
    cause=("worker 1", "rule broken", "R-63"),
)
def any_slowness_is_too_much(is_slower):
    """Latency may not grow at all."""
    return lambda before, after, threshold: is_slower(before, after, 0)


@mutant(
    "TC-06",
    "Verification detected degradation",
    of="agent.verification.scans_more",
    scenario=SCANS_BEYOND,
    cause=("worker 1", "rule broken", "R-62"),
)
def scans_within_a_limit(scans_more):
    """Full scans may grow by a fifth of the executions."""
    return lambda before, after: after > before + 0.2


# -- TC-08: too few samples -------------------------------------------------------------------------------------


@mutant(
    "TC-08",
    "Rollback performed",
    of="agent.verification.judge",
    scenario=FEW,
    cause=("worker 1", "rule broken", "R-61"),
)
def inconclusive_rolls_back(judge):
    """Too few samples count as a degradation."""

    def suspicious(*arguments):
        verdict = judge(*arguments)
        if verdict.outcome != verification.INCONCLUSIVE:
            return verdict
        return verification.Verdict(verification.DEGRADED, verdict.unjudged, [], verdict.unjudged)

    return suspicious


@mutant(
    "TC-08",
    "Verification detected degradation",
    of="agent.verification.has_enough",
    scenario=TEN,
    cause=("worker 1", "rule broken", "R-62"),
)
def ten_samples_are_too_few(has_enough):
    """Exactly ten samples count as too few."""
    return lambda executions, min_samples: executions > min_samples


@mutant(
    "TC-08",
    "Index still exists",
    of="agent.verification.has_enough",
    scenario=NINE,
    cause=("worker 1", "rule broken", "R-61"),
)
def nine_samples_are_enough(has_enough):
    """Nine samples count as enough."""
    return lambda executions, min_samples: executions >= min_samples - 1


@mutant(
    "TC-08",
    "Low sample detected",
    of="agent.metrics.sample",
    scenario="Inconclusive: 0 samples",
    cause=("worker 1", "rule broken", "R-61"),
)
def lifetime_counters(sample):
    """The counters are taken as they are, so that everything since the server's start counts as the window."""
    return lambda before, after: sample(None, after)


@mutant(
    "TC-08",
    "Message contains inconclusive",
    of="agent.outcomes.Outcome.report",
    scenario=FEW,
    cause=("worker 1", "rule broken", "R-36"),
)
def message_lost(report):
    """The status is reported without the message."""
    return lambda self: {**report(self), "message": None}


@mutant(
    "TC-08",
    "Low sample detected",
    of="agent.verification.Verdict.text",
    scenario=FEW,
    cause=("worker 1", "rule broken", "R-61"),
)
def inconclusive_told_as_fine(text):
    """A run that could not be judged says that it was verified."""
    return lambda self: "no degradation found"


@mutant(
    "TC-08",
    "Samples in the metrics window",
    of="agent.worker.measure",
    scenario=FEW,
    cause=("worker 1", "rule broken", "R-60"),
)
def second_window_without_length(measure):
    """The window after the change is closed as soon as it is opened."""

    def hasty(job):
        if job.phase != vocabulary.INDEX_ADDED:
            return measure(job)
        opening = metrics.read_snapshot(job.session, job.change.digests)
        return metrics.window(opening, metrics.read_snapshot(job.session, job.change.digests), job.change.digests)

    return hasty


@mutant(
    "TC-08",
    "Final execution_run Status",
    of="agent.worker.keep",
    scenario=FEW,
    cause=("worker 1", "rule broken", "R-37"),
)
def inconclusive_requires_manual(keep):
    """A run that could not be judged ends as REQUIRES_MANUAL."""

    def cautious(job, verdict):
        outcome = keep(job, verdict)
        return outcomes.requires_manual(outcome.message) if verdict.unjudged else outcome

    return cautious


@mutant("TC-08", "fail_reason", of="agent.worker.keep", scenario=FEW, cause=("worker 1", "rule broken", "R-37"))
def inconclusive_has_a_reason(keep):
    """A run that could not be judged is completed, with the fail_reason verification_failed."""

    def doubtful(job, verdict):
        outcome = keep(job, verdict)
        return Outcome(outcome.status, outcome.message, vocabulary.VERIFICATION_FAILED if verdict.unjudged else None)

    return doubtful


# -- what only a rule sees --------------------------------------------------------------------------------------


@mutant(
    "TC-08",
    "R-60",
    of="agent.worker.measure",
    scenario="Inconclusive: 0 samples",
    cause=("worker 1", "rule broken", "R-60"),
)
def baseline_window_of_half_the_length(measure):
    """The window before the change is half as long as the one after it: the queries are known already, after all."""
    return lambda job: measure(job if job.phase else replace(job, config=_with_window(job.config, 0.5)))


@mutant(
    "TC-08",
    "R-60",
    of=("agent.job.Job.record", "agent.worker.measure"),
    scenario="Inconclusive: 0 samples",
    cause=("worker 1", "rule broken", "R-60"),
)
def window_counted_from_the_end_of_the_alter(record, measure):
    """The metrics window is counted from the end of the ADD INDEX, and not from the read that opens it."""
    added = []

    def note(self, phase, **facts):
        added.append(time.monotonic())
        record(self, phase, **facts)

    def rest(job):
        if job.phase != vocabulary.INDEX_ADDED:
            return measure(job)
        length = job.config.metrics_window_seconds
        return measure(replace(job, config=_with_window(job.config, 1 - (time.monotonic() - added[-1]) / length)))

    return note, rest


def _with_window(config, share):
    """The settings with windows of a share of their length."""
    return replace(config, metrics_window_seconds=config.metrics_window_seconds * share)
