"""Pools over whole maps, of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from archdsl.ops.aliases import ranks
from archdsl.ops.base import Emitter, Example, Operator, Shapes, TensorLayout, Trait
from archdsl.ops.geometry import spatial
from archdsl.ops.torch_form import Layer, TorchForm
from archdsl.shapes import SINGLE, Shape


class _GlobalPool(Operator):
    """One number for each channel, as a map of one cell: C x 1 x 1."""

    layout = TensorLayout.MAP
    traits = Trait.OVERWRITABLE_OUTPUT
    torch_layer: ClassVar[str]
    onnx_operator: ClassVar[str]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        return (shape[0], *(1 for _ in spatial(shape, self.word)))

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer(f"{self.torch_layer}{len(inputs[0]) - 1}d", {"output_size": 1})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node(self.onnx_operator, [values[0]])


class GlobalAvgPool(_GlobalPool):
    """The mean of each channel, as a map of one cell: C x 1 x 1."""

    word = "global_avg_pool"
    accepts = SINGLE
    aliases = ("GlobalAveragePool", *ranks("GlobalAveragePooling{}D"), "global_mean_pool", "gap")
    torch_layer = "nn.AdaptiveAvgPool"
    onnx_operator = "GlobalAveragePool"
    examples = (
        Example("global_avg_pool", ((4, 7, 7),)),
        Example("global_avg_pool", ((4, 7),)),
        Example("global_avg_pool", ((4, 3, 4, 5),)),
    )


class GlobalMaxPool(_GlobalPool):
    """The largest number of each channel, as a map of one cell: C x 1 x 1."""

    word = "global_max_pool"
    accepts = SINGLE
    aliases = ("GlobalMaxPool", *ranks("GlobalMaxPooling{}D"), "gmp")
    torch_layer = "nn.AdaptiveMaxPool"
    onnx_operator = "GlobalMaxPool"
    examples = (
        Example("global_max_pool", ((4, 7, 7),)),
        Example("global_max_pool", ((4, 7),)),
        Example("global_max_pool", ((4, 3, 4, 5),)),
    )
