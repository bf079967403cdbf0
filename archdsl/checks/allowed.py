"""Warnings that the text allows by a comment, and comments that allow nothing.

    conv(8, 1)   # archdsl: allow unused-value         the warnings of that code on this line
    # archdsl: allow unused-value, linear-on-map       as the first line of a file: those of the whole file

A comment, and no key of the file: the codes have hyphens, which an expression would subtract, and a comment
stands in both syntaxes, moves with its line, and says nothing to those who extend the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from archdsl.diagnostics import Diagnostic, did_you_mean
from archdsl.diagnostics.codes import CODES
from archdsl.diagnostics.fixes import removing, replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archdsl.source import Source, Span

_ALLOW = re.compile(r"#\s*archdsl:\s*allow\b[ \t]*")
_CODE = re.compile(r"[^\s,]+")


class _Allowance(NamedTuple):
    """A code that a comment allows: on its line, or in the whole file where ``line`` is None. ``comment`` is the whole
    comment, of which ``codes`` are all the codes."""

    code: str
    span: Span
    line: int | None
    comment: Span
    codes: int


def without_allowed(
    found: tuple[Diagnostic, ...], source: Source, prose: Iterable[Span], *, is_whole: bool
) -> tuple[Diagnostic, ...]:
    """The diagnostics but for the warnings that a comment of their own file allows; with one more for each comment of
    ``source`` that allows nothing.

    ``prose`` are the plain texts of ``source``, in which nothing is a comment. ``is_whole`` is false where warnings
    may be missing: those of a design with errors, or with other settings than its own.
    """
    sources = {id(source): source, **{id(each.span.source): each.span.source for each in found}}
    if not any(_ALLOW.search(each.text) for each in sources.values()):
        return found
    kept = list(found)
    for each in sources.values():
        for allowance in _allowances(each, prose if each is source else ()):
            allowed = [warning for warning in kept if _is_allowed(warning, allowance)]
            kept = [diagnostic for diagnostic in kept if diagnostic not in allowed]
            if not allowed and each is source and (is_whole or allowance.code not in CODES):
                kept.append(_allows_nothing(allowance, kept))
    order = {name: position for position, name in enumerate(sources)}
    return tuple(sorted(kept, key=lambda each: (order[id(each.span.source)], each.span[1:])))


def _allowances(source: Source, prose: Iterable[Span]) -> Iterator[_Allowance]:
    from archdsl.syntax.comments import comments_of  # needed where a comment allows something alone

    for comment in comments_of(source, [(span.start, span.end) for span in prose]):
        start = _ALLOW.match(comment.text)
        if start is None:
            continue
        whole = source.span(comment.start, comment.end)
        is_first = comment.alone and not source.text[: comment.start].strip()
        codes = list(_CODE.finditer(comment.text, start.end()))
        for code in codes:
            span = source.span(comment.start + code.start(), comment.start + code.end())
            yield _Allowance(code.group(), span, None if is_first else comment.line, whole, len(codes))


def _is_allowed(diagnostic: Diagnostic, allowance: _Allowance) -> bool:
    span = diagnostic.span
    if diagnostic.severity != "warning" or diagnostic.code != allowance.code:
        return False
    if span.source is not allowance.span.source:
        return False
    last = span.source.line_and_column(max(span.end - 1, span.start))[0]
    return allowance.line is None or span.line <= allowance.line <= last


def _allows_nothing(allowance: _Allowance, found: list[Diagnostic]) -> Diagnostic:
    code, span = allowance.code, allowance.span
    rest = allowance.comment if allowance.codes == 1 else span
    if code not in CODES:
        near = did_you_mean(code, sorted(CODES))
        return Diagnostic(
            "allows-nothing",
            f"`{code}` is no code of a diagnostic",
            span,
            "allows nothing",
            f"did you mean `{near}`?" if near else "`archdsl explain` lists the codes",
            severity="warning",
            fixes=(replacing(span, near, title=f"write `{near}`"),) if near else (),
        )
    if any(each.code == code and each.severity == "error" for each in found):
        message, help = (
            f"`{code}` is an error, which nothing allows",
            "remove the comment, and correct the error",
        )
    elif any(each.code == code and each.severity == "warning" for each in found):
        message = f"there is no `{code}` on this line"
        help = "put the comment at the end of the line that the warning points at"
    else:
        message, help = f"there is no `{code}` to allow here", "remove it"
    return Diagnostic(
        "allows-nothing", message, span, "allows nothing", help, severity="warning",
        fixes=(removing(rest, title="remove it"),) if help == "remove it" and allowance.codes == 1 else (),
    )  # fmt: skip
