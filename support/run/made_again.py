"""A scenario whose situation could not be made is made again, before anything of it is judged."""

from behave.model import Scenario
from behave.runner import ModelRunner

from support.run.scenario_hooks import ScenarioHooks


def make_again_where_needed(scenario: Scenario) -> None:
    """Have ``scenario.run`` carry the scenario out again as long as its hooks want that.

    The test environment was not up to it, and that is known before the table is judged. A scenario is never run again
    because of its result.
    """
    run_once = scenario.run

    def run(runner: ModelRunner) -> bool:
        failed = run_once(runner)
        hooks: ScenarioHooks = runner.context.acceptance
        while hooks.wants_again(scenario) and not runner.aborted:
            scenario.reset()
            failed = run_once(runner)
        return failed

    scenario.run = run
