"""That a fix of a diagnostic fixes it, for the tests of every room."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from archdsl.constructs.vocabulary import STANDARD
from archdsl.diagnostics import Diagnostic, Diagnostics, Fix
from archdsl.diagnostics.fixes import edited
from archdsl.ops import OPERATORS
from archdsl.source import Source, Span
from archdsl.syntax.document import open_document

Check = Callable[[str], tuple[Source, Sequence[Diagnostic]]]
"""Checks a text that takes the place of the faulty one, and says in which source its places are."""


def prove(found: Diagnostic, check: Check, *, alone: bool = True) -> None:
    """The first fix of a diagnostic, and every one that is safe, takes it away.

    Where it stands ``alone`` in its design, nothing wrong is left at its place; else another mistake may come to
    light there, but none of reading the text.
    """
    if found.fixes:
        first = re.findall(r"`[^`]+`", found.fixes[0].title)
        assert all(code in found.help for code in first), "the help and its fix say the same"
    for index, fix in enumerate(found.fixes):
        if index and fix.applicability != "safe":
            continue
        source = fix.edits[0].span.source
        left = _errors_after(found, fix, check)
        if not alone:
            same = [each for each in left if (each.code, each.message) == (found.code, found.message)]
            text = Source(edited(source.text, fix.edits), source.name, source.path)
            left = same or ([] if _of_reading(source) else _of_reading(text))
        shown = edited(source.text, fix.edits)
        assert not left, (
            f"{found.code} at {_written(found.span)}: {fix.title}\n{shown}\n{[(e.code, e.message) for e in left]}"
        )


def _of_reading(source: Source) -> list[Diagnostic]:
    """The mistakes of a text by itself, before anything in it is looked up."""
    found = Diagnostics()
    document = open_document(source, found, STANDARD.forms)
    if document.readable:
        document.read(OPERATORS)
    return list(found)


def _errors_after(found: Diagnostic, fix: Fix, check: Check) -> list[Diagnostic]:
    """What is still wrong at the place of a diagnostic when its fix is applied: the same again, or an error where
    the text was changed."""
    source = fix.edits[0].span.source
    assert all(edit.span.source is source for edit in fix.edits), "a fix changes one file"
    ends = sorted((edit.span.start, edit.span.end) for edit in fix.edits)
    assert all(one[1] <= other[0] for one, other in pairwise(ends)), "its edits overlap"
    text = edited(source.text, fix.edits)
    assert text != source.text, "a fix changes the text"
    after, again = check(text)
    start, end = ends[0][0], ends[-1][1] + max(len(text) - len(source.text), 0)
    touched = [each for each in again if each.span.source is after and each.severity == "error"]
    return [
        each
        for each in touched
        if (start <= each.span.end and each.span.start <= end)
        or (each.code == found.code and each.message == found.message and each.span.start == found.span.start)
    ]


def _written(span: Span) -> str:
    return f"{span.source.name}:{span.line}:{span.column} {span.text!r}"
