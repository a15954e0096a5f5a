"""The SaaS API by itself: what it has to answer to whoever calls it, and what it writes down with it."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.contract import (
    AUDIT_PATH,
    BODY_FIELDS,
    EXECUTIONS_PATH,
    HEALTH_PATH,
    ID_FORM,
    KILL_SWITCH_PATH,
    PROBLEM_TYPE,
    ROLLBACKS_PATH,
)
from support.history.calls import Call
from support.history.history import History
from support.judgement.rules.claims import API, time_told, utc
from support.judgement.rules.registry import RECORD, SAFETY, Ruling, rule, ruling

OF_THE_API_ALONE = ("R-46", "R-54", "R-83", "R-56", "R-57", "R-58", "R-59")
"""The rules whose situations no worker makes."""

CREATING = (EXECUTIONS_PATH, ROLLBACKS_PATH, AUDIT_PATH)
"""Where a POST is answered 201."""

REASON_LENGTH = 255
"""Longer reasons an API may refuse."""

ZONE = timedelta(minutes=5)
"""How far a time may be from what it is of: zones are a quarter of an hour apart, or more."""

_TEXTS = ("type", "title", "detail", "instance")


def _what(call: Call) -> str:
    return f"{call.worker}: {call.method} {call.path} {call.request_body[:120]} was answered {call.answer}"


def _answer(call: Call) -> Any:
    try:
        return json.loads(call.response_body)
    except ValueError:
        return None


@rule("R-54", RECORD, "C-API-11", thai="error ทุกตัวของ API ต้องเป็น problem document ตาม RFC 9457")
def errors_are_problem_documents(history: History) -> Iterator[Ruling]:
    """An error of the API is a problem document of RFC 9457."""
    for call in history.all_calls:
        if call.status is None or call.status < 400 or call.fault or call.content_type is None:
            continue
        said = _answer(call)
        of_the_type = call.media_type == PROBLEM_TYPE
        right = (
            isinstance(said, dict)
            and said.get("status", call.status) == call.status
            and all(isinstance(said.get(name, ""), str) for name in _TEXTS)
        )
        because = f"{_what(call)}, {call.content_type}: {call.response_body[:120]}"
        yield ruling(of_the_type and right, because, API, call.answered)


@rule("R-83", SAFETY, "C-SECRET-1", thai="ทุกคำขอยกเว้น /health ที่ไม่มี secret ที่ถูกต้องใน X-API-SECRET ต้องได้ 401")
def nobody_comes_in_without_the_secret(history: History) -> Iterator[Ruling]:
    """A call without the secret in the header X-API-SECRET is answered 401; to look at the API's health needs none."""
    for call in history.all_calls:
        if call.uninvited:
            open_to_all = call.path == HEALTH_PATH
            holds = (call.status == HTTPStatus.UNAUTHORIZED) is not open_to_all
            yield ruling(holds, f"{_what(call)}, {call.uninvited}", API, call.answered)


@rule(
    "R-56",
    SAFETY,
    "C-ID-1",
    "C-ID-2",
    "C-ID-3",
    "C-ID-4",
    thai="id ทุกรูปแบบที่ contract อนุญาตต้องใช้ได้ตามตัวอักษร และรูปแบบอื่นต้องได้ 422",
)
def ids_are_taken_as_they_are(history: History) -> Iterator[Ruling]:
    """A run of ids as the contract has them is scheduled and found under its id, letter for letter; any other is answered 422."""
    known: set[str] = set()
    for call in history.all_calls:
        if not call.by_the_suite or call.uninvited or call.database_away:
            continue
        if (call.method, call.path) == ("POST", EXECUTIONS_PATH):
            ids = [str(call.request_json.get(name)) for name in ("id", "connection_id")]
            legal = all(re.fullmatch(ID_FORM, one) for one in ids)
            wanted = HTTPStatus.CONFLICT if ids[0] in known else HTTPStatus.CREATED
            wanted = wanted if legal else HTTPStatus.UNPROCESSABLE_ENTITY
            yield ruling(call.status == wanted, f"{_what(call)}, not {wanted.value}", API, call.answered)
            known |= {ids[0]} if legal else set()
        elif call.kind == "run" and call.about in known:
            same = call.response_json.get("id") == call.about
            yield ruling(
                call.status == HTTPStatus.OK and same, f"{_what(call)}: {call.response_body[:120]}", API, call.answered
            )


@rule(
    "R-57",
    SAFETY,
    "C-API-14",
    "C-API-6",
    "C-API-7",
    "C-ID-2",
    "C-ID-3",
    "C-TABLE-5",
    thai="kill switch ที่ตั้งไว้ต้องแสดงตรงกันทุก API ทันทีที่ POST ได้รับคำตอบ และ switch อื่นต้องไม่เปลี่ยน",
)
def a_switch_is_shown_as_it_was_set(history: History) -> Iterator[Ruling]:
    """A switch is shown as it was last set, by every API, from the moment its POST is answered, and no other one with it."""
    on: dict[str | None, bool] = {}
    for call in (one for one in history.all_calls if one.by_the_suite and one.path.startswith(KILL_SWITCH_PATH)):
        if call.uninvited or call.database_away:
            continue
        if call.method == "POST":
            said = call.request_json
            if not isinstance(said.get("active"), bool):
                continue
            usable = isinstance(said.get("reason"), str | None) and len(said.get("reason") or "") <= REASON_LENGTH
            if usable:
                yield ruling(call.status == HTTPStatus.OK, _what(call), API, call.answered)
            if usable or call.status == HTTPStatus.OK:  # a call that is refused changes nothing
                on[said.get("connection_id")] = said["active"]
        else:
            connection = parse_qs(urlsplit(call.path).query)["connection_id"][0]
            wanted = (on.get(None, False), on.get(connection, False))
            found = call.response_json if call.status == HTTPStatus.OK else {}
            if call.status is not None and call.status >= 500:
                continue  # it says nothing of any switch
            shown = found.get("global_active"), found.get("connection_active")
            because = (
                f"API {call.api}, {_what(call)} {call.response_body[:120]}; global and connection were set to {wanted}"
            )
            yield ruling(shown == wanted, because, API, call.answered)
    for row in history.switches if on else []:
        if bool(row["active"]) != on.get(row["connection_id"], bool(row["active"])):
            because = f"the row of {row['connection_id']} has active {row['active']}"
            yield ruling(False, because, API)


@rule("R-58", SAFETY, "C-API-15", thai="เมื่อ API อ่านฐานข้อมูลไม่ได้ ต้องตอบ 5xx เท่านั้น")
def without_its_database_it_says_nothing(history: History) -> Iterator[Ruling]:
    """While the API cannot read its database it answers 5xx."""
    for call in history.all_calls:
        if call.database_away and call.status is not None:
            yield ruling(call.status >= 500, f"{_what(call)}: {call.response_body[:120]}", API, call.answered)


@rule(
    "R-59",
    SAFETY,
    "C-API-12",
    "C-API-4",
    "C-API-5",
    "C-API-8",
    "C-API-9",
    thai="field ที่ API ไม่รู้จักต้องถูกละเว้น ไม่ใช่เหตุให้ปฏิเสธคำขอ",
)
def unknown_fields_are_ignored(history: History) -> Iterator[Ruling]:
    """A call is not refused for a field that the API does not know."""
    for call in (one for one in history.all_calls if one.by_the_suite and not (one.uninvited or one.database_away)):
        known = next((fields for path, fields in BODY_FIELDS.items() if re.fullmatch(path, call.path)), None)
        if known is not None and set(call.request_json) - set(known):
            wanted = HTTPStatus.CREATED if call.path in CREATING else HTTPStatus.OK
            yield ruling(call.status == wanted, f"{_what(call)}, not {wanted.value}", API, call.answered)


@rule(
    "R-78",
    RECORD,
    "C-TABLE-9",
    "C-TABLE-2",
    "C-TABLE-3",
    "C-TABLE-4",
    "C-TABLE-5",
    thai="เวลาทุกค่าในตารางต้องเป็น UTC ตามนาฬิกาของฐานข้อมูล",
)
def times_are_utc(history: History) -> Iterator[Ruling]:
    """The times that the API writes down are UTC, by the database's clock."""
    seen = [row.at for call in history.all_calls for row in (call.row_before, call.row_after) if row]
    if not seen:
        return
    first, last = min(seen) - ZONE, max(seen) + ZONE
    for table, name, rows in (
        ("execution_runs", "claimed_at", [history.row] if history.row else []),
        ("execution_claims", "created_at", history.claims),
        ("rollbacks", "created_at", history.rollbacks),
        ("audit_logs", "created_at", history.audit),
        ("kill_switches", "updated_at", history.switches),
    ):
        for row in rows:
            if (value := row.get(name)) is not None:
                because = f"{table}.{name} is {value}; what it is of was from {first} to {last}"
                yield ruling(first <= utc(value) <= last, because, API, history.ended_at)
    for call in history.all_calls:
        said, run = call.response_json, call.row_after
        if said and run and run.lease_seconds is not None and call.about == said.get("id"):
            end = run.at + timedelta(seconds=run.lease_seconds)
            for name, least, most in (("claimed_at", first, last), ("lease_expires_at", end - ZONE, end + ZONE)):
                if time := time_told(said.get(name)):
                    because = f"{call.method} {call.path} was answered with {name} {said[name]}; the lease ends {end}"
                    yield ruling(least <= time <= most, because, API, call.answered)
