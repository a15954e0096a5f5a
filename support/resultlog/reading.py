"""Reading what a run has left: its record, its evidence, and the hash of each file as it lies on the disk."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.errors import AcceptanceError
from support.record.run_record import RUN_FILE

EVIDENCE = "evidence"
RUN_KEYS = ("run_id", "started", "time_zone", "expected", "selected")
RECORD_KEYS = ("id", "name", "location", "started", "result", "observations")


class BadEvidence(AcceptanceError):
    """A folder or a file that a result log cannot be made from; one clear line."""

    blames = "the evidence"


@dataclass(frozen=True)
class Folder:
    """One run's folder. ``hashes`` are the SHA-256 of its files by their path inside the folder."""

    path: Path
    run: dict[str, Any]
    records: list[dict[str, Any]]
    hashes: dict[str, str]

    @property
    def run_id(self) -> str:
        """The run it is of."""
        return self.run["run_id"]


@contextmanager
def shaped(what: str) -> Iterator[None]:
    """Turn what a record of another shape does to the code into one clear line.

    :raises BadEvidence: so it was.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        said = str(error).split("\n")[0]
        raise BadEvidence(f"{what}: a record has not the shape of one: {type(error).__name__}: {said}") from error


def read(path: Path) -> Folder:
    """Everything in the folder of a run. Records come in the order of their start.

    :raises BadEvidence: the folder or a file is missing, torn, or not what it should be.
    """
    if not path.is_dir():
        raise BadEvidence(f"{path}: there is no such folder")
    if not (path / RUN_FILE).is_file():
        raise BadEvidence(f"{path}: this is not the folder of a run, for it has no {RUN_FILE}")
    hashes: dict[str, str] = {}
    run = _object(path / RUN_FILE, RUN_FILE, RUN_KEYS, hashes)
    records = []
    for file in sorted((path / EVIDENCE).glob("*.json")):
        name = f"{EVIDENCE}/{file.name}"
        record = _object(file, name, RECORD_KEYS, hashes)
        records.append({**record, "file": file.name, "path": name, "run_id": run["run_id"]})
    return Folder(path, run, sorted(records, key=lambda one: (one["started"], one["file"])), hashes)


def _object(file: Path, name: str, keys: tuple[str, ...], hashes: dict[str, str]) -> dict[str, Any]:
    try:
        content = file.read_bytes()
        hashes[name] = hashlib.sha256(content).hexdigest()
        found = json.loads(content)
    except OSError as error:
        raise BadEvidence(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadEvidence(f"{file}: is torn or no JSON: {error}") from error
    missing = [key for key in keys if key not in found] if isinstance(found, dict) else list(keys)
    if missing:
        raise BadEvidence(f"{file}: is not such a record: it has no {', '.join(missing)}")
    return found
