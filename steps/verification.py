"""Phrases about the application's queries, which the executor measures before and after the change."""

from behave import given, register_type
from behave.runner import Context

from support.scenario import preparing
from support.scenario.words import types_of
from support.scenario.workload import CHANGES

register_type(**types_of("Change", CHANGES))


@given("the application's queries will {change:Change} once the index exists")
@given("query ของแอปพลิเคชันจะ{change:ThaiChange} เมื่อมี index แล้ว")
def queries_change(context: Context, change: str) -> None:
    preparing.change_queries(context.case, CHANGES[change])


@given(
    "the application's queries will {change:Change} once the index exists,"
    " but only {samples:d} of them will run in the metrics window"
)
@given("query ของแอปพลิเคชันจะ{change:ThaiChange} เมื่อมี index แล้ว แต่จะรันเพียง {samples:d} ครั้งใน metrics window")
def few_queries_change(context: Context, change: str, samples: int) -> None:
    preparing.change_queries(context.case, CHANGES[change], samples)
