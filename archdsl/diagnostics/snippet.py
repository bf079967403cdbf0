"""Source lines with marks below them.

12 |   - concat: [conv(64, 3, stride=2), []]
   |     ------   ^^^^^^^^^^^^^^^^^^^^^^ 64x16x16
   |     |
   |     the branches meet here
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from archdsl.source import Source
from archdsl.terminal import Style

TAB = 4
LEAST = 40
"""The least number of columns that a line is cut to, however narrow the terminal."""
LONGEST = 600
"""The most signs of a headline, a label or a fix that are shown."""
CUT = "..."


class Mark(NamedTuple):
    """A piece of one line, counted from 0, with what is said about it."""

    line: int
    start: int
    end: int
    label: str
    primary: bool


def snippet(source: Source, marks: Sequence[Mark], gutter: int, style: Style, width: int) -> list[str]:
    """The marked lines of a source with their marks; lines between them are left out, one alone is not."""
    lines = [style.line(f"{' ' * gutter} |")]
    numbers = sorted({mark.line for mark in marks})
    previous = numbers[0]
    for number in numbers:
        if number - previous == 2:
            lines += _line(source, number - 1, [], gutter, style, width)
        elif number - previous > 2:
            lines.append(style.line("..."))
        lines += _line(source, number, [mark for mark in marks if mark.line == number], gutter, style, width)
        previous = number
    return lines


def _line(source: Source, number: int, marks: list[Mark], gutter: int, style: Style, width: int) -> list[str]:
    room = max(width - gutter - 3, LEAST)
    text, columns = _laid_out(
        source.line(number), [edge for mark in marks for edge in (mark.start, mark.end)]
    )
    placed = [
        mark._replace(start=start, end=max(end, start + 1))
        for mark, start, end in zip(marks, columns[::2], columns[1::2], strict=True)
    ]
    text, placed = _window(text, placed, room)
    head = style.line(f"{number:>{gutter}} |")
    blank = style.line(f"{' ' * gutter} |")
    return [f"{head} {text}".rstrip(), *(f"{blank} {row}" for row in _mark_rows(placed, style))]


def _mark_rows(marks: list[Mark], style: Style) -> list[str]:
    """The marks of one line: a row of carets, then the labels that have no room beside them."""
    if not marks:
        return []
    # A secondary mark lies below a primary one that it overlaps.
    marks = sorted(marks, key=lambda mark: (mark.start, mark.end))
    cells: dict[int, tuple[str, bool]] = {}
    for mark in sorted(marks, key=lambda mark: mark.primary):
        for column in range(mark.start, mark.end):
            cells[column] = ("^" if mark.primary else "-", mark.primary)
    end = max(cells) + 1
    hung = [mark for mark in marks if mark.label]
    row = _painted(cells, end, style)
    if hung and hung[-1].end == end and all(mark.start != hung[-1].start for mark in hung[:-1]):
        beside = hung.pop()
        row += f" {_paint(printable(beside.label), beside.primary, style)}"
    rows = [row]
    if hung:
        rows.append(_painted({mark.start: ("|", mark.primary) for mark in hung}, hung[-1].start + 1, style))
    while hung:
        last = hung.pop()
        bars = {mark.start: ("|", mark.primary) for mark in hung if mark.start < last.start}
        label = _paint(printable(last.label), last.primary, style)
        rows.append(_painted(bars, last.start, style) + label)
    return rows


def _painted(cells: dict[int, tuple[str, bool]], end: int, style: Style) -> str:
    """A row of characters, those of one colour painted together."""
    row, column = "", 0
    while column < end:
        primary = cells[column][1] if column in cells else None
        run = column
        while run < end and (cells[run][1] if run in cells else None) is primary:
            run += 1
        if primary is None:
            row += " " * (run - column)
        else:
            row += _paint("".join(cells[at][0] for at in range(column, run)), primary, style)
        column = run
    return row


def _paint(text: str, primary: bool, style: Style) -> str:
    return style.error(text) if primary else style.line(text)


def _laid_out(line: str, offsets: list[int]) -> tuple[str, list[int]]:
    """A line as a terminal shows it, tabs made spaces, and the columns of some of its offsets."""
    if line.isascii() and line.isprintable():
        return line, offsets
    wanted = set(offsets)
    pieces: list[str] = []
    columns: dict[int, int] = {}
    column = 0
    for offset, character in enumerate(line):
        if offset in wanted:
            columns[offset] = column
        if character == "\t":
            shown = " " * (TAB - column % TAB)
            column += len(shown)
        else:
            shown = _shown(character)
            column += _columns(shown)
        pieces.append(shown)
    return "".join(pieces), [columns.get(offset, column + max(offset - len(line), 0)) for offset in offsets]


def _shown(character: str) -> str:
    # A source may hold codes that would drive the reader's terminal or turn the line around.
    return character if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else "\ufffd"


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def printable(text: str) -> str:
    """A text on one line, without codes that would drive the reader's terminal, and no longer than
    anybody reads: a name may have a hundred thousand letters."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}{CUT}{text[-LONGEST // 4 :]}"
    if text.isascii() and text.isprintable():
        return text
    return "".join([" " if character in "\r\n\t" else _shown(character) for character in text])


def _window(text: str, marks: list[Mark], room: int) -> tuple[str, list[Mark]]:
    """The part of a long line around its marks, with the marks moved along.

    Columns are taken for characters here, which is off by little where a long line is of wide ones.
    """
    if len(text) <= room or not marks:
        return (text if len(text) <= room else text[: room - len(CUT)] + CUT), marks
    first, last = min(mark.start for mark in marks), max(mark.end for mark in marks)
    begin = max(first - max((room - (last - first)) // 2, room // 4), 0)
    begin = min(begin, len(text) - room)
    end = begin + room
    head, tail = (CUT if begin else ""), (CUT if end < len(text) else "")
    cut = head + text[begin + len(head) : end - len(tail)] + tail
    moved = []
    for mark in marks:
        start = min(max(mark.start - begin, 0), room - 1)
        moved.append(mark._replace(start=start, end=max(min(mark.end - begin, room), start + 1)))
    return cut, moved
