"""The kill switch: asked in time, of the right connection, and heeded."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from support.contract import COMPLETED, FAILED, KILL_SWITCH_REASON, ROLLED_BACK
from support.history.calls import Call
from support.history.history import History, Participant
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


def _last_look(worker: Participant, history: History, until: object) -> Call | None:
    looks = [one for one in worker.calls_of("kill switch") if one.answered and history.before(one.answered, until) is not False]
    return looks[-1] if looks else None


@rule("R-10", SAFETY, "C-SWITCH-1", thai="ก่อนส่ง ADD INDEX ต้องถาม kill switch และได้คำตอบที่ถูกต้องว่าไม่ active")
def asked_before_the_add(history: History) -> Iterator[Ruling]:
    """An ADD INDEX is sent only after the kill switch was asked and the answer was a well-formed "inactive"."""
    for worker in history.participants.values():
        for add in history.adds_by(worker):
            look = _last_look(worker, history, add.started)
            said = f"the last answer before was {look.answer}: {look.response_body[:120] or look.fault}" if look else "it never asked"
            yield ruling(bool(look and look.says_inactive), f"{worker} sent {add.brief}; {said}", str(worker), add.started)


@rule("R-11", SAFETY, "C-SWITCH-2", thai="เมื่อมี index แล้วต้องถาม kill switch อีกครั้งก่อนรายงาน completed")
def asked_once_the_index_is_there(history: History) -> Iterator[Ruling]:
    """A run is reported completed only after the kill switch was asked again with the index there, and was inactive."""
    for worker, report in history.reports_of(COMPLETED):
        looks = [one for one in worker.calls_of("kill switch") if one.after_index and one.arrived < report.arrived]
        said = f"with the index there it asked {len(looks)} times: {', '.join(one.answer for one in looks) or '-'}"
        yield ruling(
            bool(looks) and all(one.says_inactive for one in looks), f"{worker} reported completed; {said}", str(worker), report.arrived
        )


@rule("R-12", SAFETY, "C-SWITCH-3", thai="เมื่อปิด metrics window แล้วต้องถาม kill switch อีกครั้งก่อนตัดสินผล")
def asked_when_the_window_closes(history: History) -> Iterator[Ruling]:
    """Once the metrics window is closed the kill switch is asked again before the run is reported completed."""
    closed = history.metrics_window.closed if history.metrics_window else None
    if closed is None:
        return
    for worker, report in history.reports_of(COMPLETED):
        looks = [one for one in worker.calls_of("kill switch") if history.before(closed, one.arrived) is not False and one.arrived < report.arrived]
        yield ruling(
            bool(looks) and looks[-1].says_inactive,
            f"{worker} reported completed; since the window closed at {closed:%H:%M:%S.%f} it asked {len(looks)} times",
            str(worker), report.arrived,
        )


@rule("R-13", SAFETY, "C-SWITCH-4", thai="ทุกคำตอบที่ไม่ใช่ “ไม่ active” ที่ถูกต้อง ต้องถือว่า kill switch เปิดอยู่")
def heeded(history: History) -> Iterator[Ruling]:
    """After any answer that is not a well-formed "inactive" nothing is added, and the run does not complete."""
    for worker in history.participants.values():
        bad = next((one for one in worker.calls_of("kill switch") if one.answered and not one.says_inactive), None)
        if bad is None or bad.answered is None:
            continue
        added = [one for one in history.adds_by(worker) if history.before(bad.answered, one.started)]
        completed = [one for by, one in history.reports_of(COMPLETED) if by is worker and one.arrived > bad.answered]
        what = f"then sent {added[0].brief}" if added else "then reported completed" if completed else "then stopped"
        yield ruling(
            not added and not completed, f"{worker} asked and got {bad.answer} {bad.response_body[:120]}; {what}", str(worker), bad.answered
        )


@rule("R-14", SAFETY, "C-SWITCH-5", thai="ถาม kill switch ของ connection ของ run นั้นเอง")
def asked_of_the_right_connection(history: History) -> Iterator[Ruling]:
    """The kill switch is asked for the connection of the run."""
    for worker in history.participants.values():
        for look in worker.calls_of("kill switch"):
            asked = parse_qs(urlsplit(look.path).query).get("connection_id", [])
            yield ruling(asked == [history.run.connection_id], f"{worker} asked {look.path}", str(worker), look.arrived)


@rule("R-15", SAFETY, "C-SWITCH-6", thai="run ที่หยุดเพราะ kill switch ต้องจบเป็น failed หรือ rolled_back พร้อม fail_reason kill_switch")
def reason_only_where_the_switch_stopped(history: History) -> Iterator[Ruling]:
    """A run ends with the reason kill_switch exactly where an answer that is not "inactive" was the last one."""
    for worker, report in [*history.reports_of(FAILED), *history.reports_of(ROLLED_BACK)]:
        reason = report.request_json.get("fail_reason") == KILL_SWITCH_REASON
        look = _last_look(worker, history, report.arrived)
        if reason:
            yield ruling(
                look is not None and not look.says_inactive,
                f"{worker} reported kill_switch; its last look: {look.answer + ' ' + look.response_body[:120] if look else 'none'}",
                str(worker), report.arrived,
            )
