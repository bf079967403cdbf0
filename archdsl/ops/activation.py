"""Activations, element by element."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from archdsl.ops.base import (
    Emitter,
    Example,
    Expects,
    Flag,
    Number,
    Operator,
    Parameter,
    Shapes,
    TensorLayout,
)
from archdsl.ops.dimensions import known_channels
from archdsl.ops.initializers import Constant
from archdsl.ops.onnx_form import per_channel
from archdsl.ops.torch_form import Invoke, Layer, TorchForm, in_place
from archdsl.shapes import FLOAT32, NUMBERS, SINGLE, Shape


class Elementwise(Operator):
    """An operator whose output has the shape of its input."""

    layout = TensorLayout.KEPT

    def infer(self, inputs: Shapes) -> Shape:
        return inputs[0]


class Relu(Elementwise):
    """max(x, 0)."""

    word = "relu"
    aliases = ("ReLU",)
    examples = (Example("relu", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.ReLU")

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        return in_place(self.to_torch(inputs))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Relu", [values[0]])


class Relu6(Elementwise):
    """min(max(x, 0), 6)."""

    word = "relu6"
    aliases = ("ReLU6",)
    examples = (Example("relu6", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.ReLU6")

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        return in_place(self.to_torch(inputs))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Clip", [values[0], emit.number(0.0), emit.number(6.0)])


class LeakyRelu(Elementwise):
    """x, or slope * x where x is below 0."""

    word = "leaky_relu"
    accepts = SINGLE
    aliases = ("LeakyReLU", "lrelu")
    argument_aliases = {"negative_slope": "slope", "alpha": "slope"}
    examples = (
        Example("leaky_relu(0.2)", ((4, 5, 6),)),
        Example("leaky_relu", ((4,),)),
    )

    slope: Annotated[Number, Field(description="slope below 0")] = 0.01

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.LeakyReLU", {"negative_slope": self.slope})

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        # The gradient is known from the output's sign, which a slope below 0 turns.
        return in_place(self.to_torch(inputs)) if self.slope > 0 else None

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("LeakyRelu", [values[0]], alpha=self.slope)


class Prelu(Elementwise):
    """x, or a * x where x is below 0, with a trained, one for all channels or one for each
    (He et al. 2015)."""

    word = "prelu"
    accepts = FLOAT32
    aliases = ("PReLU",)
    argument_aliases = {"init": "slope"}
    examples = (
        Example("prelu", ((4, 5, 6),)),
        Example("prelu(per_channel=true)", ((4, 5, 6),)),
        Example("prelu(per_channel=true, slope=0.1)", ((4,),)),
        Example("prelu(per_channel=true)", ((4, 3, 4, 5),)),
    )

    per_channel: Annotated[Flag, Field(description="whether each channel has its own slope")] = False
    slope: Annotated[Number, Field(description="slope before training")] = 0.25

    def infer(self, inputs: Shapes) -> Shape:
        self._count(inputs)
        return inputs[0]

    def _count(self, inputs: Shapes) -> int:
        return known_channels(inputs[0], self.word) if self.per_channel else 1

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        return (Parameter("weight", (self._count(inputs),), Constant(self.slope, "slope")),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        keywords: dict[str, object] = {"num_parameters": self._count(inputs)}
        if self.slope != 0.25:
            keywords["init"] = self.slope
        return Layer("nn.PReLU", keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("PRelu", [values[0], per_channel(emit, "weight", len(inputs[0]) - 1)])


class Sigmoid(Elementwise):
    """1 / (1 + exp(-x))."""

    word = "sigmoid"
    aliases = ("Sigmoid", "logistic")
    examples = (Example("sigmoid", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Sigmoid")

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Sigmoid", [values[0]])


class HardSigmoid(Elementwise):
    """min(max(x / 6 + 1 / 2, 0), 1)."""

    word = "hardsigmoid"
    accepts = SINGLE
    aliases = ("Hardsigmoid", "h_sigmoid")
    examples = (Example("hardsigmoid", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Hardsigmoid")

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        return in_place(self.to_torch(inputs))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return hard_sigmoid(emit, values[0])


def hard_sigmoid(emit: Emitter, value: str) -> str:
    """ONNX's own slope is 0.2, PyTorch's is 1/6."""
    return emit.node("HardSigmoid", [value], alpha=1 / 6, beta=0.5)


class Tanh(Elementwise):
    """Hyperbolic tangent."""

    word = "tanh"
    aliases = ("Tanh",)
    examples = (Example("tanh", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Tanh")

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Tanh", [values[0]])


class Gelu(Elementwise):
    """Gaussian error linear unit, x * Phi(x) (Hendrycks & Gimpel 2016).

    With ``approximate=tanh``: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).
    """

    word = "gelu"
    accepts = SINGLE
    aliases = ("GELU",)
    examples = (
        Example("gelu", ((4, 5, 6),)),
        Example("gelu(approximate=tanh)", ((4, 5, 6),)),
    )

    approximate: Annotated[
        Literal["exact", "tanh"], Expects("`exact` or `tanh`"), Field(description="the formula")
    ] = "exact"

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.GELU", {} if self.approximate == "exact" else {"approximate": "tanh"})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (value,) = values
        if emit.opset >= 20:
            return emit.node("Gelu", [value], approximate="none" if self.approximate == "exact" else "tanh")
        if self.approximate == "exact":
            # Phi(x) = (1 + erf(x / sqrt(2))) / 2
            curve = emit.node("Erf", [emit.node("Mul", [value, emit.number(math.sqrt(0.5))])])
        else:
            cubic = emit.node("Mul", [emit.node("Mul", [value, value]), emit.number(0.044715)])
            inner = emit.node("Mul", [value, emit.node("Add", [cubic, emit.number(1.0)])])
            curve = emit.node("Tanh", [emit.node("Mul", [inner, emit.number(math.sqrt(2 / math.pi))])])
        half = emit.node("Mul", [value, emit.number(0.5)])
        return emit.node("Mul", [half, emit.node("Add", [curve, emit.number(1.0)])])


class Silu(Elementwise):
    """Sigmoid linear unit, also called swish: x * sigmoid(x)."""

    word = "silu"
    aliases = ("SiLU", "swish", "swish1")
    examples = (Example("silu", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.SiLU")

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        return in_place(self.to_torch(inputs))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Mul", [values[0], emit.node("Sigmoid", [values[0]])])


class HardSwish(Elementwise):
    """x * hardsigmoid(x) (Howard et al. 2019)."""

    word = "hardswish"
    accepts = SINGLE
    aliases = ("Hardswish", "h_swish", "hard_silu")
    examples = (Example("hardswish", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Hardswish")

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        return in_place(self.to_torch(inputs))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        if emit.opset >= 14:
            return emit.node("HardSwish", [values[0]])
        return emit.node("Mul", [values[0], hard_sigmoid(emit, values[0])])


class Abs(Elementwise):
    """Absolute value."""

    word = "abs"
    accepts = NUMBERS
    aliases = ("Abs", "absolute")
    examples = (Example("abs", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.abs")

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Abs", [values[0]])
