"""What phrases do before the work: indexes and tables that are there, switches, faults, and the application's queries."""

from datetime import UTC
from functools import partial
from hashlib import sha256

from support.contract import DUPLICATE_NAME, LOCK_WAIT, METRICS_TABLE, NOT_ALLOWED
from support.errors import SuiteError, TestEnvironmentError
from support.gateway.faults import FAULTS
from support.mysql import tables
from support.mysql.database import quoted
from support.mysql.schemas import (
    ACCESS_DENIED,
    grant_alter,
    grant_metrics,
    revoke_alter,
    revoke_metrics,
    set_password,
)
from support.scenario.case import BASELINE, INDEX, WINDOW, Case
from support.scenario.workload import (
    ELSEWHERE,
    HISTORY,
    HISTORY_SAMPLES,
    LIGHT,
    OTHERS,
    SAMPLES,
    STATUS_INDEX,
    Change,
    Measured,
    Workload,
    lookup_query,
)
from support.secret_text import new_secret

PLACES = "test_places"
MARIADB_DIGEST_LENGTH = 32
"""Hexadecimal digits, as on MySQL 5.6; later ones have twice as many."""

REFERENCED, FOREIGN_KEY = "test_customers", "fk_test_orders"

NO_SUCH_INDEX = 1091
"""The server's error for a DROP of an index, or a foreign key, that is not there."""

INTERRUPTED = 1317
"""The server's error for a statement that somebody ended."""


def place_index(case: Case, name: str, table: str, columns: str) -> None:
    """Make an index that is there before the run, by somebody else."""
    _place(case, f"ALTER TABLE {quoted(table)} ADD INDEX {quoted(name)} ({columns})", table, name)


def _place(case: Case, statement: str, table: str, name: str) -> None:
    case.change_schema(statement)
    case.notes.expected_errors.append(DUPLICATE_NAME)
    case.notes.index_before = tables.find_index(case.schema.indexes, table, name)


def place_index_of_another_run(case: Case) -> None:
    """Make the index that another run, whose id only begins like this one's, would have made: with that id for this one's.

    Where the executor's statement does not name its run, there is nothing to be mistaken for, and the index is a plain one.
    """
    run = case.run
    if case.waited and run.id not in case.waited:
        place_index(case, run.index_name, run.table_name, ", ".join(run.columns))
    elif case.waited:
        _place(case, case.waited.replace(run.id, f"{run.id}0"), run.table_name, run.index_name)


def make_table_of_locations(case: Case) -> None:
    """A table with a column that only a SPATIAL index fits, and the executor's right to change it."""
    agent, schema = case.stack.accounts.agent, case.stack.schema
    case.at_the_end(lambda: case.database.execute(f"DROP TABLE IF EXISTS {PLACES}"))
    case.change_schema(
        f"CREATE TABLE {PLACES} (id INT AUTO_INCREMENT PRIMARY KEY, location GEOMETRY NOT NULL) ENGINE=InnoDB"
    )
    case.at_the_end(lambda: revoke_alter(case.database, agent, schema, PLACES))
    grant_alter(case.database, agent, schema, PLACES)


def make_foreign_key(case: Case, table: str, column: str) -> None:
    """A foreign key on a column of the table, to one that is made for it. An index that begins with the column would serve it.

    The rows refer to nothing, which the server is not to check.
    """
    case.at_the_end(lambda: case.database.execute(f"DROP TABLE IF EXISTS {REFERENCED}"))
    case.database.execute(f"CREATE TABLE {REFERENCED} (id INT PRIMARY KEY) ENGINE=InnoDB")
    drop = f"ALTER TABLE {quoted(table)} DROP FOREIGN KEY {FOREIGN_KEY}"
    case.at_the_end(lambda: case.database.execute(drop, gone=NO_SUCH_INDEX))
    case.database.execute("SET foreign_key_checks = 0")
    case.change_schema(
        f"ALTER TABLE {quoted(table)} ADD CONSTRAINT {FOREIGN_KEY} FOREIGN KEY ({quoted(column)}) REFERENCES {REFERENCED} (id)"
    )
    case.database.execute("SET foreign_key_checks = 1")
    case.notes.unfit = f"{table} has a foreign key on {column}"


def set_kill_switch(case: Case, connection_id: str | None, reason: str | None = "acceptance test") -> None:
    """Turn the switch of a connection, or the global one (None), on, now."""
    case.stack.api.set_kill_switch(True, connection_id, reason)
    case.evidence.fact("Kill Switch Activated At", connection_id or "global")


def turn_the_kill_switch_off(case: Case) -> None:
    """Turn that of the run's connection off again."""
    case.stack.api.set_kill_switch(False, case.run.connection_id, "acceptance test")
    case.evidence.fact("Kill switch turned off", case.run.connection_id)


def try_to_turn_off_without_the_secret(case: Case, connection_id: str) -> None:
    """Ask the API to turn a switch off, once without a secret and once with a wrong one."""
    for secret, words in ((None, "without a secret"), ("not-the-secret", "with a wrong secret")):
        answer = case.stack.api.try_to_turn_off(connection_id, secret)
        case.evidence.fact(f"Tried to turn the switch off {words}", answer)


def set_kill_switch_once_index_exists(case: Case, connection_id: str | None) -> None:
    """The same, in the moment between the ADD INDEX and the executor's second look at the switch."""
    case.plan.at[INDEX].append(lambda: set_kill_switch(case, connection_id))


def set_kill_switch_during_the_window(case: Case, connection_id: str) -> None:
    """The same, while the metrics window after the change is open."""
    case.plan.at[WINDOW].append(lambda: set_kill_switch(case, connection_id))


def fail_kill_switch_api(case: Case, error: str, once_index_exists: bool) -> None:
    """Make worker 1's kill-switch calls fail, from the first one, or from the first after the index exists."""
    if error not in FAULTS:
        raise SuiteError(f"unknown API error {error!r}; known: {', '.join(FAULTS)}")
    if FAULTS[error].refuses and once_index_exists:
        raise SuiteError(
            f"{error!r} can only follow the claim: which call comes before a later one is the executor's business"
        )
    case.plan.fault, case.plan.fault_once_index_exists = FAULTS[error], once_index_exists
    case.evidence.fact("API Error Type", error)
    if FAULTS[error].hangs:
        case.plan.times["kill_switch_timeout_seconds"] = case.settings.short_kill_switch_timeout_seconds


def change_queries(case: Case, change: Change, samples: int | None = None) -> None:
    """The run is about a query of the application that changes in this way once the index exists.

    :param samples: how often it is executed in the metrics window, if not as often as the change says.
    """
    before, after = change.samples[0], change.samples[1] if samples is None else samples
    if change.query is lookup_query:
        case.change_schema(f"ALTER TABLE test_orders ADD INDEX {quoted(STATUS_INDEX)} (status)")
    workload = Workload(case.stack.accounts.app, change.query, change.connections)
    case.at_the_end(workload.close)
    workload.run(HISTORY, HISTORY_SAMPLES)
    if change.window_seconds:
        case.plan.times["metrics_window_minutes"] = change.window_seconds / 60
    case.measured.append(Measured(workload, (before, after), change.worsens))
    case.digests.append(workload.digest)
    case.plan.at[BASELINE].append(lambda: workload.run(change.before, before))
    if last := change.now_and_then:
        case.plan.at[WINDOW].append(lambda: workload.run(change.after, after - 1))
        case.plan.at[WINDOW].append(lambda: workload.run(last, 1))
    else:
        case.plan.at[WINDOW].append(lambda: workload.run(change.after, after))


def add_query(case: Case, conduct: str) -> None:
    """The run is about another query, too, which it names first."""
    queries, change = len(case.digests), OTHERS[conduct]
    if any(change.samples):
        change_queries(case, change)
        case.digests.insert(0, case.digests.pop())
    else:
        digest = sha256(f"query {queries} of {case.run.id}".encode()).hexdigest()
        case.digests.insert(0, digest[: len(case.digests[0]) if queries else MARIADB_DIGEST_LENGTH])


def run_queries_elsewhere(case: Case) -> None:
    """The run's queries are executed in another schema, too, and get worse there."""
    for one in list(case.measured):
        workload = Workload(case.stack.accounts.app, one.workload.query, elsewhere=True)
        case.at_the_end(workload.close)
        if workload.digest != one.workload.digest:
            raise TestEnvironmentError("the server gives the same query another digest in another schema")
        for moment, profile in zip((BASELINE, WINDOW), ELSEWHERE, strict=True):
            case.plan.at[moment].append(partial(workload.run, profile, SAMPLES))


def set_counters_back_in_the_window(case: Case) -> None:
    """Somebody empties the server's statement counters as the metrics window is open, before the queries run in it.

    They are emptied now, too, and what they begin with is little, so that the queries of that window bring each of them
    above what it was when the window opened.
    """
    table = f"performance_schema.{METRICS_TABLE}"

    def later_second() -> bool:  # than that in which the counters began; some servers know the second alone
        return bool(case.database.value(f"SELECT UTC_TIMESTAMP() > MAX(FIRST_SEEN) FROM {table}"))

    def set_back() -> None:
        for one in case.measured:
            one.counted_before -= one.workload.counted(case.database, case.stack.schema)
        case.database.execute(f"TRUNCATE TABLE {table}")
        case.notes.counters_set_back = case.database.value("SELECT UTC_TIMESTAMP(6)").replace(tzinfo=UTC)
        case.evidence.fact("Statement counters", "set back by somebody else")

    case.database.execute(f"TRUNCATE TABLE {table}")
    for one in case.measured:
        one.workload.run(LIGHT, 1)
    case.eventually(later_second, "a later second")
    case.plan.at[WINDOW].insert(0, set_back)


def set_limits(case: Case, latency: int, rows: int, samples: int) -> None:
    """How much worse, in percent, worker 1 is told to allow latency and rows examined to get, and what a judgement needs."""
    case.plan.times |= {
        "latency_degradation_threshold": latency / 100,
        "rows_examined_degradation_threshold": rows / 100,
        "min_sample_count": samples,
    }


def revoke_metrics_once_index_exists(case: Case) -> None:
    """The executor's account may not read the statement counters any more."""
    agent = case.stack.accounts.agent

    def revoke() -> None:
        case.notes.expected_errors.append(NOT_ALLOWED)
        case.at_the_end(lambda: grant_metrics(case.database, agent))
        revoke_metrics(case.database, agent)

    case.plan.at[INDEX].append(revoke)


def revoke_alter_once_index_exists(case: Case, table: str) -> None:
    """The executor's account loses the right to change the table, so that its DROP INDEX is refused."""
    agent, schema = case.stack.accounts.agent, case.stack.schema

    def revoke() -> None:
        case.notes.expected_errors.append(NOT_ALLOWED)
        case.at_the_end(lambda: grant_alter(case.database, agent, schema, table))
        revoke_alter(case.database, agent, schema, table)

    case.plan.at[INDEX].append(revoke)


def hold_table_once_index_exists(case: Case, table: str) -> None:
    """Another session reads the table in a transaction that stays open, so that a DROP INDEX waits until it gives up."""
    case.notes.expected_errors.append(LOCK_WAIT)
    case.plan.times["ddl_lock_wait_timeout_seconds"] = case.settings.short_ddl_lock_wait_seconds
    case.plan.at[INDEX].append(case.table_gate(table).close)


def cut_the_connection_during_the_window(case: Case) -> None:
    """The network loses worker 1's connections to the server while the metrics window after the change is open."""

    def cut() -> None:
        relay = case.workers[1].relay
        relay.cut(relay.open_connections)

    case.plan.at[WINDOW].append(cut)


def let_nobody_in(case: Case) -> None:
    """The server has another password for the executor's account than the executor, as when one was changed."""
    agent = case.stack.accounts.agent
    case.at_the_end(lambda: set_password(case.database, agent, agent.password))
    set_password(case.database, agent, new_secret())
    case.notes.no_entry = ACCESS_DENIED


def have_a_neighbour(case: Case) -> None:
    """Another session of the executor's own account, which has nothing to do with the run."""
    case.at_the_end(case.stack.accounts.agent.connect().close)


def use_short_lease(case: Case) -> None:
    """The claim of worker 1 runs out soon after its last sign of life."""
    case.plan.times["execution_lease_timeout_seconds"] = case.settings.short_lease_seconds
