"""Diagnostics as text for people, JSON for programs and annotations for GitHub: one model, three renderers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from archdsl.diagnostics.model import Diagnostic, Fix
from archdsl.diagnostics.snippet import Mark, printable, snippet
from archdsl.source import Span
from archdsl.terminal import Style, style_of

NEAR = 6
"""Places of one file that lie at most this many lines apart share a snippet."""


class _LabelledSpan(NamedTuple):
    span: Span
    label: str
    primary: bool


def render_text(diagnostics: Iterable[Diagnostic], *, color: bool = False, width: int | None = None) -> str:
    """The diagnostics as rustc and ruff show them, one below the other, without a last newline.

    ``width`` is the number of columns that a source line may take, gutter included; a longer line
    is shown in part.
    """
    style = style_of(color)
    return "\n\n".join([_render(found, style, width or 120) for found in diagnostics])


def _render(found: Diagnostic, style: Style, width: int) -> str:
    groups = _groups(found)
    gutter = max(len(str(_last_line(place.span))) for group in groups for place in group)
    severity = style.error if found.severity == "error" else style.warning
    code = f"[{found.code}]" if found.code else ""
    lines = [severity(f"{found.severity}{code}") + style.strong(f": {printable(found.message)}")]
    for group in groups:
        main = next((place for place in group if place.primary), group[0])
        arrow = "-->" if main.primary else ":::"
        lines.append(f"{' ' * gutter}{style.line(arrow)} {printable(str(main.span))}")
        if main.span.source.text:
            marks = [mark for place in group for mark in _marks(place)]
            lines += snippet(main.span.source, marks, gutter, style, width)
            lines.append(style.line(f"{' ' * gutter} |"))
    if found.help:
        lines.append(f"{style.help('help')}: {printable(found.help)}")
    elif found.span.source.text:
        lines.pop()
    return "\n".join(lines)


def _groups(found: Diagnostic) -> list[list[_LabelledSpan]]:
    """The places of a diagnostic, those near each other together, the group of its own place first."""
    own = _LabelledSpan(found.span, found.label, True)
    groups: list[list[_LabelledSpan]] = [[own]]
    others = [_LabelledSpan(label.span, label.text, False) for label in found.related]
    for place in sorted(others, key=lambda place: abs(place.span.line - found.span.line)):
        for group in groups:
            if group[0].span.source is place.span.source and any(
                abs(place.span.line - member.span.line) <= NEAR for member in group
            ):
                group.append(place)
                break
        else:
            groups.append([place])
    return [groups[0], *sorted(groups[1:], key=lambda group: group[0].span.line)]


def _visible_end(span: Span) -> int:
    """The end of a span without the blank space that it ends in."""
    return max(span.start + len(span.text.rstrip()), span.start)


def _last_line(span: Span) -> int:
    return span.source.line_and_column(_visible_end(span))[0]


def _marks(place: _LabelledSpan) -> Iterator[Mark]:
    """The marks below a source line: one, or, for a span of several lines, its first and its last."""
    span, source = place.span, place.span.source
    line, column = source.line_and_column(span.start)
    end_line, end_column = source.line_and_column(_visible_end(span))
    if line == end_line:
        yield Mark(line, column - 1, max(end_column - 1, column), place.label, place.primary)
        return
    first, last = source.line(line), source.line(end_line)
    yield Mark(line, column - 1, max(len(first.rstrip()), column), "", place.primary)
    indent = len(last) - len(last.lstrip())
    yield Mark(end_line, indent, max(end_column - 1, indent + 1), place.label, place.primary)


def to_json(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """``{"ok", "diagnostics": [...]}``; lines and columns count from 1, ends are excluded.

    A diagnostic has ``code``, ``severity``, ``message``, its place (``file``, ``line``, ``column``, ``end_line``,
    ``end_column``) with a ``label``, the ``related`` places, ``help``, and ``fixes``, the most likely first. A fix
    has a ``title``, an ``applicability`` (``safe``: what was meant for sure; ``unsafe``: a guess) and ``edits``,
    all to be made at once: each a place and the ``text`` that takes its place. An empty place inserts.
    """
    found = tuple(diagnostics)
    return {
        "ok": all(diagnostic.severity != "error" for diagnostic in found),
        "diagnostics": [_to_json(diagnostic) for diagnostic in found],
    }


def _to_json(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        **_place_json(found.span, found.label),
        "related": [_place_json(label.span, label.text) for label in found.related],
        "help": found.help,
        "fixes": [_fix_json(fix) for fix in found.fixes],
    }


def _fix_json(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": fix.applicability,
        "edits": [{**_range_json(edit.span), "text": edit.text} for edit in fix.edits],
    }


def _place_json(span: Span, label: str) -> dict[str, Any]:
    return {**_range_json(span), "label": label}


def _range_json(span: Span) -> dict[str, Any]:
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One workflow command a diagnostic, which GitHub shows at its line of a pull request."""
    return "\n".join([_github(found) for found in diagnostics])


def _github(found: Diagnostic) -> str:
    span = found.span
    fields = {
        "file": span.source.name,
        "line": span.line,
        "endLine": span.end_line,
        "col": span.column,
        "endColumn": span.end_column,
        "title": found.code,
    }
    text = found.message
    if found.label:
        text += f"\n{found.label}"
    for label in found.related:
        text += f"\n{label.span}: {label.text}"
    if found.help:
        text += f"\nhelp: {found.help}"
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in fields.items())
    return f"::{found.severity} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary_line(diagnostics: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``; empty where there is neither."""
    errors = sum(found.severity == "error" for found in diagnostics)
    warnings = len(diagnostics) - errors
    parts = [(errors, "error"), (warnings, "warning")]
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in parts if count)
