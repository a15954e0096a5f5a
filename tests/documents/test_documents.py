"""The documents say what is."""

import pydoc
import re
import tomllib

import yaml
from behave.parser import parse_feature

from support.run.selection import scenarios_of
from support.settings import BUNDLED_AGENT, BUNDLED_API, Settings
from tests.harness.commands import DOCUMENTS, blocks_of
from tests.harness.running import PROJECT, done

SETTINGS, ARCHITECTURE = DOCUMENTS["docs/settings.md"], DOCUMENTS["docs/architecture.md"]


def in_words(default: object) -> str:
    if default in (BUNDLED_AGENT, BUNDLED_API):
        return "the bundled one"
    if isinstance(default, bool):
        return "`yes`" if default else "`no`"
    return f"`{default}`" if default != "" else "empty"


def test_every_setting_is_described_with_its_default_and_meaning():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", SETTINGS, re.MULTILINE))

    assert rows == {s.name: f"{in_words(s.default)} | {s.metadata['meaning']}" for s in Settings.known()}


def test_every_make_target_named_is_there():
    targets = make_targets()

    for document, text in DOCUMENTS.items():
        assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)) <= targets, document


def make_targets() -> set[str]:
    (names,) = re.findall(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return set(names.split())


def test_the_scenario_for_contributors_is_a_scenario():
    (text,) = blocks_of(DOCUMENTS["CONTRIBUTING.md"], "gherkin")

    (scenario,) = scenarios_of([parse_feature(text)])
    assert len(scenario.steps) == 4


def test_every_file_the_documents_link_to_is_there():
    for document, text in DOCUMENTS.items():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((PROJECT / document).parent / target).exists(), f"{document}: {target}"


def test_the_examples_for_contributors_stand_in_the_code():
    files = [path for room in ("steps", "support", "tests/proof") for path in (PROJECT / room).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    examples = blocks_of(DOCUMENTS["CONTRIBUTING.md"], "python")

    assert len(examples) == 3
    assert [example for example in examples if example not in code] == []


def test_the_plan_of_the_house_has_every_room():
    rooms = {f"support/{path.parent.name}" for path in (PROJECT / "support").glob("*/__init__.py")}

    assert set(re.findall(r"^\*\*`(support/\w+)`\*\*", ARCHITECTURE, re.MULTILINE)) == rooms


def test_every_name_in_the_plan_of_the_house_is_one_of_the_code():
    names = set(re.findall(r"`(support(?:\.\w+)+)`", ARCHITECTURE))

    assert len(names) > 20
    assert [name for name in sorted(names) if pydoc.locate(name) is None] == []


def test_every_test_and_contract_in_the_plan_of_the_house_is_there():
    tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", ARCHITECTURE)
    contracts = {
        name
        for names in re.findall(r"contracts?\s+((?:`[\w-]+`[,\s]*)+)", ARCHITECTURE)
        for name in re.findall(r"`([\w-]+)`", names)
    }
    configured = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

    assert len(tests) > 20
    assert [one for one in tests if f"def {one[1]}(" not in (PROJECT / one[0]).read_text(encoding="utf-8")] == []
    assert contracts == {contract["id"] for contract in configured["contracts"]}


def test_every_path_in_the_plan_of_the_house_is_there():
    for path in re.findall(r"`((?:support|steps|features|tests|docs|docker)/[\w./-]*)`", ARCHITECTURE):
        assert (PROJECT / path).exists(), path


def test_the_pipelines_call_the_two_commands_and_keep_what_they_leave():
    for name in ("github-actions.yml", "gitlab-ci.yml"):
        text = (PROJECT / "docs" / "ci" / name).read_text(encoding="utf-8")
        jobs = yaml.safe_load(text).get("jobs") or yaml.safe_load(text)
        for job, command in (("decision", "make accept"), ("suite", "make test")):
            words = yaml.safe_dump(jobs[job])
            for left in (
                command,
                "always",
                *(f"reports/{one}" for one in ("result-log.html", "verdict.json", "allure-results")),
            ):
                assert left in words, f"{name}, {job}: {left}"


def test_make_help_names_every_target():
    _, told = done(["make", "help"])

    named = set(re.findall(r"^  make (\w+) ", told, re.MULTILINE))
    assert named == make_targets()
