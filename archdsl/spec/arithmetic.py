"""Arithmetic, comparisons and functions on values: what Python's do, within limits."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from archdsl.diagnostics import ArchError, Diagnostic, Label
from archdsl.source import Span
from archdsl.spec.values import Callee, Result, Value, Word, is_list, kind_of, written
from archdsl.types import Size

LARGEST = 10**18
LONGEST_LIST = 100_000


class ExpressionFault(ArchError):
    """An expression that has no value."""

    def __init__(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help: str = "",
        related: tuple[Label, ...] = (),
    ) -> None:
        super().__init__([Diagnostic(code, message, span, label, help, related)])


def whole(value: Result) -> int | None:
    """A whole number, also where it is written as a float; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def negate(sign: str, value: Result, span: Span) -> Result:
    """``+``, ``-`` or ``not`` of a value."""
    if sign == "not":
        if not isinstance(value, bool):
            raise mismatch(sign, value, span)
        return not value
    if isinstance(value, bool) or not isinstance(value, int | float | Size):
        raise mismatch(sign, value, span)
    return -value if sign == "-" else value


def combine(sign: str, left: Result, right: Result, span: Span, places: tuple[Span, Span]) -> Result:
    """Two values and the sign between them; ``span`` covers all three, ``places`` are the values'."""
    if sign in _COMPARISONS:
        return _compare(sign, left, right, span)
    if left.__class__ is int and right.__class__ is int:
        return _arithmetic(sign, left, right, span, places)
    if isinstance(left, Size) or isinstance(right, Size):
        return _named_arithmetic(sign, left, right, span)
    if is_list(left) or is_list(right):
        return _list_arithmetic(sign, left, right, span, places)
    for value, place in zip((left, right), places, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise mismatch(sign, value, place)
    return _arithmetic(sign, left, right, span, places)


def _arithmetic(sign: str, left: Any, right: Any, span: Span, places: tuple[Span, Span]) -> Result:
    # Never compute a power that cannot be a size: 10 ** 10 ** 10 has ten billion digits.
    is_power = sign == "**" and isinstance(left, int) and isinstance(right, int)
    if is_power and right > 0 and abs(left) > 1 and right * (abs(left).bit_length() - 1) > 64:
        raise _too_large(span)
    try:
        value = _ARITHMETIC[sign](left, right)
    except ZeroDivisionError:
        raise ExpressionFault(
            "division-by-zero",
            f"`{span.text}` divides by zero",
            places[1],
            "this is 0",
            "divide by a number that is not 0",
        ) from None
    except OverflowError:
        raise _too_large(span) from None
    return _bounded(value, span)


def _bounded(value: Any, span: Span) -> Result:
    if isinstance(value, complex):
        raise ExpressionFault(
            "not-a-number",
            "this is no real number",
            span,
            "a fraction as the power of a negative number",
            "take the power of `abs(...)`",
        )
    if not -LARGEST < value < LARGEST:
        raise _too_large(span)
    return value  # type: ignore[no-any-return]


def _too_large(span: Span) -> ExpressionFault:
    return ExpressionFault(
        "number-too-large",
        "a number this large is no size",
        span,
        "more than 18 digits",
        "write a smaller number",
    )


def _named_arithmetic(sign: str, left: Result, right: Result, span: Span) -> Result:
    """Sums, multiples and whole divisions of a named size stay exact; anything else needs a number."""
    whole_right = right.__class__ is int
    if sign in ("+", "-") and all(isinstance(v, Size) or v.__class__ is int for v in (left, right)):
        return _ARITHMETIC[sign](left, right)  # type: ignore[no-any-return]
    multiple = sign == "*" and (whole_right or left.__class__ is int)
    if multiple or (sign == "//" and isinstance(right, int) and whole_right and right > 0):
        return _ARITHMETIC[sign](left, right)  # type: ignore[no-any-return]
    raise unknown_size(span)


def unknown_size(span: Span) -> ExpressionFault:
    return ExpressionFault(
        "unknown-size",
        f"`{span.text}` depends on a named dimension of the input",
        span,
        "not known while checking",
        "give the dimension in numbers, for example with `--input 3x224x224`",
    )


def _list_arithmetic(sign: str, left: Result, right: Result, span: Span, places: tuple[Span, Span]) -> Result:
    if sign == "+" and is_list(left) and is_list(right):
        return _limited(left + right, span)
    if sign == "*":
        items, times = (left, right) if is_list(left) else (right, left)
        count = whole(times)
        if count is not None and is_list(items):
            if len(items) * count > LONGEST_LIST:
                raise _too_long(span)
            return _limited(items * count, span)
    wrong = 0 if is_list(left) and sign != "+" else int(is_list(left) or sign != "+")
    raise mismatch(sign, (left, right)[wrong], places[wrong], "lists" if sign == "+" else "numbers")


def _compare(sign: str, left: Result, right: Result, span: Span) -> bool:
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (left, right)]
    if all(numbers):
        return _COMPARISONS[sign](left, right)
    if isinstance(left, Size) or isinstance(right, Size):
        if left == right and sign in ("==", "!=", "<=", ">="):
            return sign != "!="
        raise unknown_size(span)
    if sign in ("==", "!="):
        words = [isinstance(v, Word | Callee) for v in (left, right)]
        if all(words):
            return (written(left) == written(right)) == (sign == "==")
        if type(left) is type(right) and not isinstance(left, Value):
            return _COMPARISONS[sign](left, right)
    raise ExpressionFault(
        "wrong-operand",
        f"`{sign}` cannot compare {kind_of(left)} with {kind_of(right)}",
        span,
        f"{written(left)} and {written(right)}",
        "compare numbers with numbers, and words with words",
    )


def mismatch(sign: str, value: Result, span: Span, wanted: str = "numbers") -> ExpressionFault:
    """A value that a sign is not for."""
    if sign in ("and", "or", "not"):
        wanted = "true or false"
    shown = written(value)
    help = f"write {wanted} here"
    if wanted == "true or false":
        help = f"compare it: `{span.text} > 0`" if whole(value) is not None else "write a comparison here"
    elif wanted == "lists":
        help = f"make it a list: `[{span.text}]`"
    return ExpressionFault(
        "wrong-operand",
        f"`{sign}` takes {wanted}, not {kind_of(value)}",
        span,
        f"this is {shown}" if shown != span.text else kind_of(value),
        help,
    )


def call(word: str, values: list[Any], span: Span, places: Sequence[Span]) -> Result:
    """One of the `FUNCTIONS` on values, which stand at ``places``."""
    if word != "len":
        for value, place in zip(values, places, strict=True):
            for item in value if is_list(value) else (value,):
                if isinstance(item, Size):
                    raise unknown_size(place)
                if isinstance(item, bool) or not isinstance(item, int | float):
                    raise mismatch(word, item, place)
    if word == "range":
        numbers = [whole(value) for value in values]
        if None in numbers or not 1 <= len(numbers) <= 3 or (len(numbers) == 3 and numbers[2] == 0):
            raise ExpressionFault(
                "wrong-operand",
                "`range` takes one to three whole numbers",
                span,
                ", ".join(map(written, values)) or "nothing is given",
                "write `range(4)`, or `range(1, 5)`",
            )
        steps = range(*numbers)  # type: ignore[arg-type]
        if len(steps) > LONGEST_LIST:
            raise _too_long(span)
        return _limited(tuple(steps), span)
    try:
        value = FUNCTIONS[word](*values)
    except (TypeError, ValueError):
        raise ExpressionFault(
            "wrong-operand",
            f"`{word}` cannot take {', '.join(map(written, values)) or 'nothing'}",
            span,
            f"takes {_TAKES[word]}",
            f"give it {_TAKES[word]}",
        ) from None
    except OverflowError:
        raise _too_large(span) from None
    return _bounded(value, span)


def _too_long(span: Span) -> ExpressionFault:
    return ExpressionFault(
        "list-too-long",
        f"a list has at most {LONGEST_LIST:,} items",
        span,
        "longer than that",
        "write a shorter list, or `repeat` for steps that are alike",
    )


def _limited(items: tuple[Result, ...], span: Span) -> Result:
    if len(items) > LONGEST_LIST:
        raise _too_long(span)
    return items


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": lambda value: round(value),  # without Python's second argument, which can ask for 10**18 digits
    "abs": abs,
    "len": len,
    "sum": sum,
    "range": range,
}

_TAKES = {
    **dict.fromkeys(("min", "max"), "numbers, or a list of at least one"),
    **dict.fromkeys(("floor", "ceil", "round", "abs"), "one number"),
    **dict.fromkeys(("len", "sum"), "one list"),
}
