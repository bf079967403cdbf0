"""Activations that bend smoothly: exponential units and their kin, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.ops.activation import Elementwise
from archdsl.ops.base import Emitter, Example, Number, Positive, Shapes
from archdsl.ops.torch_form import Layer, TorchForm, in_place
from archdsl.shapes import FLOAT32, SINGLE, Shape


class Elu(Elementwise):
    """x, or alpha * (exp(x) - 1) where x is below 0 (Clevert et al. 2016)."""

    word = "elu"
    accepts = SINGLE
    aliases = ("ELU",)
    examples = (Example("elu", ((4, 5, 6),)), Example("elu(0.5)", ((4,),)), Example("elu(-1)", ((4, 5),)))

    alpha: Annotated[Number, Field(description="how far below 0 it goes")] = 1.0

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.ELU", {} if self.alpha == 1 else {"alpha": self.alpha})

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        # The gradient is known from the output's sign, which an alpha below 0 turns.
        return in_place(self.to_torch(inputs)) if self.alpha > 0 else None

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Elu", [values[0]], alpha=float(self.alpha))


class Selu(Elementwise):
    """1.0507 times `elu` with an alpha of 1.6733, by which layers keep mean 0 and variance 1 (Klambauer et al. 2017)."""

    word = "selu"
    accepts = SINGLE
    aliases = ("SELU",)
    examples = (Example("selu", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.SELU")

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        return in_place(self.to_torch(inputs))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Selu", [values[0]])


class Celu(Elementwise):
    """max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0), whose slope has no step at 0 (Barron 2017)."""

    word = "celu"
    accepts = FLOAT32
    aliases = ("CELU",)
    examples = (Example("celu", ((4, 5, 6),)), Example("celu(0.5)", ((4,),)))

    alpha: Annotated[Positive, Field(description="how far below 0 it goes")] = 1.0

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.CELU", {} if self.alpha == 1 else {"alpha": self.alpha})

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        return in_place(self.to_torch(inputs))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Celu", [values[0]], alpha=float(self.alpha))


class Softplus(Elementwise):
    """log(1 + exp(beta * x)) / beta, a smooth `relu`."""

    word = "softplus"
    accepts = SINGLE
    aliases = ("Softplus",)
    examples = (Example("softplus", ((4, 5, 6),)), Example("softplus(2)", ((4,),)))

    beta: Annotated[Positive, Field(description="how sharply it bends")] = 1.0

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Softplus", {} if self.beta == 1 else {"beta": self.beta})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (value,) = values
        if self.beta == 1:
            return emit.node("Softplus", [value])
        beta = emit.number(self.beta)
        return emit.node("Div", [emit.node("Softplus", [emit.node("Mul", [value, beta])]), beta])


class Mish(Elementwise):
    """x * tanh(softplus(x)) (Misra 2019)."""

    word = "mish"
    accepts = SINGLE
    aliases = ("Mish",)
    examples = (Example("mish", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Mish")

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (value,) = values
        if emit.opset >= 18:
            return emit.node("Mish", [value])
        return emit.node("Mul", [value, emit.node("Tanh", [emit.node("Softplus", [value])])])


class Softsign(Elementwise):
    """x / (1 + abs(x))."""

    word = "softsign"
    accepts = SINGLE
    aliases = ("Softsign",)
    examples = (Example("softsign", ((4, 5, 6),)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Softsign")

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Softsign", [values[0]])
