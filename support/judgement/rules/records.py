"""Records: what an auditor reads later is what happened."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from support.contract import EXECUTIONS_PATH, ROLLBACK_FAILED, ROLLBACK_PENDING
from support.history.calls import Call
from support.history.history import History, Participant
from support.history.statements import as_sent
from support.history.windows import MEASURES
from support.judgement.rules.approved import asks_online, is_only_of
from support.judgement.rules.claims import API
from support.judgement.rules.measuring import judged
from support.judgement.rules.order import REPORTS
from support.judgement.rules.reasons import named_without_figures, names
from support.judgement.rules.registry import RECORD, SAFETY, Ruling, rule, ruling
from support.judgement.rules.sent import drops, made, taken_back


def _plain(sql: str) -> str:
    """A statement in one form, be it as it was sent or as a digest has it."""
    text = re.sub(r"/\*.*?\*/", " ", sql, flags=re.DOTALL).strip().rstrip(";").replace("`", "").lower()
    return re.sub(r"\s+", " ", re.sub(r"\s*([=,().])\s*", r"\1", text)).strip()


def _to_blame(history: History, kind: str, word: str) -> str:
    """Who is to blame for a record that is not there: the API if it was sent one of these words, and did not take it."""
    for worker in history.participants.values():
        for call in worker.calls:
            said = call.request_json
            if call.kind == kind and word in (said.get("status"), said.get("action")):
                return API
    return history.ended_by


def _outcomes_sent(history: History) -> list[str]:
    """The outcomes of rollbacks that were sent as records; what is sent again for want of an answer counts once."""
    sent: list[Call] = []
    for call in history.calls:
        if call.kind == "rollback" and call.request_json.get("status") != ROLLBACK_PENDING:
            again = any(one.says_the_same(call) and not _is_answered(one) for one in sent)
            sent += [] if again or (call.status is not None and 400 <= call.status < 500) else [call]
    return [str(call.request_json.get("status")) for call in sent]


@rule(
    "R-70",
    SAFETY,
    "C-ROLLBACK-4",
    "C-TABLE-3",
    "C-END-3",
    thai="บันทึก rollback ต้องตรงกับสิ่งที่ server ทำจริง และไม่บันทึกว่าสำเร็จก่อนเวลา",
)
def rollback_outcome_is_true(history: History) -> Iterator[Ruling]:
    """A rollback is on record once, as completed exactly if a worker's DROP INDEX was carried out, and not before."""
    final = [str(row["status"]) for row in history.rollbacks if row["status"] != ROLLBACK_PENDING]
    drop = taken_back(history)
    refused = any(one.kind == "rollback" and one.fault and _is_answered(one) for one in history.calls)
    if history.end_report and (final or (drops(history) and not refused)):
        because = f"on record: {', '.join(final) or 'none'}; the server was sent: {as_sent(history.drops)}"
        wanted = ["completed"] if drop else ["failed"]
        who = history.ended_by if sorted(final) == sorted(_outcomes_sent(history)) else API
        yield ruling(final == wanted, because, who, history.ended_at)
    for worker in history.participants.values():
        for call in worker.calls_of("rollback"):
            if call.request_json.get("status") == "completed":
                in_time = history.done_before(drop, call.arrived) if drop else False
                because = f"{worker} recorded a rollback as completed; the server was sent: {as_sent(history.drops)}"
                yield ruling(in_time, because, str(worker), call.arrived)


@rule("R-71", SAFETY, "C-ROLLBACK-1", thai="rollback_sql ต้องเป็นคำสั่งที่ส่งให้ server จริง หรือที่จะส่งหาก rollback ล้มเหลวก่อน")
def rollback_sql_is_what_was_sent(history: History) -> Iterator[Ruling]:
    """The rollback_sql on record is the DROP INDEX that the server was sent or, where none was sent, would have been."""
    sent = {_plain(one.text) for one in drops(history)}
    for row in history.rollbacks:
        sql = str(row["rollback_sql"])
        would = asks_online(sql) is True and is_only_of(sql, history.run) and " drop" in f" {_plain(sql)}"
        because = f"on record: {sql}; sent: {as_sent(history.drops)}"
        told = [_plain(str(call.request_json.get("rollback_sql"))) for call in history.calls if call.kind == "rollback"]
        who = history.ended_by if _plain(sql) in told else API
        yield ruling(_plain(sql) in sent if sent else would, because, who, history.ended_at)


@rule(
    "R-72",
    SAFETY,
    "C-ROLLBACK-5",
    "C-END-10",
    thai="rollback_failed ต้องอยู่ใน audit log เมื่อ rollback ล้มเหลว และเฉพาะเมื่อล้มเหลว",
)
def failed_rollback_is_audited(history: History) -> Iterator[Ruling]:
    """rollback_failed is in the audit log exactly if a rollback failed, be it before its DROP INDEX was sent."""
    audited = any(row["action"] == ROLLBACK_FAILED for row in history.audit)
    begun = bool(drops(history)) or any(row["status"] == "failed" for row in history.rollbacks)
    failed = begun and not taken_back(history)
    if history.end_report and (audited or begun):
        because = f"rollback_failed is {'' if audited else 'not '}in the audit log; sent: {as_sent(history.drops)}"
        who = _to_blame(history, "audit", ROLLBACK_FAILED) if failed else history.ended_by
        yield ruling(audited == failed, because, who, history.ended_at)


@rule("R-73", RECORD, "C-TABLE-4", "C-ROLLBACK-5", thai="details ของ rollback_failed ใน audit log ต้องเป็น JSON object")
def audit_details_are_json(history: History) -> Iterator[Ruling]:
    """The details of rollback_failed in the audit log are a JSON object."""
    for row in history.audit:
        if row["action"] == ROLLBACK_FAILED:
            details = row["details"]
            try:
                holds = isinstance(details if isinstance(details, dict) else json.loads(details or ""), dict)
            except (ValueError, TypeError):
                holds = False
            yield ruling(holds, f"{row['action']}: {str(details)[:120]}", API, history.ended_at)


@rule("R-74", SAFETY, "C-API-2", thai="สิ่งที่ API บอกเกี่ยวกับ run ต้องตรงกับในตาราง")
def the_api_says_what_the_table_says(history: History) -> Iterator[Ruling]:
    """What the API says of the run's end is what its row says; a list by status has the runs of that status, and no others."""
    for call in history.all_calls:
        status = call.path.removeprefix(f"{EXECUTIONS_PATH}?status=")
        if call.method == "GET" and status != call.path and call.status == 200 and call.row_before:
            listed = {one.get("id"): one.get("status") for one in _items(call)}
            there = call.row_before.status == status
            holds = set(listed.values()) <= {status} and (history.run.id in listed) == there
            because = f"the run was {call.row_before.status}; {call.path} was answered with {listed}"
            yield ruling(holds, because, API, call.answered)
    if history.row is None:
        return
    yield ruling("status" in history.told, "the API says no status of the run", API, history.ended_at)
    for name in ("status", "fail_reason", "message", "error_message"):
        if name in history.told:
            api, row = history.told[name], history.row.get(name)
            yield ruling(api == row, f"{name}: {api!r} by the API, {row!r} in the table", API, history.ended_at)


def _items(call: Call) -> list[dict[str, Any]]:
    """The runs of a list, be it the whole answer or a part of it."""
    try:
        found = json.loads(call.response_body)
    except ValueError:
        return []
    if isinstance(found, dict):
        found = next((one for one in found.values() if isinstance(one, list)), [])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


@rule("R-75", SAFETY, "C-ORDER-3", thai="worker ต้องทำเฉพาะ run ของตน และต้องไม่มีบันทึกของ run อื่น")
def nothing_about_other_runs(history: History) -> Iterator[Ruling]:
    """A worker claims, reports and records its own run only, and nothing is recorded for another one."""
    because = f"there are rows of other runs: {', '.join(history.foreign_rows)}"
    if history.foreign_rows or history.claims or history.rollbacks or history.audit:
        others = [row.partition(" ")[2] for row in history.foreign_rows]
        about_them = [call for call in history.calls if call.kind != "other" and call.about in others]
        who = about_them[0].worker if about_them else API  # which nobody told to write them
        yield ruling(not history.foreign_rows, because, who, history.ended_at)
    workers = [(one, history.run.id) for one in history.participants.values()]
    workers += [(one, run_id) for run_id, one in history.beside.items()]
    for worker, run_id in workers:
        for call in worker.calls:
            if call.kind == "claim" or call in worker.writes:
                because = f"{worker} sent {call.method} {call.path} {call.request_body[:120]}"
                yield ruling(call.about == run_id, because, str(worker), call.arrived)


@rule(
    "R-76",
    SAFETY,
    "C-REPORT-1",
    "C-REPORT-2",
    thai="รายงานที่ไม่ได้รับคำตอบต้องส่งซ้ำจนกว่าจะได้คำตอบ อย่างน้อยเท่าความยาวของ lease",
)
def sent_again_until_answered(history: History) -> Iterator[Ruling]:
    """A report or record that got no answer, or 5xx, is sent again until it is answered, for at least the length of the lease."""
    for worker in history.participants.values():
        if worker.killed or worker.frozen:
            continue
        kept = [one for one in worker.writes if one.kind in REPORTS and _is_kept(one)]
        for number, call in enumerate(kept):
            if _is_answered(call):
                continue
            first = next(one for one in kept if one.says_the_same(call))
            again = any(one.says_the_same(call) for one in kept[number + 1 :])
            lost = any(one.status == 409 for one in worker.writes if one.arrived > call.arrived)
            long_enough = call.arrived - first.arrived >= timedelta(seconds=_lease_of(worker))
            because = f"{worker}: {call.method} {call.path} got {call.answer} and was not sent again"
            yield ruling(again or lost or long_enough, because, str(worker), call.answered or call.arrived)


def _is_kept(call: Call) -> bool:
    """It is one of those that have to be sent again."""
    said = call.request_json
    return {"rollback": said.get("status") != ROLLBACK_PENDING, "audit": said.get("action") == ROLLBACK_FAILED}.get(
        call.kind, call.reports_an_end
    )


def _is_answered(call: Call) -> bool:
    return call.status is not None and call.status < 500


def _lease_of(worker: Participant) -> float:
    """The length of its lease, with what its last pause may take."""
    granted = [one.row_after.lease_seconds for one in worker.granted if one.row_after and one.row_after.lease_seconds]
    length = max(granted, default=worker.given.get("EXECUTION_LEASE_TIMEOUT_SECONDS", 0.0))
    return length * 0.9  # a pause between two attempts lies at its end


@rule(
    "R-77",
    RECORD,
    "C-ROLLBACK-2",
    "C-ROLLBACK-3",
    "C-END-9",
    thai="rollback_type เป็น auto และ trigger_reason บอกสาเหตุของ rollback",
)
def a_rollback_says_what_led_to_it(history: History) -> Iterator[Ruling]:
    """A worker's rollback record is of type auto, and says what led to it: of the measures the one that got worse, and no other."""
    if made(history) is None:
        return
    found = judged(history)
    measured = found if found and found.taken_back_for_it else None
    worse, unknown = measured.grown() if measured else ([], [])
    for row in history.rollbacks:
        kind, reason = row.get("rollback_type"), str(row.get("trigger_reason") or "")
        right = bool(reason)
        if measured:
            right = any(names(reason, one) for one in worse + unknown or MEASURES)
            right = right and not (worse and named_without_figures(reason) - {*worse, *unknown})
        got_worse = f"; worse: {', '.join(worse) or 'none'}" if measured else ""
        because = f"rollback_type {kind}, trigger_reason {reason or 'none'}{got_worse}"
        yield ruling(kind == "auto" and right, because, history.ended_by, history.ended_at)
