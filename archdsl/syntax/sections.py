"""The sections of a file: their words in both syntaxes, which stand nowhere else in the package."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from archdsl.diagnostics import did_you_mean, misspelling


class SectionWord(NamedTuple):
    """A section's key in YAML and its heading in ``.arch``; empty where that syntax has none.

    ``is_text`` where it says plain text, as YAML reads it.
    """

    key: str
    heading: str
    is_text: bool = False


SECTION_WORDS = (
    SectionWord("archdsl", "", is_text=True),
    SectionWord("name", "network", is_text=True),  # in `.arch` with the parameters
    SectionWord("doc", "", is_text=True),  # in `.arch` a text without a heading
    SectionWord("family", "family", is_text=True),
    SectionWord("paper", "paper", is_text=True),
    SectionWord("reference", "reference", is_text=True),
    SectionWord("extends", "extends", is_text=True),
    SectionWord("init", "init", is_text=True),
    SectionWord("use", "use"),
    SectionWord("input", "input"),
    SectionWord("inputs", "inputs"),
    SectionWord("params", ""),
    SectionWord("blocks", "block"),
    SectionWord("body", "body"),
    SectionWord("outputs", "outputs"),
    SectionWord("expect", "expect"),
)
"""In the order in which a file has them."""
KEYS = tuple(word.key for word in SECTION_WORDS)
HEADINGS = tuple(word.heading for word in SECTION_WORDS if word.heading)
TEXTS = tuple(word.key for word in SECTION_WORDS if word.is_text)
HEADING_TOKENS = frozenset(heading.upper() for heading in HEADINGS)
"""The grammar's names of the headings' tokens."""


def nearest(word: str, known: Collection[str]) -> str | None:
    """The word that is meant by one that is none, or None. Some are short: one letter is a third of `use`."""
    return did_you_mean(word, known) or misspelling(word, known)


def section_at(text: str, at: int) -> str:
    """The word that begins the section in which a place is, in either syntax; empty where none does."""
    begins = list(re.finditer(r"^\w+", text[:at], re.MULTILINE))
    return begins[-1].group() if begins else ""
