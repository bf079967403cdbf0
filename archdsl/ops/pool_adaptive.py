"""Pools whose windows are laid so that the output has the size asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.ops.aliases import ranks
from archdsl.ops.base import Emitter, Example, Operator, Shapes, Sizes, TensorLayout, Trait
from archdsl.ops.dimensions import known
from archdsl.ops.geometry import per_dimension, spatial, terse
from archdsl.ops.onnx_form import reduce
from archdsl.ops.torch_form import Layer, TorchForm
from archdsl.shapes import SINGLE, Shape, is_known


class _AdaptivePool(Operator):
    """A pool to a size of the output's."""

    layout = TensorLayout.MAP
    argument_aliases = {"output_size": "size"}
    traits = Trait.OVERWRITABLE_OUTPUT
    torch_layer: ClassVar[str]
    onnx_operators: ClassVar[tuple[str, str, str]]
    """Those for the whole map, for windows, and for what is left along one dimension."""

    size: Annotated[Sizes, Field(description="the output's size")]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        sizes = per_dimension(self.size, len(spatial(shape, self.word)), "size", self.word)
        for size, out in zip(shape[1:], sizes, strict=True):
            if out != 1:
                known(size, self.word, "the size of its input")
        return (shape[0], *sizes)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        rank = len(inputs[0]) - 1
        sizes = per_dimension(self.size, rank, "size", self.word)
        return Layer(f"{self.torch_layer}{rank}d", {"output_size": terse(sizes)})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (value,) = values
        (shape,) = inputs
        of_all, of_windows, along = self.onnx_operators
        if all(size == 1 for size in output[1:]):
            return emit.node(of_all, [value])
        kernel, stride, uneven = [1] * (len(shape) - 1), [1] * (len(shape) - 1), []
        for axis, (size, out) in enumerate(zip(shape[1:], output[1:], strict=True)):
            if not (is_known(size) and is_known(out)):
                value = reduce(emit, along, value, [axis + 2])
                continue
            windows = _windows(size, out)
            lengths = {end - start for start, end in windows}
            steps = {later[0] - earlier[0] for earlier, later in pairwise(windows)}
            if len(lengths) == 1 and len(steps) <= 1 and 0 not in steps:
                kernel[axis], stride[axis] = lengths.pop(), steps.pop() if steps else 1
            else:
                uneven.append((axis + 2, windows))
        if max(kernel) > 1 or max(stride) > 1:
            value = emit.node(of_windows, [value], kernel_shape=kernel, strides=stride)
        # The mean of a rectangle is the mean of its rows' means, and so is the largest: each dimension goes by itself.
        for axis, windows in uneven:
            parts = []
            for start, end in windows:
                bounds = [emit.integers(start), emit.integers(end), emit.integers(axis)]
                part = emit.node("Slice", [value, *bounds])
                parts.append(reduce(emit, along, part, [axis]) if end - start > 1 else part)
            value = emit.node("Concat", parts, axis=axis)
        return value


class AdaptiveAvgPool(_AdaptivePool):
    """The means of windows laid so that the output has the size asked for.

    Output i is the mean of the cells from floor(i * size / out) to ceil((i + 1) * size / out).
    """

    word = "adaptive_avg_pool"
    accepts = SINGLE
    aliases = (*ranks("AdaptiveAvgPool{}d"), "AdaptiveAveragePool", *ranks("AdaptiveAveragePooling{}D"))
    torch_layer = "nn.AdaptiveAvgPool"
    onnx_operators = ("GlobalAveragePool", "AveragePool", "ReduceMean")
    examples = (
        Example("adaptive_avg_pool(7)", ((4, 14, 14),)),
        Example("adaptive_avg_pool(4)", ((4, 14, 14),)),
        Example("adaptive_avg_pool(7)", ((4, 7, 7),)),
        Example("adaptive_avg_pool([3, 2])", ((4, 7, 9),)),
        Example("adaptive_avg_pool(1)", ((4, 7, 9),)),
        Example("adaptive_avg_pool(5)", ((4, 3, 4),)),
        Example("adaptive_avg_pool(3)", ((4, 8),)),
        Example("adaptive_avg_pool([2, 3, 2])", ((4, 3, 6, 5),)),
    )


class AdaptiveMaxPool(_AdaptivePool):
    """The largest numbers of windows laid so that the output has the size asked for.

    Output i is the largest of the cells from floor(i * size / out) to ceil((i + 1) * size / out).
    """

    word = "adaptive_max_pool"
    accepts = SINGLE
    aliases = (*ranks("AdaptiveMaxPool{}d"), *ranks("AdaptiveMaxPooling{}D"))
    torch_layer = "nn.AdaptiveMaxPool"
    onnx_operators = ("GlobalMaxPool", "MaxPool", "ReduceMax")
    examples = (
        Example("adaptive_max_pool(7)", ((4, 14, 14),)),
        Example("adaptive_max_pool(4)", ((4, 14, 14),)),
        Example("adaptive_max_pool(7)", ((4, 7, 7),)),
        Example("adaptive_max_pool([3, 2])", ((4, 7, 9),)),
        Example("adaptive_max_pool(1)", ((4, 7, 9),)),
        Example("adaptive_max_pool(5)", ((4, 3, 4),)),
        Example("adaptive_max_pool(3)", ((4, 8),)),
        Example("adaptive_max_pool([2, 3, 2])", ((4, 3, 6, 5),)),
    )


def _windows(size: int, out: int) -> list[tuple[int, int]]:
    return [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]
