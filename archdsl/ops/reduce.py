"""Reductions: many numbers become one, over dimensions of one's choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change
from archdsl.ops.base import Emitter, Example, Expects, Flag, Operator, Shapes, TensorLayout
from archdsl.ops.dimensions import position
from archdsl.ops.onnx_form import reduce
from archdsl.ops.torch_form import Invoke, Operand, TorchForm
from archdsl.shapes import FLOATING, NUMBERS, Shape

Dimensions = Annotated[
    int | Annotated[tuple[int, ...], Field(min_length=1)], Expects("a whole number, or a list of them")
]


class _Reduction(Operator):
    """One number in place of all those along some dimensions."""

    layout = TensorLayout.OTHER
    argument_aliases = {"axis": "dim", "axes": "dim", "keepdim": "keep", "keepdims": "keep"}
    torch_function: ClassVar[str]
    onnx_operator: ClassVar[str]

    dim: Annotated[
        Dimensions, Field(description="the dimensions that are reduced, counted as PyTorch counts them")
    ]
    keep: Annotated[Flag, Field(description="whether they stay, with a size of 1")] = False

    def _places(self, shape: Shape) -> tuple[int, ...]:
        """Where the reduced dimensions stand in a shape without the batch, in order."""
        dims = self.dim if isinstance(self.dim, tuple) else (self.dim,)
        places = [position(dim, shape, self.word) for dim in dims]
        once = tuple(sorted(set(places)))
        if len(once) != len(places):
            raise OperatorError(
                "no-such-dimension",
                f"`{self.word}` names a dimension twice",
                label="a dimension twice",
                changes=(change(dim=[place + 1 for place in once] if len(once) > 1 else once[0] + 1),),
                argument="dim",
            )
        return once

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        places = self._places(shape)
        if self.keep:
            return tuple([1 if at in places else size for at, size in enumerate(shape)])
        return tuple([size for at, size in enumerate(shape) if at not in places])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        keywords: dict[str, object] = {"dim": tuple([place + 1 for place in self._places(inputs[0])])}
        if self.keep:
            keywords["keepdim"] = True
        return Invoke(self.torch_function, (Operand(0),), keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        axes = [place + 1 for place in self._places(inputs[0])]
        return reduce(emit, self.onnx_operator, values[0], axes, keep=self.keep)


class ReduceMean(_Reduction):
    """The mean over some dimensions."""

    word = "reduce_mean"
    aliases = ("ReduceMean", "mean")
    torch_function = "torch.mean"
    onnx_operator = "ReduceMean"
    examples = (
        Example("reduce_mean(2)", ((4, 5, 6),)),
        Example("reduce_mean([2, -1], keep=true)", ((4, 5, 6),)),
        Example("reduce_mean(1)", ((4, 5),)),
        Example("reduce_mean(-1, keep=true)", ((4,),)),
    )


class ReduceSum(_Reduction):
    """The sum over some dimensions."""

    word = "reduce_sum"
    accepts = FLOATING | {"int64"}
    aliases = ("ReduceSum",)
    torch_function = "torch.sum"
    onnx_operator = "ReduceSum"
    examples = (
        Example("reduce_sum(2)", ((4, 5, 6),)),
        Example("reduce_sum([2, -1], keep=true)", ((4, 5, 6),)),
        Example("reduce_sum(1)", ((4, 5),)),
        Example("reduce_sum(-1, keep=true)", ((4,),)),
    )


class ReduceMax(_Reduction):
    """The largest number over some dimensions."""

    word = "reduce_max"
    accepts = NUMBERS
    aliases = ("ReduceMax", "amax")
    torch_function = "torch.amax"
    onnx_operator = "ReduceMax"
    examples = (
        Example("reduce_max(2)", ((4, 5, 6),)),
        Example("reduce_max([2, -1], keep=true)", ((4, 5, 6),)),
        Example("reduce_max(1)", ((4, 5),)),
        Example("reduce_max(-1, keep=true)", ((4,),)),
    )


class ReduceMin(_Reduction):
    """The smallest number over some dimensions."""

    word = "reduce_min"
    accepts = NUMBERS
    aliases = ("ReduceMin", "amin")
    torch_function = "torch.amin"
    onnx_operator = "ReduceMin"
    examples = (
        Example("reduce_min(2)", ((4, 5, 6),)),
        Example("reduce_min([2, -1], keep=true)", ((4, 5, 6),)),
        Example("reduce_min(1)", ((4, 5),)),
        Example("reduce_min(-1, keep=true)", ((4,),)),
    )
