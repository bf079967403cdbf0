"""Operators that pick: by indices, by a table, by a condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import before_it
from archdsl.ops.base import (
    Count,
    Emitter,
    Example,
    Index,
    OperandSpec,
    Operator,
    Parameter,
    Shapes,
    TensorLayout,
    Trait,
)
from archdsl.ops.dimensions import position, product
from archdsl.ops.initializers import Normal
from archdsl.ops.onnx_form import unsqueeze
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.shapes import DTYPES, INTEGERS, DType, Shape, text_of
from archdsl.sizes import Dim


class Gather(Operator):
    """The parts along a dimension that an index names, in its order: x[index] for dimension 1.

    The index has any shape, which takes the place of the dimension. A number below 0 or past the end stops the
    network while it runs.
    """

    word = "gather"
    layout = TensorLayout.OTHER
    aliases = ("Gather", "index_select", "take", "take_along_dim")
    argument_aliases = {"axis": "dim"}
    accepts = DTYPES
    operands = (OperandSpec("input"), OperandSpec("index"))
    examples = (
        Example("gather(from(index))", ((5, 3), (4,)), ("float32", "int64")),
        Example("gather(from(index))", ((6,), (2, 3)), ("float32", "int64")),
        Example("gather(from(index), dim=2)", ((2, 5, 3), (2, 2)), ("float32", "int64")),
        Example("gather(from(index), dim=-1)", ((2, 5), (7,)), ("uint8", "int64")),
        Example("gather(from(index))", ((5, 2, 3), (1,)), ("bool", "int64")),
    )

    dim: Annotated[Index, Field(description="the dimension that is picked from")] = 1

    def infer(self, inputs: Shapes) -> Shape:
        shape, index = inputs
        place = position(self.dim, shape, self.word)
        return (*shape[:place], *index, *shape[place + 1 :])

    def infer_dtype(self, dtypes: tuple[DType, ...]) -> DType:
        value, index = dtypes
        if index != "int64":
            raise OperatorError(
                "wrong-dtype",
                f"`{self.word}` needs an index of `int64`, but gets one of `{index}`",
                label=f"the index is of `{index}`",
                otherwise="end the index with `cast(int64)`, or write `dtype=int64` in its `constant`",
            )
        return value

    def to_torch(self, inputs: Shapes) -> TorchForm:
        shape, index = inputs
        place = position(self.dim, shape, self.word)
        others = (*shape[:place], *shape[place + 1 :])
        value: TorchForm = Operand(0)
        if place:
            value = Invoke(".movedim", (value, place + 1, 1))
        flat: TorchForm = Operand(1)
        if len(index) > 1 or others:
            flat = Invoke(".reshape", (flat, -1, product(index), *[1] * len(others)))
        if others:
            flat = Invoke(".expand", (flat, -1, -1, *others))
        found = Invoke(".gather", (value, 1, flat))
        if place:
            found = Invoke(".movedim", (found, 1, place + 1))
        if len(index) > 1:
            found = Invoke("torch.unflatten", (found, place + 1, tuple(index)))
        return found

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        value, index = values
        shape, index_shape = inputs
        place = position(self.dim, shape, self.word)
        rank, added = len(shape), len(index_shape)
        if place:
            value = emit.node("Transpose", [value], perm=_moved(rank + 1, place + 1, 1, 1))
        found = emit.node("GatherND", [value, unsqueeze(emit, index, added + 1)], batch_dims=1)
        if not place:
            return found
        return emit.node("Transpose", [found], perm=_moved(rank + added, 1, place + 1, added))


def _moved(rank: int, source: int, target: int, count: int) -> list[int]:
    """The order of dimensions in which so many of them in a row stand at another place."""
    moved = list(range(source, source + count))
    rest = [dim for dim in range(rank) if dim not in moved]
    return [*rest[:target], *moved, *rest[target:]]


class Embedding(Operator):
    """The row of a trained table for each number: from indices to features."""

    word = "embedding"
    aliases = ("Embedding", "lookup", "embedding_lookup")
    argument_aliases = {
        "num_embeddings": "count", "embedding_dim": "out", "input_dim": "count", "output_dim": "out",
    }  # fmt: skip
    accepts = INTEGERS
    examples = (
        Example("embedding(10, 4)", ((5,),), ("int64",)),
        Example("embedding(7, 3)", ((2, 5),), ("int32",)),
    )

    count: Annotated[Count, Field(description="the rows of the table: numbers run from 0 to one less")]
    out: Annotated[Count, Field(description="the features of a row")]

    def infer(self, inputs: Shapes) -> Shape:
        return (*inputs[0], self.out)

    def infer_dtype(self, dtypes: tuple[DType, ...]) -> DType:
        super().infer_dtype(dtypes)
        return "float32"

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        return (Parameter("weight", (self.count, self.out), Normal(1.0)),)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.Embedding", {"num_embeddings": self.count, "embedding_dim": self.out})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Gather", [emit.parameter("weight"), values[0]], axis=0)


class Where(Operator):
    """One value where a condition holds, and another where it does not; sizes of 1 meet any size.

    What flows in is the condition, of ``bool``.
    """

    word = "where"
    layout = TensorLayout.KEPT
    aliases = ("Where", "select", "cond")
    accepts = DTYPES
    operands = (OperandSpec("input"), OperandSpec("then"), OperandSpec("other"))
    traits = Trait.BROADCASTS_BATCH
    examples = (
        Example("where(from(then), from(other))", ((4, 5), (4, 5), (4, 5)), ("bool", "float32", "float32")),
        Example("where(from(then), from(other))", ((4, 1), (4, 5), (1, 5)), ("bool", "int64", "int64")),
    )

    def infer(self, inputs: Shapes) -> Shape:
        sizes: list[Dim] = []
        if len({len(shape) for shape in inputs}) > 1:
            raise self._mismatch(inputs)
        for each in zip(*inputs, strict=True):
            wide = [size for size in each if size != 1]
            if any(size != wide[0] for size in wide):
                raise self._mismatch(inputs)
            sizes.append(wide[0] if wide else 1)
        return tuple(sizes)

    def _mismatch(self, inputs: Shapes) -> OperatorError:
        condition, then, other = map(text_of, inputs)
        return OperatorError(
            "where-shape-mismatch",
            f"`{self.word}` needs equal sizes, or 1, but gets {condition}, {then} and {other}",
            label="the sizes do not meet",
            otherwise="end one of them with a `reshape` that gives it a 1 for each size along which it is the same",
        )

    def infer_dtype(self, dtypes: tuple[DType, ...]) -> DType:
        condition, *values = dtypes
        if condition != "bool":
            raise OperatorError(
                "wrong-dtype",
                f"the condition of `{self.word}` is of `bool`, but gets `{condition}`",
                label=f"the value is of `{condition}`",
                changes=(before_it("cast(bool)"),),
            )
        return super().infer_dtype(tuple(values))

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.where", (Operand(0), Operand(1), Operand(2)))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Where", list(values))
