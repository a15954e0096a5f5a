"""What behave says of every scenario, hook and clean-up, told when it is certain, as plain data."""

from collections.abc import Iterable

from allure_behave.utils import step_status_details
from behave.model import Feature, Rule, Scenario, Step

from support.errors import INTERRUPTED, AcceptanceError, blame_of
from support.record.outcome import Outcome, StepOutcome, Trouble
from support.run.selection import location_of, scenarios_of


def outcome_of(scenario: Scenario, begun: bool, cleanup_errors: Iterable[BaseException] = ()) -> Outcome:
    """What behave says of ``scenario`` now; behave itself does not keep what its clean-ups raised."""
    troubles = [(blame_of(error, False), f"clean-up failed: {_told(error)}") for error in cleanup_errors]
    if scenario.hook_failed:
        message = scenario.error_message or "HOOK-ERROR: interrupted in a hook of the scenario"
        interrupted = scenario.error_message is None
        troubles.insert(0, (INTERRUPTED if interrupted else blame_of(scenario.exception, False), message))
    return Outcome(
        location=location_of(scenario),
        name=_name_of(scenario),
        feature=scenario.feature.name,
        rule=_rule_of(scenario),
        description="\n".join(scenario.description),
        tags=sorted(str(tag) for tag in scenario.effective_tags),
        parameters=_parameters_of(scenario),
        number=_number_of(scenario),
        status=scenario.status.name,
        begun=begun,
        skip_reason=scenario.skip_reason,
        steps=[_step_outcome(step) for step in scenario.all_steps],
        troubles=troubles,
    )


def troubles_of(features: Iterable[Feature]) -> list[Trouble]:
    """The failed hooks of features and rules."""
    found = []
    for feature in features:
        for container in (feature, *feature.iter_rules()):
            if container.hook_failed:
                message = container.error_message or "HOOK-ERROR: interrupted in a hook"
                where = f"{container.keyword}: {container.name}"
                found.append(Trouble(where, blame_of(container.exception, False), message))
    return found


def _name_of(scenario: Scenario) -> str:
    """The name as the feature has it, without the row number that behave adds to a row of an outline."""
    name = scenario.name or scenario.keyword
    return name.rsplit(" -- @", 1)[0].rstrip() if scenario._row is not None else name


def _parameters_of(scenario: Scenario) -> list[tuple[str, str]]:
    row = scenario._row
    return list(zip(row.headings, row.cells, strict=True)) if row is not None else []


def _rule_of(scenario: Scenario) -> str | None:
    parent = scenario.parent
    while parent is not None and not isinstance(parent, Rule):
        parent = parent.parent
    return parent.name if parent is not None else None


def _number_of(scenario: Scenario) -> int:
    """1 for the first scenario of this name, rule and parameters in its feature, 2 for the second, and so on."""
    keys = {id(one): (_rule_of(one), _name_of(one), _parameters_of(one)) for one in scenarios_of([scenario.feature])}
    alike = [one for one, key in keys.items() if key == keys[id(scenario)]]
    return alike.index(id(scenario)) + 1


def _step_outcome(step: Step) -> StepOutcome:
    details = step_status_details(step)
    message = blames = None
    if step.status.has_failed():
        message = details.message if step.exception is None and details else _told(step.exception, step.error_message)
        blames = blame_of(step.exception, in_step=step.status.name == "failed" and not step.hook_failed)
    return StepOutcome(
        phrase=f"{step.keyword} {step.name}",
        status=step.status.name,
        seconds=step.duration,
        table=[list(step.table.headings), *(list(row.cells) for row in step.table.rows)] if step.table else None,
        text=str(step.text) if step.text else None,
        message=message,
        trace=details.trace if details and blames == "the suite" else None,
        blames=blames,
    )


def _told(error: BaseException | None, otherwise: str | None = None) -> str:
    if error is None:
        return otherwise or "no message"
    if isinstance(error, AssertionError | AcceptanceError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}".rstrip(": ")
