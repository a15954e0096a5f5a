"""Defects that only an unusual answer of the SaaS API brings out: TC-01, TC-02, TC-03, TC-07, TC-09 and TC-10."""

from urllib.parse import quote

from executor_v1 import logs, vocabulary
from executor_v1.agent import killswitch, schema, takeover, worker
from executor_v1.agent.client import ApiRefused
from executor_v1.agent.runner import ExitCode
from tests.proof.agent.switch import AFTER, BEFORE, INACTIVE
from tests.proof.catalogue import mutant

# -- what the answer about the kill switch is told to be --------------------------------------------------------


def _taken_for_json(accepts):
    """A patch of ``interpret``: a content type that is accepted counts as the right one."""

    def patch(interpret):
        return lambda status, body, told: interpret(status, body, killswitch.JSON if accepts(told) else "text/html")

    return patch


@mutant("TC-09", "Fail-closed behavior", of="agent.killswitch.interpret", scenario=AFTER + "content type that begins")
def content_type_compared_by_its_beginning(interpret):
    """Every content type that begins with application/json counts as JSON."""
    return _taken_for_json(lambda told: told.startswith(killswitch.JSON))(interpret)


@mutant("TC-09", "Index created", of="agent.killswitch.interpret", scenario=BEFORE + "content type of another")
def content_type_of_any_json(interpret):
    """Every content type with the word json in it counts as JSON, that of a problem document, too."""
    return _taken_for_json(lambda told: "json" in told)(interpret)


@mutant("TC-09", "Fail-closed behavior", of="agent.killswitch.interpret", scenario=AFTER + "no content type")
def no_content_type_taken_for_json(interpret):
    """An answer that does not say what it is counts as JSON."""
    return _taken_for_json(lambda told: not told or told == killswitch.JSON)(interpret)


@mutant(
    "TC-02",
    "Final execution_run Status",
    of="agent.killswitch.interpret",
    scenario="control, the switch of another connection",
)
def charset_taken_for_another_type(interpret):
    """A content type with a charset is not known as that of JSON, so that an inactive switch stops the run."""
    return _taken_for_json(lambda told: told == killswitch.JSON)(interpret)


# -- what the body has in it ------------------------------------------------------------------------------------


def _of_the_body(change):
    """A patch of ``interpret``: the body is changed before it is read."""
    return lambda interpret: lambda status, body, told: interpret(status, change(body), told)


@mutant("TC-09", "Index created", of="agent.killswitch.interpret", scenario=BEFORE + "field names in other letters")
def field_names_folded(interpret):
    """The names of fields are compared without regard to case."""
    return _of_the_body(bytes.lower)(interpret)


@mutant("TC-09", "Index created", of="agent.killswitch.without_repeats", scenario=BEFORE + "fields that are there more")
def last_of_several_fields_counts(without_repeats):
    """Of a field that is there more than once the last one counts."""
    return dict


@mutant("TC-09", "Index created", of="agent.killswitch.interpret", scenario=BEFORE + "two objects")
def first_of_several_objects_counts(interpret):
    """Of several objects in one answer the first one counts."""
    return _of_the_body(lambda body: body.split(b"\n")[0])(interpret)


@mutant("TC-09", "Index created", of="agent.killswitch.no_constant", scenario=BEFORE + "a number that JSON")
def numbers_that_json_does_not_have(no_constant):
    """NaN is read as a number, as Python does unless it is told not to."""
    return lambda name: None


@mutant("TC-09", "Fail-closed behavior", of="agent.killswitch.interpret", scenario=AFTER + "a byte order mark")
def byte_order_mark_skipped(interpret):
    """A byte order mark before the object is skipped."""
    return _of_the_body(lambda body: body.removeprefix(b"\xef\xbb\xbf"))(interpret)


@mutant("TC-09", "Index created", of="agent.killswitch.ask", scenario=BEFORE + "time-out")
def deadline_of_each_try(ask):
    """The kill switch is asked up to three times, and each try has the whole deadline."""

    def patient(config, connection_id):
        answers = (ask(config, connection_id) for _ in range(3))
        return next((one for one in answers if "within" not in one.reason and "timeout" not in one.reason), INACTIVE)

    return patient


# -- claims, tokens and leases ----------------------------------------------------------------------------------


def _ending_refused_claims_with(status):
    def patch(attempt):
        def ending(config, run_id, client, started):
            try:
                return attempt(config, run_id, client, started)
            except ApiRefused:
                return status

        return ending

    return patch


@mutant(
    "TC-01",
    "R-43",
    of="agent.runner.attempt",
    scenario="answered with an error",
    cause=("worker 1", "rule broken", "R-43"),
)
def every_refused_claim_is_a_lost_one(attempt):
    """A claim that is answered with 404 ends the agent as if another worker had the run."""
    return _ending_refused_claims_with(ExitCode.NOT_CLAIMED)(attempt)


@mutant(
    "TC-01",
    "R-43",
    of="agent.runner.attempt",
    scenario="answered with an error",
    cause=("worker 1", "rule broken", "R-43"),
)
def refused_claim_ends_well(attempt):
    """A claim that is answered with 404 ends the agent as if the work were done: nothing is left to do."""
    return _ending_refused_claims_with(ExitCode.FINISHED)(attempt)


@mutant(
    "TC-03",
    "R-55",
    of="agent.client.Client.claim",
    scenario="the global switch",
    cause=("worker 1", "rule broken", "R-55"),
)
def token_of_its_own_kept(claim):
    """The agent goes on with the token that it has sent in its claim, whatever token the answer has."""

    def keeping(self, run_id):
        token = self._token
        run = claim(self, run_id)
        self._token = token
        return run

    return keeping


@mutant("TC-10", "Worker 2 HTTP Response", of="agent.runner.lease_granted", scenario="a worker that is alive keeps")
def lease_taken_for_the_one_asked_for(lease_granted):
    """The agent renews a lease as if it had been granted the length that it asked for."""
    return lambda claimed: 5.0


@mutant(
    "TC-10",
    "R-03",
    of=("agent.lease.Lease.is_lost", "agent.lease.Lease.check"),
    scenario="heartbeats are refused",
    cause=("worker 1", "rule broken", "R-03"),
)
def refused_renewal_ignored(is_lost, check):
    """The agent writes down that a renewal was refused, and goes on."""
    return lambda self: False, lambda self: None


@mutant(
    "TC-10",
    "R-03",
    of=("agent.lease.seconds_left", "agent.lease.Lease.check"),
    scenario="heartbeats are not answered",
    cause=("worker 1", "rule broken", "R-03"),
)
def only_a_refusal_ends_a_lease(seconds_left, check):
    """A lease that can't be renewed counts as alive until the API says that it is not."""
    return lambda expires_at, now: 1.0, lambda self: None


@mutant(
    "TC-10",
    "R-50",
    of="agent.lease.Lease.expect_end",
    scenario="not taken for longer than the lease",
    cause=("worker 1", "rule broken", "R-50"),
)
def renewals_end_with_the_first_report(expect_end):
    """The lease is not renewed any more once the outcome is being reported."""
    return lambda self: self._closed.set()


# -- records ----------------------------------------------------------------------------------------------------


@mutant(
    "TC-03",
    "Final execution_run Status",
    of="agent.job.Job._try_to_write",
    scenario="records of the rollback are refused",
)
def refused_record_stops_the_rollback(try_to_write):
    """A rollback record that the API refuses ends the agent, with the index there and the run open."""
    return lambda self, what, write: write()


@mutant(
    "TC-07",
    "R-76",
    of="agent.client.is_worth_retrying",
    scenario="Rollback Fail$",
    cause=("worker 1", "rule broken", "R-76"),
)
def only_some_errors_are_worth_another_try(is_worth_retrying):
    """What is answered with 507, or with a status that nobody has registered, is not sent again."""
    return lambda status: status in (408, 429, 500, 502, 503, 504)


# -- rollbacks of a predecessor ---------------------------------------------------------------------------------


@mutant(
    "TC-10",
    "R-16",
    of=("agent.takeover.resume_point", "agent.worker.ask_switch"),
    scenario="dies in its rollback",
    cause=("worker 2", "rule broken", "R-16"),
)
def rollback_of_a_predecessor_forgotten(resume_point, ask_switch):
    """A successor that finds the index and an inactive switch verifies the run, whatever its predecessor was about."""

    def point(phase, existed_before, found, differs):
        at = resume_point(phase, existed_before, found, differs)
        return takeover.VERIFY if at == takeover.ROLL_BACK and found else at

    return point, ask_switch


@mutant("TC-10", "Final execution_run Status", of="agent.worker.ask_switch", scenario="turned on before the successor")
def successor_does_not_heed_the_switch(ask_switch):
    """A successor that finds the index made asks the kill switch, and goes on whatever it says."""

    def ignoring(job):
        switch = ask_switch(job)
        return INACTIVE if job.phase_found else switch

    return ignoring


# -- secrets ----------------------------------------------------------------------------------------------------


@mutant("TC-02", "R-80", of="agent.runner.attempt", scenario="Before Start$", cause=("worker 1", "rule broken", "R-80"))
def password_logged_as_a_part_of_a_url(attempt):
    """The address of the database is logged as a URL, with the password in it."""

    def telling(config, run_id, client, started):
        logs._secrets.clear()
        logs.info(
            "database", url=f"mysql://{config.mysql_user}:{quote(config.mysql_password, safe='')}@{config.mysql_host}"
        )
        return attempt(config, run_id, client, started)

    return telling


@mutant(
    "TC-07",
    "Audit log entry created",
    of="agent.client.Client.audit",
    scenario="Rollback Fail$",
    cause=("worker 1", "rule broken", "R-76"),
)
def audit_entry_given_up_early(audit):
    """The audit entry is sent again for a few seconds only, however long the lease is."""
    return lambda self, entry, check: self.send("POST", "/api/audit", entry, 5.0, check=check)


@mutant(
    "TC-04",
    "R-11",
    of="agent.worker.after_lost_connection",
    scenario="answer is lost",
    cause=("worker 1", "rule broken", "R-11"),
)
def no_look_after_a_lost_answer(after_lost_connection):
    """If the index is there after the answer was lost, the metrics window is opened at once."""

    def hasty(job, error):
        job.connect()
        if schema.find_index(job.session, job.change.table, job.change.index) is None:
            return after_lost_connection(job, error)
        job.record(vocabulary.INDEX_ADDED)
        return worker.verify(job)

    return hasty


@mutant("TC-07", "Final execution_run Status", of="agent.change.comment", scenario="make the index anew")
def runs_alike_but_for_case(comment):
    """The comment has the run's id in lower case, so that the index of a run whose id differs in case passes for its own."""
    return lambda run_id: comment(run_id.lower())
