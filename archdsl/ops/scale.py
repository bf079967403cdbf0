"""Scaling, and the operator that does nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.ops.activation import Elementwise
from archdsl.ops.base import Emitter, Example, Number, Parameter, Shapes
from archdsl.ops.dimensions import known_channels
from archdsl.ops.initializers import Constant
from archdsl.ops.torch_form import Invoke, Operand, TorchForm, Weight
from archdsl.shapes import DTYPES, FLOAT32, Shape


class Scale(Elementwise):
    """factor * x, with a fixed factor."""

    word = "scale"
    aliases = ("mul_constant",)
    examples = (
        Example("scale(0.17)", ((4, 5, 6),)),
        Example("scale(-1)", ((4,),)),
    )

    factor: Annotated[Number, Field(description="the factor")]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.mul", (Operand(0), self.factor))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Mul", [values[0], emit.number(self.factor)])


class LayerScale(Elementwise):
    """A trained factor for each channel, near zero at first (Touvron et al. 2021).

    Its parameter bears the name of the step.
    """

    word = "layer_scale"
    accepts = FLOAT32
    aliases = ("LayerScale",)
    argument_aliases = {"init_values": "start"}
    examples = (
        Example("layer_scale(1e-6)", ((4, 5, 6),)),
        Example("layer_scale(1)", ((4,),)),
        Example("layer_scale(1e-6)", ((4, 5),)),
    )

    start: Annotated[Number, Field(description="the factors before training")]

    def infer(self, inputs: Shapes) -> Shape:
        known_channels(inputs[0], self.word)
        return inputs[0]

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        (shape,) = inputs
        ones = (1,) * (len(shape) - 1)
        return (Parameter("", (known_channels(shape, self.word), *ones), Constant(self.start, "start")),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.mul", (Operand(0), Weight("")))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Mul", [values[0], emit.parameter("")])


class Identity(Elementwise):
    """The value itself; as an argument, the absent block."""

    word = "identity"
    aliases = ("Identity", "nothing", "noop", "no_op")
    accepts = DTYPES
    examples = (Example("identity", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Operand(0)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return values[0]
