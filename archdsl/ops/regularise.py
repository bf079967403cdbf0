"""Operators that act in training only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.ops.activation import Elementwise
from archdsl.ops.base import Emitter, Example, Probability, Shapes
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.shapes import Shape


class _TrainingOnly(Elementwise):
    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return values[0]


class Dropout(_TrainingOnly):
    """In training each number is dropped with probability ``rate`` and the rest scaled up."""

    word = "dropout"
    aliases = ("Dropout",)
    argument_aliases = {"p": "rate"}
    examples = (
        Example("dropout(0.5)", ((84,),)),
        Example("dropout", ((4, 5, 6),)),
    )

    rate: Annotated[Probability, Field(description="probability to be dropped")] = 0.5

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Dropout", {"p": self.rate})


class StochasticDepth(_TrainingOnly):
    """In training the value of a whole sample is dropped with probability ``rate`` and the rest
    scaled up: at the end of a residual branch the block is skipped (Huang et al. 2016)."""

    word = "stochastic_depth"
    aliases = ("drop_path", "drop_connect")
    argument_aliases = {"p": "rate", "drop_prob": "rate"}
    examples = (
        Example("stochastic_depth(0.1)", ((4, 5, 6),)),
        Example("stochastic_depth(0)", ((4,),)),
    )

    rate: Annotated[Probability, Field(description="probability to be dropped")]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        # x * dropout(ones), with a single one for each sample.
        ones = (1,) * len(inputs[0])
        chosen = Invoke(".new_ones", (Operand(0), Invoke(".size", (Operand(0), 0)), *ones))
        return Invoke("torch.mul", (Operand(0), Invoke(Layer("nn.Dropout", {"p": self.rate}), (chosen,))))
