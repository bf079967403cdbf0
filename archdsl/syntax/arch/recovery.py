"""Every mistake in an `.arch` file that the grammar refuses.

The file is cut into its sections, at the heading words that stand in the first column, and each is
read on its own: a brace that is missing in one says nothing of the next. In a section that cannot be
read, brackets and braces are put right by the layout first. Then the line of the first fault is
struck out, save the braces that others depend on, and the rest is read again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from archdsl.diagnostics import ArchError
from archdsl.source import BROKEN, Source
from archdsl.syntax.arch.brackets import PIECES, put_right
from archdsl.syntax.parser import parse_file, parse_sections
from archdsl.syntax.sections import HEADINGS
from archdsl.syntax.tree import Forms

_MOST_FAULTS = 50
_SECTION = re.compile(
    rf'^(?:(?:{"|".join(HEADINGS)})\b(?!\s*:)|"|[A-Za-z_]\w*(?=[^\n:=]*\{{\s*$))', re.MULTILINE
)


class _SectionText(NamedTuple):
    start: int
    end: int


def every_fault(source: Source, forms: Forms) -> Iterator[ArchError]:
    """The faults of a file that does not parse, in order; at least one."""
    some = False
    for section in _sections(source.text):
        faults = sorted(_faults_in(source, section, forms), key=lambda fault: fault.diagnostics[0].span[1:])
        some = some or bool(faults)
        yield from faults
    if not some:
        # Each section is right, so it is how they stand together.
        try:
            parse_file(source, forms)
        except ArchError as fault:
            yield fault


def _sections(text: str) -> Iterator[_SectionText]:
    quotes = [found.start() for found in re.finditer('"""', text)]
    starts = [
        found.start()
        for found in _SECTION.finditer(text)
        if bisect_left(quotes, found.start()) % 2 == 0  # not inside a long text
    ]
    if not starts or (text[: starts[0]].strip() and not text[: starts[0]].lstrip().startswith("#")):
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield _SectionText(start, end)


def _faults_in(source: Source, section: _SectionText, forms: Forms) -> Iterator[ArchError]:
    text = source.text
    start, end = section
    while end > start and (text[end - 1].isspace() or _is_comment(text, start, end)):
        end = end - 1 if text[end - 1].isspace() else text.rfind("\n", start, end) + 1
    if start >= end or _is_readable(source, text, start, end, forms):
        return
    text, end, faults = put_right(source, text, start, end, strike)
    yield from faults
    # What else the parser says of a line that is put right would follow from that.
    places = [fault.diagnostics[0] for fault in faults]
    reported = {place.span.line for place in places if not (place.span.text and place.related)}
    for _ in range(_MOST_FAULTS):
        try:
            parse_sections(source, text, start, end, forms)
            return
        except ArchError as fault:
            if fault.diagnostics[0].span.line not in reported:
                yield fault
            at = fault.diagnostics[0].span.start
            struck = _without_its_lines(strike(text, max(min(at, end - 1), start), start, end), start, end)
            if struck == text:
                return
            text = struck


def _without_its_lines(text: str, start: int, end: int) -> str:
    """A section whose heading is struck out and has no brace: the lines below belong to it."""
    below = text.find("\n", start, end)
    if below < 0 or text[start:below].strip() != BROKEN:
        return text
    lines = re.match(r"(?:[ \t]+[^\n]*|\n)*\}?", text[below:end])
    assert lines is not None
    last = below + lines.end()
    return text[:below] + re.sub(r"[^\n]", " ", text[below:last]) + text[last:]


def _is_readable(source: Source, text: str, start: int, end: int, forms: Forms) -> bool:
    try:
        parse_sections(source, text, start, end, forms)
    except ArchError:
        return False
    return True


def _is_comment(text: str, start: int, end: int) -> bool:
    line = text[text.rfind("\n", start, end) + 1 : end]
    return line.lstrip().startswith("#") and "\n" in text[start:end]


def strike(text: str, at: int, start: int, end: int) -> str:
    """The text with the line of a fault struck out, and all that goes on with it.

    Braces that are closed or opened on other lines stay, and so does every offset. A sign for what
    cannot be read takes the place of the line, and of what a body that stays begins with.
    """
    first, last = _logical_line(text, at, start, end)
    kept = list(re.sub(r"[^\n]", " ", text[first:last]))
    braces: list[int] = []
    for piece in PIECES.finditer(text, first, last):
        if piece.group() == "}" and braces and text[braces[-1]] == "{":
            braces.pop()
        elif piece.group() in ("{", "}"):
            braces.append(piece.start())
    place, line_begins = first, True
    for brace in [*braces, last]:
        content = re.search(r"\S", text[place:brace])
        is_needed = line_begins or text[brace : brace + 1] == "{"
        if content is not None and is_needed and (brace == last or text[brace] == "{"):
            sign = place + content.start()
            kept[sign - first] = BROKEN
            if not line_begins:
                kept[place - first] = "\n"
                kept[max(sign, place + 1) - first] = BROKEN
        if brace < last:
            kept[brace - first] = text[brace]
            line_begins = False
        place = brace + 1
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
    for opened, closed in _brackets(text, start, end):
        if opened <= last and closed >= first:
            line_end = text.find("\n", closed, end)
            first = max(min(first, text.rfind("\n", start, opened) + 1), start)
            last = max(last, end if line_end < 0 else line_end)
    while last < end and text[last:end].lstrip().startswith("->"):
        following = text.find("\n", last + 1, end)
        last = end if following < 0 else following
    return first, last


def _brackets(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each outermost bracket begins and ends: inside it, lines do not count."""
    stack: list[int] = []
    for piece in PIECES.finditer(text, start, end):
        if piece.group() in ("(", "["):
            stack.append(piece.start())
        elif piece.group() in (")", "]") and stack:
            opened = stack.pop()
            if not stack:
                yield opened, piece.end()
        elif piece.group() in ("{", "}"):
            stack.clear()
