"""Merges: constructs whose branches' values become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from archdsl.diagnostics import Refusal
from archdsl.ops.base import Emitter, Example, Index, Operator, Shapes
from archdsl.ops.dimensions import ordinal, position
from archdsl.ops.torch_form import Invoke, Operand, TorchForm
from archdsl.types import Dim, Shape, all_known, text_of


class Concat(Operator):
    """Puts the branches' values one behind the other, over the channels or another dimension."""

    word = "concat"
    merges = True
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

    def _mismatch(self, inputs: Shapes, index: int, place: int) -> Refusal:
        first, other = inputs[0], inputs[index]
        return Refusal(
            "concat-size-mismatch",
            f"`{self.word}` cannot join {text_of(first)} and {text_of(other)}: all sizes but dimension "
            f"{place + 1} have to be equal",
            label=f"the {ordinal(index)} branch gives {text_of(other)}, the first {text_of(first)}",
            help=_cure(first, other, index, free=place),
        )

    def to_torch(self, inputs: Shapes) -> TorchForm:
        operands = [Operand(index) for index in range(len(inputs))]
        return Invoke("torch.cat", (operands,), {"dim": position(self.dim, inputs[0], self.word) + 1})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        if len(values) == 1:
            return values[0]
        return emit.node("Concat", list(values), axis=position(self.dim, inputs[0], self.word) + 1)


class _Elementwise(Operator):
    """A merge of values of one shape, two at a time."""

    merges = True
    torch_function: ClassVar[str]
    onnx_operator: ClassVar[str]

    def infer(self, inputs: Shapes) -> Shape:
        first = inputs[0]
        for index, shape in enumerate(inputs[1:], 1):
            if shape != first:
                raise Refusal(
                    f"{self.word}-shape-mismatch",
                    f"`{self.word}` needs equal shapes, but gets {text_of(first)} and {text_of(shape)}",
                    label=f"the {ordinal(index)} branch gives {text_of(shape)}, the first {text_of(first)}",
                    help=_cure(first, shape, index),
                )
        return first

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


class Add(_Elementwise):
    """The sum of the branches' values, which have equal shapes."""

    word = "add"
    torch_function = "torch.add"
    onnx_operator = "Add"
    examples = (
        Example("add", ((4, 5, 6), (4, 5, 6))),
        Example("add", ((4,), (4,), (4,))),
        Example("add", ((4, 5),)),
    )


class Max(_Elementwise):
    """The largest of the branches' values, element by element; they have equal shapes."""

    word = "max"
    torch_function = "torch.maximum"
    onnx_operator = "Max"
    examples = (
        Example("max", ((4, 5, 6), (4, 5, 6))),
        Example("max", ((4,), (4,), (4,))),
    )


class Mul(_Elementwise):
    """The product of the branches' values. A size of 1 meets any size, so that one number a channel
    (C x 1 x 1) weighs a map."""

    word = "mul"
    torch_function = "torch.mul"
    onnx_operator = "Mul"
    examples = (
        Example("mul", ((4, 5, 6), (4, 1, 1))),
        Example("mul", ((4, 5, 6), (4, 5, 6))),
        Example("mul", ((1, 5, 6), (4, 1, 1), (1, 1, 6))),
    )

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

    def _mismatch(self, inputs: Shapes, index: int, total: Shape) -> Refusal:
        return Refusal(
            "mul-shape-mismatch",
            f"`{self.word}` needs equal sizes, or 1, but gets {text_of(total)} and {text_of(inputs[index])}",
            label=f"the {ordinal(index)} branch gives {text_of(inputs[index])}",
            help=_cure(total, inputs[index], index, ones_meet_all=True),
        )


def _cure(
    first: Shape, other: Shape, index: int, *, free: int | None = None, ones_meet_all: bool = False
) -> str:
    """What to write so that branch ``index`` meets those before it, whose shape is ``first``.

    ``free`` is the place in the shape that may differ; with ``ones_meet_all`` a size of 1 may too.
    """
    if len(first) != len(other):
        return _same_rank(first, other, index, joins=free == 0, ones_meet_all=ones_meet_all)
    if not (all_known(first) and all_known(other)):
        return "give the dimensions of `input` in numbers, or bring the branches to one size"
    if len(first) == 1:
        return f"put `linear({first[0]})` at the end of the {ordinal(index)} branch"
    bound = [
        at for at in range(len(first)) if at != free and not (ones_meet_all and 1 in (first[at], other[at]))
    ]
    keeps_channels = 0 not in bound or first[0] == other[0]
    bound = [at for at in bound if at != 0]
    if all(first[at] == other[at] for at in bound):
        return f"put `conv({first[0]}, 1)` at the end of the {ordinal(index)} branch"
    for large, small, name in ((first, other, "first"), (other, first, ordinal(index))):
        if any(large[at] < small[at] for at in bound):
            continue
        steps = [_step(large[at], small[at]) if at in bound else 1 for at in range(1, len(first))]
        if None not in steps:
            step = steps[0] if len(set(steps)) == 1 else steps
            if free != 0:
                return f"put `conv({small[0]}, 1, stride={step})` at the end of the {name} branch"
            whole = all(large[at] // (steps[at - 1] or 1) == small[at] for at in bound)
            pool = f"max_pool({step})" if whole else f"max_pool(1, stride={step})"
            return (
                f"put `{pool}` at the end of the {name} branch, or give a convolution in it `stride={step}`"
            )
        widths = ", ".join(str(small[at] if at in bound else large[at]) for at in range(1, len(first)))
        project = "" if keeps_channels else f"conv({small[0]}, 1) -> "
        return f"put `{project}center_crop({widths})` at the end of the {name} branch"
    return "bring the branches to one size: each is larger than the other in one dimension"


def _same_rank(first: Shape, other: Shape, index: int, *, joins: bool, ones_meet_all: bool) -> str:
    """A flat value becomes a map of one cell, or a map becomes flat."""
    low, low_name, high_name = first, "first", ordinal(index)
    if len(other) < len(first):
        low, low_name, high_name = other, ordinal(index), "first"
    if len(low) != 1:
        return "bring the branches to the same number of dimensions with `reshape`"
    if joins:
        return f"put `flatten` at the end of the {high_name} branch"
    if ones_meet_all:
        ones = ", ".join(["1"] * (abs(len(first) - len(other))))
        return f"put `reshape(-1, {ones})` at the end of the {low_name} branch"
    return f"put `flatten -> linear({low[0]})` at the end of the {high_name} branch"


def _step(large: int, small: int) -> int | None:
    """The stride by which a window of one cell makes the small size of the large one."""
    for step in range(1, large + 1):
        if (large - 1) // step + 1 == small:
            return step
    return None
