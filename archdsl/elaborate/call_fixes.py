"""The changes that an operator proposes, as edits of the call and of the branches of a merge.

An operator knows its arguments, and not where they stand: its changes have no place, and the places are found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeGuard

from archdsl.design.binding import Bound, Given
from archdsl.diagnostics import Edit, Fix
from archdsl.diagnostics.call_changes import CallChange
from archdsl.diagnostics.fixes import appending, inserting, replacing, without_item
from archdsl.ops.branch_mismatch import Branch, BranchFix
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.ops.base import Operator


def fixes_of_call(
    operator: Operator, changes: Sequence[CallChange], call: Span, bound: Bound
) -> tuple[Fix, ...]:
    """The changes that can be made in a call of an operator with these arguments, as fixes."""
    found = []
    for each in changes:
        edits = tuple(_edits(operator, each, call, bound))
        if edits and None not in edits:
            found.append(Fix(each.title, tuple([edit for edit in edits if edit is not None])))
    return tuple(found)


def _edits(operator: Operator, each: CallChange, call: Span, bound: Bound) -> Iterator[Edit | None]:
    """The edits of a change; None among them for what has no place."""
    for name, value in each.arguments:
        yield _set(operator, name, value, call, bound)
    if each.dropped:
        yield _drop(each.dropped, bound)
    if not _is_text(call):
        if each.replaced or each.before or not (each.arguments or each.dropped):
            yield None
    elif each.replaced:
        yield Edit(call, each.replaced)
    elif each.before:
        yield from inserting(call, f"{each.before} -> ").edits
    elif not each.arguments and not each.dropped:
        yield _leave_out(call)


def _set(operator: Operator, name: str, value: str, call: Span, bound: Bound) -> Edit | None:
    """The edit that writes an argument."""
    if name not in bound:
        if not _is_text(call):
            return None
        if not call.text.endswith(")"):
            return Edit(call.source.span(call.end), f"({name}={value})") if not bound else None
        comma = "" if call.text.endswith("()") else ", "
        return Edit(call.source.span(call.end - 1), f"{comma}{name}={value}")
    expression = bound[name]
    # What is computed may be right in another call of the block, or another turn of the loop.
    if not _is_written_out(expression):
        return None
    if isinstance(expression, tree.Name) and getattr(operator, name) != expression.word:
        return None  # a parameter or a loop's variable
    return Edit(expression.span, value)


def _is_written_out(
    expression: object,
) -> TypeGuard[tree.Number | tree.Unary | tree.Boolean | tree.Name | tree.ListOf]:
    """Return whether a value stands there itself: a number, a word, a list of them."""
    if isinstance(expression, tree.ListOf):
        return all(_is_written_out(item) for item in expression.items)
    if isinstance(expression, tree.Unary):
        return isinstance(expression.operand, tree.Number)
    return isinstance(expression, tree.Number | tree.Boolean | tree.Name)


def _drop(name: str, bound: Bound) -> Edit | None:
    """The edit that takes an argument out, with its name."""
    expression = bound.get(name)
    if expression is None or isinstance(expression, Given) or expression.__class__ is tuple:
        return None
    span = expression.span  # type: ignore[union-attr]
    text = span.source.text
    named = re.search(rf"\b{name}\s*=\s*$", text[: span.start])
    if named is None and _OTHER_PLACES.match(text, span.end) is not None:
        return None  # those after it would move to its place
    (edit,) = without_item(span if named is None else span.source.span(named.start(), span.end)).edits
    return edit


_OTHER_PLACES = re.compile(r"\s*,(?!\s*\w+\s*=[^=])(?!\s*\))")


def _leave_out(call: Span) -> Edit | None:
    """The edit that takes a call out of its chain; None where it is all there is."""
    text = call.source.text
    after = _ARROW_AFTER.match(text, call.end)
    before = _ARROW_BEFORE.search(text[: call.start])
    if after is not None:
        return Edit(call.source.span(call.start, after.end()), "")
    return None if before is None else Edit(call.source.span(before.start(), call.end), "")


def without_call(call: Span) -> tuple[Fix, ...]:
    """The fix that takes a call out of its chain; none where it is all there is."""
    edit = _leave_out(call)
    return () if edit is None else (Fix("leave it out", (edit,)),)


_ARROW_AFTER, _ARROW_BEFORE = re.compile(r"\s*->\s*"), re.compile(r"\s*->\s*$")


def _is_text(call: Span) -> bool:
    """Return whether a call is written as one, and not in the keyword form, whose arguments are a mapping."""
    text = call.source.text
    return not text[call.end :].lstrip(" \t\"'").startswith(":")


def fixes_of_branches(
    fixes: Sequence[BranchFix], branches: Sequence[Branch], parts: Sequence[tree.Step]
) -> tuple[Fix, ...]:
    """The fixes of branches that do not fit: a chain at the end of one, or in place of an empty one."""
    found: list[Fix] = []
    for index, code, inside in fixes:
        end_fix = branches[index].end_fix
        if not inside and end_fix is not None and index < len(parts):
            found += _at_the_end(parts[index], code, end_fix.format(code))
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
