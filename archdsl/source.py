"""Source texts and places in them."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple


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
        starts = [0]
        for position, character in enumerate(self.text):
            if character == "\n":
                starts.append(position + 1)
        return starts

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
