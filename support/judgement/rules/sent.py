"""What workers sent to the server about the run's index, apart from what anybody else did to it; and three-valued "all"."""

import re
from collections.abc import Iterable
from datetime import datetime

from support.history.history import History, Participant
from support.history.statements import Statement

_NAME_COMMENT_OR_TEXT = re.compile(
    r"(`(?:[^`]|``)*`)|(/\*.*?\*/|--[ \t][^\n]*|#[^\n]*)|'(?:[^'\\]|''|\\.)*'|\"(?:[^\"\\]|\"\"|\\.)*\"", re.DOTALL
)
_PREPARING = re.compile(r"(?i)\A\s*PREPARE\s+\S+\s+FROM\s*['\"]")
_RENAME = re.compile(r"(?i)\bRENAME\s+(?:INDEX|KEY)\b")


def all_of(values: Iterable[bool | None]) -> bool | None:
    """False if one is; else None if one is not known; else True."""
    found = list(values)
    if False in found:
        return False
    return None if None in found else True


def bare(text: str) -> str:
    """A statement without its comments, and with its texts empty; of one that is prepared what is prepared."""
    if preparing := _PREPARING.match(text):
        text = text[preparing.end() :].rstrip().rstrip("'\"")
    return _NAME_COMMENT_OR_TEXT.sub(lambda one: one[1] or (" " if one[2] else "''"), text).strip()


def by_workers(history: History, statements: Iterable[Statement]) -> list[Statement]:
    """Those that a worker sent."""
    workers = {str(one) for one in history.participants.values()}
    return [one for one in statements if one.owner in workers]


def adds(history: History) -> list[Statement]:
    """The workers' ADD INDEX statements."""
    return by_workers(history, history.adds)


def drops(history: History) -> list[Statement]:
    """The workers' DROP INDEX statements."""
    return by_workers(history, history.drops)


def made(history: History) -> Statement | None:
    """The first statement of a worker that made the index."""
    return next((one for one in adds(history) if one.succeeded), None)


def taken_back(history: History) -> Statement | None:
    """The first statement of a worker that dropped it."""
    return next((one for one in drops(history) if one.succeeded), None)


def of_the_name(history: History) -> list[Statement]:
    """Everybody's statements that made, dropped or renamed an index of this name, in the order of their ends."""
    renames = [one for one in history.changes if _RENAME.search(bare(one.text)) and history.run.index_name in one.text]
    found = {(one.thread, one.event): one for one in (*history.adds, *history.drops, *renames) if one.succeeded}
    return sorted(found.values(), key=lambda one: one.ended or one.started)


def was_meddled_with(history: History, until: datetime | None = None) -> bool:
    """The suite, as somebody else, had dropped, renamed or changed the run's index by then; it is not among the statements."""
    return history.meddled is not None and (until is None or history.meddled < until)


def is_own(history: History, until: datetime | None = None) -> bool:
    """The index of this name is the run's own at this moment, or at the end: a worker's ADD INDEX made it, nobody else since."""
    if was_meddled_with(history, until):
        return False
    before = [one for one in of_the_name(history) if until is None or history.done_before(one, until) is not False]
    return bool(before) and before[-1] in adds(history) and before[-1] not in history.drops


def predecessors(history: History, worker: Participant) -> list[Participant]:
    """The workers that had the run before this one."""
    mine = min((one.arrived for one in worker.granted), default=None)
    others = [one for one in history.participants.values() if one is not worker]
    return [one for one in others if mine and any(call.arrived < mine for call in one.granted)]


def participant(history: History, name: str) -> Participant | None:
    """The worker of that name."""
    return next((one for one in history.participants.values() if str(one) == name), None)
