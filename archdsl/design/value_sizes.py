"""The sizes that may be read of a value: ``channels``, ``depth``, ``height``, ``width``, or all as ``shape``."""

from __future__ import annotations

from archdsl.design.arithmetic import ExpressionFault
from archdsl.design.environment import Unresolved
from archdsl.design.values import Result, Value
from archdsl.shapes import Shape, text_of
from archdsl.source import Span

_PLACES = {"channels": 0, "width": -1, "height": -2, "depth": -3}
"""Where each size stands in a shape."""


def size_of(value: Value, word: str, span: Span) -> Result:
    """The size of a value that a word of `SIZES` names, without the batch; ``shape`` is the list of all sizes.

    Height and width are the last two dimensions after the channels, and depth, which a 3-d map has, is the one
    before them. Raises `ExpressionFault` where the value has no such size.
    """
    if not value.known:
        raise Unresolved
    shape = value.shape
    if word == "shape":
        return shape
    if word in _words_of(shape):
        return shape[_PLACES[word]]
    there = [f"`{known}`" for known in _words_of(shape)]
    raise ExpressionFault(
        "no-such-size",
        f"a value of {text_of(shape)} has no {word}",
        span,
        f"its shape is {text_of(shape)}",
        (
            f"it has {', '.join(there[:-1])} and {there[-1]}"
            if there[1:]
            else f"it has {there[0]} alone"
            if there
            else "it has no sizes"
        )
        + ("; read it before the value is flattened" if len(shape) == 1 else ""),
    )


def may_have(value: Value, word: str) -> bool:
    """Return whether a value has the size of a word. Of one that is not known, few are 3-d maps, which have a
    depth."""
    return word in ("shape", *_words_of(value.shape)) if value.known else word != "depth"


def _words_of(shape: Shape) -> list[str]:
    """The words for the sizes of a value, in the order of its dimensions."""
    words = ["channels"] if shape else []
    return [*words, *["depth", "height", "width"][max(4 - len(shape), 0) :]] if len(shape) > 1 else words
