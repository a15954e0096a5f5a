"""The documents say what is."""

import re
from dataclasses import fields

import pytest
from behave.parser import parse_feature

from support.run.selection import scenarios_of
from support.settings import BUNDLED_AGENT, BUNDLED_API, Settings
from support.stacks.embedded import DATA_DIRECTORIES
from tests.commands import DOCUMENTS, blocks_of
from tests.running import PROJECT, done

README = DOCUMENTS["README.md"]


def in_words(default: object) -> str:
    if default in (BUNDLED_AGENT, BUNDLED_API):
        return "the bundled one"
    if isinstance(default, bool):
        return "`yes`" if default else "`no`"
    return f"`{default}`" if default != "" else "empty"


def test_the_readme_describes_every_setting_with_its_default_and_meaning():
    settings = README.partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", settings, re.MULTILINE))

    assert rows == {s.name: f"{in_words(s.default)} | {s.metadata['meaning']}" for s in fields(Settings)}


def test_every_make_target_named_is_there():
    targets = set(re.findall(r"^([a-z]+):.*##", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    for document, text in DOCUMENTS.items():
        assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)) <= targets, document
    assert {"accept", "test", "setup", "clean", "help", "bench"} <= targets


def test_the_scenario_in_the_readme_is_a_scenario():
    (text,) = blocks_of(README, "gherkin")

    (scenario,) = scenarios_of([parse_feature(text)])
    assert len(scenario.steps) == 4


def test_every_file_the_documents_link_to_is_there():
    for document, text in DOCUMENTS.items():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((PROJECT / document).parent / target).exists(), f"{document}: {target}"


def test_every_room_of_the_readme_is_there():
    for room in re.findall(r"^\| `(\w+)/` \|", README, re.MULTILINE):
        assert (PROJECT / room).is_dir()
    assert DATA_DIRECTORIES.parent.name == ".servers"


@pytest.mark.parametrize("target", ["help"])
def test_make_help_names_every_target(target):
    _, told = done(["make", target])

    for name in ("setup", "accept", "test", "bench", "clean"):
        assert f"make {name} " in told
