"""Has anybody changed a record since the result log was made? The hashes in the log are held against the files."""

import re
from pathlib import Path

from support.record.envelope import BadEvidence
from support.record.reading import Folder

_ROW = re.compile(r"^\| `runs/([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
_DECISION = re.compile(r"^\*\*Decision:\*\* .*?(?:✅|⚠️|❌) (\w+)", re.MULTILINE)


def hashes_in(log: Path) -> dict[str, str]:
    """The hashes that a result log states, by path below the ``runs`` folder.

    :raises BadEvidence: it cannot be read, or states none.
    """
    found = dict(_ROW.findall(_text(log)))
    if not found:
        raise BadEvidence(f"{log}: states no hash of evidence, so it is no result log or not a whole one")
    return found


def decision_in(log: Path) -> str | None:
    """The decision that a result log states."""
    return next(iter(_DECISION.findall(_text(log))), None)


def differences(stated: dict[str, str], folders: list[Folder]) -> list[str]:
    """Each file that is not what the log was made from, in words; empty when all are.

    Files of runs that are not among ``folders`` are missing: a log of two runs is not verified by one of them.
    """
    there = {path: sha for folder in folders for path, sha in folder.hashes.items()}
    changed = [path for path in stated if there.get(path, stated[path]) != stated[path]]
    told = [f"{path}: was changed after the result log was made" for path in changed]
    told += [f"{path}: is in the result log but no longer there" for path in stated if path not in there]
    told += [f"{path}: is there but not in the result log" for path in there if path not in stated]
    return sorted(told)


def _text(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadEvidence(f"{log}: cannot be read as a result log: {error}") from error
