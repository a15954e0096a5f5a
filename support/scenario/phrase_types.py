"""Words of a table as types of a phrase's parameters: in English the table's own, in Thai those beside them."""

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from parse import with_pattern


class InThai(Protocol):
    """What a table says of one of its words; ``thai`` is the word of the Thai phrase."""

    @property
    def thai(self) -> str: ...


def types_of(name: str, table: Mapping[str, InThai]) -> dict[str, Callable[[str], str]]:
    """The types ``name`` and ``Thai<name>``, for behave's ``register_type``; the value of both is the English word."""
    return {
        name: _type({word: word for word in table}),
        f"Thai{name}": _type({meaning.thai: word for word, meaning in table.items()}),
    }


def _type(words: Mapping[str, str]) -> Callable[[str], str]:
    longest_first = sorted(words, key=len, reverse=True)  # some words begin with another one
    of_these: Callable[[str], str] = with_pattern("|".join(map(re.escape, longest_first)))(lambda text: words[text])
    return of_these
