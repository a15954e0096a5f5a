"""What a report is made of, whatever it is written in: blocks, and the words in them.

A text is from outside and shown letter for letter. None is a blank that a person fills; a tuple is read as one text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from support.resultlog.boxes import Choice
from support.resultlog.model import Query


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


class Code(Words):
    """Something to type or to look up."""


class Paths(Words):
    """Paths, one a line; escaped."""


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
    """Blocks that the page keeps together; ``look`` is their class there, ``id`` what a link leads to."""

    parts: Sequence["Part"]
    look: str = ""
    id: str = ""


Part = Heading | Paragraph | Quote | Items | Ticks | Preformatted | Queries | Table | Group


@dataclass(frozen=True)
class Log:
    """A whole result log. ``results`` are those of the test cases by id, ``tally`` is their number in words."""

    title: str
    period: str
    decision: str
    choice: Choice
    tally: str
    reasons: Sequence[str]
    troubles: Sequence[str]
    results: Mapping[str, str]
    sections: Sequence[Group]


def lines(texts: Sequence[str], label: str = "") -> Preformatted:
    """Texts, one a line, as they are."""
    return Preformatted("\n".join(texts), label)
