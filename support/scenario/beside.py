"""What phrases do where two runs are carried out at once."""

from dataclasses import replace

from support.errors import SuiteError
from support.history.change import Index
from support.scenario.carrying_out import await_another, wait_for
from support.scenario.case import Case
from support.scenario.two_workers import held_at_the_table


def carry_out_both(case: Case) -> None:
    """Worker 1 carries out the run, worker 2 the one beside it; the table comes free when both ADD INDEX wait for it.

    Both are done only if both indexes are there.
    """
    other = case.run_beside
    if other is None:
        raise SuiteError("this phrase needs a run beside the first; say which one in a Given before it")
    case.stack.api.create_run(other)
    case.notes.suite_runs.append(other.id)
    first, gate, waiting = held_at_the_table(case)
    second = case.new_worker_beside(other.id, 2)
    case.start(second)
    await_another(case, second, gate, waiting)
    gate.release()
    for worker in (second, first):
        wait_for(case, worker)
    made = Index(other.table_name, other.index_name, tuple(other.columns), unique=False, kind="BTREE")
    case.schema = replace(case.schema, indexes=case.schema.indexes | {made})
    row = case.run_row(other.id)
    case.notes.status_beside = row.status.upper() if row else "NO ROW"
    case.evidence.fact("Run beside it", f"{other.id}: {case.notes.status_beside}")
