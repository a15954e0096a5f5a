"""The boxes of the form, ticked or not."""

from dataclasses import dataclass

from support.record.run_record import Check
from support.result_words import PASS, UNJUDGED

GOOD, BAD, WARN = "good", "bad", "warn"


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


def empty(*words: str) -> Choice:
    """Boxes that a person ticks."""
    return Choice(tuple(Box(word, False) for word in words))


def pass_fail(result: str, strong: bool = False) -> Choice:
    """Pass / Fail; neither for what did not run or cannot hold, which is said in words."""
    words = ("PASS", "FAIL") if strong else ("Pass", "Fail")
    boxes = (Box(words[0], result == PASS, GOOD, strong), Box(words[1], result not in (PASS, *UNJUDGED), BAD, strong))
    return Choice(boxes, result if result in UNJUDGED else "")


def done_or_not_applicable(check: Check | None) -> Choice:
    """Done / N/A of a check; neither for one that failed or that the run did not record (None)."""
    if check is None:
        return Choice(empty("Done", "N/A").boxes, "not recorded")
    note = f"FAILED: {check.detail}" if check.done is False else check.detail
    return Choice((Box("Done", check.done is True), Box("N/A", check.done is None, WARN)), note)


def done(check: Check | None) -> Choice:
    """Done, where the form has no other box."""
    choice = done_or_not_applicable(check)
    return Choice(choice.boxes[:1], choice.note)
