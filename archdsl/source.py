"""Source texts and places in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

BROKEN = "\ue000"
"""Stands in a text of ours where a line could not be read."""
_FORBIDDEN = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
"""The characters that YAML forbids everywhere, and the byte-order mark, which may stand at the beginning alone."""
_FORBIDDEN_ASCII = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
"""The same for most texts, in a tenth of the time that it takes to compile."""


class Source:
    """A text with the name that people know it by: a path, ``<stdin>`` or ``<text>``."""

    def __init__(self, text: str, name: str = "<text>", path: str | None = None) -> None:
        # A byte-order mark would shift every column by one.
        self.text = text.removeprefix("\ufeff")
        self.name = name
        self.path = path

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(newline.end() for newline in re.finditer("\n", self.text))]

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset, both counted from 1, in code points."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset_of_line(self, number: int) -> int:
        """Where a line begins, counted from 1."""
        return self._line_starts[number - 1]

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        starts = self._line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def span(self, start: int = 0, end: int | None = None) -> Span:
        return Span(self, start, start if end is None else end)


class Span(NamedTuple):
    """A piece of a source: offsets in code points, the end excluded."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.line_and_column(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.line_and_column(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.line_and_column(self.end)[0]

    @property
    def end_column(self) -> int:
        return self.source.line_and_column(self.end)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


def forbidden_character(text: str) -> int | None:
    """Where a character stands that no design has, in either syntax, or None."""
    found = re.search(_FORBIDDEN_ASCII if text.isascii() else _FORBIDDEN, text)
    return None if found is None else found.start()
