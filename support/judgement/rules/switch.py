"""The kill switch: asked in time, of the right connection, and heeded."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from support.contract import COMPLETED, FAILED, KILL_SWITCH_REASON, ROLLED_BACK
from support.history.calls import Call
from support.history.history import History, Participant
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


def _looks(worker: Participant) -> list[Call]:
    return [one for one in worker.calls_of("kill switch") if one.answered]


def _last(looks: list[Call], history: History, until: datetime) -> Call | None:
    """The last of them that can have been answered by then."""
    known = [one for one in looks if one.answered and history.before(one.answered, until) is not False]
    return known[-1] if known else None


def _answers(looks: list[Call]) -> str:
    return ", ".join(f"{one.answer} {one.response_body[:100]}".strip() for one in looks) or "none"


@rule("R-10", SAFETY, "C-SWITCH-1", thai="ก่อนส่ง ADD INDEX ต้องถาม kill switch และได้คำตอบที่ถูกต้องว่าไม่ active")
def asked_before_the_add(history: History) -> Iterator[Ruling]:
    """An ADD INDEX is sent only after the kill switch was asked and the answer was a well-formed "inactive"."""
    for worker in history.participants.values():
        for add in history.by(worker, history.adds):
            look = _last(_looks(worker), history, add.started)
            because = f"{worker} sent {add.brief}; its last answer before: {_answers([look] if look else [])}"
            yield ruling(bool(look and look.says_inactive), because, str(worker), add.started)


@rule("R-11", SAFETY, "C-SWITCH-2", "C-SWITCH-4", thai="เมื่อมี index แล้วต้องถาม kill switch อีกครั้งก่อนรายงาน completed")
def asked_once_the_index_is_there(history: History) -> Iterator[Ruling]:
    """A run is completed only after its worker asked the kill switch with the index there, and was told "inactive" each time."""
    for worker, report in history.reports_of(COMPLETED):
        looks = [one for one in _looks(worker) if one.after_index and one.arrived < report.arrived]
        because = f"{worker} reported completed; its answers with the index there: {_answers(looks)}"
        yield ruling(bool(looks) and all(one.says_inactive for one in looks), because, str(worker), report.arrived)


@rule("R-12", SAFETY, "C-SWITCH-3", thai="เมื่อปิด metrics window แล้วต้องถาม kill switch อีกครั้งก่อนตัดสินผล")
def asked_when_the_window_closes(history: History) -> Iterator[Ruling]:
    """Once the metrics window has closed the kill switch is asked again, before the run is completed."""
    if history.metrics_window is None:
        return
    closed = history.metrics_window.closed
    for worker, report in history.reports_of(COMPLETED):
        looks = [one for one in _looks(worker) if history.before(closed, one.arrived) and one.arrived < report.arrived]
        because = f"the window closed at {closed:%H:%M:%S.%f}, {worker} reported completed; answers between: {_answers(looks)}"
        yield ruling(bool(looks) and looks[-1].says_inactive, because, str(worker), report.arrived)


@rule(
    "R-13",
    SAFETY,
    "C-SWITCH-5",
    "C-SWITCH-6",
    "C-END-2",
    thai="ทุกคำตอบที่ไม่ใช่ “ไม่ active” ที่ถูกต้อง ต้องถือว่า kill switch เปิดอยู่",
)
def heeded(history: History) -> Iterator[Ruling]:
    """After any answer that is not a well-formed "inactive" the worker adds nothing and completes nothing."""
    for worker in history.participants.values():
        bad = next((one for one in _looks(worker) if not one.says_inactive), None)
        if bad is None or bad.answered is None:
            continue
        added = [one.brief for one in history.by(worker, history.adds) if history.before(bad.answered, one.started)]
        completed = [
            "completed" for by, one in history.reports_of(COMPLETED) if by is worker and one.arrived > bad.answered
        ]
        because = f"{worker} was answered {_answers([bad])}; after that: {', '.join(added + completed) or 'nothing'}"
        yield ruling(not added and not completed, because, str(worker), bad.answered)


@rule("R-14", SAFETY, "C-SWITCH-9", "C-API-6", thai="ต้องถาม kill switch ของ connection ของ run นั้นเอง")
def asked_of_the_right_connection(history: History) -> Iterator[Ruling]:
    """The kill switch is asked about the connection of the run."""
    for worker in history.participants.values():
        for look in _looks(worker):
            asked = parse_qs(urlsplit(look.path).query).get("connection_id", [])
            yield ruling(asked == [history.run.connection_id], f"{worker} asked {look.path}", str(worker), look.arrived)


@rule("R-15", SAFETY, "C-END-1", "C-END-3", thai="fail_reason เป็น kill_switch เฉพาะเมื่อคำตอบล่าสุดไม่ใช่ “ไม่ active”")
def reason_only_where_the_switch_stopped(history: History) -> Iterator[Ruling]:
    """A run ends for the kill switch only if the last answer before was not "inactive"."""
    for worker, report in [*history.reports_of(FAILED), *history.reports_of(ROLLED_BACK)]:
        if report.request_json.get("fail_reason") == KILL_SWITCH_REASON:
            look = _last(_looks(worker), history, report.arrived)
            because = f"{worker} reported kill_switch; its last answer: {_answers([look] if look else [])}"
            yield ruling(look is None or not look.says_inactive, because, str(worker), report.arrived)
