"""Every mistake in an `.arch` file that the grammar refuses.

The file is cut into its sections, at the heading words that stand in the first column, and each is
read on its own: a brace that is missing in one says nothing of the next. In a section, the line of
the first fault is struck out, save the braces that others depend on, and the rest is read again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from archdsl.diagnostics import ArchError, Label
from archdsl.source import Source, Span
from archdsl.syntax.characters import BROKEN
from archdsl.syntax.parser import SyntaxFault, parse_file, parse_item

_MOST_FAULTS = 50
_HEADING_WORDS = "network|paper|reference|extends|init|use|input|inputs|block|body|expect"
_SECTION = re.compile(rf'^(?:(?:{_HEADING_WORDS})\b(?!\s*:)|"|[A-Za-z_]\w*(?=[^\n:=]*\{{\s*$))', re.MULTILINE)
_PIECES = re.compile(r'"""(?:.|\n)*?"""|"[^"\n]*"|#[^\n]*|->|[()\[\]{}\n]')


class _Section(NamedTuple):
    start: int
    end: int


def every_fault(source: Source) -> list[ArchError]:
    """What is wrong with a file that does not parse, in order; at least one fault."""
    faults = []
    for section in _sections(source.text):
        faults += list(_faults_in(source, section))
    if not faults:
        # Each section is right, so it is how they stand together.
        try:
            parse_file(source)
        except ArchError as fault:
            faults.append(fault)
    return faults


def _sections(text: str) -> Iterator[_Section]:
    quotes = [found.start() for found in re.finditer('"""', text)]
    starts = [
        found.start()
        for found in _SECTION.finditer(text)
        if bisect_left(quotes, found.start()) % 2 == 0  # not inside a long text
    ]
    if not starts or (text[: starts[0]].strip() and not text[: starts[0]].lstrip().startswith("#")):
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield _Section(start, end)


def _faults_in(source: Source, section: _Section) -> Iterator[ArchError]:
    text = source.text
    start, end = section
    while end > start and (text[end - 1].isspace() or _is_comment(text, start, end)):
        end = end - 1 if text[end - 1].isspace() else text.rfind("\n", start, end) + 1
    if start >= end:
        return
    unclosed = _unclosed(text, start, end)
    if unclosed is not None:
        yield _missing_brace(source, unclosed, end)
        return
    for _ in range(_MOST_FAULTS):
        try:
            parse_item(source, start, end, text)
            return
        except ArchError as fault:
            span = fault.diagnostics[0].span
            bracket = _unclosed_bracket(text, span.start, start)
            if bracket is not None:
                fault = _missing_bracket(source, text, bracket)
                span = Span(source, bracket, bracket)
            yield fault
            struck = _strike(text, max(min(span.start, end - 1), start), start, end)
            if struck == text:
                return
            text = struck


def _is_comment(text: str, start: int, end: int) -> bool:
    line = text[text.rfind("\n", start, end) + 1 : end]
    return line.lstrip().startswith("#") and "\n" in text[start:end]


def _unclosed(text: str, start: int, end: int) -> int | None:
    """The innermost brace that is opened in a section and closed nowhere in it."""
    open_braces: list[int] = []
    for piece in _PIECES.finditer(text, start, end):
        if piece.group() == "{":
            open_braces.append(piece.start())
        elif piece.group() == "}" and open_braces:
            open_braces.pop()
    return open_braces[-1] if open_braces else None


def _unclosed_bracket(text: str, at: int, start: int) -> int | None:
    """A bracket that is open at a fault, on an earlier line that does not look as if it went on."""
    open_brackets: list[int] = []
    for piece in _PIECES.finditer(text, start, at):
        if piece.group() in ("(", "["):
            open_brackets.append(piece.start())
        elif piece.group() in (")", "]") and open_brackets:
            open_brackets.pop()
        elif piece.group() in ("{", "}"):
            open_brackets.clear()
    for bracket in open_brackets:
        line_end = text.find("\n", bracket, at)
        if line_end >= 0 and not re.search(r"[,(\[]\s*(#[^\n]*)?$", text[bracket:line_end]):
            return bracket
    return None


def _missing_bracket(source: Source, text: str, bracket: int) -> SyntaxFault:
    end = text.find("\n", bracket)
    line = re.sub(r"\s*(#[^\n]*)?\{?\s*$", "", text[bracket:end])
    closes = {"(": ")", "[": "]"}[text[bracket]]
    at = bracket + len(line)
    return SyntaxFault(
        "unbalanced-bracket",
        f"a `{closes}` is missing",
        Span(source, at, at),
        f"expected `{closes}`",
        f"close what was opened: `{line}{closes}`",
        (Label(Span(source, bracket, bracket + 1), "opened here"),),
    )


def _missing_brace(source: Source, opened: int, end: int) -> SyntaxFault:
    """The brace that is missing; by the indentation, the line before which it should stand."""
    line = source.line_and_column(opened)[0]
    indent = len(source.line(line)) - len(source.line(line).lstrip())
    at = end
    for number in range(line + 1, source.line_and_column(end)[0] + 1):
        text = source.line(number)
        if text.strip() and len(text) - len(text.lstrip()) <= indent and not text.lstrip().startswith("}"):
            at = source.offset_of_line(number)
            at += len(text) - len(text.lstrip())
            break
    return SyntaxFault(
        "unbalanced-brace",
        "a `}` is missing" + (" before this" if at < end else " at the end"),
        Span(source, at, at + 1 if at < end else at),
        "expected `}`",
        "close the body that is open",
        (Label(Span(source, opened, opened + 1), "opened here"),),
    )


def _strike(text: str, at: int, start: int, end: int) -> str:
    """The text with the line of a fault struck out, and all that goes on with it."""
    first, last = _logical_line(text, at, start, end)
    kept = list(re.sub(r"[^\n]", " ", text[first:last]))
    marked = False
    for piece in _PIECES.finditer(text, first, last):
        if piece.group() in ("{", "}"):
            kept[piece.start() - first] = piece.group()
    for index, character in enumerate(kept):
        if character == " " and not marked:
            kept[index], marked = BROKEN, True
            break
        if character in "{}":
            break
    return text[:first] + "".join(kept) + text[last:]


def _logical_line(text: str, at: int, start: int, end: int) -> tuple[int, int]:
    first = max(text.rfind("\n", start, at) + 1, start)
    while first > start:
        above = max(text.rfind("\n", start, first - 1) + 1, start)
        if not (text[first:].lstrip().startswith("->") or text[above:first].rstrip().endswith("->")):
            break
        first = above
    last = text.find("\n", at, end)
    last = end if last < 0 else last
    while last < end and (text[:last].endswith("->") or text[last:end].lstrip().startswith("->")):
        following = text.find("\n", last + 1, end)
        last = end if following < 0 else following
    return first, last
