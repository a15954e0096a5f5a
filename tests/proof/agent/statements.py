"""Statements that are not asked for, or not as they should be; in the end none of it shows: TC-08 and TC-10."""

from dataclasses import replace

from executor_v1 import logs
from executor_v1.agent import change
from executor_v1.agent.errors import ServerError
from tests.proof.catalogue import mutant

PLAIN = "control, the last report is answered with 503"


@mutant("TC-10", "R-20", of="agent.change.add_statement", scenario=PLAIN, cause=("worker 1", "rule broken", "R-20"))
def add_not_asked_for_online(add_statement):
    """The ADD INDEX leaves ALGORITHM and LOCK to the server, which does it online as long as it can."""
    return lambda wanted: add_statement(wanted).removesuffix(f", {change.ONLINE}")


@mutant("TC-10", "R-21", of="agent.worker.note_duplicate", scenario=PLAIN, cause=("worker 1", "rule broken", "R-21"))
def table_rebuilt_after_the_change(note_duplicate):
    """Once the index is there the table is rebuilt, so that the new index is not fragmented."""

    def rebuild(job, warnings):
        job.session.ddl(f"ALTER TABLE `{job.change.table}` FORCE, {change.ONLINE}")
        note_duplicate(job, warnings)

    return rebuild


@mutant("TC-10", "R-21", of="agent.worker.start", scenario=PLAIN, cause=("worker 1", "rule broken", "R-21"))
def index_tried_out_under_another_name(start):
    """The index is added under another name first and dropped, to see whether the server can do it online."""

    def rehearse(job):
        trial = replace(job.change, index=f"{job.change.index}_try")
        job.session.ddl(change.add_statement(trial))
        job.session.ddl(change.drop_statement(trial))
        return start(job)

    return rehearse


@mutant(
    "TC-08",
    "R-25",
    of=("agent.change.read", "agent.change.add_statement"),
    scenario="Inconclusive: 0 samples",
    cause=("worker 1", "rule broken", "R-25"),
)
def text_columns_get_a_fulltext_index(read, add_statement):
    """The index on a column of text is made as a FULLTEXT index, with the shared lock that the server wants for it."""
    return (
        lambda run: replace(read(run), index_type="FULLTEXT"),
        lambda wanted: add_statement(wanted).replace("LOCK=NONE", "LOCK=SHARED"),
    )


@mutant("TC-10", "R-26", of="agent.worker.note_duplicate", scenario=PLAIN, cause=("worker 1", "rule broken", "R-26"))
def table_analyzed_after_the_change(note_duplicate):
    """Once the index is there ANALYZE TABLE is sent, so that the optimizer knows it; that it is not allowed is no error."""
    return _once_more("ANALYZE TABLE `{table}`")(note_duplicate)


@mutant("TC-10", "R-26", of="agent.worker.note_duplicate", scenario=PLAIN, cause=("worker 1", "rule broken", "R-26"))
def lock_wait_set_for_the_whole_server(note_duplicate):
    """The lock_wait_timeout is also set for the whole server; that the account is not allowed to is no error."""
    return _once_more("SET GLOBAL lock_wait_timeout = 10")(note_duplicate)


def _once_more(sql):
    """A patch of ``note_duplicate``: one more statement is sent, and its error ignored."""

    def patch(note_duplicate):
        def more(job, warnings):
            try:
                job.session.query(sql.format(table=job.change.table))
            except ServerError as error:
                logs.warning("not_allowed", error=str(error))
            note_duplicate(job, warnings)

        return more

    return patch


@mutant(
    "TC-10",
    "R-25",
    of=("agent.change.key_part", "agent.schema.index_from_rows"),
    scenario=PLAIN,
    cause=("worker 1", "rule broken", "R-25"),
)
def index_made_in_descending_order(key_part, index_from_rows):
    """The index is made in descending order, for the newest rows are read most, and found to be as it should be."""
    return lambda part: f"{key_part(part)} DESC", lambda rows: replace(index_from_rows(rows), descending=False)


@mutant(
    "TC-10",
    "R-25",
    of=("agent.change.add_statement", "agent.schema.index_from_rows"),
    scenario=PLAIN,
    cause=("worker 1", "rule broken", "R-25"),
)
def index_left_invisible(add_statement, index_from_rows):
    """The index is made invisible, to be shown to the optimizer later, and that is forgotten."""
    return (
        lambda wanted: add_statement(wanted).replace(" COMMENT", " INVISIBLE COMMENT"),
        lambda rows: replace(index_from_rows(rows), hidden=False),
    )


@mutant(
    "TC-10",
    "R-20",
    of=("agent.change.comment", "agent.change.add_statement"),
    scenario=PLAIN,
    cause=("worker 1", "rule broken", "R-20"),
)
def online_only_in_the_comment(comment, add_statement):
    """The index's comment says ALGORITHM=INPLACE, LOCK=NONE, and the ADD INDEX itself does not."""
    return (
        lambda run_id: f"{comment(run_id)}, {change.ONLINE}",
        lambda wanted: add_statement(wanted).removesuffix(f", {change.ONLINE}"),
    )


@mutant("TC-10", "R-26", of="agent.worker.start", scenario=PLAIN, cause=("worker 1", "rule broken", "R-26"))
def rows_locked_before_the_change(start):
    """Before the change some rows are read FOR UPDATE, to see whether anybody else has them."""

    def probe(job):
        job.session.query(f"SELECT * FROM `{job.change.table}` LIMIT 100 FOR UPDATE")
        return start(job)

    return probe
