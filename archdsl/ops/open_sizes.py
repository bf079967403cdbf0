"""Requirements on sizes that depend on the input, and the diagnostics where they fail."""

from __future__ import annotations

import math
from collections.abc import Iterable

from archdsl.diagnostics import OperatorError
from archdsl.shapes import Shape, is_known, text_of
from archdsl.size_decisions import (
    Condition,
    condition_for_zero,
    grows_to,
    values_where_not_zero,
    values_where_smaller,
)
from archdsl.sizes import Dim, Size, number_at


def require(
    word: str, argument: str, size: Dim, least: int, shape: Shape, *, from_some_on: bool = False
) -> None:
    """Hold that a size is at least so much whatever numbers stand for the names in it, or, ``from_some_on``,
    whatever large ones do.

    Raises `OperatorError` where it may be less, and says for which numbers.
    """
    if isinstance(size, int):
        if size >= least:
            return
        what, multiples = "it never is", ""
    else:
        found = size.least
        if (found is not None and found >= least) or (from_some_on and grows_to(size, least)):
            return
        values = values_where_smaller(size, least)
        at = " and ".join([f"{name} is {number}" for name, number in (values or {}).items()])
        what = f"it is less where {at}" if values else "that cannot be shown"
        multiples = _in_multiples(size, least)
    raise OperatorError(
        "unknown-size",
        f"`{word}` of {text_of(shape)} needs {size} to be at least {least}; {what}",
        label=f"the input is {text_of(shape)}",
        otherwise=multiples or "give the dimensions of `input` that it depends on in numbers",
        argument=argument,
    )


def how_they_differ(one: Dim, other: Dim) -> str:
    """Of two sizes that are not always equal: where they differ, to be added to a message."""
    values = counterexample(one, other)
    if not values:
        return ""
    where = " and ".join(f"{name} is {number}" for name, number in values.items())
    return f": where {where}, they are {number_at(one, values)} and {number_at(other, values)}"


def condition_on_the_input(pairs: Iterable[tuple[Dim, Dim]]) -> str:
    """How to state an input for which the sizes of each pair are equal; empty where that is not found."""
    multiples: dict[str, int] = {}
    for one, other in pairs:
        if one == other or (is_known(one) and is_known(other)):
            continue
        found = condition_of_equality(one, other)
        if found is None:
            return ""
        multiples[found.name] = math.lcm(multiples.get(found.name, 1), found.multiple)
    if not multiples:
        return ""
    texts = [
        (f"{name} is a multiple of {multiple}", f"`{multiple} * {name}`")
        for name, multiple in multiples.items()
    ]
    holds, written = (" and ".join(part) for part in zip(*texts, strict=True))
    names = " and ".join(f"`{name}`" for name in multiples)
    return f"they are equal where {holds}: write {written} in the input's shape in place of {names}"


def _in_multiples(size: Size, least: int) -> str:
    """How to state an input whose size is always large enough: in multiples of a number."""
    (name, *others) = sorted(size.names)
    if others:
        return ""
    for factor in _MULTIPLES:
        if size.at({name: factor}) >= least and all(
            size.at({name: factor * times}) >= least for times in range(1, _MULTIPLES[-1])
        ):
            return f"make the input's size a multiple, `{factor} * {name}` in place of `{name}`"
    return ""


_MULTIPLES = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64)


def condition_of_equality(one: Dim, other: Dim) -> Condition | None:
    """The condition under which two sizes are equal that are not equal always; None where there is none of this
    kind."""
    difference = one - other
    return condition_for_zero(difference) if isinstance(difference, Size) else None


def counterexample(one: Dim, other: Dim) -> dict[str, int] | None:
    """Values of the names at which two sizes differ, small ones first; None where none is found."""
    difference = one - other
    if isinstance(difference, Size):
        return values_where_not_zero(difference)
    # They differ everywhere, or nowhere.
    names = {name for size in (one, other) if isinstance(size, Size) for name in size.names}
    return dict.fromkeys(sorted(names), 1) if difference else None
