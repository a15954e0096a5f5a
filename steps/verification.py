"""Phrases about the application's queries, which the executor measures before and after the change."""

from behave import given, register_type
from behave.runner import Context
from parse import with_pattern

from support.scenario import preparing
from support.scenario.queries import CHANGES


@with_pattern("|".join(sorted(CHANGES, key=len, reverse=True)))
def _change(text: str) -> str:
    return text


@with_pattern("|".join(sorted((change.thai for change in CHANGES.values()), key=len, reverse=True)))
def _thai_change(text: str) -> str:
    return next(name for name, change in CHANGES.items() if change.thai == text)


register_type(Change=_change, ThaiChange=_thai_change)


@given("the application's queries {change:Change} once the index exists")
@given("query ของแอปพลิเคชัน{change:ThaiChange}เมื่อ index มีแล้ว")
def queries_change(context: Context, change: str) -> None:
    preparing.change_queries(context.case, CHANGES[change])


@given(
    "the application's queries {change:Change} once the index exists, but only {samples:d} of them run in the metrics window"
)
@given("query ของแอปพลิเคชัน{change:ThaiChange}เมื่อ index มีแล้ว แต่มีเพียง {samples:d} query ใน metrics window")
def few_queries_change(context: Context, change: str, samples: int) -> None:
    preparing.change_queries(context.case, CHANGES[change], samples)
