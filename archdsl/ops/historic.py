"""The operators of LeNet-5 (LeCun et al. 1998, Gradient-based learning applied to document
recognition, section II.B)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import before_it, change
from archdsl.ops.activation import Elementwise
from archdsl.ops.base import (
    Count,
    Emitter,
    Example,
    Expects,
    Flag,
    Number,
    Operator,
    Padding,
    Parameter,
    Shapes,
    Sizes,
    TensorLayout,
)
from archdsl.ops.dimensions import cells_of, known, known_channels, ordinal
from archdsl.ops.geometry import Window, per_dimension, slide, spatial, terse, torch_pads, window
from archdsl.ops.initializers import Initialiser, Signs, Uniform
from archdsl.ops.onnx_form import filled, reduce, unsqueeze
from archdsl.ops.torch_form import Invoke, Operand, TorchForm, Weight
from archdsl.shapes import FLOAT32, Shape, element_count, text_of


def _uniform(fan_in: float) -> tuple[Initialiser, dict[str, Initialiser]]:
    """PyTorch's bound for a layer of this fan-in, and the paper's (appendix A)."""
    return (
        Uniform(1 / math.sqrt(fan_in), "1 / sqrt(fan_in)"),
        {"paper": Uniform(2.4 / fan_in, "2.4 / fan_in")},
    )


class Subsample(Operator):
    """LeNet-5's S layer: the sum of each window, times a trained coefficient plus a trained bias,
    one of each for a map: y = weight * sum + bias."""

    word = "subsample"
    accepts = FLOAT32
    layout = TensorLayout.MAP
    examples = (
        Example("subsample(2)", ((6, 28, 28),)),
        Example("subsample([3, 2])", ((4, 10, 9),)),
        Example("subsample(2)", ((4, 9),)),
        Example("subsample(2)", ((4, 4, 6, 7),)),
    )

    kernel: Annotated[Sizes, Field(description="window size, and its step")]

    def _window(self, shape: Shape) -> Window:
        return window(self.word, spatial(shape, self.word), self.kernel, self.kernel, 0)

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        return (known_channels(shape, self.word), *slide(self.word, shape[1:], self._window(shape)))

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        (shape,) = inputs
        default, rules = _uniform(math.prod(self._window(shape).kernel))
        each = (known_channels(shape, self.word), *(1 for _ in shape[1:]))
        return (
            Parameter("weight", each, default, rules=rules),
            Parameter("bias", each, default, rules=rules),
        )

    def macs(self, inputs: Shapes, output: Shape) -> int:
        # One multiplication by the coefficient for each cell.
        return element_count(output) or 0

    def to_torch(self, inputs: Shapes) -> TorchForm:
        kernel = self._window(inputs[0]).kernel
        mean = Invoke(f"F.avg_pool{len(kernel)}d", (Operand(0), terse(kernel)))
        total = Invoke("torch.mul", (mean, math.prod(kernel)))
        return Invoke("torch.add", (Invoke("torch.mul", (total, Weight("weight"))), Weight("bias")))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        kernel = self._window(inputs[0]).kernel
        mean = emit.node("AveragePool", [values[0]], kernel_shape=list(kernel), strides=list(kernel))
        total = emit.node("Mul", [mean, emit.number(math.prod(kernel))])
        return emit.node("Add", [emit.node("Mul", [total, emit.parameter("weight")]), emit.parameter("bias")])


Table = Annotated[
    tuple[Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)], ...],
    Field(min_length=1),
    Expects("a list with, for each output map, the list of the input maps it sees, counted from 0"),
]


class TableConv(Operator):
    """Convolution in which each output map sees the input maps that a table lists for it, as in
    LeNet-5's C3. There are weights for the listed connections only, in the table's order."""

    word = "table_conv"
    accepts = FLOAT32
    layout = TensorLayout.MAP
    examples = (
        Example("table_conv([[0, 1, 2], [1, 2, 3], [0, 3], [0, 1, 2, 3]], 5)", ((4, 14, 14),)),
        Example("table_conv([[1, 0], [2]], [1, 3], stride=[1, 2], padding=[0, 1], bias=false)", ((3, 6, 7),)),
        Example("table_conv([[0], [1], [0, 1]], 4, padding=same)", ((2, 6, 7),)),
        Example("table_conv([[0], [1], [0, 1]], 3)", ((2, 8),)),
        Example("table_conv([[0], [1], [0, 1]], 2)", ((2, 3, 4, 5),)),
    )

    table: Annotated[Table, Field(description="the input maps of each output map")]
    kernel: Annotated[Sizes, Field(description="window size")]
    stride: Annotated[Sizes, Field(description="step of the window")] = 1
    padding: Annotated[Padding, Field(description="zeros around the input")] = 0
    bias: Annotated[Flag, Field(description="whether a bias is added")] = True

    def _window(self, shape: Shape) -> Window:
        return window(self.word, spatial(shape, self.word), self.kernel, self.stride, self.padding)

    @property
    def _connections(self) -> int:
        return sum(map(len, self.table))

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        over = self._window(shape)
        channels = known_channels(shape, self.word)
        for index, row in enumerate(self.table):
            for seen in row:
                if seen >= channels:
                    raise OperatorError(
                        "table-out-of-range",
                        f"the {ordinal(index)} row of the table of `{self.word}` lists map {seen}, but the "
                        f"input's {channels} maps are counted from 0 to {channels - 1}",
                        label=f"the input is {text_of(shape)}",
                        otherwise=f"write numbers from 0 to {channels - 1}",
                        argument="table",
                    )
            if len(set(row)) != len(row):
                table = [list(dict.fromkeys(each)) for each in self.table]
                raise OperatorError(
                    "table-repeats",
                    f"the {ordinal(index)} row of the table of `{self.word}` lists a map twice",
                    label="a map twice",
                    changes=(change(table=table),),
                    argument="table",
                    of_input=False,
                )
        return (len(self.table), *slide(self.word, shape[1:], over, margin=True))

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        (shape,) = inputs
        kernel = per_dimension(self.kernel, len(shape) - 1, "kernel", self.word)
        # Output maps differ in their fan-in; the tensor has one rule, by the mean of them.
        default, rules = _uniform(self._connections / len(self.table) * math.prod(kernel))
        weight = Parameter("weight", (self._connections, *kernel), default, rules=rules)
        if not self.bias:
            return (weight,)
        return (weight, Parameter("bias", (len(self.table),), default, rules=rules))

    def macs(self, inputs: Shapes, output: Shape) -> int:
        kernel = per_dimension(self.kernel, len(inputs[0]) - 1, "kernel", self.word)
        return cells_of(output) * math.prod(kernel) * self._connections

    def _places(self, channels: int) -> list[int]:
        """For each output and input map, in this order, its connection; one past the last if none."""
        places = [self._connections] * (len(self.table) * channels)
        connection = 0
        for index, row in enumerate(self.table):
            for seen in row:
                places[index * channels + seen] = connection
                connection += 1
        return places

    def to_torch(self, inputs: Shapes) -> TorchForm:
        (shape,) = inputs
        over = self._window(shape)
        rank, channels = len(over.kernel), known_channels(shape, self.word)
        # A zero connection after the last, so that every pair of maps has one to take.
        weight = Invoke("F.pad", (Weight("weight"), (*(0, 0) * rank, 0, 1)))
        # Taken by a list of numbers, which needs no tensor of indices on the weight's device.
        chosen = Invoke(".__getitem__", (weight, self._places(channels)))
        dense = Invoke("torch.unflatten", (chosen, 0, (len(self.table), channels)))
        value: TorchForm = Operand(0)
        if any((*over.begins, *over.ends)):
            value = Invoke("F.pad", (value, torch_pads(over.begins, over.ends)))
        bias = (Weight("bias"),) if self.bias else ()
        keywords = {} if self.stride == 1 else {"stride": terse(over.stride)}
        return Invoke(f"F.conv{rank}d", (value, dense, *bias), keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        (shape,) = inputs
        over = self._window(shape)
        channels = known_channels(shape, self.word)
        none = filled(emit, 0.0, 1, *over.kernel)
        weight = emit.node("Concat", [emit.parameter("weight"), none], axis=0)
        chosen = emit.node("Gather", [weight, emit.integers(*self._places(channels))], axis=0)
        form = emit.integers(len(self.table), channels, *over.kernel)
        tensors = [values[0], emit.node("Reshape", [chosen, form])]
        if self.bias:
            tensors.append(emit.parameter("bias"))
        return emit.node(
            "Conv", tensors, kernel_shape=list(over.kernel), strides=list(over.stride), pads=over.onnx_pads
        )


class ScaledTanh(Elementwise):
    """amplitude * tanh(slope * x), LeNet-5's squashing function."""

    word = "scaled_tanh"
    examples = (
        Example("scaled_tanh(1.7159, 0.6666667)", ((4, 5, 6),)),
        Example("scaled_tanh", ((4,),)),
    )

    # The paper's: f(1) = 1 and f(-1) = -1, and the curvature is largest there.
    amplitude: Annotated[Number, Field(description="the limit")] = 1.7159
    slope: Annotated[Number, Field(description="the factor of x")] = 2 / 3

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke(
            "torch.mul",
            (Invoke("torch.tanh", (Invoke("torch.mul", (Operand(0), self.slope)),)), self.amplitude),
        )

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        curve = emit.node("Tanh", [emit.node("Mul", [values[0], emit.number(self.slope)])])
        return emit.node("Mul", [curve, emit.number(self.amplitude)])


class Rbf(Operator):
    """LeNet-5's output: the squared distance to each class's fixed code of -1 and 1,
    y_i = sum_j (x_j - code_ij)^2. The smallest is the answer."""

    word = "rbf"
    accepts = FLOAT32
    examples = (Example("rbf(10)", ((84,),)),)

    classes: Annotated[Count, Field(description="how many codes")]

    def infer(self, inputs: Shapes) -> Shape:
        self._features(inputs[0])
        return (self.classes,)

    def _features(self, shape: Shape) -> int:
        if len(shape) != 1:
            raise OperatorError(
                "not-flat",
                f"`{self.word}` takes a flat value, but gets {text_of(shape)}",
                label=f"gets {text_of(shape)}",
                changes=(before_it("flatten"),),
            )
        return known(shape[0], self.word, "the number of features")

    def params(self, inputs: Shapes) -> tuple[Parameter, ...]:
        return (Parameter("codes", (self.classes, self._features(inputs[0])), Signs(), trained=False),)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return self.classes * self._features(inputs[0])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        differences = Invoke("torch.sub", (Invoke(".unsqueeze", (Operand(0), 1)), Weight("codes")))
        return Invoke(".sum", (Invoke("torch.square", (differences,)), -1))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        differences = emit.node("Sub", [unsqueeze(emit, values[0], 1), emit.parameter("codes")])
        return reduce(emit, "ReduceSum", emit.node("Mul", [differences, differences]), [-1], keep=False)
