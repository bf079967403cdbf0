"""Dimensions of a value, as operators ask for them.

Dimensions are counted as PyTorch counts them, the batch being 0; shapes here are without the batch,
so dimension 1 is ``shape[0]``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change
from archdsl.shapes import Shape, is_known, text_of
from archdsl.size_decisions import grows_to, values_where_smaller
from archdsl.sizes import Dim, Size, condition_of_equality, counterexample, number_at


def position(dim: int, shape: Shape, word: str, argument: str = "dim") -> int:
    """Where dimension ``dim`` stands in a shape without the batch.

    Raises `OperatorError` for the batch, which no operator mixes with the rest, and for a dimension that
    the value does not have.
    """
    rank = len(shape) + 1
    if not -rank <= dim < rank:
        raise OperatorError(
            "no-such-dimension",
            f"`{word}` is given dimension {dim}, but its input {text_of(shape)} has the dimensions "
            f"1 to {rank - 1} after the batch",
            label=f"the last dimension is {rank - 1}",
            changes=(change(" for the last dimension", **{argument: rank - 1}),),
            argument=argument,
        )
    if dim % rank == 0:
        raise OperatorError(
            "batch-dimension",
            f"`{word}` is given dimension {dim}, which is the batch; samples of a batch are never mixed",
            label="the batch",
            changes=(change(" for the channels", **{argument: 1}),),
            argument=argument,
            of_input=False,
        )
    return dim % rank - 1


def known(size: Dim, word: str, what: str) -> int:
    """A size that has to be a number: ``what`` says whose (``the number of channels``)."""
    if is_known(size):
        return size
    raise OperatorError(
        "unknown-size",
        f"`{word}` has to know {what}, but it is {size}, which depends on the input",
        label=f"{what} is {size}",
        otherwise="give the dimensions of `input` that it depends on in numbers",
    )


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


def condition_on_the_input(one: Dim, other: Dim) -> str:
    """How to state an input for which two sizes are equal; empty where none is found."""
    found = condition_of_equality(one, other)
    if found is None:
        return ""
    return (
        f"they are equal where {found.name} is a multiple of {found.multiple}: write "
        f"`{found.multiple} * {found.name}` in place of `{found.name}` in the input's shape"
    )


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


def known_channels(shape: Shape, word: str) -> int:
    """The channels of an input, which a layer with weights has to know."""
    return known(shape[0], word, "the number of channels")


def product(sizes: Sequence[Dim]) -> Dim:
    """The product of sizes."""
    total: Dim = 1
    for size in sizes:
        total = total * size
    return total


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def ordinal(number: int) -> str:
    """``first`` for 0, as people count branches."""
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return words[number] if number < len(words) else f"{number + 1}th"


def check_groups(channels: int, groups: int, word: str, out: int | None = None) -> None:
    """Groups have to divide the channels that go in and, where ``out`` is given, that come out."""
    amounts = [(channels, "input"), *([(out, "output")] if out is not None else [])]
    for amount, what in amounts:
        if amount % groups:
            common = math.gcd(*(total for total, _ in amounts))
            nearest = _largest_divisor(common, groups)
            both = " and ".join(str(total) for total in dict.fromkeys(total for total, _ in amounts))
            raise OperatorError(
                "groups-do-not-divide",
                f"the {groups} groups of `{word}` do not divide its {amount} {what} channels",
                label=f"{amount} {what} channels",
                changes=(change("" if common > 1 else f", as nothing else divides {both}", groups=nearest),),
                otherwise=f"another number that divides {both}" if common > 1 else "",
                argument="groups",
            )


def _largest_divisor(number: int, limit: int) -> int:
    """The largest divisor that is no larger than ``limit``; they come in pairs about the root."""
    small = [divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0]
    return max(d for pair in ((divisor, number // divisor) for divisor in small) for d in pair if d <= limit)
