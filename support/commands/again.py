"""``acceptance again``: what was red in a run is run again, just as it was run then."""

import os
from pathlib import Path

import click

from support.again import again as command_of
from support.commands.run import carry_out
from support.errors import SettingsError
from support.record.reading import Folder, read
from support.result_words import FAIL
from support.resultlog.publishing import LATEST, folder_of
from support.run.selection import all_features, location_of, scenarios_of
from support.settings import MASK, Settings, variable_of
from support.terminal import Terminal


@click.command()
@click.argument("run", required=False, type=click.Path(path_type=Path), metavar="[RUN]")
def again(run: Path | None) -> int:
    """Run what was red in a run again, as it was run.

    RUN is the id or the folder of a run; the newest, if none is named. Its settings are those of that run, whatever stands
    in the environment or acceptance.toml by now; secrets come from their variables. A scenario is found by its name.

    \b
    Examples:
      acceptance again
      acceptance again 20261124-061509-724031

    \b
    Exit status: that of acceptance run; 2 if nothing was red, or it can't be run in the same way.
    """
    reports = Settings.read({}).reports_folder
    folder = read(folder_of(run or reports / LATEST, reports))
    locations, settings = _red(folder), folder.run.settings
    Terminal().say(command_of(settings, *locations))
    return carry_out([*_defines(dict(settings)), *locations])


def _red(folder: Folder) -> list[str]:
    """Where the scenarios that failed are today.

    :raises SettingsError: none failed, or one is not there any more.
    """
    red = {record.name: record.location for record in folder.records if record.result == FAIL}
    if not red:
        raise SettingsError(f"run {folder.run.run_id}: nothing in it was red")
    today = {scenario.name: location_of(scenario) for scenario in scenarios_of(all_features())}
    if gone := [f"{location}: {name}" for name, location in red.items() if name not in today]:
        raise SettingsError(f"run {folder.run.run_id}: a scenario of this name is not there any more: {gone[0]}")
    return [today[name] for name in red]


def _defines(settings: dict[str, str]) -> list[str]:
    """The words that give a run these settings; a setting that is not among them is at its default, whoever sets it today.

    :raises SettingsError: a secret is not to be had, or a value was masked.
    """
    defaults = {setting.name: setting for setting in Settings.known()}
    words = []
    for name in {*settings, *Settings.read({}).sources}:
        value, secret = settings.get(name), defaults[name].metadata["secret"]
        if value is None:
            value = str(defaults[name].default)
        elif secret and value == f"${variable_of(name)}" and variable_of(name) not in os.environ:
            raise SettingsError(f"{name} was a secret of that run: set {variable_of(name)}")
        elif secret:
            continue  # from the environment, or from the file
        elif MASK in value:
            raise SettingsError(f"setting {name} of that run has a secret in it, which was not kept: give it by hand")
        words += ["-D", f"{name}={value}"]
    return words
