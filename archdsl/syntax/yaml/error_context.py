"""Where libyaml stopped, and what stands around that place."""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

import yaml

from archdsl.source import Source, Span


class SourceLine(NamedTuple):
    """A line of the source, without its end."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """Where its last sign ends, which is no space."""
        return self.start + len(self.text.rstrip())

    @property
    def depth(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    @property
    def comment(self) -> int | None:
        """Where its comment begins, if it has one after a text."""
        found = re.search(r"(?<=\S)\s+(#)", self.text)
        return None if found is None else self.start + found.start(1)


class YamlErrorContext:
    """An error of libyaml's with what stands around it."""

    def __init__(self, error: yaml.MarkedYAMLError, source: Source, text: str) -> None:
        self.source = source
        self.text = text
        """The source's, without what is reported already."""
        self.problem = error.problem or ""
        self.context = error.context or ""
        mark = error.problem_mark or error.context_mark
        self.at = min(0 if mark is None else mark.index, len(self.text))
        self.opened = self.at if error.context_mark is None else min(error.context_mark.index, len(self.text))
        self.line = self._line(self.at)
        self.is_misplaced = False
        """Whether a line is indented wrongly, so that its neighbours seem to be."""

    def _line(self, at: int) -> SourceLine:
        start = self.text.rfind("\n", 0, at) + 1
        end = self.text.find("\n", at)
        return SourceLine(start, self.text[start : len(self.text) if end < 0 else end].rstrip("\r"))

    @cached_property
    def above(self) -> SourceLine:
        """The last line above that is not blank; where there is none, an empty one."""
        return self._above(self.line)

    @property
    def is_among_items(self) -> bool:
        """Whether the line where YAML began to read stands right below an item of a list."""
        line = self._line(self.opened)
        above = self._above(line)
        return above.depth == line.depth and above.text.lstrip().startswith("- ")

    def _above(self, line: SourceLine) -> SourceLine:
        while line.start:
            line = self._line(line.start - 1)
            if line.text.strip():
                return line
        return SourceLine(0, "")

    @property
    def before(self) -> str:
        """The text of the line before the fault."""
        return self.text[self.line.start : self.at]

    @property
    def sign(self) -> str:
        """The sign at fault; empty at the end of a line and for a space."""
        return self.text[self.at : self.at + 1].strip()

    def character(self) -> Span:
        return self.source.span(self.at, self.at + 1)

    def word(self, at: int) -> Span:
        """The text at the fault up to the next space."""
        end = at
        while end < len(self.text) and not self.text[end].isspace():
            end += 1
        return self.source.span(at, end)

    def rest(self, at: int) -> Span:
        """The text from the fault up to the end of the line or its comment."""
        line = self._line(at)
        end = line.start + len(line.text) if line.comment is None else max(line.comment, at)
        return self.source.span(at, at + len(self.text[at:end].rstrip()))

    @cached_property
    def neighbour(self) -> SourceLine | None:
        """The line above that the misplaced one should stand below: the first of its block."""
        found = None
        line = self.line
        while line.start:
            line = self._line(line.start - 1)
            if not line.text.strip() or line.text.lstrip().startswith("#"):
                continue
            if line.depth <= self.line.depth:
                break
            if found is None or line.depth <= found.depth:
                found = line
        return found

    def reach(self, span: Span) -> tuple[int, int]:
        """The lines to leave out: that of the fault with those that belong to it, being deeper; of a
        misplaced line also its neighbours, which would be misplaced in turn."""
        first = self._line(span.start)
        least = first.depth + 1
        if self.is_misplaced:
            outer = first
            while outer.start and (outer.depth >= first.depth or not outer.text.strip()):
                outer = self._line(outer.start - 1)
            least = outer.depth + 1 if outer.depth < first.depth and outer.text.strip() else 0
        in_list = first.text.lstrip().startswith("-")
        end = first.start + len(first.text)
        while end < len(self.text):
            line = self._line(end + 1)
            item = not in_list and line.depth == first.depth and line.text.lstrip().startswith("- ")
            if line.text.strip() and line.depth < least and not item:
                break
            end = line.start + len(line.text)
        return first.start, min(end, len(self.text))


def innermost_bracket(text: str, end: int) -> int | None:
    """The last bracket of YAML's that is still open there; quoted texts and comments are left out."""
    stack: list[int] = []
    for token in re.finditer(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|(?:^|(?<=\s))#[^\n]*|[\[{\]}]", text[:end]):
        sign = token.group()
        if sign in ("[", "{"):
            stack.append(token.start())
        elif sign in ("]", "}") and stack:
            stack.pop()
    return stack[-1] if stack else None
