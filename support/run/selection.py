"""Which scenarios there are, which of them a run has selected, and whether their ids make sense."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from behave.configuration import Configuration
from behave.model import Feature, Scenario
from behave.runner_util import FeatureLineDatabase, collect_feature_locations, parse_features

from support.checks.needs import names_in
from support.errors import SettingsError, SuiteError
from support.form import PRIORITIES, TEST_CASES
from support.scenario.result_table import rows_of
from support.settings import PROJECT

FEATURES = PROJECT / "features"


class Selection(NamedTuple):
    """The scenarios of a run (``selected``) and all there are, as locations by test case id (``expected``)."""

    selected: list[Scenario]
    expected: dict[str, set[str]]


def id_of(scenario: Scenario) -> str:
    """The one id tag of a scenario.

    :raises SuiteError: it has none, several, or one that is no test case of the form.
    """
    ids = sorted(str(tag) for tag in scenario.effective_tags if str(tag).startswith(("TC-", "S-")))
    if len(ids) != 1:
        raise SuiteError(f"{location_of(scenario)} has {', '.join(ids) or 'no id'}; a scenario has exactly one id tag")
    if ids[0] not in TEST_CASES:
        raise SuiteError(f"{location_of(scenario)}: {ids[0]} is not among the expected ids: {', '.join(TEST_CASES)}")
    return ids[0]


def location_of(scenario: Scenario) -> str:
    """``features/x.feature:12``, seen from the project's folder."""
    path = Path(os.path.abspath(scenario.location.filename))
    return f"{os.path.relpath(path, PROJECT)}:{scenario.location.line}"


def scenarios_of(features: Iterable[Feature]) -> list[Scenario]:
    """Every scenario, those of outlines and rules included."""
    return [scenario for feature in features for scenario in feature.walk_scenarios()]


def all_features() -> list[Feature]:
    """Every feature of the suite, parsed anew."""
    return parse_features(collect_feature_locations([str(FEATURES)]))


def expected_scenarios(features: Iterable[Feature]) -> dict[str, set[str]]:
    """The locations of all scenarios, by id.

    :raises SuiteError: an id that does not make sense, a missing or doubtful priority, an unknown need, two scenarios
        of one name.
    """
    expected: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for scenario in scenarios_of(features):
        case_id, location = id_of(scenario), location_of(scenario)
        priorities = sorted(str(tag) for tag in scenario.effective_tags if str(tag) in PRIORITIES)
        if priorities != [TEST_CASES[case_id].priority]:
            raise SuiteError(
                f"{location}: {case_id} has priority {TEST_CASES[case_id].priority}, the tags say {', '.join(priorities) or 'none'}"
            )
        _check_needs(scenario)
        if scenario.name in names:
            raise SuiteError(f"{location} and {names[scenario.name]} have the same name: {scenario.name}")
        names[scenario.name] = location
        expected.setdefault(case_id, set()).add(location)
    return expected


def tags_by_case() -> dict[str, dict[str, list[str]]]:
    """The tags of all scenarios, by the id of their test case and their name."""
    tags: dict[str, dict[str, list[str]]] = {}
    for scenario in scenarios_of(all_features()):
        tags.setdefault(id_of(scenario), {})[scenario.name] = scenario.effective_tags
    return tags


def _check_needs(scenario: Scenario) -> None:
    try:
        names_in(scenario.effective_tags)
    except SuiteError as error:
        raise SuiteError(f"{location_of(scenario)}: {error}") from error


def _check_judgement(scenario: Scenario) -> None:
    """A SuiteError with the place for a scenario without a When or a Then, or with a table that can't be judged."""
    thens = [step for step in scenario.all_steps if step.step_type == "then"]
    if not thens:
        raise SuiteError(f"{location_of(scenario)} has no Then: it could not fail")
    for step in thens:
        try:
            rows_of(step.table)
        except SuiteError as error:
            raise SuiteError(f"{location_of(scenario)}: {error}") from error
    if not any(step.step_type == "when" for step in scenario.all_steps):
        raise SuiteError(f"{location_of(scenario)} has no When: nothing would happen that could be judged")


def check_encoding(paths: Iterable[str]) -> None:
    """Whether behave can read the features.

    :raises SuiteError: a file is not UTF-8, or begins with a byte order mark, which behave takes for a part of its text.
    """
    for path in sorted({location.filename for location in collect_feature_locations(list(paths), strict=False)}):
        try:
            marked = Path(path).read_text(encoding="utf-8").startswith("\ufeff")
        except OSError:
            continue  # behave says it
        except UnicodeDecodeError as error:
            raise SuiteError(f"{path}: is not UTF-8 (byte {error.start}): save it as UTF-8") from error
        if marked:
            raise SuiteError(f"{path}: begins with a byte order mark: save it as UTF-8 without one")


def _check_lines(paths: Iterable[str]) -> None:
    """A SettingsError for ``FILE:LINE`` where no scenario begins: behave takes the one before, whatever it is by now."""
    for location in collect_feature_locations(list(paths)):
        if not location.line:
            continue
        (feature,) = parse_features([location.filename])
        begins = FeatureLineDatabase(feature)
        if location.line not in begins.data:
            near = begins.select_run_item_by_line(location.line)
            raise SettingsError(
                f"{location.filename}:{location.line}: no scenario begins there; the one before begins at"
                f" {location.filename}:{near.location.line}: {near.name}"
            )


def _check_rows(path: str) -> None:
    """A SuiteError with the place for a row of a table that has no ``|`` at its end: behave cuts the last letter off."""
    if not os.path.exists(path):
        return
    text = False
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        text ^= line.startswith(('"""', "'''"))
        if not text and line.startswith("|") and not line.endswith("|"):
            raise SuiteError(f"{path}:{number}: the row has no | at its end, which would cut its last cell: {line}")


def select(features: Iterable[Feature], config: Configuration) -> Selection:
    """What this run is to do.

    :raises SettingsError: the tags, names or files of the command line select no scenario, or a line has none.
    :raises SuiteError: an id, a priority, a need or a table that makes no sense.
    """
    expected = expected_scenarios(all_features())
    _check_lines(config.paths)
    selected = [scenario for scenario in scenarios_of(features) if scenario.should_run(config)]
    if not selected:
        tags = sorted({str(tag) for scenario in scenarios_of(all_features()) for tag in scenario.effective_tags})
        raise SettingsError(
            f"the selection matches no scenario, so nothing was tested; the tags there are: {' '.join('@' + tag for tag in tags)}"
        )
    for path in sorted({scenario.location.filename for scenario in selected}):
        _check_rows(path)
    for scenario in selected:
        id_of(scenario)
        _check_needs(scenario)
        _check_judgement(scenario)
    return Selection(selected, expected)
