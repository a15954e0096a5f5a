"""Every phrase of a scenario has exactly one step function: behave takes the first that matches, whoever meant it."""

import difflib
from collections.abc import Iterable

from behave.matchers import Matcher
from behave.model import Scenario, Step
from behave.step_registry import StepRegistry

from support.errors import SuiteError
from support.run.selection import location_of


def check_phrases(scenarios: Iterable[Scenario], registry: StepRegistry) -> None:
    """Find out before anything is started whether it is sure what each phrase does.

    :raises SuiteError: a phrase has no step function, or more than one; with its place and theirs.
    """
    for scenario in scenarios:
        for step in scenario.all_steps:
            found = [one for one in _definitions(step, registry) if one.match(step.name)]
            if len(found) != 1:
                what = "is ambiguous" if found else "is undefined"
                raise SuiteError(
                    f"{location_of(scenario)}: the phrase {step.keyword} {step.name!r} {what}; {_told(step, found, registry)}"
                )


def _definitions(step: Step, registry: StepRegistry) -> list[Matcher]:
    return [*registry.steps[step.step_type], *registry.steps["step"]]


def _told(step: Step, found: list[Matcher], registry: StepRegistry) -> str:
    if found:
        return "these step functions match: " + ", ".join(f"{one.pattern!r} ({one.location})" for one in found)
    near = difflib.get_close_matches(step.name, [one.pattern for one in _definitions(step, registry)], n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else "no step function in steps/ is like it"
