"""Online: what is sent to the server, and what must never be."""

import re
from collections.abc import Iterator

from support.history.history import History
from support.history.statements import Statement
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

_INPLACE, _NO_LOCK = r"ALGORITHM\s*=?\s*INPLACE\b", r"LOCK\s*=?\s*NONE\b"
_OTHER = re.compile(r"ALGORITHM\s*=?\s*(COPY|DEFAULT)\b|LOCK\s*=?\s*(SHARED|EXCLUSIVE|DEFAULT)\b", re.IGNORECASE)


@rule(
    "R-20", SAFETY, "C-DDL-1", "C-DDL-2", "C-DDL-6", "C-END-4",
    thai="ทุก ADD INDEX และ DROP INDEX ต้องขอ ALGORITHM=INPLACE และ LOCK=NONE",
)  # fmt: skip
def every_change_is_asked_for_online(history: History) -> Iterator[Ruling]:
    """Every schema change asks for ALGORITHM=INPLACE and LOCK=NONE, and for nothing else."""
    for change in history.changes:
        asked = all(re.search(word, change.text, re.IGNORECASE) for word in (_INPLACE, _NO_LOCK))
        online = asked and not _OTHER.search(change.text)
        yield ruling(online, f"{change.sender} sent {change.brief}", change.sender, change.started)


@rule("R-21", SAFETY, "C-DDL-4", thai="คำสั่งเปลี่ยน schema มีได้เพียงการเพิ่ม index ของ run และการลบ index นั้น บนตารางของ run")
def only_the_runs_own_index(history: History) -> Iterator[Ruling]:
    """No schema change is sent but the ADD INDEX of the run's index and its DROP INDEX, on the run's table."""
    table = re.compile(rf"(?<![0-9A-Za-z_$]){re.escape(history.run.table_name)}(?![0-9A-Za-z_$])")
    for change in history.changes:
        own = change in history.adds or change in history.drops
        because = f"{change.sender} sent {change.brief}"
        yield ruling(bool(own and table.search(change.text)), because, change.sender, change.started)


@rule("R-23", SAFETY, "C-DDL-7", "C-END-6", "C-END-7", thai="index ของ run ถูกสร้างสำเร็จได้ไม่เกินหนึ่งครั้ง ไม่ว่า worker ใดทำ")
def added_once(history: History) -> Iterator[Ruling]:
    """The index of a run is made at most once, whoever carries the run out."""
    made = [one for one in history.adds if one.succeeded]
    if made:
        because = f"made {len(made)} times: {'; '.join(one.brief for one in made)}"
        yield ruling(len(made) == 1, because, made[-1].sender, made[-1].started)


@rule("R-24", SAFETY, "C-OWN-3", thai="ลบได้เฉพาะ index ที่ run นี้สร้างเอง")
def only_its_own_is_dropped(history: History) -> Iterator[Ruling]:
    """A DROP INDEX is sent only once this run has made its index."""
    for drop in history.drops:
        made = [one for one in history.adds if one.succeeded and one.ended and one.ended <= drop.started]
        yield ruling(
            bool(made), f"{drop.sender} sent {drop.brief}; this run had made no index", drop.sender, drop.started
        )


@rule("R-25", SAFETY, "C-DDL-3", thai="index ที่สร้างต้องตรงกับที่อนุมัติ: คอลัมน์ ลำดับ ความยาว และชนิด")
def the_index_is_the_approved_one(history: History) -> Iterator[Ruling]:
    """The index that the run made has all approved columns in their order, with their prefixes, and is of the approved kind."""
    index, made, run = history.index, history.added, history.run
    if index is None or made is None or index == history.index_before:
        return
    right = list(index.columns) == run.columns and not index.unique and index.kind == (run.index_type or "BTREE")
    approved = f"{run.index_name} on {run.table_name} ({', '.join(run.columns)}) {run.index_type or 'BTREE'}"
    yield ruling(right, f"approved: index {approved}; made: {index}", made.sender, made.ended)


_ELSEWHERE = re.compile(
    r"create_|drop_|alter_|rename_|grant|revoke|truncate|optimize|analyze|repair|check$|lock_tables|flush|reset|purge|load$|insert"
    r"|update|delete|replace|call_"
)
_OF_ALL = re.compile(r"\bGLOBAL\b|\bPERSIST", re.IGNORECASE)


@rule("R-26", SAFETY, "C-DDL-4", thai="worker ต้องไม่ส่งคำสั่งอื่นที่ล็อก สร้างใหม่ หรือเปลี่ยนตาราง หรือเปลี่ยนค่าของ server")
def nothing_else_is_changed(history: History) -> Iterator[Ruling]:
    """A worker sends nothing else that locks, rebuilds or changes a table, or a setting of the server."""
    for worker in history.participants.values():
        sent = [one for one in history.by(worker, history.statements) if not one.changes_schema]
        wrong = [one for one in sent if _touches(one, history.run.table_name)]
        if sent:
            because = f"{worker} sent {'; '.join(one.brief for one in wrong)}"
            yield ruling(not wrong, because, str(worker), wrong[0].started if wrong else sent[0].started)


def _touches(statement: Statement, table: str) -> bool:
    if statement.kind == "set_option":
        return bool(_OF_ALL.search(statement.text))
    if statement.kind in ("insert", "update", "delete", "replace"):
        return table in statement.text  # the executor's own tables are its own business
    return bool(_ELSEWHERE.match(statement.kind))
