"""Defects of claims and leases in the API: TC-01 and TC-10."""

import secrets
from datetime import UTC, datetime, timedelta

from executor_v1.api import problems, rows, runs
from tests.proof.catalogue import mutant


@mutant("TC-01", "Worker 2 HTTP Response", of="api.runs.claim", cause=("the SaaS API", "rule broken", "R-41"))
def claim_reads_then_writes(claim):
    """A claim looks whether the run is free and then takes it, in two statements with nothing to hold others off."""

    def careless(cursor, run_id, wish, default_lease):
        row = runs.find(cursor, run_id)
        if not row["claimable"]:
            raise problems.conflict("not_claimable", runs.claim_refusal(row))
        token = wish.claim_token or secrets.token_hex(32)
        lease = round((wish.lease_seconds or default_lease) * 1000)
        cursor.execute(
            "UPDATE execution_runs SET claimed_by = %s, claim_token_sha256 = %s, lease_milliseconds = %s, claimed_at ="
            " NOW(6), lease_expires_at = NOW(6) + INTERVAL %s * 1000 MICROSECOND, status = 'running' WHERE id = %s",
            (wish.worker_id, runs.hash_token(token), lease, lease, run_id),
        )
        row = runs.find(cursor, run_id)
        cursor.execute(
            "INSERT INTO execution_claims (execution_run_id, worker_id, lease_expires_at) VALUES (%s, %s, %s)",
            (run_id, wish.worker_id, row["lease_expires_at"]),
        )
        rows.add_audit(cursor, "claimed", run_id, {"worker_id": wish.worker_id})
        return {**runs.represent(row), "claim_token": token, "lease_seconds": lease / 1000}

    return careless


@mutant("TC-01", "Worker 2 HTTP Response", of="api.runs.claim", cause=("the SaaS API", "rule broken", "R-41"))
def conflict_never_sent(claim):
    """A claim that was not granted is answered like one that was."""

    def polite(cursor, run_id, wish, default_lease):
        try:
            return claim(cursor, run_id, wish, default_lease)
        except problems.Problem:
            row = runs.find(cursor, run_id)
            return {**runs.represent(row), "lease_seconds": default_lease}

    return polite


@mutant(
    "TC-01",
    of="api.runs.create",
    failure="answered POST /api/executions with 500 instead of 201",
    cause=("the SaaS API", "wrong answer", "500"),
)
def api_breaks_over_a_new_run(create):
    """The API breaks down over every new run, with a database that is well."""

    def broken(cursor, new):
        create(cursor, new)
        raise KeyError("a defect")

    return broken


@mutant("TC-01", "Same run scheduled again", of="api.runs.create", cause=("the SaaS API", "wrong answer", "201"))
def taken_id_answered_as_new(create):
    """A second run under an id that is taken is answered like a new one."""

    def polite(cursor, new):
        try:
            return create(cursor, new)
        except problems.Problem:
            return runs.represent(runs.find(cursor, new.id))

    return polite


@mutant("TC-01", "Worker 1 HTTP Response", of="api.runs.claim", cause=("the SaaS API", "rule broken", "R-42"))
def claim_recorded_for_nobody(claim):
    """A claim that was granted is on record without the name of its worker."""
    return lambda cursor, run_id, wish, lease: claim(cursor, run_id, wish.model_copy(update={"worker_id": None}), lease)


@mutant("TC-01", "Worker 1 HTTP Response", of="api.runs.claim", cause=("the SaaS API", "rule broken", "R-42"))
def claim_not_recorded(claim):
    """A claim that was granted leaves no row in execution_claims."""

    def silent(cursor, run_id, wish, default_lease):
        granted = claim(cursor, run_id, wish, default_lease)
        cursor.execute("DELETE FROM execution_claims WHERE execution_run_id = %s", (run_id,))
        return granted

    return silent


@mutant(
    "TC-10",
    "Claim before the lease ended",
    of="api.runs.claim_statement",
    scenario="comes too early",
    cause=("the SaaS API", "rule broken", "R-40"),
)
def live_lease_not_honoured(claim_statement):
    """A run may be claimed while the lease of its worker is alive."""
    return lambda: claim_statement().replace("lease_expires_at <= NOW(6)", "1 = 1")


@mutant(
    "TC-10",
    "Worker 2 claimed successfully",
    of="api.runs.claim_statement",
    scenario="Lease Expiry$",
    cause=("the SaaS API", "call refused", "409"),
)
def lease_never_ends(claim_statement):
    """A run that was claimed once can't be claimed again, its lease alive or not."""
    return lambda: claim_statement().replace("lease_expires_at <= NOW(6)", "1 = 0")


@mutant(
    "TC-10",
    "Lease expired",
    of="api.runs.claim_statement",
    scenario="Lease Expiry$",
    cause=("the SaaS API", "row", "Lease expired"),
)
def time_of_the_takeover_not_recorded(claim_statement):
    """A takeover leaves claimed_at at the time of the first claim."""
    return lambda: claim_statement().replace("claimed_at = NOW(6)", "claimed_at = COALESCE(claimed_at, NOW(6))")


@mutant(
    "TC-10",
    "Worker 1 exit status",
    of="api.runs.is_resend",
    scenario="its answer is lost",
    cause=("the SaaS API", "call refused", "409"),
)
def report_not_known_again(is_resend):
    """A report that had arrived is refused when it is sent again, and its worker believes that it lost the run."""
    return lambda row, token, status: False


@mutant(
    "TC-10",
    "Worker 2 HTTP Response",
    of="api.runs.renew",
    scenario="a worker that is alive keeps its run",
    cause=("the SaaS API", "rule broken", "R-52"),
)
def renewal_without_effect(renew):
    """A renewal of the lease is answered with 200 and changes nothing."""

    def lazy(cursor, run_id, token):
        runs.find_for_write(cursor, run_id, token)
        return runs.represent(runs.find(cursor, run_id))

    return lazy


@mutant(
    "TC-10",
    "Done by worker 1 after the takeover",
    of="api.runs.holds_lease",
    scenario="freezes while its last report",
    cause=("the SaaS API", "rule broken", "R-51"),
)
def zombie_writes_accepted(holds_lease):
    """Whoever sends a report is taken at its word, also after another took the run over."""
    return lambda row, token: row["status"] == "running"


@mutant(
    "TC-10", "R-41", of="api.runs.claim", scenario="turned on before", cause=("the SaaS API", "rule broken", "R-41")
)
def takeover_reads_then_writes(claim):
    """Whether the lease of a run has ended is looked at first, and the run is taken in a second statement."""

    def careless(cursor, run_id, wish, default_lease):
        row = runs.find(cursor, run_id)
        if row["status"] == "running" and row["claimable"]:
            cursor.execute("UPDATE execution_runs SET lease_expires_at = NOW(6) WHERE id = %s", (run_id,))
        return claim(cursor, run_id, wish, default_lease)

    return careless


# -- what only a rule sees --------------------------------------------------------------------------------------


@mutant(
    "TC-03",
    "R-35",
    of=("api.runs.claim_statement", "api.runs.holds_lease", "api.runs.vocabulary.is_legal"),
    scenario="After ADD INDEX$",
    cause=("the SaaS API", "rule broken", "R-35"),
)
def claimed_run_stays_scheduled(claim_statement, holds_lease, is_legal):
    """A claim leaves the run scheduled, and the worker's report takes it from there to its end."""
    return (
        lambda: claim_statement().replace(", status = 'running'", ""),
        lambda row, token: runs.is_holder(row, token) and bool(row["lease_alive"]),
        lambda old, new: is_legal("running" if old == "scheduled" else old, new),
    )


@mutant("TC-10", "R-42", of="api.runs.claim", scenario="Lease Expiry$", cause=("the SaaS API", "rule broken", "R-42"))
def claim_of_a_successor_replaces_the_row(claim):
    """A run has one row in execution_claims, which a successor's claim writes over."""

    def upsert(cursor, run_id, wish, default_lease):
        granted = claim(cursor, run_id, wish, default_lease)
        cursor.execute(
            "DELETE FROM execution_claims WHERE execution_run_id = %s AND worker_id <> %s", (run_id, wish.worker_id)
        )
        return granted

    return upsert


@mutant(
    "TC-03", "R-42", of="api.runs.claim", scenario="After ADD INDEX$", cause=("the SaaS API", "rule broken", "R-42")
)
def claim_row_goes_with_the_lease(claim):
    """A claim is granted and its row in execution_claims lost, because it is written outside of the transaction."""

    def forgetful(cursor, run_id, wish, default_lease):
        granted = claim(cursor, run_id, wish, default_lease)
        cursor.execute("DELETE FROM execution_claims WHERE execution_run_id = %s", (run_id,))
        return granted

    return forgetful


@mutant(
    "TC-03",
    "R-51",
    of=("api.runs.claim_statement", "api.runs.renew", "api.runs.holds_lease"),
    scenario="After ADD INDEX$",
    cause=("the SaaS API", "rule broken", "R-51"),
)
def leases_by_a_clock_that_is_slow(claim_statement, renew, holds_lease):
    """The end of a lease is written and compared by the API's own clock, which is a minute behind the database's."""

    def renew_by_own_clock(cursor, run_id, token):
        renewed = renew(cursor, run_id, token)
        cursor.execute(
            "UPDATE execution_runs SET lease_expires_at = lease_expires_at - INTERVAL 60 SECOND WHERE id = %s",
            (run_id,),
        )
        return renewed

    def holds_by_own_clock(row, token):
        now = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=60)
        return row["status"] == "running" and runs.is_holder(row, token) and row["lease_expires_at"] > now

    return (
        lambda: claim_statement().replace("= NOW(6) + INTERVAL", "= NOW(6) - INTERVAL 60 SECOND + INTERVAL"),
        renew_by_own_clock,
        holds_by_own_clock,
    )


@mutant("TC-10", "R-44", of="api.runs.claim", scenario="comes too early", cause=("the SaaS API", "rule broken", "R-44"))
def refused_claim_leaves_its_name(claim):
    """A claim that is refused leaves its worker's name in claimed_by, as the last one that asked."""

    def noting(cursor, run_id, wish, default_lease):
        try:
            return claim(cursor, run_id, wish, default_lease)
        except problems.Problem:
            cursor.execute("UPDATE execution_runs SET claimed_by = %s WHERE id = %s", (wish.worker_id, run_id))
            cursor.connection.commit()
            raise

    return noting


@mutant(
    "TC-03", "R-45", of="api.runs.claim", scenario="After ADD INDEX$", cause=("the SaaS API", "rule broken", "R-45")
)
def claim_answered_without_its_token(claim):
    """The answer to a claim has no claim_token, for the worker has sent it itself."""

    def silent(cursor, run_id, wish, default_lease):
        granted = claim(cursor, run_id, wish, default_lease)
        return {name: value for name, value in granted.items() if name != "claim_token"}

    return silent


@mutant(
    "TC-03", "R-52", of="api.runs.renew", scenario="After ADD INDEX$", cause=("the SaaS API", "rule broken", "R-52")
)
def renewal_of_another_length(renew):
    """A renewal gives a minute, whatever length the claim was granted."""

    def by_default(cursor, run_id, token):
        renewed = renew(cursor, run_id, token)
        cursor.execute(
            "UPDATE execution_runs SET lease_expires_at = NOW(6) + INTERVAL 60 SECOND WHERE id = %s", (run_id,)
        )
        return renewed

    return by_default
