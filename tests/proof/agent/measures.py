"""Defects that show with other limits, with several queries, and with counters that can't be gone by: TC-06 to TC-08."""

from dataclasses import replace
from fractions import Fraction

from executor_v1.agent import metrics, verification
from executor_v1.agent.metrics import Counters, Sample
from tests.proof.catalogue import mutant

BOTH_WITHIN, ROWS_BEYOND, SCANS_BEYOND = "queries take twice the time", "queries examine 20.4", "once in a while"
FASTER, NONE, NINE, TWELVE = "worse: queries get faster", "Inconclusive: 0 ", "Inconclusive: 9 ", "Inconclusive: 12 "
SET_BACK, UNREADABLE = "set the statement counters back", "lose its right to read"


def _with(**limits):
    """A patch of ``judge``: these limits are the agent's own, whatever it was told."""
    return lambda judge: lambda digests, baseline, after, told: judge(digests, baseline, after, replace(told, **limits))


# -- limits -----------------------------------------------------------------------------------------------------


@mutant("TC-06", "Rollback performed", of="agent.verification.judge", scenario=BOTH_WITHIN)
def limit_of_latency_not_read(judge):
    """The limit of latency is always 10 %."""
    return _with(latency=Fraction("0.10"))(judge)


@mutant("TC-07", "Rollback attempted", of="agent.verification.judge", scenario="another session holds")
def limit_of_rows_not_read(judge):
    """The limit of rows examined is always 20 %."""
    return _with(rows=Fraction("0.20"))(judge)


@mutant("TC-08", "Rollback performed", of="agent.verification.judge", scenario=TWELVE)
def sample_minimum_not_read(judge):
    """Ten samples are always enough."""
    return _with(min_samples=10)(judge)


@mutant(
    "TC-09", "Fail-closed behavior", of="agent.killswitch.ask", scenario="Failure: headers in time, the body too late"
)
def deadline_of_the_kill_switch_not_read(ask):
    """The kill switch has a minute to answer, whatever the agent was told."""
    return lambda config, connection_id: ask(replace(config, kill_switch_timeout=60.0), connection_id)


# -- several queries --------------------------------------------------------------------------------------------


@mutant("TC-06", "Verification detected degradation", of="agent.verification.judge", scenario=ROWS_BEYOND)
def only_the_first_digest_judged(judge):
    """Of several digests only the first is judged."""
    return lambda digests, *rest: judge(digests[:1], *rest)


@mutant("TC-06", "Index exists after rollback", of="agent.verification.judge", scenario=ROWS_BEYOND)
def digests_judged_together(judge):
    """All digests are judged as if they were one: a query that gains hides one that suffers."""

    def together(digests, baseline, after, limits):
        return judge(["all"], {"all": _sum(baseline)}, {"all": _sum(after)}, limits)

    return together


def _sum(window):
    """The samples of all digests in one."""
    there = [one for one in window.values() if not one.problem]
    return Sample(*(sum(getattr(one, name) for one in there) for name in ("executions", "time", "rows", "scans")))


@mutant("TC-06", "Rollback executed", of="agent.verification.judge", scenario=SCANS_BEYOND)
def one_rare_digest_makes_all_inconclusive(judge):
    """If one digest can't be judged, none is."""

    def careful(*arguments):
        verdict = judge(*arguments)
        return replace(verdict, outcome=verification.INCONCLUSIVE) if verdict.unjudged else verdict

    return careful


@mutant("TC-08", "Rollback performed", of="agent.verification.judge", scenario=NINE)
def samples_of_all_digests_counted_together(judge):
    """A digest is judged if all of them together have samples enough."""

    def generous(digests, baseline, after, limits):
        fewest = min(sum(one.executions for one in window.values()) for window in (baseline, after))
        return judge(
            digests, baseline, after, replace(limits, min_samples=1) if fewest >= limits.min_samples else limits
        )

    return generous


@mutant("TC-08", "Final execution_run Status", of="agent.metrics.window", scenario=TWELVE)
def digest_that_never_ran_breaks_the_agent(window):
    """A digest that the server does not know ends the agent with a KeyError."""
    return lambda opening, closing, digests: window(opening, {one: closing[one] for one in digests}, digests)


@mutant("TC-06", "Index still exists", of="agent.metrics.read_snapshot", scenario=FASTER)
def counters_of_every_schema(read_snapshot):
    """The counters of a digest are summed over all schemas."""
    return _everywhere


@mutant("TC-08", "Rollback performed", of="agent.metrics.read_snapshot", scenario=NONE)
def samples_of_every_schema(read_snapshot):
    """Executions in other schemas count as samples."""
    return _everywhere


def _everywhere(session, digests):
    places = ", ".join(["%s"] * len(digests))
    rows = session.query(
        "SELECT DIGEST AS digest, SUM(COUNT_STAR) AS executions, SUM(SUM_TIMER_WAIT) AS time, SUM(SUM_ROWS_EXAMINED) AS `rows`,"
        f" SUM(SUM_SELECT_SCAN) AS scans FROM {metrics.TABLE} WHERE DIGEST IN ({places}) GROUP BY DIGEST",
        digests,
    )
    return {
        row["digest"].lower(): Counters(
            int(row["executions"]), int(row["time"]), int(row["rows"]), int(row["scans"]), "some time"
        )
        for row in rows
    }


# -- counters that can't be gone by -----------------------------------------------------------------------------


@mutant("TC-08", "Rollback performed", of="agent.metrics.sample", scenario=SET_BACK)
def counters_set_back_not_noticed(sample):
    """Counters that were set back, and are higher again, are taken for those of before."""
    return lambda before, after: sample(before and replace(before, first_seen=after.first_seen), after)


@mutant(
    "TC-08",
    "R-61",
    of="agent.verification.judge",
    scenario=UNREADABLE,
    cause=("worker 1", "rule broken", "R-61"),
)
def unreadable_counters_taken_for_fine(judge):
    """If the counters can't be read after the change, nothing got worse."""

    def trusting(digests, baseline, after, limits):
        verdict = judge(digests, baseline, after, limits)
        unread = any(one.problem for one in after.values())
        return verification.Verdict(verification.PASSED, [], ["nothing got worse"], []) if unread else verdict

    return trusting


@mutant(
    "TC-06",
    "R-77",
    of="agent.rollback.roll_back",
    scenario="OK: latency",
    cause=("worker 1", "rule broken", "R-77"),
)
def every_measure_named(roll_back):
    """The rollback's reason names all measures, whichever got worse."""
    return lambda job, fail_reason, trigger: roll_back(
        job, fail_reason, "latency, rows examined or full scans got worse"
    )


@mutant("TC-06", "Verification detected degradation", of="agent.metrics.sample", scenario=ROWS_BEYOND)
def rows_rounded_down(sample):
    """Rows examined per execution are whole numbers, rounded down."""

    def rounding(before, after):
        one = sample(before, after)
        return replace(one, rows=one.rows // one.executions * one.executions) if one.executions else one

    return rounding
