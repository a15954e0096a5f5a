"""Online: what is sent to the server, and what must never be."""

import re
from collections.abc import Iterator

from support.contract import ADD_INDEX, LOCK_WAIT, TEST_TABLES
from support.history.history import History, Participant
from support.history.statements import Statement
from support.judgement.rules.approved import asks_for_the_approved, asks_online, is_approved, is_only_of
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling
from support.judgement.rules.sent import (
    adds,
    all_of,
    bare,
    by_workers,
    drops,
    is_own,
    made,
    of_the_name,
    predecessors,
    was_meddled_with,
)


@rule(
    "R-20", SAFETY, "C-DDL-1", "C-DDL-2", "C-DDL-6", "C-END-4",
    thai="ทุก ADD INDEX และ DROP INDEX ต้องขอ ALGORITHM=INPLACE และ LOCK=NONE",
)  # fmt: skip
def every_change_is_asked_for_online(history: History) -> Iterator[Ruling]:
    """Every schema change of a worker asks for ALGORITHM=INPLACE and LOCK=NONE, and for nothing else."""
    for change in by_workers(history, history.changes):
        because = f"{change.sender} sent {change.brief}"
        of = ("C-DDL-2",) if change in history.drops else ("C-DDL-1", "C-DDL-6", "C-END-4")
        yield ruling(asks_online(change.text), because, change.sender, change.started, of)


@rule(
    "R-21",
    SAFETY,
    "C-DDL-4",
    "C-END-12",
    thai="คำสั่งเปลี่ยน schema มีได้เพียงการเพิ่ม index ของ run และการลบ index นั้น บนตารางของ run",
)
def only_the_runs_own_index(history: History) -> Iterator[Ruling]:
    """A worker sends no schema change but ADD INDEX and DROP INDEX of the run's index, and none for a run out of scope."""
    for change in by_workers(history, history.changes):
        because = f"{change.sender} sent {change.brief}"
        holds, of = is_only_of(change.text, history.run), ("C-DDL-4",)
        if history.run.action != ADD_INDEX:
            holds, of = False, ("C-END-12",)
            because += f"; the run asks for {history.run.action}"
        yield ruling(holds, because, change.sender, change.started, of)


@rule("R-22", SAFETY, "C-DDL-7", "C-END-16", thai="ห้ามส่ง ADD INDEX ซ้ำขณะที่ ADD INDEX ก่อนหน้าของ run ยังไม่จบ")
def no_add_beside_an_earlier_one(history: History) -> Iterator[Ruling]:
    """An ADD INDEX is sent again only when every earlier one of the run has ended."""
    sent = adds(history)
    for number, add in enumerate(sent):
        for earlier in sent[:number]:
            over = add.thread == earlier.thread or history.done_before(earlier, add.started)
            if over is None and history.waited_together:
                over = False  # no clock is needed to tell
            because = f"{add.sender} sent {add.brief} while {earlier.sender}'s had not ended: {earlier.brief}"
            yield ruling(over, because, add.sender, add.started)


@rule("R-23", SAFETY, "C-DDL-7", "C-END-6", "C-END-7", thai="index ของ run ถูกสร้างสำเร็จได้ไม่เกินหนึ่งครั้ง ไม่ว่า worker ใดทำ")
def added_once(history: History) -> Iterator[Ruling]:
    """The index of a run is made at most once, whichever worker carries the run out."""
    done = [one for one in adds(history) if one.succeeded]
    if done:
        because = f"made {len(done)} times: {'; '.join(one.brief for one in done)}"
        yield ruling(len(done) == 1, because, done[-1].sender, done[-1].started)


@rule("R-24", SAFETY, "C-OWN-1", "C-OWN-3", thai="ลบได้เฉพาะ index ที่ run นี้สร้างเอง และยังไม่มีใครสร้างใหม่ ลบ หรือเปลี่ยนชื่อ")
def only_its_own_is_dropped(history: History) -> Iterator[Ruling]:
    """A DROP INDEX is sent only for the index that this run made, and that nobody made anew, dropped or renamed since."""
    for drop in drops(history):
        known = [one for one in of_the_name(history) if one is not drop]
        earlier = [one for one in known if history.done_before(one, drop.started) is not False]
        last = earlier[-1] if earlier else None
        holds: bool | None = is_own(history, drop.started)
        meddled = was_meddled_with(history, drop.started)
        if not meddled and last and last not in by_workers(history, earlier) and not _could_look(history, last, drop):
            holds = None  # the look right before may have been earlier still
        what = f"last before it: {last.sender}'s {last.brief}" if last else "this run had made no index"
        what += "; somebody else made the index another one in between" if meddled else ""
        yield ruling(holds, f"{drop.sender} sent {drop.brief}; {what}", drop.sender, drop.started)


def _could_look(history: History, last: Statement, drop: Statement) -> bool:
    """The sender of the DROP INDEX asked the server something in between, so it could have known."""
    sent = [one for one in history.statements if one.owner == drop.owner and one.started < drop.started]
    return any(last.ended and one.started >= last.ended for one in sent)


@rule("R-25", SAFETY, "C-DDL-3", "C-COLUMN-1", thai="index ที่สร้างต้องตรงกับที่อนุมัติ: คอลัมน์ ลำดับ ความยาว และชนิด")
def the_index_is_the_approved_one(history: History) -> Iterator[Ruling]:
    """The index that the run makes has all approved columns in their order, with their prefixes, and is of the approved kind."""
    run = history.run
    approved = (
        f"approved: index {run.index_name} on {run.table_name} ({', '.join(run.columns)}) {run.index_type or 'BTREE'}"
    )
    for add in adds(history):
        asked = asks_for_the_approved(add.text, run)
        if asked is not None:
            yield ruling(asked, f"{approved}; sent: {add.brief}", add.sender, add.started)
    index, maker = history.index, made(history)
    if index and maker and is_own(history):
        yield ruling(is_approved(index, run), f"{approved}; made: {index}", maker.sender, maker.ended)


_ELSEWHERE = re.compile(
    r"create_|drop_|alter_|rename_|grant|revoke|truncate|optimize|analyze|repair|check$|lock_tables|lock_instance|flush|reset"
    r"|purge|load|call_|install|uninstall|shutdown|restart|set_password|import|clone|change_"
)
_OF_ALL = re.compile(r"(?:\ASET\s+|,\s*)(?:@@)?(?:GLOBAL|PERSIST(?:_ONLY)?)[\s.]", re.IGNORECASE)
_KILL = re.compile(r"\AKILL\s+(?:(?:HARD|SOFT|CONNECTION|QUERY)\s+)*(\d+)\s*;?\Z", re.IGNORECASE)
_LOCKING = re.compile(r"\bFOR\s+(?:UPDATE|SHARE)\b|\bLOCK\s+IN\s+SHARE\s+MODE\b", re.IGNORECASE)


@rule("R-26", SAFETY, "C-DDL-4", thai="worker ต้องไม่ส่งคำสั่งอื่นที่ล็อก สร้างใหม่ หรือเปลี่ยนตาราง ค่าของ server หรือ session ของผู้อื่น")
def nothing_else_is_changed(history: History) -> Iterator[Ruling]:
    """A worker sends nothing else that locks, rebuilds or changes a table, a setting of the server, or another's session."""
    tables = {*TEST_TABLES, history.run.table_name}
    workers = [(one, [one, *predecessors(history, one)]) for one in history.participants.values()]
    workers += [(one, [one]) for one in history.beside.values()]
    for worker, may_end in workers:
        sent = [one for one in history.by(worker, history.statements) if not one.changes_schema]
        if not sent:
            continue
        judged = {id(one): _leaves_alone(one, tables, may_end) for one in sent}
        wrong = [one for one in sent if judged[id(one)] is False] or [one for one in sent if judged[id(one)] is None]
        because = f"{worker} sent {'; '.join(one.brief for one in wrong)}"
        yield ruling(all_of(judged.values()), because, str(worker), (wrong or sent)[0].started)


def _leaves_alone(statement: Statement, tables: set[str], may_end: list[Participant]) -> bool | None:
    kind, text = statement.kind, bare(statement.text)
    if statement.hidden:
        return None
    if kind == "kill":
        known = [connection for one in may_end for connection in one.connections]
        whose = _KILL.match(text)
        if whose and int(whose[1]) in known:
            return True
        return False if whose and known and None not in known else None
    if kind == "set_option":
        return not _OF_ALL.search(text)
    named = any(re.search(rf"(?<![0-9A-Za-z_$]){re.escape(table)}(?![0-9A-Za-z_$])", text) for table in tables)
    if kind.partition("_")[0] in ("insert", "update", "delete", "replace"):
        return not named  # the executor's own tables are its own business
    if kind == "select":
        return not (named and _LOCKING.search(text))
    return not _ELSEWHERE.match(kind)


WORK_SECONDS = 1.0
"""What an ALTER of the tables of the tests may take beside its waits."""


@rule("R-27", SAFETY, "C-DDL-5", thai="การรอ lock แต่ละครั้งต้องไม่นานกว่า DDL_LOCK_WAIT_TIMEOUT_SECONDS")
def no_wait_is_longer_than_set(history: History) -> Iterator[Ruling]:
    """A schema change gives up when it has waited for a lock for DDL_LOCK_WAIT_TIMEOUT_SECONDS, which may be twice."""
    for worker in history.participants.values():
        limit = worker.given.get("DDL_LOCK_WAIT_TIMEOUT_SECONDS")
        for change in history.by(worker, history.changes):
            if limit is None or (change.errno != LOCK_WAIT and change.seconds <= 2 * limit + WORK_SECONDS):
                continue  # one that did not give up shows how long it waited only where it took too long for all else
            holds = None if limit + WORK_SECONDS < change.seconds else True  # one long wait, or two
            if change.seconds > 2 * limit + WORK_SECONDS:
                holds = False
            because = f"{worker} sent {change.brief} after {change.seconds:.3f} s; {limit:g} s were set for one wait"
            yield ruling(holds, because, str(worker), change.started)
