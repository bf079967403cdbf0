"""Comments and blank lines, which are no part of the tree, carried from one text to another."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from archdsl.source import Source
from archdsl.syntax.comments import Comment
from archdsl.syntax.syntax_of import is_arch

_CLOSING = {True: re.compile(r"[\s)\],]*"), False: re.compile(r"[\s)\]},'\"]*")}
"""The text between a step and a comment that follows it in the same body, by whether it is `.arch`."""


_BRACE = re.compile(r"[\s)\],]*[})]")


class Carrier:
    """Hands out a source's comments as a printer comes past the places where they stood.

    Each belongs to a section of the file: the one in which it stands, or the one that it stands
    above. ``headings`` are where the sections begin.
    """

    def __init__(self, source: Source, comments: Sequence[Comment], headings: Iterable[int]) -> None:
        self._source = source
        self.is_arch = is_arch(source)
        self._headings = sorted(headings)
        self._waiting: dict[int, list[Comment]] = {heading: [] for heading in self._headings}
        self._after: list[Comment] = []
        self._queue: list[Comment] = []
        self._entered: int | None = None
        self._position = 0
        self._line_of_blank = 0
        self._share_out(comments)

    def _share_out(self, comments: Sequence[Comment]) -> None:
        """Give each comment to its section. Those that stand alone right above a heading, indented no
        deeper than it, are the heading's."""
        between: list[list[Comment]] = [[] for _ in range(len(self._headings) + 1)]
        for comment in comments:
            between[bisect_right(self._headings, comment.start)].append(comment)
        for at, group in enumerate(between):
            following = self._headings[at] if at < len(self._headings) else None
            indent = 0 if following is None else self._indent(following)
            cut = len(group)
            while cut and group[cut - 1].alone and group[cut - 1].column <= indent + 1:
                cut -= 1
            cut = 0 if at == 0 else cut
            if at:
                self._waiting[self._headings[at - 1]] += group[:cut]
            (self._after if following is None else self._waiting[following]).extend(group[cut:])

    def enter(self, *headings: int) -> None:
        """From now on, hand out the comments of these sections. What is left of those before stays theirs."""
        if self._entered is not None:
            self._waiting[self._entered] = self._queue
        self._entered = headings[0] if headings else None
        self._queue = sorted(comment for heading in headings for comment in self._waiting.pop(heading, []))

    def before(self, offset: int) -> list[str]:
        """Comments that stood before this place and are not handed out yet, and a blank line
        (an empty text) where one stood before them or between them."""
        lines: list[str] = []
        while self.waits(offset):
            lines += self._take()
        line = self._source.line_and_column(offset)[0]
        if line != self._line_of_blank and self._is_blank(line - 1):
            self._line_of_blank = line
            lines.append("")
        return lines

    def inside(self, heading: int) -> list[str]:
        """Comments that follow in the body of this heading, past its last step."""
        lines: list[str] = []
        while self._queue:
            comment = self._queue[0]
            between = self._source.text[self._position : comment.start]
            if not comment.alone or not _CLOSING[self.is_arch].fullmatch(between):
                break
            if not self.is_arch and comment.column <= self._indent(heading) + 1:
                break
            lines += self._take()
        return lines

    def key_of(self, offset: int) -> int:
        """Where the line of the key stands that this value is of, which the tree does not keep."""
        number = self._source.line_and_column(offset)[0]
        if self.is_arch or self._source.line(number)[: self._source.line_and_column(offset)[1] - 1].strip(
            "- \t"
        ):
            return offset
        while number > 1 and self._source.line(number - 1).lstrip()[:1] in ("", "#"):
            number -= 1
        above = max(number - 1, 1)
        return (
            self._source.offset_of_line(above)
            + len(self._source.line(above))
            - len(self._source.line(above).lstrip())
        )

    def closed(self) -> list[str]:
        """The comment beside the brace that ends a body, now that this is past it."""
        brace = _BRACE.match(self._source.text, self._position) if self.is_arch else None
        if brace is None:
            return []
        self._position = brace.end()
        if self._queue and not self._queue[0].alone:
            between = self._source.text[brace.end() : self._queue[0].start]
            return self._take() if not between.strip(" \t\r,)") else []
        return []

    def waits(self, offset: int) -> bool:
        """Return whether a comment stood before this place and is not handed out yet."""
        return bool(self._queue) and self._queue[0].start < offset

    def within(self, start: int, end: int) -> bool:
        """Return whether a comment that is not handed out yet stood between these places."""
        return any(start <= comment.start < end for comment in self._queue)

    def beside(self, offset: int) -> list[str]:
        """The comment at the end of the line of this place, where one stands there."""
        self._position = offset
        if not self._queue or self._queue[0].alone:
            return []
        line = self._source.line_and_column(offset)[0]
        return self._take() if self._queue[0].line == line else []

    def remaining(self) -> list[str]:
        """The comments of these sections that nothing followed."""
        lines: list[str] = []
        while self._queue:
            lines += self._take()
        return lines

    def rest(self) -> list[str]:
        """The comments that no section had, at the end of the file."""
        left = [comment for waiting in self._waiting.values() for comment in waiting]
        self._queue = sorted([*self._queue, *left, *self._after])
        self._waiting, self._after, self._entered = {}, [], None
        return self.remaining()

    def _take(self) -> list[str]:
        comment = self._queue.pop(0)
        self._position = comment.end
        return ["", comment.text] if comment.alone and self._is_blank(comment.line - 1) else [comment.text]

    def _is_blank(self, line: int) -> bool:
        return line > 0 and not self._source.line(line).strip()

    def _indent(self, offset: int) -> int:
        line = self._source.line(self._source.line_and_column(offset)[0])
        return len(line) - len(line.lstrip())
