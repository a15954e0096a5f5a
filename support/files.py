"""Files that are never half there, and their paths as people type them."""

import os
from pathlib import Path
from secrets import token_hex

from support.settings import PROJECT


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, whole or not at all, also when two processes do so at once; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}-{os.getpid()}-{token_hex(4)}")  # containers have equal process ids
    try:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def shown(path: Path | str) -> str:
    """A path as a person types it in the project's folder."""
    path = Path(path)
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)
