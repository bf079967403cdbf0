"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import before_it
from archdsl.ops.base import Count, Emitter, Example, Flag, Operator, Parameter, Shapes, Trait
from archdsl.ops.dimensions import known_features
from archdsl.ops.initializers import Constant, Normal
from archdsl.ops.torch_form import Layer, TorchForm
from archdsl.ops.weight_init import (
    BIAS_INIT,
    INIT,
    STD,
    Deviation,
    InitAttributes,
    OptionalNumber,
    Scheme,
    check_bias_init,
    weight_and_bias,
)
from archdsl.shapes import FLOAT32, Shape, element_count, text_of


class Linear(Operator):
    """Fully connected layer: y = W x + b, on the last dimension."""

    word = "linear"
    accepts = FLOAT32
    aliases = ("Linear", "fc", "fully_connected", "Gemm", "inner_product")
    argument_aliases = {"out_features": "out", "units": "out", "use_bias": "bias"}
    traits = Trait.OVERWRITABLE_OUTPUT
    torch_only_arguments = {"in_features": 0}
    examples = (
        Example("linear(10)", ((84,),)),
        Example("linear(10, bias=false)", ((84,),)),
        Example("linear(6)", ((5, 8),)),
        Example("linear(6, bias=false)", ((3, 3, 8),)),
        Example("linear(6)", ((2, 3, 5, 8),)),
    )

    out: Annotated[Count, Field(description="output features")]
    bias: Annotated[Flag, Field(description="whether a bias is added")] = True
    init: Annotated[Scheme, Field(description=INIT)] = None
    std: Annotated[Deviation, Field(description=STD)] = None
    bias_init: Annotated[OptionalNumber, Field(description=BIAS_INIT)] = None

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        check_bias_init(self.word, self.bias, self.bias_init)
        known_features(shape, self.word)
        return (*shape[:-1], self.out)

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        features = known_features(inputs[0], self.word)
        return weight_and_bias(
            (self.out, features),
            features,
            self.out if self.bias else 0,
            # Krizhevsky et al. 2012, and the fully connected layers of nearly all who followed. Most of
            # torchvision's networks leave theirs as PyTorch fills them; the others write `std=0.01`.
            {"paper": (Normal(0.01), Constant(0.0))},
            InitAttributes(self.init, self.std, self.bias_init),
        )

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return (element_count(inputs[0]) or 0) * self.out

    def check_map(self, shape: Shape) -> OperatorError | None:
        return OperatorError(
            "linear-on-map",
            f"`{self.word}` acts on the last dimension of a map of {text_of(shape)}, so on its rows of "
            f"{shape[-1]}",
            label=f"gets {text_of(shape)}, whose last dimension is not its channels",
            changes=(before_it("flatten", " if the whole map is meant"),),
        )

    def to_torch(self, inputs: Shapes) -> TorchForm:
        keywords: dict[str, object] = {"in_features": inputs[0][-1], "out_features": self.out}
        if not self.bias:
            keywords["bias"] = False
        return Layer("nn.Linear", keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        weight = emit.parameter("weight")
        if len(inputs[0]) == 1:
            tensors = [values[0], weight]
            if self.bias:
                tensors.append(emit.parameter("bias"))
            return emit.node("Gemm", tensors, transB=1)
        product = emit.node("MatMul", [values[0], emit.node("Transpose", [weight], perm=[1, 0])])
        if not self.bias:
            return product
        return emit.node("Add", [product, emit.parameter("bias")])
