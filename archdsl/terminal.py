"""Colours, by ANSI codes, where a terminal shows them; and how numbers are written."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import IO, NamedTuple

Paint = Callable[[str], str]


class Style(NamedTuple):
    """The colours of the parts of a report."""

    error: Paint
    warning: Paint
    strong: Paint
    line: Paint
    help: Paint
    faint: Paint


def _code(code: str) -> Paint:
    def paint(text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m"

    return paint


def _plain(text: str) -> str:
    return text


_COLORED = Style(_code("1;31"), _code("1;33"), _code("1"), _code("1;34"), _code("1;36"), _code("2"))
_PLAIN = Style(_plain, _plain, _plain, _plain, _plain, _plain)


def style_of(color: bool) -> Style:
    return _COLORED if color else _PLAIN


def wants_color(stream: IO[str]) -> bool:
    """Return whether a stream is a terminal and its user has not declined colour (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def width_of(stream: IO[str]) -> int | None:
    """The columns of a terminal, or None where the stream is a file or a pipe."""
    if not stream.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:  # a terminal that does not tell its size
        return None


def short(amount: int | None, unit: str = "") -> str:
    """A count in three digits: ``7.98 M``, ``2.83 G``; below a thousand as it is; ``?`` for None."""
    if amount is None:
        return "?"
    if abs(amount) < 1000:
        return f"{amount} {unit}".rstrip()
    value, prefix = float(amount), ""
    for prefix in ("k", "M", "G", "T", "P"):
        value /= 1000
        if abs(value) < 999.5 or prefix == "P":
            break
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {prefix}{unit}"
