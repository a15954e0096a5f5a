"""What phrases have somebody else do with the run's own index while the run goes on."""

from dataclasses import replace
from datetime import UTC
from typing import NamedTuple

from support.history.change import RunSpec
from support.mysql import tables
from support.mysql.database import quoted
from support.scenario.case import WINDOW, Case


class Deed(NamedTuple):
    """What somebody else does with the run's index: statements. ``thai`` is the Thai phrase's word for it."""

    thai: str
    statements: tuple[str, ...]


DEEDS = {
    "drop the index": Deed("ลบ index ทิ้ง", ("ALTER TABLE {table} DROP INDEX {index}",)),
    # In two statements: MySQL 5.6 does nothing for both in one
    "make the index anew": Deed("ลบ index แล้วสร้างใหม่", ("ALTER TABLE {table} DROP INDEX {index}", "{anew}")),
    "take the last column out of the index": Deed(
        "ตัดคอลัมน์สุดท้ายออกจาก index",
        (
            "ALTER TABLE {table} DROP INDEX {index}",
            "ALTER TABLE {table} ADD INDEX {index} ({fewer_columns}) COMMENT '{comment}'",
        ),
    ),
}
"""What can happen to the index of a run, in the words of the features."""


def meddle_in_the_window(case: Case, deed: str) -> None:
    """Somebody else does something with the run's index while the metrics window after the change is open."""

    def meddle() -> None:
        run = case.run
        names = {
            "table": quoted(run.table_name),
            "index": quoted(run.index_name),
            "fewer_columns": ", ".join(map(quoted, run.columns[:-1])),
            "comment": _comment_of_the_index(case).replace("'", "''"),
            "anew": _add_of_a_namesake(case),
        }
        for statement in DEEDS[deed].statements:
            case.database.execute(statement.format(**names))
        note_meddling(case, deed)

    case.plan.at[WINDOW].append(meddle)


def note_meddling(case: Case, deed: str) -> None:
    """Somebody else has just dropped, renamed or changed the run's index; what is there now is not the run's."""
    case.schema = replace(case.schema, indexes=tables.indexes(case.database, case.stack.schema))
    case.notes.deeds.append(deed)
    case.notes.meddled = case.database.value("SELECT UTC_TIMESTAMP(6)").replace(tzinfo=UTC)
    case.evidence.fact("Somebody else", deed)


def _comment_of_the_index(case: Case) -> str:
    where = "TABLE_SCHEMA = %s AND TABLE_NAME = %s AND INDEX_NAME = %s"
    sql = f"SELECT MAX(INDEX_COMMENT) FROM information_schema.STATISTICS WHERE {where}"
    return str(case.database.value(sql, (case.stack.schema, case.run.table_name, case.run.index_name)) or "")


def _add_of_a_namesake(case: Case) -> str:
    """The ADD INDEX of a run whose id differs from this one's in case only; a plain one where the executor's names no run.

    An executor that writes this run's id in other letters than it has writes that one's in the same.
    """
    run = case.run
    sent = [one.text for one in case.stack.journal.ended() if one.changes_schema and run.index_name in one.text]
    if sent and run.id.lower() in sent[0].lower():
        return sent[0].replace(run.id, run.id.swapcase())
    return f"ALTER TABLE {quoted(run.table_name)} {plain_add(run)}"


def plain_add(run: RunSpec) -> str:
    """The clause that makes an index of the run's name and columns, and nothing else that is the run's."""
    return f"ADD INDEX {quoted(run.index_name)} ({', '.join(map(quoted, run.columns))})"
