"""What happens around a scenario and a step. What happens around the run is in support/run/runner.py."""

from collections.abc import Iterator
from contextlib import contextmanager

from behave.model import Scenario, Step
from behave.runner import Context


def before_scenario(context: Context, scenario: Scenario) -> None:
    with _stopping_if_it_raises(context):
        case = context.acceptance.begin(scenario)
    if case is not None:
        context.case = case


def after_step(context: Context, step: Step) -> None:
    context.acceptance.note_step(context.case, step)


def after_scenario(context: Context, scenario: Scenario) -> None:
    if "case" in context:
        with _stopping_if_it_raises(context):
            reason = context.acceptance.finish(context.case, scenario)
        if reason:
            _stop(context, reason)


@contextmanager
def _stopping_if_it_raises(context: Context) -> Iterator[None]:
    """A scenario that can't begin, be undone or leave its evidence: nothing after it could be believed, red or green."""
    try:
        yield
    except Exception as error:
        _stop(context, str(error))
        raise


def _stop(context: Context, reason: str) -> None:
    context.acceptance.stop(reason)
    context.config.stop = True  # abort() would say that the user did it
