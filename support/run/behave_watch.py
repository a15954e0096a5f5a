"""Hears what behave makes of each selected scenario, also what behave itself tells nobody."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from behave.model import Scenario
from behave.runner import Context, ModelRunner

from support.errors import blame_of
from support.record.outcome import Outcome, Trouble
from support.run.outcomes import outcome_of, troubles_of
from support.run.selection import location_of


class Ending(NamedTuple):
    """What is known once behave is done: ``settled`` are the last that ended, ``left`` those that never began.

    ``elsewhere`` is what went wrong outside of every scenario; ``aborted``, whether somebody ended the run.
    """

    settled: list[Outcome]
    left: list[Outcome]
    elsewhere: list[Trouble]
    aborted: bool


class BehaveWatch:
    """The outcomes of the selected scenarios, each when it is certain.

    That is when the next one begins, or the run ends: hooks and clean-ups still count after the last hook of ours.
    ``settled`` are the locations of those that have ended, ``elsewhere`` is what went wrong outside of every scenario;
    whoever has scenarios carried out by other processes adds what happened there.
    """

    def __init__(self, selected: Sequence[Scenario]) -> None:
        self._selected = selected
        self._begun: list[Scenario] = []
        self.settled: set[str] = set()
        self._cleanup_errors: dict[int, list[BaseException]] = {}
        self.elsewhere: list[Trouble] = []
        self._aborted: Callable[[], bool] = lambda: False

    def attach(self, runner: ModelRunner) -> None:
        """Hear of clean-ups that raise, and of the errors of before_all and after_all."""
        self._aborted = lambda: bool(runner.aborted)
        runner.context.on_cleanup_error = self._note_cleanup_error
        for name in ("before_all", "after_all"):
            if name in runner.hooks:
                runner.hooks[name] = self._noting(name, runner.hooks[name])

    @property
    def anything_begun(self) -> bool:
        """Whether any scenario has begun."""
        return bool(self._begun or self.settled)

    def planned(self) -> list[Outcome]:
        """Every selected scenario, before anything ran."""
        return [outcome_of(scenario, begun=False) for scenario in self._selected]

    def begin(self, scenario: Scenario) -> list[Outcome]:
        """A scenario begins; those before it have ended, and are returned."""
        again = {location_of(one) for one in self._begun} == {location_of(scenario)}  # behave's == is that of the names
        settled = [] if again else self._settle()
        self._begun = [scenario]
        return settled

    def end(self) -> Ending:
        """behave is done."""
        settled = self._settle()
        left = [outcome_of(one, begun=False) for one in self._selected if location_of(one) not in self.settled]
        features = {id(scenario.feature): scenario.feature for scenario in self._selected}
        return Ending(settled, left, [*self.elsewhere, *troubles_of(features.values())], self._aborted())

    def _settle(self) -> list[Outcome]:
        ended, self._begun = self._begun, []
        self.settled |= {location_of(scenario) for scenario in ended}
        return [outcome_of(scenario, True, self._cleanup_errors.get(id(scenario), ())) for scenario in ended]

    def _noting(self, name: str, hook: Callable[[Context], None]) -> Callable[[Context], None]:
        def noting(context: Context) -> None:
            try:
                hook(context)
            except BaseException as error:
                message = f"HOOK-ERROR in {name}: {type(error).__name__}: {error}"
                self.elsewhere.append(Trouble(name, blame_of(error, False), message))
                raise

        return noting

    def _note_cleanup_error(self, context: Context, function: Callable[..., None], error: BaseException) -> None:
        context.print_cleanup_error(context, function, error)
        scenario = getattr(context, "scenario", None)
        if scenario is not None:
            self._cleanup_errors.setdefault(id(scenario), []).append(error)
            return
        container = getattr(context, "rule", None) or getattr(context, "feature", None)
        where = f"{container.keyword}: {container.name}" if container is not None else "the end of the run"
        message = f"clean-up failed: {type(error).__name__}: {error}"
        self.elsewhere.append(Trouble(where, blame_of(error, False), message))
