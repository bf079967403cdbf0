"""Where libyaml stopped, and what stands around that place."""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

import yaml

from archdsl.source import Source, Span
from archdsl.syntax.parser import SyntaxFault


class Line(NamedTuple):
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
        """Where its comment begins, if it has one behind a text."""
        found = re.search(r"(?<=\S)\s+(#)", self.text)
        return None if found is None else self.start + found.start(1)


class Trouble:
    """An error of libyaml's with what stands around it."""

    def __init__(self, error: yaml.MarkedYAMLError, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.problem = error.problem or ""
        self.context = error.context or ""
        mark = error.problem_mark or error.context_mark
        self.at = min(0 if mark is None else mark.index, len(self.text))
        self.opened = self.at if error.context_mark is None else min(error.context_mark.index, len(self.text))
        self.line = self._line(self.at)

    def _line(self, at: int) -> Line:
        start = self.text.rfind("\n", 0, at) + 1
        end = self.text.find("\n", at)
        return Line(start, self.text[start : len(self.text) if end < 0 else end].rstrip("\r"))

    @cached_property
    def above(self) -> Line:
        """The last line above that is not blank; where there is none, an empty one."""
        line = self.line
        while line.start:
            line = self._line(line.start - 1)
            if line.text.strip():
                return line
        return Line(0, "")

    @property
    def before(self) -> str:
        """What stands in the line before the fault."""
        return self.text[self.line.start : self.at]

    @property
    def sign(self) -> str:
        """The sign at fault; empty at the end of a line and for a space."""
        return self.text[self.at : self.at + 1].strip()

    def character(self) -> Span:
        return self.source.span(self.at, self.at + 1)

    def word(self, at: int) -> Span:
        """What stands there without a space in it."""
        end = at
        while end < len(self.text) and not self.text[end].isspace():
            end += 1
        return self.source.span(at, end)

    def rest(self, at: int) -> Span:
        """What stands there up to the end of the line or its comment."""
        line = self._line(at)
        end = line.start + len(line.text) if line.comment is None else max(line.comment, at)
        return self.source.span(at, at + len(self.text[at:end].rstrip()))

    def fault(self, message: str, span: Span, label: str = "", help: str = "") -> SyntaxFault:
        return SyntaxFault("yaml-syntax", message, span, label, help)

    def reach(self, span: Span) -> tuple[int, int]:
        """The lines to leave out: that of the fault, and with a bracket or quote that is never closed
        those that stand deeper below it."""
        first = self._line(span.start)
        end = first.start + len(first.text)
        if span.start < self.line.start:
            while end < len(self.text):
                line = self._line(end + 1)
                if line.text.strip() and line.depth <= first.depth:
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
