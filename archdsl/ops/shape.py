"""Operators that lay the same numbers out in another way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import in_place_of_it
from archdsl.ops.base import (
    Count,
    Emitter,
    Example,
    Index,
    Indices,
    IndicesOrSizes,
    Operator,
    Shapes,
    TensorLayout,
)
from archdsl.ops.dimensions import check_groups, counted, known_channels, position, product
from archdsl.ops.geometry import spatial
from archdsl.ops.onnx_form import reshape, reshape_like
from archdsl.ops.open_sizes import condition_on_the_input, how_they_differ
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.shapes import DTYPES, Shape, is_known, text_of
from archdsl.sizes import Dim


class Flatten(Operator):
    """Joins dimensions into one: all of them, or those from ``start`` to ``end``."""

    word = "flatten"
    aliases = ("Flatten",)
    argument_aliases = {"start_dim": "start", "end_dim": "end", "axis": "start"}
    accepts = DTYPES
    examples = (
        Example("flatten", ((4, 5, 6),)),
        Example("flatten", ((4,),)),
        Example("flatten(2)", ((4, 5, 6),)),
        Example("flatten(1, 2)", ((4, 5, 6),)),
        Example("flatten(start=-2)", ((4, 3, 5, 6),)),
    )

    start: Annotated[Index, Field(description="the first dimension")] = 1
    end: Annotated[Index, Field(description="the last dimension")] = -1

    def _range(self, shape: Shape) -> tuple[int, int]:
        start = position(self.start, shape, self.word, "start")
        end = position(self.end, shape, self.word, "end")
        if end < start:
            raise OperatorError(
                "flatten-backwards",
                f"`{self.word}` is to join from dimension {start + 1} to dimension {end + 1}, which is before it",
                label=f"before dimension {start + 1}",
                changes=(in_place_of_it(f"{self.word}({end + 1}, {start + 1})"),),
                argument="end",
            )
        return start, end

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        start, end = self._range(shape)
        return (*shape[:start], product(shape[start : end + 1]), *shape[end + 1 :])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        keywords = {"start_dim": self.start} if self.start != 1 else {}
        return Layer("nn.Flatten", keywords if self.end == -1 else {**keywords, "end_dim": self.end})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (shape,) = inputs
        start, end = self._range(shape)
        if start == end:
            return values[0]
        if end - start == len(shape) - 1:
            return emit.node("Flatten", [values[0]], axis=1)
        sizes: list[Dim] = [output[start], *shape[end + 1 :]]
        open_sizes = [size for size in sizes if not is_known(size)]
        if len(open_sizes) <= 1:
            # 0 takes over the size that stands at the same place of the input.
            return reshape(emit, values[0], *[0] * start, *(s if is_known(s) else -1 for s in sizes))
        given = emit.node("Shape", [values[0]])
        before = emit.node("Slice", [given, emit.integers(0), emit.integers(start + 1)])
        after = emit.node("Slice", [given, emit.integers(end + 2), emit.integers(len(shape) + 1)])
        target = emit.node("Concat", [before, emit.integers(-1), after], axis=0)
        return emit.node("Reshape", [values[0], target])


class Reshape(Operator):
    """Gives the numbers of a sample another shape, written without the batch; one size may be -1."""

    word = "reshape"
    aliases = ("Reshape", "view", "unflatten")
    accepts = DTYPES
    variadic = "shape"
    examples = (
        Example("reshape(16, -1)", ((4, 8, 6),)),
        Example("reshape(2, 3, 4)", ((24,),)),
        Example("reshape(-1)", ((4, 5, 6),)),
        Example("reshape(24)", ((4, 6),)),
    )

    shape: Annotated[IndicesOrSizes, Field(description="the sizes; one may be -1, which is what is left")]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        if any(is_known(size) and size < 1 and size != -1 for size in self.shape) or self.shape.count(-1) > 1:
            raise OperatorError(
                "reshape-sizes",
                f"`{self.word}` takes sizes of at least 1 and at most one -1, but has "
                f"{', '.join(map(str, self.shape))}",
                label="sizes of at least 1, and at most one -1",
                changes=(in_place_of_it(f"{self.word}(-1)", " for a flat value"),),
                argument="shape",
                of_input=False,
            )
        total = product(shape)
        rest = product([size for size in self.shape if size != -1])
        if -1 not in self.shape:
            if total != rest:
                raise self._mismatch(shape, total, rest)
            return self.shape
        left = _divided(total, rest)
        if left is None:
            raise self._mismatch(shape, total, rest)
        return tuple([left if size == -1 else size for size in self.shape])

    def _mismatch(self, shape: Shape, total: Dim, rest: Dim) -> OperatorError:
        if not (is_known(total) and is_known(rest)):
            filled = (total // rest) * rest if -1 in self.shape else rest
            needed = f"{total} is a multiple of {rest}" if -1 in self.shape else f"{total} is {rest}"
            return OperatorError(
                "unknown-size",
                f"`{self.word}` of {text_of(shape)} needs that {needed}, which does not hold for every size"
                + how_they_differ(total, filled),
                label=f"the input is {text_of(shape)}",
                changes=(in_place_of_it(f"{self.word}(-1)"),),
                otherwise=condition_on_the_input([(total, filled)])
                or "give the dimensions of `input` in numbers",
            )
        sizes = ", ".join(map(str, self.shape))
        wanted = f"a multiple of {rest}" if -1 in self.shape else str(rest)
        common = math.gcd(total, rest)
        return OperatorError(
            "reshape-size-mismatch",
            f"`{self.word}({sizes})` takes {wanted} numbers, but the input {text_of(shape)} has {total}",
            label=f"the input has {total}",
            changes=(in_place_of_it(f"{self.word}({common}, -1)"),),
            otherwise=f"sizes whose product is {total}",
            argument="shape",
        )

    def to_torch(self, inputs: Shapes) -> TorchForm:
        flat = Invoke(".flatten", (Operand(0), 1)) if len(inputs[0]) > 1 else Operand(0)
        return Invoke("torch.unflatten", (flat, 1, self.shape)) if len(self.shape) > 1 else flat

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        if sum(not is_known(size) for size in output) <= 1:
            return reshape(emit, values[0], *(size if is_known(size) else -1 for size in output))
        return reshape(emit, values[0], *output)


def _divided(total: Dim, divisor: Dim) -> Dim | None:
    """total / divisor where that is certain to be whole."""
    quotient = total // divisor
    return quotient if quotient != 0 and quotient * divisor == total else None


class Permute(Operator):
    """Puts the dimensions in another order; 0 is the batch and stays first."""

    word = "permute"
    aliases = ("Permute",)
    accepts = DTYPES
    variadic = "dims"
    examples = (
        Example("permute(0, 2, 3, 1)", ((4, 5, 6),)),
        Example("permute(0, -1, 1)", ((4, 5),)),
        Example("permute(0, 4, 1, 3, 2)", ((4, 3, 5, 6),)),
    )

    dims: Annotated[Indices, Field(description="the dimensions in their new order")]

    def _order(self, shape: Shape) -> list[int]:
        rank = len(shape) + 1
        listed = ", ".join(map(str, self.dims))
        channels_last = ", ".join(map(str, [0, *range(2, rank), 1]))
        usual = in_place_of_it(f"{self.word}({channels_last})", " to put the channels last")
        if len(self.dims) != rank or any(not -rank <= dim < rank for dim in self.dims):
            raise OperatorError(
                "permute-dimensions",
                f"`{self.word}({listed})` does not name the {rank} dimensions 0 to {rank - 1} of its input "
                f"{text_of(shape)}, the batch included",
                label=f"the input has {counted(rank, 'dimension')} with the batch",
                changes=(usual,),
                argument="dims",
            )
        order = [dim % rank for dim in self.dims]
        if len(set(order)) != rank:
            raise OperatorError(
                "permute-dimensions",
                f"`{self.word}({listed})` names a dimension twice",
                label="a dimension twice",
                changes=(usual,),
                argument="dims",
            )
        if order[0] != 0:
            raise OperatorError(
                "batch-dimension",
                f"`{self.word}({listed})` moves dimension 0, the batch; samples of a batch are never mixed",
                label="the first has to be 0",
                changes=(
                    in_place_of_it(
                        f"{self.word}({', '.join(map(str, [0, *(dim for dim in order if dim)]))})"
                    ),
                ),
                argument="dims",
                of_input=False,
            )
        return order

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        return tuple([shape[dim - 1] for dim in self._order(shape)[1:]])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.permute", (Operand(0), tuple(self._order(inputs[0]))))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Transpose", [values[0]], perm=self._order(inputs[0]))


class ChannelShuffle(Operator):
    """Deals the channels of each group out over all groups (Zhang et al. 2018)."""

    word = "channel_shuffle"
    layout = TensorLayout.KEPT
    aliases = ("ChannelShuffle", "shuffle_channels")
    accepts = DTYPES
    examples = (
        Example("channel_shuffle(2)", ((6, 4, 5),)),
        Example("channel_shuffle(3)", ((6, 4),)),
        Example("channel_shuffle(3)", ((6, 2, 3, 4),)),
    )

    groups: Annotated[Count, Field(description="groups of channels")]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        spatial(shape, self.word)
        check_groups(known_channels(shape, self.word), self.groups, self.word)
        return shape

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.ChannelShuffle", {"groups": self.groups})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        channels = known_channels(inputs[0], self.word)
        grouped = reshape(emit, values[0], self.groups, channels // self.groups, -1)
        return reshape_like(emit, emit.node("Transpose", [grouped], perm=[0, 2, 1, 3]), values[0], output)
