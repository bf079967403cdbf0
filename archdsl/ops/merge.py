"""Merges: constructs whose branches' values become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.diagnostics import Code
from archdsl.ops.base import BRANCHES, Emitter, Example, Index, Operator, Shapes, TensorLayout, Trait
from archdsl.ops.branch_mismatch import BranchMismatch, branch_fixes, otherwise
from archdsl.ops.dimensions import position
from archdsl.ops.torch_form import Invoke, Operand, TorchForm
from archdsl.shapes import DTYPES, FLOATING, NUMBERS, Shape, text_of
from archdsl.sizes import Dim


class Concat(Operator):
    """Puts the branches' values one after the other, over the channels or another dimension."""

    word = "concat"
    layout = TensorLayout.KEPT
    aliases = ("Concat", "cat", "concatenate")
    argument_aliases = {"axis": "dim"}
    accepts = DTYPES
    operands = BRANCHES
    traits = Trait.OVERWRITABLE_OUTPUT | Trait.DATA_MOVEMENT
    examples = (
        Example("concat", ((4, 5, 6), (3, 5, 6))),
        Example("concat", ((4,), (3,), (1,))),
        Example("concat(dim=-1)", ((4, 5, 6), (4, 5, 2))),
        Example("concat(dim=2)", ((4, 5), (4, 1), (4, 3))),
        Example("concat", ((4, 5, 6),)),
    )

    dim: Annotated[Index, Field(description="the dimension that grows")] = 1

    def infer(self, inputs: Shapes) -> Shape:
        first = inputs[0]
        place = position(self.dim, first, self.word)
        total = first[place]
        for index, shape in enumerate(inputs[1:], 1):
            if len(shape) != len(first) or any(
                size != shape[at] for at, size in enumerate(first) if at != place
            ):
                raise self._mismatch(inputs, index, place)
            total = total + shape[place]
        return (*first[:place], total, *first[place + 1 :])

    def _mismatch(self, inputs: Shapes, index: int, place: int) -> BranchMismatch:
        first, other = inputs[0], inputs[index]
        free = "the channels" if place == 0 else f"dimension {place + 1}"
        return BranchMismatch(
            "concat-size-mismatch",
            self.word,
            f"cannot join {text_of(first)} and {text_of(other)}: all sizes but {free} have to be equal",
            index,
            branch_fixes(first, other, index, free=place),
            otherwise=otherwise(first, other),
        )

    def absorbs(self, inner: Operator, shape: Shape) -> bool:
        # Dimensions may be counted from either end; both values have the same rank.
        return isinstance(inner, Concat) and position(inner.dim, shape, self.word) == position(
            self.dim, shape, self.word
        )

    def to_torch(self, inputs: Shapes) -> TorchForm:
        operands = [Operand(index) for index in range(len(inputs))]
        return Invoke("torch.cat", (operands,), {"dim": position(self.dim, inputs[0], self.word) + 1})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        if len(values) == 1:
            return values[0]
        return emit.node("Concat", list(values), axis=position(self.dim, inputs[0], self.word) + 1)


class _Broadcasting(Operator):
    """A merge of values element by element, from left to right. A size of 1 meets any size."""

    layout = TensorLayout.KEPT
    operands = BRANCHES
    accepts = FLOATING | {"int32", "int64"}
    traits = Trait.BROADCASTS_BATCH
    torch_function: ClassVar[str]
    onnx_operator: ClassVar[str]
    mismatch: ClassVar[Code]
    """Its code for branches whose sizes do not meet."""

    def infer(self, inputs: Shapes) -> Shape:
        total = inputs[0]
        for index, shape in enumerate(inputs[1:], 1):
            if len(shape) != len(total):
                raise self._mismatch(inputs, index, total)
            sizes: list[Dim] = []
            for left, right in zip(total, shape, strict=True):
                if left != right and left != 1 and right != 1:
                    raise self._mismatch(inputs, index, total)
                sizes.append(right if left == 1 else left)
            total = tuple(sizes)
        return total

    def _mismatch(self, inputs: Shapes, index: int, total: Shape) -> BranchMismatch:
        return BranchMismatch(
            self.mismatch,
            self.word,
            f"needs equal sizes, or 1, but gets {text_of(total)} and {text_of(inputs[index])}",
            index,
            branch_fixes(total, inputs[index], index, ones_meet_all=True),
            otherwise=otherwise(total, inputs[index]),
        )

    def to_torch(self, inputs: Shapes) -> TorchForm:
        form: TorchForm = Operand(0)
        for index in range(1, len(inputs)):
            form = Invoke(self.torch_function, (form, Operand(index)))
        return form

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        total, *others = values
        for value in others:
            total = emit.node(self.onnx_operator, [total, value])
        return total


class Add(_Broadcasting):
    """The sum of the branches' values. A size of 1 meets any size."""

    word = "add"
    accepts = NUMBERS - {"uint8"}
    aliases = ("Add", "Sum")
    mismatch = "add-shape-mismatch"
    traits = Trait.OVERWRITABLE_OUTPUT | Trait.ADDS_VARIANCE | Trait.BROADCASTS_BATCH
    torch_function = "torch.add"
    onnx_operator = "Add"
    examples = (
        Example("add", ((4, 5, 6), (4, 5, 6))),
        Example("add", ((4,), (4,), (4,))),
        Example("add", ((4, 5),)),
        Example("add", ((4, 5, 6), (4, 1, 1))),
        Example("add", ((1, 5), (4, 1))),
    )

    def overwriting(self, inputs: Shapes, operand: int) -> TorchForm | None:
        # The sum of two is the same in either order; of more it is not, for rounding.
        if len(inputs) != 2 or inputs[operand] != self.infer(inputs):
            return None
        return Invoke(".add_", (Operand(operand), Operand(1 - operand)))


class Sub(_Broadcasting):
    """The first branch's value less those of all others. A size of 1 meets any size."""

    word = "sub"
    accepts = NUMBERS - {"uint8"}
    aliases = ("Sub", "Subtract", "subtract", "minus")
    mismatch = "sub-shape-mismatch"
    torch_function = "torch.sub"
    onnx_operator = "Sub"
    examples = (
        Example("sub", ((4, 5, 6), (4, 5, 6))),
        Example("sub", ((4,), (4,), (4,))),
        Example("sub", ((4, 5, 6), (4, 1, 1))),
    )


class Mul(_Broadcasting):
    """The product of the branches' values. A size of 1 meets any size, so that one number a channel
    (C x 1 x 1) weighs a map."""

    word = "mul"
    accepts = NUMBERS - {"uint8"}
    aliases = ("Mul", "multiply", "Product")
    mismatch = "mul-shape-mismatch"
    torch_function = "torch.mul"
    onnx_operator = "Mul"
    examples = (
        Example("mul", ((4, 5, 6), (4, 1, 1))),
        Example("mul", ((4, 5, 6), (4, 5, 6))),
        Example("mul", ((1, 5, 6), (4, 1, 1), (1, 1, 6))),
    )


class Div(_Broadcasting):
    """The first branch's value divided by those of all others. A size of 1 meets any size."""

    word = "div"
    aliases = ("Div", "divide", "true_divide")
    accepts = FLOATING
    mismatch = "div-shape-mismatch"
    torch_function = "torch.div"
    onnx_operator = "Div"
    examples = (
        Example("div", ((4, 5, 6), (4, 5, 6))),
        Example("div", ((4,), (4,), (4,))),
        Example("div", ((4, 5, 6), (4, 1, 1))),
    )


class Max(_Broadcasting):
    """The largest of the branches' values, element by element. A size of 1 meets any size."""

    word = "max"
    accepts = NUMBERS
    aliases = ("Max", "maximum")
    mismatch = "max-shape-mismatch"
    torch_function = "torch.maximum"
    onnx_operator = "Max"
    examples = (
        Example("max", ((4, 5, 6), (4, 5, 6))),
        Example("max", ((4,), (4,), (4,))),
        Example("max", ((4, 1, 6), (1, 5, 6))),
    )


class Min(_Broadcasting):
    """The smallest of the branches' values, element by element. A size of 1 meets any size."""

    word = "min"
    accepts = NUMBERS
    aliases = ("Min", "minimum")
    mismatch = "min-shape-mismatch"
    torch_function = "torch.minimum"
    onnx_operator = "Min"
    examples = (
        Example("min", ((4, 5, 6), (4, 5, 6))),
        Example("min", ((4,), (4,), (4,))),
        Example("min", ((4, 1, 6), (1, 5, 6))),
    )
