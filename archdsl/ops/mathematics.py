"""Functions of numbers, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change
from archdsl.ops.activation import Elementwise
from archdsl.ops.base import Emitter, Example, Number, Shapes
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm, in_place
from archdsl.ops.weight_init import OptionalNumber
from archdsl.shapes import SINGLE, Shape


class _NamedFunction(Elementwise):
    """A function that PyTorch and ONNX have under one name each."""

    torch_function: ClassVar[str]
    onnx_operator: ClassVar[str]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke(self.torch_function)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node(self.onnx_operator, [values[0]])


class Exp(_NamedFunction):
    """e to the power of x."""

    word = "exp"
    aliases = ("Exp", "exponential")
    torch_function = "torch.exp"
    onnx_operator = "Exp"
    examples = (Example("exp", ((4, 5, 6),)),)


class Log(_NamedFunction):
    """The natural logarithm of x; of numbers below 0 there is none (NaN)."""

    word = "log"
    aliases = ("Log",)
    torch_function = "torch.log"
    onnx_operator = "Log"
    examples = (Example("log", ((4, 5, 6),)),)


class Sqrt(_NamedFunction):
    """The square root of x; of numbers below 0 there is none (NaN)."""

    word = "sqrt"
    aliases = ("Sqrt", "square_root")
    torch_function = "torch.sqrt"
    onnx_operator = "Sqrt"
    examples = (Example("sqrt", ((4, 5, 6),)),)


class Erf(_NamedFunction):
    """The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x."""

    word = "erf"
    accepts = SINGLE
    aliases = ("Erf", "error_function")
    torch_function = "torch.erf"
    onnx_operator = "Erf"
    examples = (Example("erf", ((4, 5, 6),)),)


class Sin(_NamedFunction):
    """The sine of x, which is in radians."""

    word = "sin"
    aliases = ("Sin", "sine")
    torch_function = "torch.sin"
    onnx_operator = "Sin"
    examples = (Example("sin", ((4, 5, 6),)),)


class Cos(_NamedFunction):
    """The cosine of x, which is in radians."""

    word = "cos"
    aliases = ("Cos", "cosine")
    torch_function = "torch.cos"
    onnx_operator = "Cos"
    examples = (Example("cos", ((4, 5, 6),)),)


class Pow(Elementwise):
    """x to the power of a number; a fraction as the power of a number below 0 gives none (NaN)."""

    word = "pow"
    aliases = ("Pow", "power")
    examples = (
        Example("pow(2)", ((4, 5, 6),)),
        Example("pow(0.5)", ((4,),)),
        Example("pow(-1)", ((4, 5),)),
    )

    exponent: Annotated[Number, Field(description="the power")]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.pow", (Operand(0), self.exponent))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Pow", [values[0], emit.number(self.exponent)])


class Clip(Elementwise):
    """x, but no less than ``min`` and no more than ``max``, of which one may be left out."""

    word = "clip"
    aliases = ("Clip", "clamp", "relu_n")
    argument_aliases = {"min_value": "min", "max_value": "max", "a_min": "min", "a_max": "max"}
    examples = (
        Example("clip(-1, 1)", ((4, 5, 6),)),
        Example("clip(min=0.5)", ((4,),)),
        Example("clip(max=0)", ((4, 5),)),
    )

    min: Annotated[OptionalNumber, Field(description="the least that comes out")] = None
    max: Annotated[OptionalNumber, Field(description="the most that comes out")] = None

    def infer(self, inputs: Shapes) -> Shape:
        if self.min is None and self.max is None:
            raise OperatorError(
                "missing-argument",
                f"`{self.word}` needs `min`, `max` or both",
                label="no limit is given",
                changes=(change(min=0),),
                of_input=False,
            )
        return inputs[0]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        limits = {"min": self.min, "max": self.max}
        return Invoke(
            "torch.clamp", (Operand(0),), {name: at for name, at in limits.items() if at is not None}
        )

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        limits = ["" if at is None else emit.number(at) for at in (self.min, self.max)]
        return emit.node("Clip", [values[0], *limits] if limits[1] else [values[0], limits[0]])


class HardTanh(Elementwise):
    """x, but no less than ``min`` and no more than ``max``."""

    word = "hardtanh"
    aliases = ("Hardtanh", "hard_tanh")
    argument_aliases = {"min_val": "min", "max_val": "max", "min_value": "min", "max_value": "max"}
    examples = (Example("hardtanh", ((4, 5, 6),)), Example("hardtanh(-2, 0.5)", ((4,),)))

    min: Annotated[Number, Field(description="the least that comes out")] = -1.0
    max: Annotated[Number, Field(description="the most that comes out")] = 1.0

    def infer(self, inputs: Shapes) -> Shape:
        if self.min >= self.max:
            raise OperatorError(
                "wrong-argument",
                f"`{self.word}` goes from {self.min:g} to {self.max:g}, which is not above it",
                label=f"not above {self.min:g}",
                changes=(change(min=self.max - 1, max=self.max),),
                argument="max",
                of_input=False,
            )
        return inputs[0]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        limits = {"min_val": (self.min, -1.0), "max_val": (self.max, 1.0)}
        return Layer("nn.Hardtanh", {name: at for name, (at, usual) in limits.items() if at != usual})

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        return in_place(self.to_torch(inputs))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Clip", [values[0], emit.number(self.min), emit.number(self.max)])
