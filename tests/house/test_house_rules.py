"""House rules, kept by a test: how features, steps and support are written. Each rule is shown to bite."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.running import PROJECT, done

SOURCES = [
    PROJECT / "environment.py",
    *sorted((PROJECT / "steps").glob("*.py")),
    *sorted((PROJECT / "support").rglob("*.py")),
]
STEPS = sorted((PROJECT / "steps").glob("*.py"))


def sleeps(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "sleep":
            yield f"line {node.lineno}: a sleep; wait for an event in support/waiting.py"
        if isinstance(node, ast.ImportFrom) and any(name.name == "sleep" for name in node.names):
            yield f"line {node.lineno}: a sleep is imported"


def bare_excepts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"line {node.lineno}: a bare except"


def _phrases(tree: ast.AST) -> Iterator[tuple[ast.FunctionDef, list[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            kinds = [d.func.id for d in node.decorator_list if isinstance(d, ast.Call) and isinstance(d.func, ast.Name)]
            kinds = [kind for kind in kinds if kind in ("given", "when", "then", "step")]
            if kinds:
                yield node, kinds


def thens_without_assertion(tree: ast.AST) -> Iterator[str]:
    for function, kinds in _phrases(tree):
        calls = [n.func.id for n in ast.walk(function) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        if "then" in kinds and "assert_that" not in calls:
            yield f"line {function.lineno}: {function.name} is a Then that cannot fail"


def phrases_with_logic(tree: ast.AST) -> Iterator[str]:
    """A phrase is a line or three without branches and returns nothing."""
    for function, _ in _phrases(tree):
        if len(function.body) > 3:
            yield f"line {function.lineno}: {function.name} has {len(function.body)} statements; three are enough"
        for node in ast.walk(function):
            if isinstance(node, ast.If | ast.For | ast.While | ast.Try):
                yield f"line {node.lineno}: {function.name} has logic; it belongs into support/"
            if isinstance(node, ast.Return) and node.value is not None:
                yield f"line {node.lineno}: {function.name} returns a value, which behave ignores"


def names_without_meaning(tree: ast.AST) -> Iterator[str]:
    for function, _ in _phrases(tree):
        if function.name in ("step_impl", "impl", "_"):
            yield f"line {function.lineno}: {function.name} says nothing"


def imports_beside(tree: ast.AST) -> Iterator[str]:
    """What environment.py has no business with: contracts of import-linter are about packages, so it has none."""
    for node in ast.walk(tree):
        names = [n.name for n in getattr(node, "names", [])] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.split(".")[0] in ("steps", "tests", "executor_v1"):
                yield f"line {node.lineno}: imports {name}"


EVERYWHERE = [sleeps, bare_excepts]
IN_STEPS = [thens_without_assertion, phrases_with_logic, names_without_meaning]


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_rules_for_all_code_of_the_suite(rule):
    for path in SOURCES:
        assert list(rule(ast.parse(path.read_text(encoding="utf-8")))) == [], path


@pytest.mark.parametrize("rule", IN_STEPS, ids=lambda rule: rule.__name__)
def test_rules_for_phrases(rule):
    for path in STEPS:
        assert list(rule(ast.parse(path.read_text(encoding="utf-8")))) == [], path


def test_environment_imports_nothing_that_no_contract_can_forbid_it():
    text = (PROJECT / "environment.py").read_text(encoding="utf-8")
    assert list(imports_beside(ast.parse(text))) == []


def test_modules_stay_short_enough_to_read_in_one_go():
    for path in [*SOURCES, *(PROJECT / "docker" / "executor").rglob("*.py")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path


@pytest.mark.parametrize(
    ("rule", "offence"),
    [
        (sleeps, "import time\ntime.sleep(1)"),
        (sleeps, "from time import sleep"),
        (bare_excepts, "try:\n    x()\nexcept:\n    pass"),
        (imports_beside, "import executor_v1.api"),
        (imports_beside, "from steps.runs import x"),
        (thens_without_assertion, "@then('x')\ndef x(context):\n    return context.ok"),
        (phrases_with_logic, "@when('x')\ndef x(context):\n    if context.a:\n        b()"),
        (phrases_with_logic, "@when('x')\ndef x(context):\n    return True"),
        (phrases_with_logic, "@when('x')\ndef x(context):\n    a()\n    b()\n    c()\n    d()"),
        (names_without_meaning, "@when('x')\ndef step_impl(context):\n    a()"),
    ],
)
def test_each_rule_bites(rule, offence):
    assert list(rule(ast.parse(offence)))


# -- the tests themselves -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def of_this_module() -> None:
    """Something that takes long to make."""


def test_what_shares_a_fixture_of_its_module_shares_a_worker(of_this_module, request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("the tests don't run side by side, in groups")

    assert request.node.nodeid.endswith(f"@{Path(__file__).stem}")


def test_a_quick_run_skips_what_starts_a_program():
    test = "tests/house/test_house_rules.py::test_a_quick_run_skips_what_starts_a_program"

    status, output = done([sys.executable, "-m", "pytest", "--quick", "-rs", test])

    assert status == 0, output
    assert "1 skipped" in output
    assert "it starts a program" in output
