"""Arithmetic, comparisons and functions on values: what Python's do, within limits."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from archdsl.design.values import Callee, Result, Value, Word, is_list, kind_of, written
from archdsl.diagnostics import DesignFault, Fix
from archdsl.diagnostics.fixes import replacing
from archdsl.sizes import Size
from archdsl.source import Span

LARGEST = 10**18
LONGEST_LIST = 100_000


class ExpressionFault(DesignFault):
    """An expression that has no value."""


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


def negate(symbol: str, value: Result, span: Span) -> Result:
    """``+``, ``-`` or ``not`` of a value."""
    if symbol == "not":
        if not isinstance(value, bool):
            raise mismatch(symbol, value, span)
        return not value
    if isinstance(value, bool) or not isinstance(value, int | float | Size):
        raise mismatch(symbol, value, span)
    return -value if symbol == "-" else value


def combine(symbol: str, left: Result, right: Result, span: Span, places: tuple[Span, Span]) -> Result:
    """The value of an operation on two values. ``span`` covers all of it, ``places`` are the values'."""
    if symbol in _COMPARISONS:
        return _compare(symbol, left, right, span)
    if left.__class__ is int and right.__class__ is int:
        return _arithmetic(symbol, left, right, span, places)
    if isinstance(left, Size) or isinstance(right, Size):
        return _named_arithmetic(symbol, left, right, span)
    if is_list(left) or is_list(right):
        return _list_arithmetic(symbol, left, right, span, places)
    for value, place in zip((left, right), places, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise mismatch(symbol, value, place)
    return _arithmetic(symbol, left, right, span, places)


def _arithmetic(symbol: str, left: Any, right: Any, span: Span, places: tuple[Span, Span]) -> Result:
    # Never compute a power that cannot be a size: 10 ** 10 ** 10 has ten billion digits.
    is_power = symbol == "**" and isinstance(left, int) and isinstance(right, int)
    if is_power and right > 0 and abs(left) > 1 and right * (abs(left).bit_length() - 1) > 64:
        raise too_large(span)
    try:
        value = _ARITHMETIC[symbol](left, right)
    except ZeroDivisionError:
        zero = places[0 if symbol == "**" else 1]
        help = "divide by a number that is not 0"
        raise ExpressionFault(
            "division-by-zero", f"`{span.text}` divides by zero", zero, "this is 0", help
        ) from None
    except OverflowError:
        raise too_large(span) from None
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
        raise too_large(span)
    number: Result = value
    return number


def too_large(span: Span) -> ExpressionFault:
    return ExpressionFault(
        "number-too-large",
        "a number this large is no size",
        span,
        "more than 18 digits",
        "write a smaller number",
    )


def _named_arithmetic(symbol: str, left: Result, right: Result, span: Span) -> Result:
    """Sums, products, whole divisions and remainders of named sizes stay exact; anything else needs a number."""
    one = left if isinstance(left, Size) else whole(left)
    other = right if isinstance(right, Size) else whole(right)
    if one is not None and other is not None:
        divides = symbol in ("//", "%") and (other.least or 0 if isinstance(other, Size) else other) > 0
        if symbol in ("+", "-", "*") or divides:
            value: int | Size = _ARITHMETIC[symbol](one, other)
            if isinstance(value, Size) and value.is_unwieldy:
                raise ExpressionFault(
                    "number-too-large",
                    "a size this long a formula is of no use",
                    span,
                    "depends on a named dimension in too many ways",
                    "give the dimension in numbers, for example with `--input 3x224x224`",
                )
            return value
    raise unknown_size(span, left, right)


def unknown_size(span: Span, *values: Result) -> ExpressionFault:
    """The fault of what has to be known and depends on these values, sizes among them."""
    names = sorted({name for value in values if isinstance(value, Size) for name in value.names})
    listed = " and ".join([f"`{name}`" for name in names])
    return ExpressionFault(
        "unknown-size",
        f"`{span.text}` depends on {listed}, which the input leaves open",
        span,
        "not known while checking",
        "give the dimension in numbers, for example with `--input 3x224x224`",
    )


def _list_arithmetic(
    symbol: str, left: Result, right: Result, span: Span, places: tuple[Span, Span]
) -> Result:
    if symbol == "+" and is_list(left) and is_list(right):
        return limited(left + right, span)
    if symbol == "*":
        items, times = (left, right) if is_list(left) else (right, left)
        count = whole(times)
        if count is not None and is_list(items):
            if len(items) * count > LONGEST_LIST:
                raise too_long(span)
            return limited(items * count, span)
    wrong = 0 if is_list(left) and symbol != "+" else int(is_list(left) or symbol != "+")
    raise mismatch(symbol, (left, right)[wrong], places[wrong], "lists" if symbol == "+" else "numbers")


def _compare(symbol: str, left: Result, right: Result, span: Span) -> bool:
    if _is_number(left) and _is_number(right):
        return _COMPARISONS[symbol](left, right)
    if isinstance(left, Size) or isinstance(right, Size):
        found = _compare_sizes(symbol, left, right)
        if found is None:
            raise unknown_size(span, left, right)
        return found
    if symbol in ("==", "!="):
        return _equal(symbol, left, right, span) == (symbol == "==")
    if is_list(left) and is_list(right):
        for one, other in zip(left, right, strict=False):
            if not _equal(symbol, one, other, span):
                return _compare(symbol, one, other, span)
        return _COMPARISONS[symbol](len(left), len(right))
    raise _incomparable(symbol, left, right, span)


def _compare_sizes(symbol: str, left: Result, right: Result) -> bool | None:
    """A comparison of sizes that comes out the same for all numbers that their names may stand for; else None."""
    one = left if isinstance(left, Size) else whole(left)
    other = right if isinstance(right, Size) else whole(right)
    if one is None or other is None:
        return None
    apart = one - other
    least, most = (apart.least, apart.most) if isinstance(apart, Size) else (apart, apart)
    if least is not None and (least > 0 or (least == 0 and (most == 0 or symbol in ("<", ">=")))):
        return _COMPARISONS[symbol](least, 0)
    if most is not None and (most < 0 or (most == 0 and symbol in (">", "<="))):
        return _COMPARISONS[symbol](most, 0)
    return None


def _is_number(value: Result) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(symbol: str, left: Result, right: Result, span: Span) -> bool:
    """Values of different kinds are unequal, as in Python; but true and false are no numbers, and what
    flows is not known yet."""
    if isinstance(left, Value | Size) or isinstance(right, Value | Size):
        raise (
            unknown_size(span, left, right)
            if Size in (type(left), type(right))
            else _incomparable(symbol, left, right, span)
        )
    if isinstance(left, bool) != isinstance(right, bool) and (_is_number(left) or _is_number(right)):
        raise _incomparable(symbol, left, right, span)
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(
            _equal(symbol, one, other, span) for one, other in zip(left, right, strict=True)
        )
    if isinstance(left, Word | Callee) and isinstance(right, Word | Callee):
        return _named(left) == _named(right)
    return left == right


def _named(value: Word | Callee) -> tuple[object, ...]:
    """A word or a block by name, with the arguments that it was given."""
    if isinstance(value, Word):
        return (str(value), (), {})
    return (value.word, value.positional, dict(value.keywords))


def _incomparable(symbol: str, left: Result, right: Result, span: Span) -> ExpressionFault:
    return ExpressionFault(
        "wrong-operand",
        f"`{symbol}` cannot compare {kind_of(left)} with {kind_of(right)}",
        span,
        f"{written(left)} and {written(right)}",
        "compare numbers with numbers, and words with words",
    )


def mismatch(symbol: str, value: Result, span: Span, wanted: str = "numbers") -> ExpressionFault:
    """The mistake that an operator does not take a value."""
    if symbol in ("and", "or", "not"):
        wanted = "true or false"
    shown = written(value)
    help, text = f"write {wanted} here", ""
    if wanted == "true or false":
        help = "write a comparison here"
        if whole(value) is not None:
            help, text = "compare it: `{}`", f"{span.text} > 0"
    elif is_list(value):
        help, text = "take one of its items: `{}`", f"{span.text}[0]"
    elif isinstance(value, Value):
        help = "bring values together in a merge, `- both: {{add: [...]}}`, and pass `from(both)`"
    elif wanted == "lists":
        help, text = "make it a list: `{}`", f"[{span.text}]"
    help = help.format(text)
    fixes: tuple[Fix, ...] = (replacing(span, text, title=help),) if text else ()
    return ExpressionFault(
        "wrong-operand",
        f"`{symbol}` takes {wanted}, not {kind_of(value)}",
        span,
        f"this is {shown}" if shown != span.text else kind_of(value),
        help,
        fixes=fixes,
    )


def call(word: str, values: list[Any], span: Span, places: Sequence[Span]) -> Result:
    """One of the `FUNCTIONS` on values, which stand at ``places``."""
    if word == "len" and len(values) == 1 and not is_list(values[0]):
        raise mismatch(word, values[0], places[0], "lists")
    if word != "len":
        for value, place in zip(values, places, strict=True):
            for item in value if is_list(value) else (value,):
                if isinstance(item, Size):
                    raise unknown_size(place, item)
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
        steps = range(*[number for number in numbers if number is not None])
        if len(steps) > LONGEST_LIST:
            raise too_long(span)
        return tuple(steps)
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
        raise too_large(span) from None
    return value if is_list(value) else _bounded(value, span)


def too_long(span: Span) -> ExpressionFault:
    return ExpressionFault(
        "list-too-long",
        f"a list has at most {LONGEST_LIST:,} items",
        span,
        "longer than that",
        "write a shorter list, or `repeat` for steps that are alike",
    )


def limited(items: tuple[Result, ...], span: Span) -> tuple[Result, ...]:
    """A list as it is, if it has not too many items, those of the lists in it included."""
    left = LONGEST_LIST - len(items)
    pending = [item for item in items if is_list(item)] if left >= 0 else []
    while pending and left >= 0:
        inner = pending.pop()
        left -= len(inner)
        pending.extend(item for item in inner if is_list(item))
    if left < 0:
        raise too_long(span)
    return items


def _round(value: float, digits: float | None = None) -> float:
    """To even, as in Python. No number here has more digits than are left in the second argument."""
    if digits is None:
        return round(value)
    number = whole(digits)
    if number is None:
        raise TypeError
    return round(value, max(-20, min(number, 400)))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": _round,
    "abs": abs,
    "len": len,
    "sum": sum,
    "range": range,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "log2": math.log2,
}

_TAKES = {
    **dict.fromkeys(("min", "max"), "numbers, or a list of at least one"),
    **dict.fromkeys(("floor", "ceil", "abs", "exp"), "one number"),
    "sqrt": "one number of at least 0",
    **dict.fromkeys(("log", "log2"), "one number above 0"),
    "round": "a number, and after it how many digits to keep after the point",
    **dict.fromkeys(("len", "sum"), "one list"),
}
