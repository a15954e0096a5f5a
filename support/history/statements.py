"""One statement as a server recorded it, and what kind it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import AwareDatetime

from support.contract import METRICS_TABLE

PREPARED = ("statement/sql/execute_sql", "statement/com/Execute")
"""How every server records the execution of a prepared statement, with its text or without."""

NOT_PREPARED = ("statement/sql/prepare_sql", "statement/com/Prepare")
"""How every server records a statement that it was to prepare; where it could not, with an error, and with its text or without."""

NOT_PARSED = "statement/sql/error"
"""How every server records a statement that it could not parse, always with its text."""

HIDDEN = "of unknown text"
"""The kind of a statement of which the server kept no text, so that nobody can tell what it was."""

NOT_ANSWERED = (1160, 1161)
"""What MySQL notes of an ALTER that it has carried out when it can't send the answer, for its sender has gone."""

CANNOT_BE_PREPARED = 1295
"""The server's answer to a statement that it takes only unprepared; clients send it so then."""

NO_TEXT = (
    "by prepared statements, of which this server keeps no text; use a newer MySQL, or have the executor send plain"
    " statements"
)

SCHEMA_CHANGES = ("alter_table", "create_index", "drop_index")

_COMMENTS = re.compile(r"\A(?:\s+|/\*.*?\*/|--[^\n]*\n|#[^\n]*\n)+", re.DOTALL)
_PREPARING = re.compile(
    r"\A\s*(?:PREPARE\s+\S+\s+FROM\s*(?:@.*|\.\.\.\Z|['\"])|EXECUTE\s+\S+(?:\s+USING\b.*|\s*\Z)"  # as they were sent
    r"|(?:PREPARE|EXECUTE)\s+(?=\w+\s))",  # as a digest has them
    re.IGNORECASE | re.DOTALL,
)
_KINDS = {
    "alter_table": r"ALTER\s+(?:ONLINE\s+|IGNORE\s+)*TABLE\b",
    "create_index": r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX\b",
    "drop_index": r"DROP\s+INDEX\b",
    "select": r"\(*\s*(?:SELECT|WITH)\b",
}


def kind_of_text(text: str) -> str | None:
    """What a statement is by its text, comments before it aside; None for anything that is not judged."""
    bare = _COMMENTS.sub("", text)
    return next((kind for kind, pattern in _KINDS.items() if re.match(pattern, bare, re.IGNORECASE)), None)


def kind_of(event_name: str, text: str, errno: int) -> str | None:
    """What a recorded statement is; None for one that is not judged.

    One that could not be parsed or prepared is what it was meant to be. ``HIDDEN``: only its text would tell, and the
    server kept none.
    """
    if event_name in NOT_PREPARED and not errno:
        return None  # only when it is executed does it do anything
    if event_name not in (*PREPARED, *NOT_PREPARED, NOT_PARSED):
        return event_name.rpartition("/")[2]
    bare = _PREPARING.sub("", text)
    return kind_of_text(bare) if bare or event_name == NOT_PARSED else HIDDEN


def as_sent(statements: "Sequence[Statement]") -> str:
    """Statements and their ends, in one line."""
    return "; ".join(statement.brief for statement in statements) or "no statement"


@dataclass(frozen=True)
class Statement:
    """One statement the server was sent.

    ``ended`` is None while it runs. ``errno`` is MySQL's error number, 0 for success. Times are the server's. ``owner`` is
    who sent it: a worker, the suite, or None for anybody else. ``executed`` is False if the server could not parse it, or
    not prepare it.
    """

    thread: int
    event: int
    kind: str
    text: str
    digest: str | None
    errno: int
    message: str
    started: AwareDatetime
    ended: AwareDatetime | None
    seconds: float
    rows_examined: int
    full_scan: bool
    owner: str | None = None
    executed: bool = True

    @property
    def succeeded(self) -> bool:
        return self.ended is not None and self.errno == 0

    @property
    def changes_schema(self) -> bool:
        return self.kind in SCHEMA_CHANGES

    @property
    def hidden(self) -> bool:
        """The server kept no text of it: whoever asks for statements of one kind can't say that it is none of them."""
        return self.kind == HIDDEN

    @property
    def reads_metrics(self) -> bool:
        """It read the digest table."""
        return self.kind == "select" and METRICS_TABLE in self.text.lower()

    @property
    def outcome(self) -> str:
        """How it ended, as people write it."""
        if self.ended is None:
            return "still running"
        return "done" if self.errno == 0 else f"Error {self.errno}"

    @property
    def brief(self) -> str:
        """What was sent and what became of it."""
        return f"{self.text} → {self.outcome}"

    @property
    def sender(self) -> str:
        """Who sent it, in words."""
        return self.owner or "somebody else"
