"""Phrases about the execution run and what it meets: the schema, the kill switch, and the application's queries."""

from behave import given, register_type, when
from behave.runner import Context

from support.history.change import RunSpec
from support.scenario import meddling, preparing
from support.scenario.phrase_types import types_of
from support.scenario.workload import CHANGES, OTHERS

register_type(**types_of("Change", CHANGES))
register_type(**types_of("Deed", meddling.DEEDS))
register_type(**types_of("Conduct", OTHERS))


def _columns(text: str) -> list[str]:
    return [column.strip() for column in text.split(",")]


@given('execution run "{run_id}" on connection "{connection}" adds index "{index}" on {table:w} ({columns})')
@given('execution run "{run_id}" ของ connection "{connection}" เพิ่ม index "{index}" บน {table:w} ({columns})')
def run_adds_index(context: Context, run_id: str, connection: str, index: str, table: str, columns: str) -> None:
    context.case.approve(RunSpec(run_id, connection, index, table, _columns(columns)))


@given('beside it execution run "{run_id}" on connection "{connection}" adds index "{index}" on {table:w} ({columns})')
@given(
    'ในเวลาเดียวกัน execution run "{run_id}" ของ connection "{connection}" เพิ่ม index "{index}" บน {table:w} ({columns})'
)
def run_beside_it(context: Context, run_id: str, connection: str, index: str, table: str, columns: str) -> None:
    context.case.run_beside = RunSpec(run_id, connection, index, table, _columns(columns))


@given('execution run "{run_id}" on connection "{connection}" adds a {kind:w} index "{index}" on {table:w} ({columns})')
@given('execution run "{run_id}" ของ connection "{connection}" เพิ่ม {kind:w} index "{index}" บน {table:w} ({columns})')
def run_adds_index_of_kind(
    context: Context, run_id: str, connection: str, kind: str, index: str, table: str, columns: str
) -> None:
    context.case.approve(RunSpec(run_id, connection, index, table, _columns(columns), index_type=kind))


@given('execution run "{run_id}" on connection "{connection}" drops index "{index}" on {table:w} ({columns})')
@given('execution run "{run_id}" ของ connection "{connection}" ลบ index "{index}" บน {table:w} ({columns})')
def run_drops_index(context: Context, run_id: str, connection: str, index: str, table: str, columns: str) -> None:
    context.case.approve(RunSpec(run_id, connection, index, table, _columns(columns), action="DROP_INDEX"))


@given('index "{index}" on {table:w} ({columns}) already exists')
@given('มี index "{index}" บน {table:w} ({columns}) อยู่แล้ว')
def index_already_exists(context: Context, index: str, table: str, columns: str) -> None:
    preparing.place_index(context.case, index, table, columns)


@when('somebody else adds index "{index}" on {table:w} ({columns})')
@when('มีคนอื่นสร้าง index "{index}" บน {table:w} ({columns})')
def somebody_else_adds_index(context: Context, index: str, table: str, columns: str) -> None:
    preparing.place_index(context.case, index, table, columns)


@when("somebody adds the same index for another run")
@when("มีคนสร้าง index เดียวกันให้ run อื่น")
def index_of_another_run(context: Context) -> None:
    preparing.place_index_of_another_run(context.case)


@given("the run's list of queries is empty")
@given("รายการ query ของ run ว่างเปล่า")
def list_of_queries_is_empty(context: Context) -> None:
    context.case.run.empty_list = True


@given("there is a table test_places of locations")
@given("มีตาราง test_places สำหรับเก็บพิกัด")
def table_of_locations(context: Context) -> None:
    preparing.make_table_of_locations(context.case)


@given("{table:w} has a foreign key on {column:w}, which the index would serve")
@given("{table:w} มี foreign key บน {column:w} ซึ่ง index นี้จะรองรับได้")
def foreign_key_on_the_column(context: Context, table: str, column: str) -> None:
    preparing.make_foreign_key(context.case, table, column)


@given("the executor will lose its right to change {table:w} once the index exists")
@given("executor จะถูกถอนสิทธิ์แก้ไข {table:w} เมื่อมี index แล้ว")
def executor_loses_its_right_later(context: Context, table: str) -> None:
    preparing.revoke_alter_once_index_exists(context.case, table)


@given("another session will hold a lock on {table:w} once the index exists")
@given("session อื่นจะถือ lock ของ {table:w} เมื่อมี index แล้ว")
def another_session_holds_a_lock_later(context: Context, table: str) -> None:
    preparing.hold_table_once_index_exists(context.case, table)


@given("the executor's connection to the server will be cut during the metrics window")
@given("connection ของ executor ไปยัง server จะขาดระหว่าง metrics window")
def connection_cut_in_the_window(context: Context) -> None:
    preparing.cut_the_connection_during_the_window(context.case)


@given("the server lets the executor not in any more")
@given("server ไม่ยอมให้ executor เชื่อมต่ออีกแล้ว")
def server_lets_nobody_in(context: Context) -> None:
    preparing.let_nobody_in(context.case)


@given('the kill switch of connection "{connection}" is on')
@given('kill switch ของ connection "{connection}" เปิดอยู่')
def kill_switch_is_on(context: Context, connection: str) -> None:
    preparing.set_kill_switch(context.case, connection)


@given('the kill switch of connection "{connection}" is on, without a reason')
@given('kill switch ของ connection "{connection}" เปิดอยู่โดยไม่ระบุเหตุผล')
def kill_switch_is_on_without_a_reason(context: Context, connection: str) -> None:
    preparing.set_kill_switch(context.case, connection, reason=None)


@given('somebody without the secret has tried to turn the kill switch of connection "{connection}" off')
@given('คนที่ไม่มี secret พยายามปิด kill switch ของ connection "{connection}" แล้ว')
def somebody_without_the_secret(context: Context, connection: str) -> None:
    preparing.try_to_turn_off_without_the_secret(context.case, connection)


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


@given('the kill switch of connection "{connection}" will be turned on during the metrics window')
@given('kill switch ของ connection "{connection}" จะเปิดระหว่าง metrics window')
def kill_switch_turned_on_in_the_window(context: Context, connection: str) -> None:
    preparing.set_kill_switch_during_the_window(context.case, connection)


@given("the kill switch API fails: {error}")
@given("kill switch API ล่ม: {error}")
def kill_switch_api_fails(context: Context, error: str) -> None:
    preparing.fail_kill_switch_api(context.case, error, once_index_exists=False)


@given("the kill switch API will fail once the index exists: {error}")
@given("kill switch API จะล่มเมื่อมี index แล้ว: {error}")
def kill_switch_api_fails_later(context: Context, error: str) -> None:
    preparing.fail_kill_switch_api(context.case, error, once_index_exists=True)


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


@given("another query of the run {conduct:Conduct}")
@given("query อีกตัวหนึ่งของ run {conduct:ThaiConduct}")
def another_query(context: Context, conduct: str) -> None:
    preparing.add_query(context.case, conduct)


@given("a query of the run {conduct:Conduct}")
@given("query ตัวหนึ่งของ run {conduct:ThaiConduct}")
def a_query(context: Context, conduct: str) -> None:
    preparing.add_query(context.case, conduct)


@given("the same queries will get worse in another schema")
@given("query เดียวกันใน schema อื่นจะแย่ลง")
def same_queries_elsewhere(context: Context) -> None:
    preparing.run_queries_elsewhere(context.case)


@given("the limits are {latency:d} % more latency and {rows:d} % more rows, with {samples:d} samples at least")
@given("เกณฑ์คือ latency เพิ่มได้ {latency:d} % และ row เพิ่มได้ {rows:d} % โดยต้องมีอย่างน้อย {samples:d} samples")
def limits_are(context: Context, latency: int, rows: int, samples: int) -> None:
    preparing.set_limits(context.case, latency, rows, samples)


@given("the executor will lose its right to read the statement counters once the index exists")
@given("executor จะถูกถอนสิทธิ์อ่านตัวนับของ statement เมื่อมี index แล้ว")
def executor_loses_sight(context: Context) -> None:
    preparing.revoke_metrics_once_index_exists(context.case)


@given("somebody else will set the statement counters back during the metrics window")
@given("คนอื่นจะรีเซ็ตตัวนับของ statement ระหว่าง metrics window")
def counters_are_set_back(context: Context) -> None:
    preparing.set_counters_back_in_the_window(context.case)


@given("somebody else will {deed:Deed} during the metrics window")
@given("คนอื่นจะ{deed:ThaiDeed} ระหว่าง metrics window")
def somebody_else_meddles(context: Context, deed: str) -> None:
    meddling.meddle_in_the_window(context.case, deed)
