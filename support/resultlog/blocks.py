"""What a report is made of, whatever it is written in: blocks, and the words and boxes in them.

A text is from outside and shown letter for letter. None is a blank that a person fills; a tuple is read as one text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from support.result_words import PASS, UNJUDGED

GOOD, BAD, WARN = "good", "bad", "warn"


@dataclass(frozen=True)
class Words:
    """The form's own words: as they are in Markdown; the page draws their pictographs."""

    text: str


class Strong(Words):
    """In bold; escaped."""


@dataclass(frozen=True)
class Key(Words):
    """What a row of a table is about, with a link on the page to what ``target`` names; escaped."""

    target: str = ""


@dataclass(frozen=True)
class Link(Words):
    """What a row is about, with a link on the page to a file; escaped."""

    target: str


@dataclass(frozen=True)
class Jump(Words):
    """A link within the page to what has the id ``target``; escaped."""

    target: str


@dataclass(frozen=True)
class File(Words):
    """A file of the run, with a link on the page: ``target`` is its path in the run's folder."""

    target: str


class Code(Words):
    """Something to type or to look up."""


class Paths(Words):
    """Paths, one a line; escaped."""


@dataclass(frozen=True)
class Box:
    """A box of the form. ``kind`` says how it looks when it is ticked; ``strong`` words are bold in the form."""

    word: str
    ticked: bool
    kind: str = GOOD
    strong: bool = False


@dataclass(frozen=True)
class Choice:
    """Boxes in a row, and what has to be said with them."""

    boxes: tuple[Box, ...]
    note: str = ""


Inline: TypeAlias = "str | Words | Choice | None | tuple[Inline, ...]"


@dataclass(frozen=True)
class Heading:
    """``result`` stands beside it on the page."""

    level: int
    text: Inline
    result: str = ""


@dataclass(frozen=True)
class Paragraph:
    """``look`` is its class on the page."""

    text: Inline
    look: str = ""


@dataclass(frozen=True)
class Quote:
    """What the form says to its reader."""

    text: Inline


@dataclass(frozen=True)
class Items:
    """A list, under its label if it has one."""

    items: Sequence[Inline]
    label: str = ""


@dataclass(frozen=True)
class Ticks:
    """Sentences, each with a box: ticked or not."""

    items: Sequence[tuple[str, bool]]
    label: str


@dataclass(frozen=True)
class Preformatted:
    """Text as it is, line by line, under its label if it has one; ``language`` is that of code."""

    text: str
    label: str = ""
    language: str = ""


@dataclass(frozen=True)
class Query:
    """A verification query. ``rows`` is None when it was not run."""

    title: str
    sql: str
    rows: list[dict[str, Any]] | None
    time: str = ""


@dataclass(frozen=True)
class Queries:
    """Verification queries, each with the rows it returned."""

    queries: Sequence[Query]
    label: str


@dataclass(frozen=True)
class Table:
    """``look`` is its class on the page, ``marks`` those of its rows."""

    head: Sequence[str]
    rows: Sequence[Sequence[Inline]]
    look: str = ""
    marks: Sequence[str] = ()


@dataclass(frozen=True)
class Group:
    """Blocks that the page keeps together; ``look`` is their class there, ``id`` what a link leads to.

    One with a ``fold`` has that as its heading, of ``level``, and the page folds it: unless it is ``opened`` there, it is
    not printed.
    """

    parts: Sequence["Part"]
    look: str = ""
    id: str = ""
    fold: str = ""
    level: int = 2
    opened: bool = False


Part = Heading | Paragraph | Quote | Items | Ticks | Preformatted | Queries | Table | Group


@dataclass(frozen=True)
class Log:
    """A whole result log. ``tally`` is the number of test cases in words, ``front`` the rest of its first page, ``contents``
    are the titles of its sections with their ids; ``scope`` is what it is headed, and ``covers`` what it is about, where
    that is not all there is.
    """

    title: str
    period: str
    decision: str
    choice: Choice
    tally: str
    reasons: Sequence[str]
    troubles: Sequence[str]
    front: Sequence[Part]
    contents: Sequence[tuple[str, str]]
    sections: Sequence[Group]
    scope: str = ""
    covers: str = ""


def pairs(head: tuple[str, str], rows: Iterable[tuple[str, Inline]]) -> Table:
    """A table of names in bold, each with its value."""
    return Table(head, [(Strong(name), value) for name, value in rows], "pairs")


def lines(texts: Iterable[str], label: str = "") -> Preformatted:
    """Texts, one a line, as they are."""
    return Preformatted("\n".join(texts), label)


def empty(*words: str) -> Choice:
    """Boxes that a person ticks."""
    return Choice(tuple(Box(word, False) for word in words))


def pass_fail(result: str, strong: bool = False) -> Choice:
    """Pass / Fail; neither for what did not run or cannot hold, which is said in words."""
    words = ("PASS", "FAIL") if strong else ("Pass", "Fail")
    boxes = (Box(words[0], result == PASS, GOOD, strong), Box(words[1], result not in (PASS, *UNJUDGED), BAD, strong))
    return Choice(boxes, result if result in UNJUDGED else "")
