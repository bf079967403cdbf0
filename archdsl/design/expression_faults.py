"""The faults of expressions that are of another kind than the place in which they stand wants."""

from __future__ import annotations

from archdsl.design.arithmetic import ExpressionFault
from archdsl.design.values import Callee, Result, Value, kind_of, written
from archdsl.diagnostics.fixes import replacing
from archdsl.source import Span
from archdsl.syntax import tree


def no_name(expression: tree.Expression) -> ExpressionFault:
    """The fault of a number, an index or a call where a name stands, with the name that was meant."""
    text = expression.span.text.replace("[", ".").replace("]", "")
    if isinstance(expression, tree.Apply) and expression.name.word == "from" and expression.arguments:
        text = expression.arguments[0].span.text  # `from(from(x))`
    is_path = all(part.isidentifier() or part.isdecimal() for part in text.split("."))
    meant_text = text if text.replace(".", "_").isidentifier() else f'"{text}"'
    return ExpressionFault(
        "wrong-argument",
        "expected a name here",
        expression.span,
        "not a name",
        "" if is_path else 'write a label, or `"enc{i}"`',
        fixes=(replacing(expression.span, meant_text),) if is_path else (),
    )


def no_value(item: Result, span: Span) -> ExpressionFault:
    """The fault of an item of a list that ``from`` takes, and that is no value."""
    return ExpressionFault(
        "wrong-argument",
        f"`from` takes a value, not {kind_of(item)}",
        span,
        f"this is {written(item)}",
        "write an item of a list of values, such as `[from(a), from(b)]`",
    )


def wrong_condition(value: Result, span: Span) -> ExpressionFault:
    """The fault of a condition that is neither true nor false."""
    shown, text = written(value), span.text
    example = f"{text} == 1"
    if isinstance(value, Value):
        example = f"{text}.channels > 1"
    elif isinstance(value, int | float | Callee):
        example = f"{text} {'!= identity' if isinstance(value, Callee) else '> 0'}"
    return ExpressionFault(
        "wrong-condition",
        f"a condition is true or false, not {kind_of(value)}",
        span,
        kind_of(value) if shown == text else f"this is {shown}",
        fixes=(replacing(span, example, title=f"compare it: `{example}`"),),
    )
