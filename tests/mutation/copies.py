"""Copies of the project in which mutants live; the checkout itself is never changed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.settings import PROJECT

NOT_COPIED = (
    ".git", ".venv", ".servers", ".tools", "reports", "node_modules", "build", "__pycache__", "*.pyc", "*.egg-info",
    ".pytest_cache", ".ruff_cache", ".hypothesis",
)  # fmt: skip


def copy_project(into: Path) -> Path:
    """A copy of what a run of the suite needs; the fetched servers are shared, as nothing writes into them."""
    shutil.copytree(PROJECT, into, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    servers = PROJECT / ".servers"
    servers.mkdir(exist_ok=True)
    (into / ".servers").symlink_to(servers)
    return into


@contextmanager
def changed(copy: Path, path: str, source: str) -> Iterator[None]:
    """The file ``path`` of the copy has another text inside the block.

    No compiled file is left from before: Python knows it by the source's second and size, which a mutant may share.
    """
    file = copy / path
    original = file.read_text(encoding="utf-8")
    try:
        _write(file, source)
        yield
    finally:
        _write(file, original)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)
