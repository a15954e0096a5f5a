"""The look at everything there is to see, once all workers have ended."""

from dataclasses import replace

from support.clock import now
from support.errors import NotMade, TestEnvironmentError
from support.form import TEST_CASES
from support.history.calls import name_of
from support.history.change import Index
from support.history.history import NOTED_LATE_SECONDS, History, Participant
from support.history.statements import NO_TEXT, Statement
from support.judgement.rules import judge_all
from support.judgement.rules.approved import is_approved
from support.mysql import tables
from support.mysql.journal import Journal
from support.record.evidence import Query
from support.scenario.case import Case
from support.scenario.workload import Measured
from support.secret_text import forms_of
from support.stacks.worker import Worker
from support.waiting import WaitTimeout, eventually

GIVEN = (
    "EXECUTION_LEASE_TIMEOUT_SECONDS", "METRICS_WINDOW_MINUTES", "MIN_SAMPLE_COUNT", "LATENCY_DEGRADATION_THRESHOLD",
    "ROWS_EXAMINED_DEGRADATION_THRESHOLD", "KILL_SWITCH_TIMEOUT_SECONDS", "DDL_LOCK_WAIT_TIMEOUT_SECONDS",
)  # fmt: skip
"""The contract's variables that decide what a worker has to do."""

RECORDED_BY_RUN = {"execution_claims": "execution_run_id", "rollbacks": "execution_run_id", "audit_logs": "resource_id"}
"""The tables of what is recorded for a run, and their column with its id."""

ENDING_SECONDS = 2 * NOTED_LATE_SECONDS
"""How long a statement that was answered may take to be on record as ended: a busy server answers first."""


def _statements(journal: Journal, threads: list[int]) -> list[Statement]:
    """What the journal has, once what looks unfinished has had its time to end."""
    try:
        return eventually(
            lambda: [found for found in [journal.read(threads)] if all(one.ended for one in found)],
            within=ENDING_SECONDS,
            what="the end of every statement",
        )[0]
    except WaitTimeout:
        return journal.read(threads)  # one is really still running


def look(case: Case) -> History:
    """Read everything, note in the evidence what the result log asks for, and return it.

    :raises TestEnvironmentError: a part of the test environment is gone, or was too slow for anything to be said.
    """
    stack, database = case.stack, case.database
    stack.check_alive()
    for call in [*case.calls(), *(call for one in case.beside.values() for call in one.all_calls)]:
        if call.trouble:
            raise TestEnvironmentError(call.trouble)
    with case.evidence.judging():
        history = case.evidence.history = _everything(case)
    for measured in case.measured:
        counted = measured.workload.counted(database, stack.schema) - measured.counted_before
        length = min(one.given["METRICS_WINDOW_MINUTES"] for one in history.participants.values()) * 60
        refuse_a_failed_workload(history, measured, counted, stack.journal.hidden, length)
    _record(case, history)
    return history


def _left_connected(case: Case) -> dict[str, list[str]]:
    """Which connections of workers that had ended by themselves are still on the server's own list, by worker.

    The relay has passed the end of a connection on by then; a server may need a moment to take it in.
    """
    workers = {
        one.connection_id: name_of(worker.number)
        for worker in case.workers.values()
        if worker.exit_status is not None and not worker.killed
        for one in worker.connections
        if one.connection_id is not None
    }
    found: dict[str, list[str]] = {}

    def none_is_left() -> bool:
        found.clear()
        ids = ", ".join(map(str, workers))
        for row in case.database.rows(f"SELECT * FROM information_schema.PROCESSLIST WHERE ID IN ({ids})"):
            what = f"connection {row['ID']} ({row['STATE'] or row['COMMAND']}: {row['INFO'] or 'no statement'})"
            found.setdefault(workers[row["ID"]], []).append(what)
        return not found

    try:
        if workers:
            eventually(none_is_left, within=ENDING_SECONDS, what="the end of every connection")
    except WaitTimeout:
        pass  # one is really still there
    return found


def _everything(case: Case) -> History:
    stack, database, run = case.stack, case.database, case.run
    left_connected = _left_connected(case)  # first: the next looks may have to wait for what was left
    found = tables.look(database, stack.schema)
    index = tables.find_index(found.indexes, run.table_name, run.index_name)
    threads = [thread for one in case.measured for thread in one.workload.threads]
    statements = _statements(stack.journal, threads)
    history = History(
        run=run,
        row=database.first("SELECT * FROM execution_runs WHERE id = %s", (run.id,)),
        told={} if case.notes.turned_down else stack.api.run(run.id),
        claims=database.rows("SELECT * FROM execution_claims WHERE execution_run_id = %s", (run.id,)),
        rollbacks=database.rows("SELECT * FROM rollbacks WHERE execution_run_id = %s", (run.id,)),
        audit=database.rows("SELECT * FROM audit_logs WHERE resource_id = %s", (run.id,)),
        index=index,
        statements=[statement for statement in statements if statement.thread not in threads],
        workload=[statement for statement in statements if statement.thread in threads],
        participants=_participants(case),
        beside={run_id: _participant(one) for run_id, one in case.beside.items()},
        unexpected_changes=tables.differences(_allowed(case, index), found),
        foreign_rows=_foreign_rows(case),
        switches=database.rows("SELECT * FROM kill_switches"),
        left_running=[name_of(worker.number) for worker in case.workers.values() if worker.left_something()],
        left_connected=left_connected,
        min_samples=int(case.plan.times.get("min_sample_count", case.settings.min_sample_count)),
        **vars(case.notes),
    )
    history.leaks = _leaks(case, history)
    return history


def _leaks(case: Case, history: History) -> list[str]:
    """Where a password, the secret or a claim token is, and has no business."""
    tokens = [token for call in history.all_calls if call.is_granted_claim and (token := call.claim_token)]
    places = {f"the log of {name_of(worker.number)}": worker.text() for worker in case.workers.values()}
    places["the log of the SaaS API"] = case.stack.new_api_log()
    for name in ("row", "claims", "rollbacks", "audit"):
        places[f"the run's {name}"] = str(getattr(history, name))
    for call in history.all_calls:
        if call.kind != "claim":
            places[f"the answer to {call.method} {call.path}"] = call.response_body
    kinds = {"a password or the secret": case.stack.secrets(), "a claim token": tokens}
    return [
        f"{kind} is in {place}"
        for kind, values in kinds.items()
        for place, text in places.items()
        if any(form in text for value in values for form in forms_of(value))
    ]


def _participants(case: Case) -> dict[int, Participant]:
    return {role: _participant(case.workers[case.roles.get(role, role)]) for role in case.workers}


def _participant(one: Worker) -> Participant:
    given = {name: float(one.environment[name]) for name in GIVEN if name in one.environment}
    words = one.last_words()
    ids = [connection.connection_id for connection in one.connections]
    calls = [
        replace(call) for call in one.all_calls
    ]  # as they are now: what the gateway still does to one is not judged
    return Participant(
        one.number, calls, one.killed, one.exit_status, given, one.started, one.ended, one.frozen, words, ids
    )


def _foreign_rows(case: Case) -> list[str]:
    """Rows that are about other runs than the one under test; there was none when it was scheduled."""
    run, found = case.run.id, []
    for table, column in RECORDED_BY_RUN.items():
        kind = " AND resource_type = 'execution_run'" if table == "audit_logs" else ""
        for row in case.database.rows(
            f"SELECT DISTINCT {column} AS id FROM {table} WHERE {column} NOT IN %s{kind}",
            ([run, *case.notes.suite_runs],),
        ):
            found.append(f"{table} {row['id']}")
    return found


def _allowed(case: Case, index: Index | None) -> tables.Snapshot:
    """The schema a scenario may end in: as before, or with the run's own index, whose presence its Fields judge."""
    before = case.schema
    if index is None or index in before.indexes or is_approved(index, case.run) is False:
        return before
    return tables.Snapshot(before.tables, before.columns, before.indexes | {index}, before.rows)


def refuse_a_failed_workload(history: History, measured: Measured, counted: int, hidden: int, length: float) -> None:
    """Hold that the queries of one digest lay in the executor's windows, were counted, and changed as meant.

    :param counted: executions by the server's own counter, as the executor is told.
    :param hidden: prepared statements of which the server kept no text.
    :param length: seconds that a window has at least. A shorter one is the executor's doing, and left to the observations.
    :raises NotMade: it is not so.
    :raises TestEnvironmentError: it cannot be told.
    """
    workload = [one for one in history.workload if one.digest == measured.workload.digest]
    if counted != len(workload):
        raise NotMade(
            f"the server ran {len(workload)} of the application's queries but counted {counted}: its statement"
            " counters are not locked and lost some, so the executor did not read what happened"
        )
    if hidden and not history.metrics_window:
        raise TestEnvironmentError(f"the executor's windows cannot be made out, because it reads its metrics {NO_TEXT}")
    digest, (before, after) = measured.workload.digest, measured.samples
    for name, window, sent, wanted in (
        ("baseline", history.baseline_window, workload[:before], before),
        ("metrics", history.metrics_window, workload[before:], after),
    ):
        if window is None or len(sent) != wanted or window.seconds_at_most < length:
            return  # the executor opened no such window, which is for the observations to judge
        if any(statement.started < window.opened for statement in sent):
            raise NotMade(f"the application's queries began beside the read that opens the {name} window")
        inside = len(window.of(digest).samples)
        if inside < wanted:
            raise NotMade(
                f"the {name} window closed before the application's queries were done ({inside} of"
                f" {wanted} in {window.seconds:.3f} s): raise metrics_window_seconds"
            )
    if after and history.worse_in(digest) != ([measured.worsens] if measured.worsens else []):
        raise NotMade(
            f"the application's queries were to get worse in {measured.worsens or 'nothing'}, but the server measured:"
            f" {history.measured(digest)}"
        )


def _record(case: Case, history: History) -> None:
    evidence, window, run = case.evidence, history.metrics_window, case.run
    evidence.actual_status = history.status
    if window:
        evidence.fact("Metrics Window", f"{window.seconds:.3f} s by the server's clock", window.opened)
        evidence.fact("Sample Count Observed", len(window.samples), window.closed)
        evidence.fact("Last sample ended after", window.last_sample)
    queries = TEST_CASES[evidence.id].verification_queries(run.id, run.table_name, run.index_name)
    evidence.queries += [Query(title, sql, case.database.rows(sql), now()) for title, sql in queries]


def collect(case: Case) -> None:
    """Take the history into the evidence, whatever became of the scenario; if it can't be read, what workers did."""
    evidence = case.evidence
    if evidence.history is None and (case.workers or case.notes.suite_calls):  # nobody has looked
        evidence.history = _of_workers(case)
        with evidence.judging():
            evidence.history = _everything(case)
    if evidence.history and not evidence.rules:
        with evidence.judging():
            evidence.rules = judge_all(evidence.history)


def _of_workers(case: Case) -> History:
    """What is known without a look at the server: nothing to judge."""
    return History(
        run=case.run,
        row=None,
        told={},
        claims=[],
        rollbacks=[],
        audit=[],
        index=None,
        statements=[],
        workload=[],
        participants=_participants(case),
        unexpected_changes=[],
        min_samples=case.settings.min_sample_count,
        **vars(case.notes),
    )
