"""Defects around the ADD INDEX itself: TC-04 and TC-05, and an agent that only says it did things."""

from dataclasses import replace

from executor_v1 import vocabulary
from executor_v1.agent import change, errors, identifiers
from executor_v1.agent.errors import ServerError
from executor_v1.agent.outcomes import Outcome
from tests.proof.catalogue import mutant

MYISAM, FULLTEXT = "TC-04 LOCK=NONE Not Supported$", "FULLTEXT"
FASTER = "nothing gets worse: queries get faster"
SAME, OTHER = "TC-05 Index Already Exists$", "on another column"


def _once_refused(numbers, then):
    """A patch of ``Session.ddl``: after one of these errors ``then`` is done with the session and the statement."""

    def patch(ddl):
        def defective(self, sql):
            try:
                return ddl(self, sql)
            except ServerError as error:
                if error.errno not in numbers:
                    raise
                return then(self, sql, error)

        return defective

    return patch


# -- TC-04: LOCK=NONE is refused --------------------------------------------------------------------------------


@mutant(
    "TC-04",
    "Schema changes tried after the refusal",
    of="agent.session.Session.ddl",
    scenario=FULLTEXT,
    cause=("worker 1", "rule broken", "R-20"),
)
def fallback_to_lock_shared(ddl):
    """Where LOCK=NONE is refused, the change is made with LOCK=SHARED."""
    return _once_refused(errors.NOT_SUPPORTED, lambda self, sql, _: ddl(self, sql.replace("LOCK=NONE", "LOCK=SHARED")))(
        ddl
    )


@mutant(
    "TC-04", "Index created", of="agent.session.Session.ddl", scenario=MYISAM, cause=("worker 1", "rule broken", "R-20")
)
def fallback_to_copy(ddl):
    """Where LOCK=NONE is refused, the table is copied."""
    return _once_refused(
        errors.NOT_SUPPORTED, lambda self, sql, _: ddl(self, sql.replace(change.ONLINE, "ALGORITHM=COPY"))
    )(ddl)


@mutant(
    "TC-04",
    "Schema changes tried after the refusal",
    of="agent.session.Session.ddl",
    scenario=MYISAM,
    cause=("the executor", "row", "Schema changes tried after the refusal"),
)
def refused_change_tried_again(ddl):
    """Where LOCK=NONE is refused, the same statement is sent once more."""
    return _once_refused(errors.NOT_SUPPORTED, lambda self, sql, _: ddl(self, sql))(ddl)


@mutant(
    "TC-04",
    "MySQL error detected",
    of="agent.change.add_statement",
    scenario=MYISAM,
    cause=("worker 1", "rule broken", "R-20"),
)
def online_not_asked_for(add_statement):
    """The ALTER does not say ALGORITHM and LOCK, so that the server blocks the table if it has to."""
    return lambda wanted: add_statement(wanted).removesuffix(f", {change.ONLINE}")


@mutant(
    "TC-04",
    "Final execution_run Status",
    of="agent.errors.needs_manual_work",
    scenario=MYISAM,
    cause=("worker 1", "rule broken", "R-37"),
)
def error_1845_taken_as_plain_failure(needs_manual_work):
    """Error 1845 ends a run as FAILED."""
    return lambda error: error.errno != 1845 and needs_manual_work(error)


@mutant(
    "TC-04",
    "Final execution_run Status",
    of="agent.errors.needs_manual_work",
    scenario=FULLTEXT,
    cause=("worker 1", "rule broken", "R-37"),
)
def error_1846_taken_as_plain_failure(needs_manual_work):
    """Error 1846 ends a run as FAILED."""
    return lambda error: error.errno != 1846 and needs_manual_work(error)


@mutant(
    "TC-04",
    "fail_reason",
    of="agent.outcomes.requires_manual",
    scenario=MYISAM,
    cause=("worker 1", "rule broken", "R-37"),
)
def manual_work_without_reason(requires_manual):
    """A run that requires manual work has no fail_reason."""

    def wrong(message, error=None):
        return Outcome(vocabulary.REQUIRES_MANUAL, message, None, requires_manual(message, error).error_message)

    return wrong


@mutant(
    "TC-04",
    "Error message recorded",
    of="agent.outcomes.requires_manual",
    scenario=MYISAM,
    cause=("worker 1", "rule broken", "R-32"),
)
def error_not_recorded(requires_manual):
    """What the server said is not kept in error_message."""
    return lambda message, error=None: requires_manual("the server can't do this online")


# -- TC-05: the name is taken -----------------------------------------------------------------------------------


@mutant(
    "TC-05",
    "Final execution_run Status",
    of="agent.outcomes.add_refused",
    scenario=SAME,
    cause=("worker 1", "rule broken", "R-30"),
)
def error_1061_taken_as_success(add_refused):
    """Error 1061 ends a run as COMPLETED: the index is there, after all."""

    def pleased(wanted, error):
        if error.errno == errors.DUPLICATE_KEY_NAME:
            return Outcome(vocabulary.COMPLETED, f"index {wanted.index} is there")
        return add_refused(wanted, error)

    return pleased


@mutant(
    "TC-05",
    "Index that was there before",
    of="agent.session.Session.ddl",
    scenario=SAME,
    cause=("worker 1", "rule broken", "R-24"),
)
def error_1061_rolled_back(ddl):
    """After error 1061 the index of that name, which the run did not make, is dropped."""

    def drop_it(self, sql, error):
        ddl(self, sql.replace("ADD INDEX", "DROP INDEX").rpartition(" (")[0])
        raise error

    return _once_refused((errors.DUPLICATE_KEY_NAME,), drop_it)(ddl)


@mutant(
    "TC-05",
    "Index that was there before",
    of="agent.session.Session.ddl",
    scenario=OTHER,
    cause=("worker 1", "rule broken", "R-24"),
)
def error_1061_replaces_the_index(ddl):
    """After error 1061 the old index is dropped and the new one added."""

    def replace_it(self, sql, _error):
        ddl(self, sql.replace("ADD INDEX", "DROP INDEX").rpartition(" (")[0])
        return ddl(self, sql)

    return _once_refused((errors.DUPLICATE_KEY_NAME,), replace_it)(ddl)


@mutant(
    "TC-05",
    "Unexpected changes",
    of="agent.session.Session.ddl",
    scenario=SAME,
    cause=("worker 1", "rule broken", "R-21"),
)
def error_1061_added_under_another_name(ddl):
    """After error 1061 the index is added under a name of the agent's own, and the run told as failed."""

    def rename(self, sql, error):
        ddl(self, sql.replace("` (", "_2` ("))
        raise error

    return _once_refused((errors.DUPLICATE_KEY_NAME,), rename)(ddl)


@mutant(
    "TC-05",
    "Execution aborted",
    of="agent.session.Session.ddl",
    scenario=SAME,
    cause=("the executor", "row", "Execution aborted"),
)
def error_1061_tried_again(ddl):
    """After error 1061 the same statement is sent once more."""
    return _once_refused((errors.DUPLICATE_KEY_NAME,), lambda self, sql, _: ddl(self, sql))(ddl)


@mutant(
    "TC-05",
    "Duplicate key error detected",
    of="agent.outcomes.add_refused",
    scenario=SAME,
    cause=("worker 1", "rule broken", "R-32"),
)
def error_1061_not_recorded(add_refused):
    """The run says that it failed, and not that it did for error 1061."""

    def silent(wanted, error):
        outcome = add_refused(wanted, error)
        return Outcome(outcome.status, outcome.message, outcome.fail_reason, "ADD INDEX failed")

    return silent


@mutant("TC-05", "fail_reason", of="agent.outcomes.failed", scenario=SAME, cause=("worker 1", "rule broken", "R-37"))
def duplicate_taken_as_validation_error(failed):
    """A run that the server refused ends with the fail_reason validation_error."""
    return lambda message, error=None: Outcome(
        vocabulary.FAILED, message, vocabulary.VALIDATION_ERROR, error or message
    )


# -- other names and columns than those of the form -------------------------------------------------------------


@mutant("TC-06", "Index still exists", of=("agent.change.key_part", "agent.schema.normal"), scenario=FASTER)
def prefixes_left_out(key_part, normal):
    """Columns are indexed in their whole length, whatever was approved."""

    def by_name(part, table_columns):
        return normal(identifiers.KeyPart(part.column), table_columns)

    return lambda part: key_part(identifiers.KeyPart(part.column)), by_name


@mutant("TC-06", "Index still exists", of="agent.change.read", scenario="queries stop scanning")
def columns_put_in_order(read):
    """The columns of an index are put in the order of their names."""

    def in_order(run):
        wanted = read(run)
        return replace(wanted, parts=tuple(sorted(wanted.parts, key=lambda part: part.column)))

    return in_order


@mutant("TC-05", "Index name taken as it is, or turned down", of="agent.identifiers.check", scenario="no plain one")
def blanks_around_a_name_stripped(check):
    """A blank at the beginning of a name is taken for a mistake and left out."""
    return lambda name, kind: check(name, kind).strip()


@mutant("TC-05", "Index name taken as it is, or turned down", of="agent.identifiers.quote", scenario="no plain one")
def backticks_in_names_not_doubled(quote):
    """Names are put between backticks, and what is in them is not looked at."""
    return lambda name: f"`{name}`"


@mutant("TC-06", "Final execution_run Status", of="agent.identifiers.check", scenario=FASTER)
def reserved_words_turned_down(check):
    """A name that is a reserved word is turned down."""
    return _refusing(check, lambda name: name == "straight_join")


@mutant("TC-06", "ADD INDEX successful", of="agent.identifiers.check", scenario="queries take twice")
def names_of_64_characters_turned_down(check):
    """A name of 64 characters is turned down as too long."""
    return _refusing(check, lambda name: len(name) >= 64)


def _refusing(check, refused):
    def strict(name, kind):
        if refused(check(name, kind)):
            raise identifiers.NameRefused(f"the {kind} name {name!r} is not allowed")
        return name

    return strict


# -- words without deeds ----------------------------------------------------------------------------------------


@mutant("TC-01", "Final execution_run Status", of="agent.worker.carry_out", cause=("worker 1", "rule broken", "R-30"))
def only_says_it_completed(carry_out):
    """The agent claims the run and reports that the index was added and verified; it never connects to the database."""
    return lambda job: Outcome(vocabulary.COMPLETED, f"index {job.change.index} was added and is kept; verified")


@mutant(
    "TC-03",
    "ADD INDEX successful",
    of="agent.worker.carry_out",
    scenario="After ADD INDEX$",
    cause=("worker 1", "rule broken", "R-70"),
)
def only_says_it_rolled_back(carry_out):
    """The agent records a completed rollback and reports the run as rolled back; it never connects to the database."""

    def talk(job):
        job.record_rollback("completed", change.drop_statement(job.change), "kill switch after ADD INDEX")
        return Outcome(vocabulary.ROLLED_BACK, "rolled back", vocabulary.KILL_SWITCH)

    return talk


@mutant(
    "TC-06",
    "ADD INDEX successful",
    of="agent.session.Session.ddl",
    scenario="latency",
    cause=("worker 1", "rule broken", "R-70"),
)
def only_says_it_verified(ddl):
    """No ALTER is ever sent; the agent measures and reports as if the index had been made."""
    return lambda self, sql: []


@mutant(
    "TC-10",
    "Worker 1 crashed",
    of="agent.worker.carry_out",
    scenario="Lease Expiry$",
    cause=("worker 1", "rule broken", "R-30"),
)
def only_says_it_did_before_the_crash(carry_out):
    """The agent has reported its success before anybody could kill it, and made no index."""
    return lambda job: Outcome(vocabulary.COMPLETED, f"index {job.change.index} was added and is kept; verified")


@mutant(
    "TC-05",
    "fail_reason",
    of="agent.change.read",
    scenario="the run is to drop it",
    cause=("worker 1", "rule broken", "R-21"),
)
def any_action_taken_for_add_index(read):
    """Whatever a run asks for, an index is added."""
    return lambda run: read({**run, "action": "ADD_INDEX"})


@mutant(
    "TC-05",
    "Index that was there before",
    of=("agent.change.read", "agent.change.add_statement"),
    scenario="is to drop it",
    cause=("worker 1", "rule broken", "R-21"),
)
def drop_index_carried_out(read, add_statement):
    """A run that asks for DROP INDEX gets one."""
    return lambda run: read({**run, "action": "ADD_INDEX"}), change.drop_statement


@mutant(
    "TC-05",
    "Final execution_run Status",
    of="agent.runner.refusal_of",
    scenario="is to drop it",
    cause=("worker 1", "exit", "1"),
)
def run_out_of_scope_left_lying(refusal_of):
    """A run that is out of scope is claimed and never ended."""
    return lambda run: None


@mutant(
    "TC-04", "R-37", of="agent.schema.covered_foreign_key", scenario="a foreign key",
    cause=("worker 1", "rule broken", "R-37"),
)  # fmt: skip
def foreign_keys_not_looked_at(covered_foreign_key):
    """The index is added whether or not a foreign key would be served by it, and the server lets nobody drop it again."""
    return lambda session, change: None


@mutant(
    "TC-04", "R-32", of="agent.worker.unfit_for_change", scenario="a foreign key",
    cause=("worker 1", "rule broken", "R-32"),
)  # fmt: skip
def table_that_is_unfit_told_without_an_error(unfit_for_change):
    """That the table can't take the index is told in the run's message alone."""

    def without_an_error(job):
        unfit = unfit_for_change(job)
        return unfit and replace(unfit, error_message=None)

    return without_an_error
