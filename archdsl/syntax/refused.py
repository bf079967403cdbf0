"""A text that the grammar refused, and what stands around the sign at which it did."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple

from archdsl.source import Source, Span

_PIECE = re.compile(r"\"[^\"\n]*\"|(?<!\S)#[^\n]*|->|[<>=!]=|//|\*\*|[A-Za-z_]\w*|[\d.][\w.]*|\S")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
SIGNS = frozenset(
    ("+", "-", "*", "/", "//", "%", "**", "and", "or", "not", "if", "else", "in", "=", *COMPARISONS)
)
"""What stands between values or before one."""
CLOSING = {"(": ")", "[": "]"}
OPENING = {")": "(", "]": "["}


class Refused(NamedTuple):
    """A text with the sign at which the grammar refused it; ``found`` is empty at the text's end."""

    door: str
    source: Source
    start: int
    end: int
    span: Span
    found: str
    terminals: Collection[str]


class Slip(NamedTuple):
    """A diagnostic in the making. Without a span it stands at the sign that was refused, and without
    a label it says what could stand there."""

    message: str
    help: str
    code: str = "syntax-error"
    span: Span | None = None
    label: str = ""


class Text:
    """A refused text, cut into the pieces before the fault and those behind it."""

    def __init__(self, refused: Refused) -> None:
        self.door = refused.door
        self.source = refused.source
        self.span = refused.span
        self.found = refused.found.strip()
        """The sign that was refused; empty at the end and for a new line."""
        self.new_line = "\n" in refused.found
        self.start = refused.start
        self.whole = refused.source.text[refused.start : refused.end].strip()
        self.before = refused.source.text[refused.start : refused.span.start]
        self.after = refused.source.text[refused.span.start : refused.end]

    @property
    def at_end(self) -> bool:
        return not self.found and not self.new_line

    @cached_property
    def pieces(self) -> list[str]:
        """The words and signs before the fault, comments left out."""
        return [piece for piece in _PIECE.findall(self.before) if not piece.startswith("#")]

    @property
    def previous(self) -> str:
        return self.pieces[-1] if self.pieces else ""

    @property
    def begins(self) -> bool:
        """Whether a call has to begin where the fault is."""
        return not self.pieces or self.previous == "->"

    @cached_property
    def open(self) -> list[int]:
        """Where each bracket that is still open stands."""
        stack: list[int] = []
        for piece in _PIECE.finditer(self.before):
            if piece.group() in CLOSING:
                stack.append(self.start + piece.start())
            elif piece.group() in OPENING and stack:
                stack.pop()
        return stack

    @property
    def bracket(self) -> str:
        """The innermost bracket that is open."""
        return self.source.text[self.open[-1]] if self.open else ""

    @property
    def ends_value(self) -> bool:
        """Whether a value or a call ends before the fault."""
        previous = self.previous
        return previous in OPENING or (previous not in SIGNS and re.match(r"[\w.\"]", previous) is not None)

    @property
    def is_adjacent(self) -> bool:
        """Whether no space stands before the fault."""
        return self.before[-1:].strip() != ""

    def piece(self, start: int, end: int) -> Span:
        """A part of the whole text."""
        return self.source.span(self.start + start, self.start + end)
