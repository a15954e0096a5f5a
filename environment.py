"""What happens around a scenario and a step. What happens around the run is in support/runner.py."""

from behave.model import Scenario, Step
from behave.runner import Context


def before_scenario(context: Context, scenario: Scenario) -> None:
    case = context.acceptance.begin(scenario)
    if case is not None:
        context.case = case


def after_step(context: Context, step: Step) -> None:
    context.acceptance.note_step(context.case, step)


def after_scenario(context: Context, scenario: Scenario) -> None:
    if "case" in context:
        reason = context.acceptance.finish(context.case, scenario)
        if reason:
            print(f"Stopping here: {reason}")
            context.config.stop = True  # abort() would say that the user did it
