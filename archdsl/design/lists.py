"""Items, slices and rows of lists, as Python has them, within limits."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.design.arithmetic import ExpressionFault, mismatch, whole
from archdsl.design.values import Callee, Result, is_list, kind_of, written
from archdsl.diagnostics import Fix
from archdsl.diagnostics.fixes import replacing
from archdsl.source import Span
from archdsl.syntax import tree

Variables = dict[str, Result]


def weight(value: Result) -> int:
    """How many items a list has, those of the lists in it and of what blocks are given included; 0 for
    anything else. It stops counting where that is beyond every limit."""
    count, pending = 0, [value]
    while pending and count < _ENOUGH:
        part = pending.pop()
        if isinstance(part, Callee):
            part = (*part.positional, *part.keywords.values())
        if is_list(part):
            count += len(part)
            pending.extend(part)
    return count


_ENOUGH = 2**21


def parts_in(expression: tree.Expression) -> int:
    """How many parts an expression has, what calls in it are given included."""
    count, pending = 0, [expression]
    while pending:
        part = pending.pop()
        count += 1
        pending.extend(tree.operands_of(part))
        if isinstance(part, tree.Apply):
            pending.extend(argument.value for argument in part.arguments)
    return count


def not_a_list(whose: str, items: Result, span: Span) -> ExpressionFault:
    """The fault of a loop over anything else than a list."""
    is_count = whole(items) is not None
    return ExpressionFault(
        "wrong-argument",
        f"{whose} runs over a list, not {kind_of(items)}",
        span,
        written(items),
        "" if is_count else "write a list: `[64, 128]`",
        fixes=(replacing(span, f"range({span.text})"),) if is_count else (),
    )


def item_at(expression: tree.Index, items: Result, at: Result) -> Result:
    """``xs[i]``; a negative index counts from the end."""
    items = _items(expression, items)
    number = whole(at)
    if number is None or not -len(items) <= number < len(items):
        last = f"the last is {len(items) - 1}" if items else "it is empty"
        raise ExpressionFault(
            "index-out-of-range",
            f"a list of {len(items)} has no item `{expression.at.span.text}`",
            expression.at.span,
            "not a whole number" if number is None else last,
            f"items are counted from 0 to {len(items) - 1}" if items else "give the list items",
        )
    return items[number]


def cut(expression: tree.SliceOf, items: Result, begin: Result | None, end: Result | None) -> Result:
    """``xs[a:b]``: as in Python, an end beyond the list is the list's."""
    items = _items(expression, items)
    ends: list[int | None] = []
    for value, written_end in ((begin, expression.begin), (end, expression.end)):
        number = None if value is None else whole(value)
        if value is not None and number is None:
            assert written_end is not None
            raise mismatch("[:]", value, written_end.span, "whole numbers")
        ends.append(number)
    return items[ends[0] : ends[1]]


def _items(expression: tree.Index | tree.SliceOf, items: Result) -> tuple[Result, ...]:
    if is_list(items):
        return items
    text = expression.of.span.text
    raise ExpressionFault(
        "wrong-operand",
        f"only a list has items, not {kind_of(items)}",
        expression.of.span,
        f"this is {written(items)}",
        fixes=(replacing(expression.span, text, title=f"write `{text}` alone"),),
    )


def bind_items(
    target: tree.Name | tree.ListOf, items: Sequence[Result], stated: tree.Expression
) -> list[Variables]:
    """The variables that a loop's target gives each item, or the parts of each row. ``stated`` is the list as
    it is written. Raises `ExpressionFault` for an item that is no row of that length."""
    if isinstance(target, tree.Name):
        word = target.word
        return [{word: item} for item in items]
    names = [name.word for name in tree.names_in(target)]
    rows = []
    for place, row in enumerate(items):
        if not is_list(row) or len(row) != len(names):
            raise _no_such_row(target, row, place, items, stated)
        rows.append(dict(zip(names, row, strict=True)))
    return rows


def _no_such_row(
    target: tree.ListOf, row: Result, place: int, items: Sequence[Result], stated: tree.Expression
) -> ExpressionFault:
    count = len(target.items)
    wanted = f"{count} item{'s' if count > 1 else ''}"
    span, whose = stated.span, f"item {place} of the list"
    if isinstance(stated, tree.ListOf) and place < len(stated.items):
        span, whose = stated.items[place].span, "this item"
    fixes: tuple[Fix, ...] = ()
    if not any(map(is_list, items)):
        fixes = tuple(
            replacing(target.span, name.word, title=f"take the items as they are: `{name.word}`")
            for name in tree.names_in(target)[:1]
        )
    shown = f"a list of {len(row)}" if is_list(row) else kind_of(row)
    return ExpressionFault(
        "wrong-row",
        f"`{target.span.text}` takes rows of {wanted} apart, and {whose} is {shown}",
        span,
        f"this is {written(row)}",
        "" if fixes else f"give each row {wanted}",
        fixes=fixes,
    )
