"""Phrases about the kill switch and its API."""

from behave import given
from behave.runner import Context

from support.scenario import preparing


@given('the kill switch of connection "{connection}" is on')
@given('kill switch ของ connection "{connection}" เปิดอยู่')
def kill_switch_is_on(context: Context, connection: str) -> None:
    preparing.set_kill_switch(context.case, connection)


@given("the global kill switch is on")
@given("global kill switch เปิดอยู่")
def global_kill_switch_is_on(context: Context) -> None:
    preparing.set_kill_switch(context.case, None)


@given('the kill switch of connection "{connection}" will be turned on once the index exists')
@given('kill switch ของ connection "{connection}" จะเปิดเมื่อมี index แล้ว')
def kill_switch_turned_on_later(context: Context, connection: str) -> None:
    preparing.set_kill_switch_once_index_exists(context.case, connection)


@given("the global kill switch will be turned on once the index exists")
@given("global kill switch จะเปิดเมื่อมี index แล้ว")
def global_kill_switch_turned_on_later(context: Context) -> None:
    preparing.set_kill_switch_once_index_exists(context.case, None)


@given("the kill switch API fails: {error}")
@given("kill switch API ล่ม: {error}")
def kill_switch_api_fails(context: Context, error: str) -> None:
    preparing.fail_kill_switch_api(context.case, error, once_index_exists=False)


@given("the kill switch API will fail once the index exists: {error}")
@given("kill switch API จะล่มเมื่อมี index แล้ว: {error}")
def kill_switch_api_fails_later(context: Context, error: str) -> None:
    preparing.fail_kill_switch_api(context.case, error, once_index_exists=True)
