"""Sources: operators that no value flows into. What they make is the same for all samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change, without
from archdsl.ops.base import Counts, Emitter, Example, Expects, Finite, Flag, Operator, Parameter, Shapes
from archdsl.ops.initializers import Constant, Initialiser, Normal, TruncatedNormal
from archdsl.ops.onnx_form import unsqueeze
from archdsl.ops.torch_form import Invoke, TorchForm, Weight
from archdsl.ops.weight_init import Deviation
from archdsl.shapes import Shape


class TrainedTensor(Operator):
    """A trained tensor that the design owns, such as a class token or a position embedding.

    It bears the name of its step. It is stored with a leading 1 for the batch, which meets any batch, or, with
    ``batch=false``, as it is written.
    """

    word = "parameter"
    aliases = ("Parameter", "class_token", "cls_token", "trained_tensor", "add_weight")
    operands = ()
    variadic = "shape"
    examples = (
        Example("parameter(1, 6)", ()),
        Example("parameter(4, 6, init=normal, std=0.02)", ()),
        Example("parameter(3, 1, 1, init=ones)", ()),
        Example("parameter(5, init=trunc_normal, batch=false)", ()),
        Example("parameter(2, 1, init=2.5, batch=false)", ()),
    )

    shape: Annotated[Counts, Field(description="the sizes, without the batch")]
    init: Annotated[
        Literal["zeros", "ones", "normal", "trunc_normal"] | Finite,
        Expects("`zeros`, `ones`, `normal`, `trunc_normal` or a number"),
        Field(description="what it holds before training"),
    ] = "zeros"
    std: Annotated[
        Deviation, Field(description="the deviation of the normal distributions, 1 unless given")
    ] = None
    batch: Annotated[Flag, Field(description="whether it is stored with a leading 1 for the batch")] = True

    def infer(self, inputs: Shapes) -> Shape:
        if self.std is not None and self.init not in ("normal", "trunc_normal"):
            raise OperatorError(
                "wrong-argument",
                f"`{self.word}` is filled with {self.init}, without a deviation",
                label="goes with a normal distribution",
                changes=(change(init="normal"), without("std")),
                argument="std",
                of_input=False,
            )
        return self.shape

    def _initialiser(self) -> Initialiser:
        deviation = 1.0 if self.std is None else self.std
        if self.init == "normal":
            return Normal(deviation)
        if self.init == "trunc_normal":
            return TruncatedNormal(deviation)
        if isinstance(self.init, str):
            return Constant(0.0 if self.init == "zeros" else 1.0)
        return Constant(float(self.init), "init")

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        return (Parameter("", (1, *self.shape) if self.batch else self.shape, self._initialiser()),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Weight("") if self.batch else Invoke(".unsqueeze", (Weight(""), 0))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        stored = emit.parameter("")
        return stored if self.batch else unsqueeze(emit, stored, 0)
