"""The kill switch: asked in time, of the right connection, and heeded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from support.contract import COMPLETED, FAILED, KILL_SWITCH_REASON, ROLLED_BACK
from support.history.calls import Call
from support.history.history import History, Participant
from support.history.statements import Statement
from support.judgement.rules.claims import MARGIN_SECONDS
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling
from support.judgement.rules.sent import adds, all_of, drops, made, predecessors


@dataclass(frozen=True)
class Look:
    """One look at the kill switch, all its tries together. ``inactive`` is what the worker could know by its deadline."""

    tries: list[Call]
    inactive: bool | None

    @property
    def arrived(self) -> datetime:
        return self.tries[0].arrived

    @property
    def answered(self) -> datetime:
        return self.tries[-1].answered or self.tries[-1].arrived

    @property
    def unseen(self) -> bool:
        """Its connection was refused: nobody could see when."""
        return self.tries[0].answered is None

    @property
    def after_index(self) -> bool:
        return bool(self.tries[0].after_index)


def looks_of(history: History, worker: Participant) -> list[Look]:
    """A worker's looks, in order. A refused connection has no answer, and is one; what is still under way is none yet.

    Tries are of one look if nothing else was done between them, within the deadline for all of it.
    """
    limit = worker.given.get("KILL_SWITCH_TIMEOUT_SECONDS")
    groups: list[list[Call]] = []
    for call in worker.calls_of("kill switch"):
        if call.answered is None and call.fault is None:
            continue
        if groups and _is_another_try(groups[-1], call, limit) and not _did(history, worker, groups[-1][-1], call):
            groups[-1].append(call)
        else:
            groups.append([call])
    return [Look(tries, _could_know(tries, limit)) for tries in groups]


def _is_another_try(tries: list[Call], call: Call, limit: float | None) -> bool:
    first, last = tries[0], tries[-1]
    in_time = limit is not None and (call.arrived - first.arrived).total_seconds() < limit
    told = last.says_inactive is not False or last.says_active
    return in_time and not told and bool(call.after_index) == bool(first.after_index)


def _did(history: History, worker: Participant, first: Call, second: Call) -> bool:
    """The worker did something between two calls, other than to keep its lease."""
    sent = [one.started for one in history.by(worker, history.statements)]
    called = [one.arrived for one in worker.calls if one.kind not in ("heartbeat", "kill switch")]
    return any(first.arrived < at < second.arrived for at in (*sent, *called))


def _could_know(tries: list[Call], limit: float | None) -> bool | None:
    if tries[-1].says_inactive is False:
        return False
    took = ((tries[-1].answered or tries[-1].arrived) - tries[0].arrived).total_seconds()
    if limit is None or took < limit - MARGIN_SECONDS:
        return tries[-1].says_inactive
    return False if took > limit + MARGIN_SECONDS else None


def _answers(looks: list[Look]) -> str:
    calls = [call for look in looks for call in look.tries]
    return ", ".join(f"{one.answer} {one.response_body[:100]}".strip() for one in calls) or "none"


@rule("R-10", SAFETY, "C-SWITCH-1", thai="หลัง claim และก่อนส่ง ADD INDEX ต้องถาม kill switch และได้คำตอบที่ถูกต้องว่าไม่ active")
def asked_before_the_add(history: History) -> Iterator[Ruling]:
    """An ADD INDEX is sent only after the kill switch was asked under the claim, and the answer was a well-formed "inactive"."""
    for worker in history.participants.values():
        claims = [call.answered for call in worker.granted if call.answered]
        for add in history.by(worker, history.adds):
            claimed = max((one for one in claims if history.before(one, add.started) is not False), default=None)
            known = [
                (look, history.before(look.answered, add.started))
                for look in looks_of(history, worker)
                if claimed is None or look.arrived >= claimed
            ]
            known = [(look, before) for look, before in known if before is not False]
            last, before = known[-1] if known else (None, True)
            holds = last.inactive if last and before else (None if last else False)
            because = f"{worker} sent {add.brief}; its last answer under its claim: {_answers([last] if last else [])}"
            yield ruling(holds, because, str(worker), add.started)


@rule(
    "R-11",
    SAFETY,
    "C-SWITCH-2",
    "C-SWITCH-4",
    thai="เมื่อมี index แล้วต้องถาม kill switch อีกครั้งก่อนเปิด metrics window และก่อนรายงาน completed",
)
def asked_once_the_index_is_there(history: History) -> Iterator[Ruling]:
    """With the index there each worker asks the kill switch, before its metrics window and before it completes the run."""
    for worker in history.participants.values():
        looks = [one for one in looks_of(history, worker) if one.after_index]
        because = f"its answers with the index there: {_answers(looks)}"
        of = ("C-SWITCH-4",) if predecessors(history, worker) else ("C-SWITCH-2",)
        if reads := _reads(history, worker):
            first = reads[0].started
            asked = [history.before(one.answered, first) for one in looks]
            holds = True if True in asked else (None if None in asked else False)
            opened = f"{worker} opened its metrics window at {first:%H:%M:%S.%f}"
            yield ruling(holds, f"{opened}; {because}", str(worker), first, of)
        for report in _completions(history, worker):
            asked_in_time = [one.inactive for one in looks if one.arrived < report.arrived]
            holds = all_of(asked_in_time) if asked_in_time else False
            yield ruling(holds, f"{worker} reported completed; {because}", str(worker), report.arrived, of)


def _completions(history: History, worker: Participant) -> list[Call]:
    return [report for by, report in history.reports_of(COMPLETED) if by is worker]


def _reads(history: History, worker: Participant) -> list[Statement]:
    """The worker's reads of the metrics with the index there."""
    index = made(history)
    there = index.ended if index else None
    claimed = min((one.arrived for one in worker.granted), default=None)
    reads = history.by(worker, history.metric_reads)
    return [one for one in reads if there and one.started >= there and (claimed is None or one.started >= claimed)]


@rule(
    "R-12",
    SAFETY,
    "C-SWITCH-3",
    thai="เมื่อปิด metrics window แล้วต้องถาม kill switch อีกครั้งก่อนตัดสินผล ไม่ว่าจะ completed หรือ rollback",
)
def asked_when_the_window_closes(history: History) -> Iterator[Ruling]:
    """Once the metrics window has closed the kill switch is asked again, before the run is completed or taken back."""
    for worker in history.participants.values():
        looks = looks_of(history, worker)
        for report in _completions(history, worker):
            reads = [one for one in _reads(history, worker) if history.before(one.started, report.arrived)]
            if len(reads) > 1:
                later = _after(history, reads[-1], looks, report.arrived)
                yield _of_the_close(reads[-1], worker, "reported completed", later, report.arrived)
        for drop in history.by(worker, drops(history))[:1]:
            reads = [one for one in _reads(history, worker) if one.started < drop.started]
            obeyed = any(one.after_index and one.inactive is not True and one.arrived < drop.started for one in looks)
            if len(reads) > 1 and not obeyed:
                later = _after(history, reads[-1], looks, drop.started)
                yield _of_the_close(reads[-1], worker, f"sent {drop.brief}", later, drop.started)


def _after(history: History, read: Statement, looks: list[Look], until: datetime) -> list[tuple[Look, bool | None]]:
    after = [(one, history.before(read.started, one.arrived)) for one in looks if one.arrived < until]
    return [(one, later) for one, later in after if later is not False]


def _of_the_close(
    read: Statement, worker: Participant, did: str, looks: list[tuple[Look, bool | None]], at: datetime
) -> Ruling:
    last, later = looks[-1] if looks else (None, False)
    holds = last.inactive if last and later else later
    answers = _answers([one for one, _ in looks])
    return ruling(
        holds,
        f"the window closed at {read.started:%H:%M:%S.%f}, {worker} {did}; answers between: {answers}",
        str(worker),
        at,
    )


@rule(
    "R-13",
    SAFETY,
    "C-SWITCH-5",
    "C-SWITCH-6",
    "C-SWITCH-7",
    "C-END-2",
    thai="ทุกคำตอบที่ไม่ใช่ “ไม่ active” ที่ถูกต้องและทันเวลา ต้องถือว่า kill switch เปิดอยู่",
)
def heeded(history: History) -> Iterator[Ruling]:
    """After any look that brought no well-formed "inactive" in time the worker adds nothing and completes nothing."""
    for worker in history.participants.values():
        bad = next((one for one in looks_of(history, worker) if one.inactive is not True), None)
        if bad is None:
            continue
        because, of = f"{worker} was answered {_answers([bad])}", _sentences_of(bad)
        yield ruling(True if bad.inactive is False else None, because, str(worker), bad.answered, of)
        for add in history.by(worker, adds(history)):
            late = history.before(bad.answered, add.started)
            if late is not False:
                holds = False if late and bad.inactive is False else None
                yield ruling(holds, f"{because}; after that it sent {add.brief}", str(worker), add.started, of)
        for report in _completions(history, worker):
            if report.arrived > bad.answered:
                holds = False if bad.inactive is False else None
                yield ruling(holds, f"{because}; after that it reported completed", str(worker), report.arrived, of)


def _sentences_of(bad: Look) -> tuple[str, ...]:
    """Those that say why a look is no "inactive": it said so, came too late, or was not well-formed."""
    if any(call.says_active for call in bad.tries):
        return ("C-SWITCH-5",)
    return ("C-SWITCH-7",) if bad.tries[-1].says_inactive else ("C-SWITCH-6", "C-END-2")


@rule("R-14", SAFETY, "C-SWITCH-9", "C-API-6", thai="ต้องถาม kill switch ของ connection ของ run นั้นเอง")
def asked_of_the_right_connection(history: History) -> Iterator[Ruling]:
    """The kill switch is asked about the connection of the run."""
    for worker in history.participants.values():
        for look in worker.calls_of("kill switch"):
            if look.answered is None:
                continue  # a connection that was refused: nobody could see for what it was
            asked = parse_qs(urlsplit(look.path).query).get("connection_id", [])
            yield ruling(asked == [history.run.connection_id], f"{worker} asked {look.path}", str(worker), look.arrived)


@rule("R-15", SAFETY, "C-END-1", "C-END-3", thai="fail_reason เป็น kill_switch เฉพาะเมื่อมีคำตอบที่ไม่ใช่ “ไม่ active”")
def reason_only_where_the_switch_stopped(history: History) -> Iterator[Ruling]:
    """A run ends for the kill switch only if a look of its worker, or of one before it, was not answered "inactive"."""
    for worker, report in [*history.reports_of(FAILED), *history.reports_of(ROLLED_BACK)]:
        if report.request_json.get("fail_reason") == KILL_SWITCH_REASON:
            looks = [one for by in (*predecessors(history, worker), worker) for one in looks_of(history, by)]
            looks = [one for one in looks if one.arrived < report.arrived or one.unseen]
            stopped = any(
                one.inactive is False or any(call.says_inactive is False for call in one.tries) for one in looks
            )
            holds = True if stopped else (None if any(one.inactive is None for one in looks) else False)
            because = f"{worker} reported kill_switch; the answers: {_answers(looks)}"
            yield ruling(holds, because, str(worker), report.arrived)


@rule("R-16", SAFETY, "C-ROLLBACK-6", thai="rollback ที่ worker ก่อนหน้าเริ่มไว้ต้องทำให้เสร็จ ไม่ว่า kill switch จะว่าอย่างไร")
def a_rollback_that_was_begun_is_finished(history: History) -> Iterator[Ruling]:
    """A run whose rollback a predecessor began, and left word of, is not completed by a successor, whatever the switch says."""
    for worker in history.participants.values():
        for before in predecessors(history, worker):
            begun = next(iter(history.by(before, drops(history))), None)
            if begun is None:
                continue
            stopped = [one.arrived for one in looks_of(history, before) if one.inactive is False]
            since = max((one for one in stopped if one < begun.started), default=None)
            word = [one for one in before.calls if one.kind in _WORDS and one.status and one.status < 300]
            left = [one for one in word if one.arrived < begun.started and (since is None or one.arrived > since)]
            completed = _completions(history, worker)
            because = f"{before} had sent {begun.brief}, and {worker} reported completed"
            yield ruling(not (left and completed), because, str(worker), completed[0].arrived if completed else None)


_WORDS = ("rollback", "audit", "other")
"""The calls by which a worker can leave word of what it is about to do; what an API has for that the contract leaves open."""
