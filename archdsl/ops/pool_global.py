"""Pools over whole maps, of any size."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.ops.aliases import ranks
from archdsl.ops.base import Emitter, Example, Operator, Shapes, TensorLayout, Trait
from archdsl.ops.geometry import spatial
from archdsl.ops.torch_form import Layer, TorchForm
from archdsl.shapes import Shape


class GlobalAvgPool(Operator):
    """The mean of each channel, as a map of one cell: C x 1 x 1."""

    word = "global_avg_pool"
    layout = TensorLayout.MAP
    aliases = ("GlobalAveragePool", *ranks("GlobalAveragePooling{}D"), "global_mean_pool", "gap")
    traits = Trait.OVERWRITABLE_OUTPUT
    examples = (
        Example("global_avg_pool", ((4, 7, 7),)),
        Example("global_avg_pool", ((4, 7),)),
        Example("global_avg_pool", ((4, 3, 4, 5),)),
    )

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        return (shape[0], *(1 for _ in spatial(shape, self.word)))

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer(f"nn.AdaptiveAvgPool{len(inputs[0]) - 1}d", {"output_size": 1})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("GlobalAveragePool", [values[0]])


class GlobalMaxPool(Operator):
    """The largest number of each channel, as a map of one cell: C x 1 x 1."""

    word = "global_max_pool"
    layout = TensorLayout.MAP
    aliases = ("GlobalMaxPool", *ranks("GlobalMaxPooling{}D"), "gmp")
    traits = Trait.OVERWRITABLE_OUTPUT
    examples = (
        Example("global_max_pool", ((4, 7, 7),)),
        Example("global_max_pool", ((4, 7),)),
        Example("global_max_pool", ((4, 3, 4, 5),)),
    )

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        return (shape[0], *(1 for _ in spatial(shape, self.word)))

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer(f"nn.AdaptiveMaxPool{len(inputs[0]) - 1}d", {"output_size": 1})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("GlobalMaxPool", [values[0]])
