"""Normalisation by the root mean square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.ops.base import Emitter, Example, Expects, Flag, Operator, Parameter, Shapes, TensorLayout
from archdsl.ops.dimensions import known_features
from archdsl.ops.initializers import Constant
from archdsl.ops.onnx_form import reduce
from archdsl.ops.torch_form import Layer, TorchForm
from archdsl.shapes import FLOAT32, Shape

MACHINE_EPSILON = 2.0**-23
"""Of float32, which PyTorch takes where no epsilon is given."""


class RmsNorm(Operator):
    """x / sqrt(mean(x * x) + eps) * weight, over the last dimension (Zhang and Sennrich 2019)."""

    word = "rms_norm"
    accepts = FLOAT32
    layout = TensorLayout.KEPT
    aliases = ("RMSNorm", "RMSNormalization", "SimplifiedLayerNormalization")
    argument_aliases = {"elementwise_affine": "affine", "epsilon": "eps"}
    torch_only_arguments = {"normalized_shape": 0}
    examples = (
        Example("rms_norm", ((5, 8),)),
        Example("rms_norm(eps=1e-6)", ((8,),)),
        Example("rms_norm(affine=false)", ((3, 5, 8),)),
    )

    eps: Annotated[
        Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] | None,
        Expects("a small number between 0 and 1, such as 1e-5"),
        Field(description="what is added to the mean of the squares; the machine's epsilon unless given"),
    ] = None
    affine: Annotated[Flag, Field(description="whether a weight is trained")] = True

    def infer(self, inputs: Shapes) -> Shape:
        known_features(inputs[0], self.word)
        return inputs[0]

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        return (
            (Parameter("weight", (known_features(inputs[0], self.word),), Constant(1.0)),)
            if self.affine
            else ()
        )

    def to_torch(self, inputs: Shapes) -> TorchForm:
        keywords: dict[str, object] = {"normalized_shape": inputs[0][-1]}
        if self.eps is not None:
            keywords["eps"] = self.eps
        if not self.affine:
            keywords["elementwise_affine"] = False
        return Layer("nn.RMSNorm", keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (value,) = values
        mean = reduce(emit, "ReduceMean", emit.node("Mul", [value, value]), [len(output)])
        epsilon = emit.number(MACHINE_EPSILON if self.eps is None else self.eps)
        normed = emit.node("Div", [value, emit.node("Sqrt", [emit.node("Add", [mean, epsilon])])])
        return emit.node("Mul", [normed, emit.parameter("weight")]) if self.affine else normed
