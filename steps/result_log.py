"""The phrase that judges: the result log's table, row by row."""

from behave import then
from behave.runner import Context
from hamcrest import assert_that

from support.scenario.result_table import AllAsExpected, judge


@then("the result log reads")
@then("ผลใน result log เป็นดังนี้")
def the_result_log_reads(context: Context) -> None:
    assert_that(judge(context.case, context.table), AllAsExpected())
