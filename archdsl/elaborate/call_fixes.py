"""What an operator says to write instead, as edits of the call that it refuses, and of the branches of a merge.

An operator knows its arguments, and not where they stand: its help says ``write `kernel=4`, or `padding=3` `` or
``write `flatten -> rbf(10)` ``, and the places are found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archdsl.design.binding import Bound, Given
from archdsl.diagnostics import Edit, Fix
from archdsl.diagnostics.fixes import appending, inserting, replacing
from archdsl.ops import OPERATORS
from archdsl.ops.branch_mismatch import Branch, BranchFix
from archdsl.source import Span
from archdsl.syntax import tree

_ARGUMENT = re.compile(r"(\w+)=(.+)")
_WRITE = re.compile(r"write ((?:(?:, or |, | and )?`[^`]+`)+)")
_BEFORE = re.compile(r"put `([^`]+)` before it")


def fixes_of_call(help: str, call: Span, bound: Bound) -> tuple[Fix, ...]:
    """The fixes that an operator's help names, for a call with these arguments."""
    return tuple(_of_call(help, call, bound))


def _of_call(help: str, call: Span, bound: Bound) -> Iterator[Fix]:
    written = _WRITE.match(help)
    ways = re.split(r", or |, (?=`)", written.group(1)) if written is not None else []
    for way in ways:
        edits = [_edit(code, call, bound) for code in re.findall(r"`([^`]+)`", way)]
        if edits and None not in edits:
            yield Fix(f"write {way}", tuple([edit for edit in edits if edit is not None]))
    before = _BEFORE.search(help)
    if before is not None and _is_text(call):
        yield inserting(call, f"{before.group(1)} -> ", title=before.group())


def _edit(code: str, call: Span, bound: Bound) -> Edit | None:
    """The edit that writes an argument, or a chain in place of the call; None where it has no place."""
    argument = _ARGUMENT.fullmatch(code)
    if argument is not None:
        return _set(argument.group(1), argument.group(2), call, bound)
    word = re.match(r"\w+", code)
    if word is None or word.group() not in OPERATORS or "..." in code or not _is_text(call):
        return None
    return Edit(call, code)


def _set(name: str, value: str, call: Span, bound: Bound) -> Edit | None:
    if name not in bound:
        if not _is_text(call):
            return None
        if not call.text.endswith(")"):
            return Edit(call.source.span(call.end), f"({name}={value})") if not bound else None
        comma = "" if call.text.endswith("()") else ", "
        return Edit(call.source.span(call.end - 1), f"{comma}{name}={value}")
    expression = bound[name]
    # What is computed may be right in another call of the block, or another turn of the loop.
    if not isinstance(expression, tree.Number | tree.Boolean | tree.Name) or isinstance(expression, Given):
        return None
    if isinstance(expression, tree.Name) and value.isdecimal():
        return None
    return Edit(expression.span, value)


def _is_text(call: Span) -> bool:
    """Whether a call is written as one, and not in the keyword form, whose arguments are a mapping."""
    text = call.source.text
    return not text[call.end :].lstrip(" \t\"'").startswith(":")


def fixes_of_branches(
    fixes: Sequence[BranchFix], branches: Sequence[Branch], parts: Sequence[tree.Step]
) -> tuple[Fix, ...]:
    """The fixes of branches that do not fit: a chain at the end of one, or in place of an empty one."""
    found: list[Fix] = []
    for index, code, inside in fixes:
        mend = branches[index].mend
        if not inside and mend is not None and index < len(parts):
            found += _at_the_end(parts[index], code, mend.format(code))
    return tuple(found)


def _at_the_end(step: tree.Step, code: str, title: str) -> Iterator[Fix]:
    if isinstance(step, tree.Labelled):
        yield from _at_the_end(step.step, code, title)
    elif isinstance(step, tree.Group) and step.steps:
        yield from _at_the_end(step.steps[-1], code, title)
    elif isinstance(step, tree.Group):
        yield replacing(step.span, code, title=title)
    elif isinstance(step, tree.Chain) and _is_text(step.calls[-1].span):
        yield appending(step.span, f" -> {code}", title=title)
