"""Softmax, and gates: activations that look along a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import before_it
from archdsl.ops.base import Emitter, Example, Index, Operator, Shapes, TensorLayout
from archdsl.ops.dimensions import position
from archdsl.ops.torch_form import Layer, TorchForm
from archdsl.shapes import Shape, text_of


class _OverDimension(Operator):
    """A value whose exponentials are compared along a dimension."""

    layout = TensorLayout.KEPT
    argument_aliases = {"axis": "dim"}
    torch_layer: ClassVar[str]
    onnx_operator: ClassVar[str]

    dim: Annotated[Index, Field(description="the dimension whose exponentials are shares of their sum")] = 1

    def infer(self, inputs: Shapes) -> Shape:
        position(self.dim, inputs[0], self.word)
        return inputs[0]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer(self.torch_layer, {"dim": position(self.dim, inputs[0], self.word) + 1})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node(self.onnx_operator, [values[0]], axis=position(self.dim, inputs[0], self.word) + 1)


class Softmax(_OverDimension):
    """exp(x) / sum(exp(x)) over the channels, or over another dimension."""

    word = "softmax"
    aliases = ("Softmax", "Softmax2d")
    torch_layer = "nn.Softmax"
    onnx_operator = "Softmax"
    examples = (
        Example("softmax", ((10,),)),
        Example("softmax", ((4, 5, 6),)),
        Example("softmax(dim=-1)", ((4, 5, 6),)),
    )


class LogSoftmax(_OverDimension):
    """The logarithm of `softmax`, computed without its small numbers."""

    word = "log_softmax"
    aliases = ("LogSoftmax",)
    torch_layer = "nn.LogSoftmax"
    onnx_operator = "LogSoftmax"
    examples = (
        Example("log_softmax", ((10,),)),
        Example("log_softmax", ((4, 5, 6),)),
        Example("log_softmax(dim=-1)", ((4, 5, 6),)),
    )


class Glu(Operator):
    """a * sigmoid(b), where a and b are the halves of the channels, or of another dimension (Dauphin et al. 2017)."""

    word = "glu"
    layout = TensorLayout.KEPT
    aliases = ("GLU", "gated_linear_unit")
    argument_aliases = {"axis": "dim"}
    examples = (
        Example("glu", ((4, 5, 6),)),
        Example("glu", ((8,),)),
        Example("glu(dim=-1)", ((4, 5, 6),)),
    )

    dim: Annotated[Index, Field(description="the dimension that is halved")] = 1

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        place = position(self.dim, shape, self.word)
        size = shape[place]
        if 2 * (size // 2) != size:
            raise OperatorError(
                "odd-size",
                f"`{self.word}` halves dimension {place + 1} of its input {text_of(shape)}, which is {size}",
                label=f"{size} has no halves",
                changes=(before_it(f"conv({2 * shape[0]}, 1)", ", which makes twice as many channels"),)
                if place == 0 and len(shape) > 1
                else (),
                otherwise="an even size",
            )
        return (*shape[:place], size // 2, *shape[place + 1 :])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.GLU", {"dim": position(self.dim, inputs[0], self.word) + 1})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        place = position(self.dim, inputs[0], self.word)
        half = output[place]
        value, gate = emit.nodes("Split", [values[0], emit.integers(half, half)], 2, axis=place + 1)
        return emit.node("Mul", [value, emit.node("Sigmoid", [gate])])
