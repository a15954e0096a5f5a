"""Records: what an auditor reads later is what happened."""

import json
import re
from collections.abc import Iterator

from support.contract import ROLLBACK_FAILED, ROLLBACK_PENDING
from support.history.history import History
from support.history.statements import as_sent
from support.judgement.rules.claims import API
from support.judgement.rules.registry import RECORD, SAFETY, Ruling, rule, ruling

REPORTS = ("status", "rollback", "audit")


def _plain(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip().rstrip(";").replace("`", "").lower()


@rule("R-70", SAFETY, "C-ROLLBACK-4", "C-TABLE-3", thai="บันทึก rollback ต้องตรงกับสิ่งที่ server ทำจริง")
def rollback_outcome_is_true(history: History) -> Iterator[Ruling]:
    """A rollback is on record as completed exactly if the server dropped the index."""
    final = [str(row["status"]) for row in history.rollbacks if row["status"] != ROLLBACK_PENDING]
    if history.end_report and (final or history.dropped):
        because = f"on record: {', '.join(final) or 'none'}; the server was sent: {as_sent(history.drops)}"
        yield ruling(("completed" in final) == bool(history.dropped), because, history.ended_by, history.ended_at)


@rule("R-71", SAFETY, "C-ROLLBACK-1", thai="rollback_sql ต้องเป็นคำสั่งที่ส่งให้ server จริง")
def rollback_sql_is_what_was_sent(history: History) -> Iterator[Ruling]:
    """The rollback_sql on record is a statement that the server was sent."""
    sent = {_plain(one.text) for one in history.drops}
    for row in history.rollbacks if sent else []:
        because = f"on record: {row['rollback_sql']}; sent: {as_sent(history.drops)}"
        yield ruling(_plain(str(row["rollback_sql"])) in sent, because, history.ended_by, history.ended_at)


@rule("R-72", SAFETY, "C-ROLLBACK-5", thai="rollback_failed ต้องอยู่ใน audit log เมื่อ rollback ล้มเหลว และเฉพาะเมื่อล้มเหลว")
def failed_rollback_is_audited(history: History) -> Iterator[Ruling]:
    """rollback_failed is in the audit log exactly if a rollback failed."""
    audited = any(row["action"] == ROLLBACK_FAILED for row in history.audit)
    failed = bool(history.drops) and not history.dropped
    if history.end_report and (audited or history.drops):
        because = f"rollback_failed is {'' if audited else 'not '}in the audit log; sent: {as_sent(history.drops)}"
        yield ruling(audited == failed, because, history.ended_by, history.ended_at)


@rule("R-73", RECORD, "C-TABLE-4", thai="details ของ rollback_failed ใน audit log ต้องเป็น JSON object")
def audit_details_are_json(history: History) -> Iterator[Ruling]:
    """The details of rollback_failed in the audit log are a JSON object."""
    for row in history.audit:
        if row["action"] == ROLLBACK_FAILED:
            try:
                holds = isinstance(json.loads(row["details"] or ""), dict)
            except ValueError:
                holds = False
            yield ruling(holds, f"{row['action']}: {str(row['details'])[:120]}", API, history.ended_at)


@rule("R-74", SAFETY, "C-API-2", thai="สิ่งที่ API บอกเกี่ยวกับ run ต้องตรงกับในตาราง")
def the_api_says_what_the_table_says(history: History) -> Iterator[Ruling]:
    """What the API says of the run's end is what its row says."""
    for name in ("status", "fail_reason", "message", "error_message"):
        if history.row is not None and name in history.told:
            api, row = history.told[name], history.row.get(name)
            yield ruling(api == row, f"{name}: {api!r} by the API, {row!r} in the table", API, history.ended_at)


@rule("R-75", SAFETY, "C-ORDER-3", thai="ต้องไม่มีบันทึกของ run อื่น")
def nothing_about_other_runs(history: History) -> Iterator[Ruling]:
    """Nothing is recorded for another run."""
    because = f"there are rows of other runs: {', '.join(history.foreign_rows)}"
    yield ruling(not history.foreign_rows, because, "the executor", history.ended_at)


@rule("R-76", SAFETY, "C-REPORT-1", "C-REPORT-2", thai="รายงานที่ไม่ได้รับคำตอบต้องส่งซ้ำจนกว่าจะได้คำตอบ")
def sent_again_until_answered(history: History) -> Iterator[Ruling]:
    """A report or record that got no answer, or 5xx, is sent again by a worker that lives and has not frozen."""
    for worker in history.participants.values():
        if worker.killed or worker.frozen:
            continue
        for number, call in enumerate(worker.writes):
            if call.kind in REPORTS and (call.status is None or call.status >= 500):
                later = [one for one in worker.writes[number + 1 :] if one.kind == call.kind]
                again = any(one.request_body == call.request_body for one in later)
                because = f"{worker}: {call.method} {call.path} got {call.answer} and was not sent again"
                yield ruling(again, because, str(worker), call.answered)
