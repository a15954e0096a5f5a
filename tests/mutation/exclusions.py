"""Which changes are none of a decision: told by the place in the source, each with its reason."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cosmic_ray.work_item import MutationSpec

ANNOTATION = "type annotations: nothing reads them"
LOG_LINE = "log lines: people read them, nothing decides by them"
TEXT = "text put together for people: f-strings, and functions that only make such text"
DATA_CLASS = "decorators of data classes: without one the program ends at its start, and nobody assigns to a frozen one"
SPREAD = (
    "`*` and `**` of calls, mappings and signatures, which cosmic-ray takes for operators: what comes out is no Python"
)

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
    tree, texts = ast.parse(source), TEXT_FUNCTIONS.get(name, ())
    return [*(_region(node, reason) for node, reason in _undecided(tree, texts)), *_spread(tree)]


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


def _spread(tree: ast.AST) -> Iterator[Region]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            spread = [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
            yield from (Region((v.lineno, v.col_offset - 2), (v.lineno, v.col_offset), SPREAD) for v in spread)
        elif isinstance(node, ast.Starred) or (isinstance(node, ast.keyword) and node.arg is None):
            yield Region((node.lineno, node.col_offset), (node.value.lineno, node.value.col_offset), SPREAD)
        elif isinstance(node, ast.FunctionDef) and node.args.kwonlyargs:
            last, first = (node.args.args or [node])[-1], node.args.kwonlyargs[0]
            yield Region((last.lineno, last.col_offset), (first.lineno, first.col_offset), SPREAD)


def _is_log_call(node: ast.AST) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "logs"


def _region(node: ast.AST, reason: str) -> Region:
    # The sign of a decorator is before the node; columns of ast are bytes, which is the same in lines of ASCII.
    start = node.col_offset - 1 if reason == DATA_CLASS else node.col_offset
    return Region((node.lineno, start), (node.end_lineno, node.end_col_offset), reason)
