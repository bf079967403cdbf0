"""Operators that cut a part out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change, in_place_of_it
from archdsl.ops.base import (
    Emitter,
    Example,
    Extents,
    Index,
    IndexOrSize,
    Operator,
    OptionalIndex,
    Shapes,
    TensorLayout,
)
from archdsl.ops.dimensions import counted, position
from archdsl.ops.geometry import spatial, torch_pads
from archdsl.ops.open_sizes import require
from archdsl.ops.torch_form import Invoke, Operand, TorchForm
from archdsl.shapes import DTYPES, Shape, is_known, text_of
from archdsl.sizes import Dim


class Slice(Operator):
    """The part of a dimension from ``begin`` up to and without ``end``; negative counts from the end."""

    word = "slice"
    layout = TensorLayout.KEPT
    aliases = ("Slice", "narrow")
    argument_aliases = {"start": "begin", "stop": "end", "axis": "dim"}
    accepts = DTYPES
    examples = (
        Example("slice(0, 4)", ((8, 5, 6),)),
        Example("slice(4, 8)", ((8, 5, 6),)),
        Example("slice(2)", ((8,),)),
        Example("slice(-4, -1, dim=-1)", ((8, 5, 6),)),
        Example("slice(1, 3, dim=2)", ((8, 5),)),
    )

    begin: Annotated[IndexOrSize, Field(description="the first index")]
    end: Annotated[OptionalIndex, Field(description="the index after the last; the end unless given")] = None
    dim: Annotated[Index, Field(description="the dimension that is cut")] = 1

    def _bounds(self, shape: Shape) -> tuple[int, Dim, Dim]:
        """The place of the dimension in the shape, and the part as indices from 0."""
        place = position(self.dim, shape, self.word)
        size = shape[place]
        bounds: list[Dim] = []
        for value, argument in ((self.begin, "begin"), (size if self.end is None else self.end, "end")):
            if is_known(size) and is_known(value) and not -size <= value <= size:
                raise OperatorError(
                    "slice-out-of-range",
                    f"`{argument}` of `{self.word}` is {value}, but dimension {place + 1} of its input "
                    f"{text_of(shape)} is {size}",
                    label=f"from {-size} to {size}",
                    changes=(change(**{argument: size if argument == "end" else 0}),),
                    argument=argument,
                )
            bounds.append(value + size if is_known(value) and value < 0 else value)
        begin, end = bounds
        if is_known(begin) and is_known(end) and begin >= end:
            raise OperatorError(
                "empty-slice",
                f"`{self.word}` from {begin} to {end} of {size} leaves nothing",
                label="nothing is left",
                changes=(change(begin=0, end=size),) if is_known(size) else (),
                otherwise="a `begin` below the `end`",
            )
        if not (is_known(size) and is_known(begin) and is_known(end)):
            require(self.word, "begin", begin, 0, shape, from_some_on=True)
            require(self.word, "begin", end - begin, 1, shape, from_some_on=True)
            require(self.word, "end", size - end, 0, shape, from_some_on=True)
        return place, begin, end

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        place, begin, end = self._bounds(shape)
        return (*shape[:place], end - begin, *shape[place + 1 :])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        place, begin, end = self._bounds(inputs[0])
        return Invoke("torch.narrow", (Operand(0), place + 1, begin, end - begin))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        place, begin, end = self._bounds(inputs[0])
        length = end - begin
        if not is_known(inputs[0][place]) and is_known(length) and is_known(self.begin) and length <= _PICKED:
            # A map that is too small for them is refused, where Slice would give less.
            picked = range(self.begin, self.begin + length)
            return emit.node("Gather", [values[0], emit.integers(*picked)], axis=place + 1)
        bounds = [emit.integers(begin), emit.integers(end), emit.integers(place + 1)]
        return emit.node("Slice", [values[0], *bounds])


_PICKED = 64
"""The most cells of an open size that are picked one by one."""


class CenterCrop(Operator):
    """The middle of a map; where the margin is odd, the smaller part is cut off at the begin."""

    word = "center_crop"
    layout = TensorLayout.MAP
    aliases = ("CenterCrop",)
    accepts = DTYPES
    variadic = "size"
    examples = (
        Example("center_crop(4, 3)", ((2, 8, 8),)),
        Example("center_crop(5)", ((2, 8, 8),)),
        Example("center_crop(8)", ((2, 8, 8),)),
        Example("center_crop(3)", ((2, 8),)),
        Example("center_crop(2, 3, 4)", ((2, 5, 6, 7),)),
    )

    size: Annotated[Extents, Field(description="one number, or one per spatial dimension")]

    def _margins(self, shape: Shape) -> tuple[list[Dim], list[Dim]]:
        """The cells that are cut off at the beginning and at the end of each spatial dimension."""
        sizes = spatial(shape, self.word)
        wanted = self.size * len(sizes) if len(self.size) == 1 else self.size
        if len(wanted) != len(sizes):
            raise OperatorError(
                "wrong-number-of-dimensions",
                f"`{self.word}` is given {counted(len(wanted), 'size')}, but its input {text_of(shape)} has "
                f"{counted(len(sizes), 'spatial dimension')}",
                label=counted(len(wanted), "size"),
                changes=(in_place_of_it(f"{self.word}({wanted[0]})"),) if len(set(wanted)) == 1 else (),
                otherwise=f"write {counted(len(sizes), 'size')}",
                argument="size",
            )
        spare = [size - want for size, want in zip(sizes, wanted, strict=True)]
        if any(is_known(less) and less < 0 for less in spare):
            fits = ", ".join(
                str(want + min(less, 0) if is_known(less) else want)
                for want, less in zip(wanted, spare, strict=True)
            )
            raise OperatorError(
                "crop-too-large",
                f"`{self.word}` is to leave {text_of(wanted)} of an input of {text_of(sizes)}, which is smaller",
                label=f"the input is {text_of(sizes)}",
                changes=(in_place_of_it(f"{self.word}({fits})"),),
                argument="size",
            )
        for less in spare:
            require(self.word, "size", less, 0, shape)
        begins = [margin // 2 for margin in spare]
        return begins, [margin - begin for margin, begin in zip(spare, begins, strict=True)]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        begins, ends = self._margins(shape)
        cut = [size - (b + e) for size, b, e in zip(shape[1:], begins, ends, strict=True)]
        return (shape[0], *cut)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        begins, ends = self._margins(inputs[0])
        if not any(margin != 0 for margin in (*begins, *ends)):
            return Operand(0)
        # A negative padding cuts off.
        return Invoke("F.pad", (Operand(0), torch_pads([-b for b in begins], [-e for e in ends])))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        begins, ends = self._margins(inputs[0])
        if not any(margin != 0 for margin in (*begins, *ends)):
            return values[0]
        last = [begin + size for begin, size in zip(begins, output[1:], strict=True)]
        axes = range(2, len(begins) + 2)
        bounds = [emit.integers(*begins), emit.integers(*last), emit.integers(*axes)]
        return emit.node("Slice", [values[0], *bounds])
