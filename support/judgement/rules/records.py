"""Records: what an auditor reads later is what happened."""

import json
import re
from collections.abc import Iterator

from support.contract import ROLLBACK_FAILED, ROLLBACK_PENDING
from support.history.history import History
from support.judgement.rules.registry import RECORD, SAFETY, Ruling, rule, ruling


def _plain(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip().rstrip(";").replace("`", "").lower()


@rule("R-70", SAFETY, "C-RECORD-1", thai="บันทึก rollback ต้องตรงกับสิ่งที่ server ทำจริง")
def rollback_outcome_is_true(history: History) -> Iterator[Ruling]:
    """A rollback on record as completed was carried out by the server, and one as failed was not."""
    final = [row for row in history.rollbacks if row["status"] != ROLLBACK_PENDING]
    for row in final:
        done = history.dropped is not None
        yield ruling(
            done == (row["status"] == "completed"),
            f"on record: {row['status']}; the server was sent: {history.told(history.drops)}", history.ended_by, history.ended_at,
        )
    if history.dropped and not final and history.ended_at:
        yield ruling(False, f"the server was sent {history.told(history.drops)}, and no rollback is on record", history.ended_by, history.ended_at)


@rule("R-71", SAFETY, "C-RECORD-2", thai="rollback_sql ต้องเป็นคำสั่งที่ส่งให้ server จริง")
def rollback_sql_is_what_was_sent(history: History) -> Iterator[Ruling]:
    """The rollback_sql on record is the statement that the server was sent."""
    sent = {_plain(one.text) for one in history.drops}
    for row in history.rollbacks:
        if sent and row["status"] != ROLLBACK_PENDING:
            yield ruling(
                _plain(str(row["rollback_sql"])) in sent,
                f"on record: {row['rollback_sql']}; sent: {history.told(history.drops)}", history.ended_by, history.ended_at,
            )


@rule("R-72", SAFETY, "C-RECORD-3", thai="audit rollback_failed ต้องมีเมื่อ rollback ล้มเหลวเท่านั้น")
def failed_rollback_is_audited(history: History) -> Iterator[Ruling]:
    """rollback_failed is in the audit log exactly when a rollback failed."""
    if not history.ended_at:
        return
    audited = any(row["action"] == ROLLBACK_FAILED for row in history.audit)
    failed = bool(history.drops) and history.dropped is None
    if audited or failed:
        yield ruling(audited == failed, f"audited: {audited}; sent: {history.told(history.drops)}", history.ended_by, history.ended_at)


@rule("R-73", RECORD, "C-RECORD-4", thai="details ของ audit log ต้องเป็น JSON")
def audit_details_are_json(history: History) -> Iterator[Ruling]:
    """The details of an audit entry are JSON."""
    for row in history.audit:
        if row["action"] != ROLLBACK_FAILED:
            continue
        try:
            json.loads(row["details"] or "")
            holds = True
        except ValueError:
            holds = False
        yield ruling(holds, f"{row['action']}: {str(row['details'])[:120]}", "the SaaS API")


@rule("R-74", SAFETY, "C-RECORD-5", thai="สิ่งที่ API ตอบเกี่ยวกับ run ต้องตรงกับตาราง")
def the_api_says_what_the_table_says(history: History) -> Iterator[Ruling]:
    """What the API says of the run is what its row says."""
    for name in ("status", "fail_reason", "message", "error_message", "claimed_by"):
        if history.row is not None and name in history.told_by_api:
            api, row = history.told_by_api[name], history.row.get(name)
            yield ruling(api == row, f"{name}: {api!r} by the API, {row!r} in the table", "the SaaS API")


@rule("R-75", SAFETY, "C-RECORD-6", thai="ต้องไม่มีบันทึกของ run อื่นที่ไม่ได้อยู่ในการทดสอบ")
def nothing_about_other_runs(history: History) -> Iterator[Ruling]:
    """No claim, rollback or audit entry is recorded for a run that is not this one."""
    yield ruling(not history.foreign_rows, f"rows of other runs: {', '.join(history.foreign_rows)}", "the executor")


@rule("R-76", SAFETY, "C-RESEND-1", thai="รายงานที่ไม่ได้รับคำตอบต้องส่งซ้ำจนกว่าจะได้คำตอบ")
def sent_again_until_answered(history: History) -> Iterator[Ruling]:
    """A report or record that got no answer, or 5xx, is sent again as long as its worker lives and holds the lease."""
    for worker in history.participants.values():
        if worker.killed:
            continue
        for number, call in enumerate(worker.writes):
            if call.kind not in ("status", "rollback", "audit") or (call.status is not None and call.status < 500):
                continue
            again = [one for one in worker.writes[number + 1 :] if one.kind == call.kind and one.request_body == call.request_body]
            yield ruling(bool(again), f"{worker}: {call.method} {call.path} got {call.answer} and was not sent again", str(worker), call.answered)
