"""Comments and blank lines, which are no part of the tree, carried from one text to another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from archdsl.source import Source

_TOKENS = re.compile(r'"[^"\n]*"|(?<!\S)#[^\n]*')


class Comment(NamedTuple):
    """A comment: where it begins, its line, its text with the ``#``, and whether it has that line for itself."""

    start: int
    line: int
    text: str
    alone: bool


def comments_of(source: Source, texts: Iterable[tuple[int, int]] = ()) -> list[Comment]:
    """The comments of a source in order. ``texts`` are ranges in which a ``#`` is a ``#``."""
    ranges = list(texts)
    found = []
    for token in _TOKENS.finditer(source.text):
        start = token.start()
        if not token.group().startswith("#") or any(first <= start < last for first, last in ranges):
            continue
        line, column = source.line_and_column(start)
        alone = not source.line(line)[: column - 1].strip()
        found.append(Comment(start, line, token.group().rstrip(), alone))
    return found


class Carrier:
    """Hands out a source's comments as a printer comes past the places where they stood."""

    def __init__(self, source: Source, comments: list[Comment]) -> None:
        self._source = source
        self._comments = comments
        self._next = 0

    def before(self, offset: int) -> list[str]:
        """Comments that stood before this place and are not handed out yet, and a blank line
        (an empty text) where one stood before them or between them."""
        lines: list[str] = []
        while self._next < len(self._comments) and self._comments[self._next].start < offset:
            comment = self._comments[self._next]
            if comment.alone and self._blank_above(comment.line):
                lines.append("")
            lines.append(comment.text)
            self._next += 1
        if self._blank_above(self._source.line_and_column(offset)[0]):
            lines.append("")
        return lines

    def waits(self, offset: int) -> bool:
        """Whether a comment stood before this place and is not handed out yet."""
        return self._next < len(self._comments) and self._comments[self._next].start < offset

    def beside(self, offset: int) -> str:
        """The comment at the end of the line of this place, with the space before it."""
        if self._next < len(self._comments):
            comment = self._comments[self._next]
            if not comment.alone and comment.line == self._source.line_and_column(offset)[0]:
                self._next += 1
                return f"  {comment.text}"
        return ""

    def rest(self) -> list[str]:
        return self.before(len(self._source.text) + 1)

    def _blank_above(self, line: int) -> bool:
        return line > 1 and not self._source.line(line - 1).strip()
