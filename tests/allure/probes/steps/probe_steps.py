"""Phrases that end in every way a phrase can end."""

import os
import signal

from behave import given, step, when

from support.errors import TestEnvironmentError


@step("nothing is wrong")
def nothing_is_wrong(context):
    pass


@given("the {value} of a row")
def a_row(context, value):
    pass


@when("the executor breaks its promise")
def the_executor_breaks_its_promise(context):
    raise AssertionError("the index is there; it should be gone; s3cr3t-of-the-probe <b>")


@when("the test environment breaks")
def the_stand_breaks(context):
    raise TestEnvironmentError("the server is gone")


@when("the suite is wrong")
def the_suite_is_wrong(context):
    raise KeyError("no such thing")


@when("the scenario is skipped in the middle")
def the_scenario_is_skipped(context):
    context.scenario.skip("had enough")


@when("somebody presses Ctrl-C")
def somebody_presses_ctrl_c(context):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored for what it runs behind
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()


@given("a table")
def a_table(context):
    pass


@given("a clean-up that raises")
def a_cleanup_that_raises(context):
    def cleanup():
        raise RuntimeError("the clean-up broke")

    context.add_cleanup(cleanup)
