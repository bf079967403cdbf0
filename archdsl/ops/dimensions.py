"""Dimensions of a value, as operators ask for them.

Dimensions are counted as PyTorch counts them, the batch being 0; shapes here are without the batch,
so dimension 1 is ``shape[0]``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import before_it, change
from archdsl.shapes import Shape, is_known, text_of
from archdsl.sizes import Dim


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


def known_channels(shape: Shape, word: str) -> int:
    """The channels of an input, which a layer with weights has to know."""
    return known(shape[0], word, "the number of channels")


def known_features(shape: Shape, word: str) -> int:
    """The size of the last dimension, on which a layer acts that has to know it."""
    if not shape:
        raise OperatorError(
            "no-features",
            f"`{word}` acts on the last dimension, but its input is a single number",
            label="gets a single number",
            changes=(before_it("reshape(1)"),),
        )
    return known(shape[-1], word, "the number of features")


def product(sizes: Sequence[Dim]) -> Dim:
    """The product of sizes."""
    total: Dim = 1
    for size in sizes:
        total = total * size
    return total


def cells_of(shape: Shape) -> int:
    """The cells of a map: the product of its spatial sizes."""
    return math.prod([size for size in shape[1:] if is_known(size)])


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
