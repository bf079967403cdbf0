"""Fixes as most mistakes need them, which of several are applied, and the text that they give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archdsl.diagnostics.model import Applicability, Diagnostic, Edit, Fix
from archdsl.source import Span


def replacing(span: Span, text: str, applicability: Applicability = "unsafe", *, title: str = "") -> Fix:
    """Another text in place of a piece."""
    return Fix(title or f"write `{text}`", (Edit(span, text),), applicability)


def respelling(span: Span, word: str | None, applicability: Applicability = "unsafe") -> tuple[Fix, ...]:
    """The known word that was meant in place of one that is not; no fix where there is none."""
    if word is None:
        return ()
    return (Fix(f"did you mean `{word}`?", (Edit(span, word),), applicability),)


def inserting(at: Span, text: str, applicability: Applicability = "unsafe", *, title: str = "") -> Fix:
    """A text put in at the beginning of a piece."""
    return Fix(title or f"write `{text.strip()}`", (Edit(at.source.span(at.start), text),), applicability)


def appending(after: Span, text: str, applicability: Applicability = "unsafe", *, title: str = "") -> Fix:
    """A text put in at the end of a piece."""
    return Fix(title or f"write `{text.strip()}`", (Edit(after.source.span(after.end), text),), applicability)


def removing(span: Span, applicability: Applicability = "unsafe", *, title: str = "") -> Fix:
    """Nothing in place of a piece."""
    return Fix(title or "remove it", (Edit(span, ""),), applicability)


def without_item(span: Span, applicability: Applicability = "unsafe", *, title: str = "") -> Fix:
    """An argument or an item of a list taken out, with the comma on one side of it, or the parentheses where
    it stands in them alone."""
    text = span.source.text
    start, end = span.start, span.end
    before, after = len(text[:start].rstrip()), len(text) - len(text[end:].lstrip())
    if text.startswith(",", after):
        end = len(text) - len(text[after + 1 :].lstrip())
    elif text.endswith(",", 0, before):
        start = before - 1
    elif text.endswith("(", 0, before) and text.startswith(")", after):
        start, end = before - 1, after + 1
    return Fix(title or "remove it", (Edit(span.source.span(start, end), ""),), applicability)


def chosen(diagnostics: Iterable[Diagnostic], *, unsafe: bool = False) -> list[tuple[Diagnostic, Fix]]:
    """A fix for each diagnostic that has one, with no two that touch one place.

    It is the first that is safe or, with ``unsafe``, the first. A fix that touches one chosen before waits for
    another round, as does one whose edits lie in another source than its diagnostic.
    """
    taken: list[Edit] = []
    found = []
    for diagnostic in diagnostics:
        fix = applicable(diagnostic, unsafe=unsafe)
        if fix is None or any(_touch(edit, other) for edit in fix.edits for other in taken):
            continue
        taken += fix.edits
        found.append((diagnostic, fix))
    return found


def applicable(diagnostic: Diagnostic, *, unsafe: bool = False) -> Fix | None:
    """The fix of a diagnostic that may be applied: its first that is safe or, with ``unsafe``, its first."""
    source = diagnostic.span.source
    for fix in diagnostic.fixes:
        inside = all(edit.span.source is source for edit in fix.edits)
        if inside and (unsafe or fix.applicability == "safe"):
            return fix
    return None


def edited(text: str, edits: Sequence[Edit]) -> str:
    """A text with pieces of it replaced; the edits do not overlap."""
    parts: list[str] = []
    at = 0
    for span, new in sorted(edits, key=lambda edit: edit.span[1:]):
        parts += (text[at : span.start], new)
        at = span.end
    return "".join([*parts, text[at:]])


def _touch(one: Edit, other: Edit) -> bool:
    return one.span.start <= other.span.end and other.span.start <= one.span.end
