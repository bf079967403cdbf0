"""Which of the two syntaxes a source is in."""

from __future__ import annotations

import re

from archdsl.source import Source
from archdsl.syntax.sections import HEADINGS

_HEADING = re.compile(
    rf"""(?:\s|\#[^\n]*\n)*(?:(?:{"|".join(HEADINGS)})\b(?!\s*:)|\"{{3}}|"[^"\n]*"(?!\s*:))"""
)


def looks_like_arch(text: str) -> bool:
    """Return whether a text without a file name is in this syntax: it begins with a section's heading, or with
    its documentation."""
    return _HEADING.match(text) is not None


def is_arch(source: Source) -> bool:
    """Return whether a source is in the `.arch` syntax: by its name, or where that says nothing by its text."""
    if source.name.endswith((".arch", ".yaml", ".yml")):
        return source.name.endswith(".arch")
    return looks_like_arch(source.text)
