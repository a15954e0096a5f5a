"""The documents say what is."""

import re
import shlex
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
from behave.parser import parse_feature

from support.selection import all_features, location_of, scenarios_of
from support.settings import BUNDLED_AGENT, BUNDLED_API, Settings
from support.stacks.embedded import DATA_DIRECTORIES

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def in_words(default: object) -> str:
    if default in (BUNDLED_AGENT, BUNDLED_API):
        return "the bundled one"
    if isinstance(default, bool):
        return "`yes`" if default else "`no`"
    return f"`{default}`" if default != "" else "empty"


def test_the_readme_describes_every_setting_with_its_default_and_meaning():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", README, re.MULTILINE))

    assert rows == {s.name: f"{in_words(s.default)} | {s.metadata['meaning']}" for s in fields(Settings)}


def test_every_make_target_named_is_there():
    targets = set(re.findall(r"^([a-z]+):.*##", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    for document in DOCUMENTS:
        named = set(re.findall(r"(?:`|^)make ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE))
        assert named <= targets, document.name
    assert {"accept", "test", "setup", "clean", "help", "bench"} <= targets


def test_every_behave_command_selects_scenarios_and_sets_settings_that_exist():
    commands = [
        line.partition("  #")[0] for block in blocks("bash") for line in block.splitlines() if line.startswith("behave")
    ]
    locations = {location_of(scenario) for scenario in scenarios_of(all_features())}
    assert len(commands) >= 8
    for line in commands:
        words = shlex.split(line)[1:]
        settings = [words[n + 1].partition("=") for n, word in enumerate(words) if word == "-D"]
        Settings.read({name: value for name, _, value in settings}, {}, Path("/no/such/file"))
        for word in words:
            if word.startswith("features/"):
                assert word in locations or (PROJECT / word).is_file(), line


def test_the_scenario_in_the_readme_is_a_scenario():
    (text,) = blocks("gherkin")

    (scenario,) = scenarios_of([parse_feature(text)])
    assert len(scenario.steps) == 4


def test_every_file_the_documents_link_to_is_there():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_room_of_the_readme_is_there():
    for room in re.findall(r"^\| `(\w+)/` \|", README, re.MULTILINE):
        assert (PROJECT / room).is_dir()
    assert DATA_DIRECTORIES.parent.name == ".servers"


@pytest.mark.parametrize("target", ["help"])
def test_make_help_names_every_target(target):
    told = subprocess.run(["make", target], cwd=PROJECT, capture_output=True, text=True, check=True).stdout

    for name in ("setup", "accept", "test", "bench", "clean"):
        assert f"make {name} " in told
