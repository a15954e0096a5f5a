"""Which changes are none of a decision: told by the place in the source, each with its reason."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cosmic_ray.work_item import MutationSpec

ANNOTATION = "type annotations: nothing reads them"
LOG_LINE = "log lines: people read them, nothing decides by them"
TEXT = "text put together for people: f-strings, and functions that only make such text"
DATA_CLASS = "decorators of data classes: without one the program ends at its start, and nobody assigns to a frozen one"
REASONS = (ANNOTATION, LOG_LINE, TEXT, DATA_CLASS)

TEXT_FUNCTIONS = {
    "agent/change": ("columns",),
    "agent/client": ("detail",),
    "agent/metrics": ("why_unreadable",),
    "agent/verification": ("growth", "milliseconds", "rows", "scans", "describe"),
    "api/runs": ("lease_trouble", "claim_refusal"),
}

Position = tuple[int, int]


@dataclass(frozen=True)
class Region:
    """A part of a source file, from ``start`` up to and without ``end`` as (line from 1, column), left out for a reason."""

    start: Position
    end: Position
    reason: str


def regions(name: str, source: str) -> list[Region]:
    """The parts of a module in which nothing is decided."""
    texts = TEXT_FUNCTIONS.get(name, ())
    return [_region(node, reason) for node, reason in _undecided(ast.parse(source), texts)]


def reason_for(spec: MutationSpec, places: list[Region]) -> str | None:
    """Why a mutation is left out, None if it is not."""
    return next((place.reason for place in places if place.start <= spec.start_pos < place.end), None)


def _undecided(tree: ast.AST, texts: tuple[str, ...]) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation or isinstance(node, ast.AnnAssign):
            yield node.annotation, ANNOTATION
        elif isinstance(node, ast.Expr) and _is_log_call(node.value):
            yield node, LOG_LINE
        elif isinstance(node, ast.JoinedStr):
            yield node, TEXT
        elif isinstance(node, ast.ClassDef):
            yield from ((decorator, DATA_CLASS) for decorator in node.decorator_list)
        elif isinstance(node, ast.FunctionDef):
            if node.returns:
                yield node.returns, ANNOTATION
            if node.name in texts:
                yield node, TEXT


def _is_log_call(node: ast.AST) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "logs"


def _region(node: ast.AST, reason: str) -> Region:
    # The sign of a decorator is before the node; columns of ast are bytes, which is the same in lines of ASCII.
    start = node.col_offset - 1 if reason == DATA_CLASS else node.col_offset
    return Region((node.lineno, start), (node.end_lineno, node.end_col_offset), reason)
