"""Edits of a text in YAML, in the quotes that YAML wants there.

Inside ``[ ]`` and ``{ }`` a text ends at a comma or a bracket: there ``conv(8)`` becomes ``"conv(8, 3)"``. A text in
quotes holds none of its own: ``"from(k)"`` becomes ``'from("{k}")'``. Elsewhere nothing needs quotes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from archdsl.diagnostics.model import Edit, Fix
from archdsl.source import Source, Span


class _Text(NamedTuple):
    """A text of a document: where it stands, its quotes included, and whether in ``[ ]`` or ``{ }``."""

    start: int
    end: int
    in_flow: bool


def fitted(fix: Fix) -> Fix | None:
    """The fix with the quotes that its texts need where they stand; None where no quotes will do."""
    by_text: dict[_Text, list[Edit]] = {}
    others: list[Edit] = []
    for edit in fix.edits:
        source = edit.span.source
        text = _text_around(edit.span) if _is_yaml(source) else None
        if text is not None:
            by_text.setdefault(text, []).append(edit)
        else:
            others.append(edit)
    changed = False
    for text, edits in by_text.items():
        written = _written(text, edits)
        if written is None:
            return None
        changed = changed or written != edits
        others += written
    return replace(fix, edits=tuple(others)) if changed else fix


def _is_yaml(source: Source) -> bool:
    """Return whether a source is YAML: by its name, or by a key that begins a line."""
    return source.name.endswith((".yaml", ".yml")) or (
        not source.name.endswith(".arch") and _KEY.search(source.text) is not None
    )


_KEY = re.compile(r"^\w+:(?=\s)", re.MULTILINE)


def _written(text: _Text, edits: list[Edit]) -> list[Edit] | None:
    """The edits of one text, or one in place of them with the quotes that the text then needs."""
    source = edits[0].span.source
    old = source.text[text.start : text.end]
    new, at = "", text.start
    for span, piece in sorted(edits, key=lambda edit: edit.span[1:]):
        new += source.text[at : span.start] + piece
        at = span.end
    new += source.text[at : text.end]
    quote = old[:1] if old[:1] in ("'", '"') and len(old) > 1 and old.endswith(old[0]) else ""
    if quote and new[:1] == quote and new[-1:] == quote:
        fits, content = quote not in new[1:-1], new[1:-1]
    elif text.in_flow and new[:1] not in ("", "'", '"', "[", "{"):
        fits, content = _ENDS.search(new) is None, new
    else:
        return edits
    if fits or (not quote and "," in _IN_PARENTHESES.sub("", content)):
        return edits  # commas outside of parentheses are between texts: it becomes several
    label = _LABEL.match(content)
    head = label.group() if label is not None and not quote else ""
    other = next((sign for sign in ('"', "'") if sign not in content[len(head) :]), None)
    follows = source.text[text.end :].lstrip(" ")[:1]
    if other is None or "\\" in content or (follows == ":" and not quote):
        return None  # in quotes a heading would be a label
    body = content[len(head) :]
    if head and (body[:1] in ("[", "{", "'", '"') or _ENDS.search(body) is None):
        return edits
    return [Edit(source.span(text.start, text.end), f"{head}{other}{body}{other}")]


_ENDS = re.compile(r"[,\[\]{}]|:\s|\s#")
"""The characters that end a text without quotes inside brackets."""
_IN_PARENTHESES = re.compile(r"\(.*\)|\[.*\]")
_LABEL = re.compile(r"(?:\"[^\"\n]*\"|'[^'\n]*'|\w+(?:\([^(),]*\))?):\s+")

_TOKEN = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|(?:^|(?<=\s))#[^\n]*|[\[{(\]}),]|:(?=\s)", re.MULTILINE)


def _text_around(span: Span) -> _Text | None:
    """The text in which a place is, if it is in quotes or inside brackets that are YAML's.

    Brackets are YAML's where a value begins; the others are the language's.
    """
    text = span.source.text
    stack: list[str] = []
    begins = 0
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        if start >= span.start and not (
            start == span.start and token.group()[0] in "\"'" and end >= span.end
        ):
            break
        sign = token.group()
        inside = bool(stack) and stack[-1] == "flow"
        if sign[0] in "\"'":
            if start <= span.start and span.end <= end and _opens(text, start, inside):
                return _Text(start, end, inside)
        elif sign[0] == "#":
            begins = end if not text[begins:start].strip() else begins
        elif sign in ("[", "{", "("):
            yaml = sign != "(" and (not stack or inside) and _opens(text, start, inside)
            stack.append("flow" if yaml else "ours")
            begins = end if yaml else begins
        elif sign in ("]", "}", ")"):
            if stack and stack.pop() == "flow":
                begins = end
        elif inside and sign in (",", ":"):
            begins = end
    if not stack or "flow" not in stack:
        return None
    start = begins + len(text[begins:]) - len(text[begins:].lstrip())
    closing = _CLOSING.search(text, start)
    end = start + len(text[start : closing.start() if closing is not None else len(text)].rstrip())
    if start == span.start and text[start] in ("[", "{"):
        end = span.end  # the brackets themselves
    return _Text(start, end, True) if start <= span.start and span.end <= end else None


_CLOSING = re.compile(r"[,\[\]{}]|:(?=\s)|\s#")


def _opens(text: str, at: int, inside: bool) -> bool:
    """Return whether a value begins here, by the sign before it."""
    while at and text[at - 1].isspace():
        at -= 1
    before = text[at - 1 : at]
    return before in ("", ":", "-") or (inside and before in (",", "[", "{"))
