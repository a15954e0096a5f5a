"""Online: what is sent to the server, and what must never be."""

import re
from collections.abc import Iterator

from support.contract import LOCK_NONE_REFUSED
from support.history.history import History
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

_INPLACE, _NO_LOCK = r"ALGORITHM\s*=?\s*INPLACE\b", r"LOCK\s*=?\s*NONE\b"
_OTHER = re.compile(r"ALGORITHM\s*=?\s*(COPY|DEFAULT)\b|LOCK\s*=?\s*(SHARED|EXCLUSIVE|DEFAULT)\b", re.IGNORECASE)
_DUPLICATE_NAME = 1061


@rule("R-20", SAFETY, "C-ONLINE-1", "C-ONLINE-2", thai="ทุก ADD INDEX และ DROP INDEX ต้องขอ ALGORITHM=INPLACE และ LOCK=NONE")
def every_change_is_asked_for_online(history: History) -> Iterator[Ruling]:
    """Every ADD INDEX and every DROP INDEX asks for ALGORITHM=INPLACE and LOCK=NONE, and for nothing else."""
    for change in history.changes:
        asked = all(re.search(word, change.text, re.IGNORECASE) for word in (_INPLACE, _NO_LOCK))
        yield ruling(
            asked and not _OTHER.search(change.text), f"{change.sender} sent {change.brief}", change.sender, change.started
        )


@rule("R-21", SAFETY, "C-ONLINE-3", thai="คำสั่งเปลี่ยน schema มีได้เพียงการเพิ่ม index ของ run และการลบ index นั้น บนตารางของ run")
def only_the_runs_own_index(history: History) -> Iterator[Ruling]:
    """No schema change is sent but the ADD INDEX of the run's index, and its DROP INDEX, on the run's table."""
    own = [*history.adds, *history.drops]
    for change in history.changes:
        table = re.search(rf"(?<![0-9A-Za-z_$]){re.escape(history.run.table_name)}(?![0-9A-Za-z_$])", change.text)
        yield ruling(
            bool(change in own and table), f"{change.sender} sent {change.brief}", change.sender, change.started
        )


@rule("R-22", SAFETY, "C-ONLINE-4", thai="เมื่อ ADD INDEX ถูกปฏิเสธเพราะ LOCK=NONE ทำไม่ได้ ต้องไม่ลองอีกในรูปแบบอื่น")
def never_another_way(history: History) -> Iterator[Ruling]:
    """An ADD INDEX that the server refused is not tried again in the same run, in this or another form."""
    for refused in [one for one in history.adds if one.errno in (*LOCK_NONE_REFUSED, _DUPLICATE_NAME)]:
        later = [one for one in history.changes if one.started > refused.started and one.owner == refused.owner]
        because = f"refused with error {refused.errno}: {refused.brief}; then {later[0].brief if later else 'nothing'}"
        yield ruling(not later, because, refused.sender, later[0].started if later else refused.started)


@rule("R-23", SAFETY, "C-INDEX-1", thai="index ถูกสร้างสำเร็จได้ไม่เกินหนึ่งครั้งต่อหนึ่ง run")
def added_once(history: History) -> Iterator[Ruling]:
    """The index of a run is added at most once, whoever carries the run out."""
    made = [one for one in history.adds if one.succeeded]
    if made:
        again = made[1] if len(made) > 1 else None
        yield ruling(
            again is None, f"added {len(made)} times: {'; '.join(one.brief for one in made)}", (again or made[0]).sender, (again or made[0]).started
        )


@rule("R-24", SAFETY, "C-INDEX-2", thai="ลบได้เฉพาะ index ที่ run นี้สร้างเอง")
def only_its_own_is_dropped(history: History) -> Iterator[Ruling]:
    """A DROP INDEX is sent only for an index that this run has made."""
    for drop in history.drops:
        made = [one for one in history.adds if one.succeeded and one.ended and history.before(one.ended, drop.started) is not False]
        yield ruling(bool(made), f"{drop.sender} sent {drop.brief}, and the run had made no index", drop.sender, drop.started)


@rule("R-25", SAFETY, "C-INDEX-3", thai="index ที่สร้างต้องตรงกับที่อนุมัติ: คอลัมน์ ลำดับ ความยาว และชนิด")
def the_index_is_the_approved_one(history: History) -> Iterator[Ruling]:
    """The index that the run made has the approved columns in their order, with their prefix lengths, and is not unique."""
    index, made = history.index, history.added
    if index is None or made is None or index == history.index_before:
        return
    run = history.run
    right = list(index.columns) == run.columns and not index.unique and index.kind == (run.index_type or "BTREE")
    yield ruling(right, f"approved: {run.index_name} ({', '.join(run.columns)}) {run.index_type or ''}; made: {index}", made.sender, made.ended)
