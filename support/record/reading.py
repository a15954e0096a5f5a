"""Reading what a run has left: its record, its evidence, and the hash of each file as it lies on the disk."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from support.record.envelope import BadEvidence, from_json
from support.record.evidence import RUN_FILE, Evidence, RunRecord

EVIDENCE = "evidence"


@dataclass
class Record(Evidence):
    """Evidence as it is read back.

    ``run_id`` is the run it is of, ``path`` its file in that run's folder with its SHA-256, ``file`` what a verdict calls it.
    """

    duration_s: float = 0.0
    run_id: str = field(init=False, default="")
    path: str = field(init=False, default="")
    sha256: str = field(init=False, default="")
    file: str = field(init=False, default="")


@dataclass(frozen=True)
class Folder:
    """One run's folder. ``hashes`` are the SHA-256 of its files by their path below the ``runs`` folder."""

    path: Path
    run: RunRecord
    records: list[Record]
    hashes: dict[str, str]


def read(path: Path) -> Folder:
    """Everything in the folder of a run. Records come in the order of their start.

    :raises BadEvidence: the folder or a file is missing, torn, of another format, or not what it should be.
    """
    if not path.is_dir():
        raise BadEvidence(f"{path}: there is no such folder")
    if not (path / RUN_FILE).is_file():
        raise BadEvidence(f"{path}: this is not the folder of a run, for it has no {RUN_FILE}")
    content = _content(path / RUN_FILE)
    run, records = from_json(RunRecord, content, path / RUN_FILE), read_all(path / EVIDENCE)
    for record in records:
        record.run_id = run.run_id
    hashes = {RUN_FILE: sha256(content).hexdigest(), **{one.path: one.sha256 for one in records}}
    return Folder(path, run, records, {f"{run.run_id}/{name}": sha for name, sha in hashes.items()})


def read_all(folder: Path) -> list[Record]:
    """Every record in a folder of evidence, in the order of the scenarios' start.

    :raises BadEvidence: a file is torn, of another format, or no record.
    """
    return sorted(map(read_record, sorted(folder.glob("*.json"))), key=lambda record: (record.started, record.file))


def read_record(file: Path) -> Record:
    """The record in ``file``; raises as ``read_all`` does."""
    content = _content(file)
    record = from_json(Record, content, file)
    record.file, record.path, record.sha256 = file.name, f"{EVIDENCE}/{file.name}", sha256(content).hexdigest()
    return record


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadEvidence(f"{file}: cannot be read: {error.strerror}") from error
