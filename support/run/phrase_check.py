"""Every phrase of a scenario has exactly one step function: behave takes the first that matches, whoever meant it."""

import difflib
import re
from collections.abc import Iterable

from behave.matchers import Matcher
from behave.model import Scenario, Step
from behave.step_registry import StepRegistry

from support.contract import COLUMNS
from support.errors import SuiteError, did_you_mean
from support.run.selection import location_of

MADE = ("there is a table ", "มีตาราง ")
"""How a phrase begins that makes a table for its scenario."""

MISSING = ("missing", "is not there", "does not exist", "ไม่มีอยู่")
"""Words of a phrase whose table or column is meant to be missing."""

_PREFIX = re.compile(r"\(\d+\)$| +(ASC|DESC)$")


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
            _check_names(scenario, step, found[0])


def _check_names(scenario: Scenario, step: Step, definition: Matcher) -> None:
    """A SuiteError for a table or a column that is not there, unless the scenario makes the table, or says that it is missing.

    An executor that fails at a name that its author mistyped would be blamed for it.
    """
    arguments = {one.name: str(one.value) for one in definition.match(step.name).arguments or ()}
    table = arguments.get("table", "")
    made = any(
        f" {table} " in f" {other.name} "
        for other in scenario.all_steps
        if other.step_type == "given" and other.name.startswith(MADE)
    )
    if not table or made or any(word in definition.pattern for word in MISSING):
        return
    columns = [_PREFIX.sub("", column).strip() for column in arguments.get("columns", "").split(",") if column.strip()]
    for name, there in [(table, tuple(COLUMNS)), *((column, COLUMNS.get(table, ())) for column in columns)]:
        if name not in there:
            hint = did_you_mean(name, there)
            what = "table" if name == table else f"column of {table}"
            raise SuiteError(f"{location_of(scenario)}: {name!r} is no {what}{hint} {step.keyword} {step.name}")


def _definitions(step: Step, registry: StepRegistry) -> list[Matcher]:
    return [*registry.steps[step.step_type], *registry.steps["step"]]


def _told(step: Step, found: list[Matcher], registry: StepRegistry) -> str:
    if found:
        return "these step functions match: " + ", ".join(f"{one.pattern!r} ({one.location})" for one in found)
    near = difflib.get_close_matches(step.name, [one.pattern for one in _definitions(step, registry)], n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else "no step function in steps/ is like it"
