"""Operators that give the same numbers several times: in a row, side by side, or as the windows of a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import in_place_of_it
from archdsl.ops.aliases import WINDOW_ARGUMENTS
from archdsl.ops.base import (
    Count,
    Counts,
    Emitter,
    Example,
    Index,
    Operator,
    Padding,
    Shapes,
    Sizes,
    TensorLayout,
)
from archdsl.ops.dimensions import counted, known_channels, position, product
from archdsl.ops.geometry import Window, height_and_width, slide, terse, torch_pads, window
from archdsl.ops.onnx_form import reshape, unsqueeze
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.shapes import DTYPES, SINGLE, Shape, text_of


class Tile(Operator):
    """The whole value several times side by side along each dimension."""

    word = "tile"
    aliases = ("Tile",)
    accepts = DTYPES
    variadic = "times"
    examples = (
        Example("tile(2, 1, 3)", ((2, 4, 5),)),
        Example("tile(3)", ((4,),)),
        Example("tile(1, 2)", ((4, 5),)),
    )

    times: Annotated[Counts, Field(description="how many times along each dimension after the batch")]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        if len(self.times) != len(shape):
            ones = ", ".join(map(str, [*self.times[: len(shape)], *[1] * (len(shape) - len(self.times))]))
            raise OperatorError(
                "wrong-number-of-dimensions",
                f"`{self.word}` is given {counted(len(self.times), 'number')}, but its input {text_of(shape)} has "
                f"{counted(len(shape), 'dimension')} after the batch",
                label=counted(len(self.times), "number"),
                changes=(in_place_of_it(f"{self.word}({ones})"),),
                argument="times",
            )
        return tuple([size * times for size, times in zip(shape, self.times, strict=True)])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Invoke("torch.tile", (Operand(0), (1, *self.times)))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("Tile", [values[0], emit.integers(1, *self.times)])


class RepeatAlong(Operator):
    """Each part along a dimension several times in a row: a, a, b, b for a, b."""

    word = "repeat_along"
    layout = TensorLayout.KEPT
    aliases = ("repeat_interleave",)
    argument_aliases = {"repeats": "times", "axis": "dim"}
    accepts = DTYPES
    examples = (
        Example("repeat_along(2)", ((3, 4, 5),)),
        Example("repeat_along(3, dim=-1)", ((3, 4),)),
        Example("repeat_along(2, dim=2)", ((3, 4, 5),)),
        Example("repeat_along(2)", ((3,),)),
    )

    times: Annotated[Count, Field(description="how many times each part")]
    dim: Annotated[Index, Field(description="the dimension")] = 1

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        place = position(self.dim, shape, self.word)
        return (*shape[:place], shape[place] * self.times, *shape[place + 1 :])

    def to_torch(self, inputs: Shapes) -> TorchForm:
        place = position(self.dim, inputs[0], self.word)
        return Invoke("torch.repeat_interleave", (Operand(0), self.times), {"dim": place + 1})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        axis = position(self.dim, inputs[0], self.word) + 2
        apart = unsqueeze(emit, values[0], axis)
        times = [self.times if at == axis else 1 for at in range(len(output) + 2)]
        return reshape(emit, emit.node("Tile", [apart, emit.integers(*times)]), *output)


class Unfold(Operator):
    """The windows of a map as columns: C * cells x windows, each column a window with its channels one by one."""

    word = "unfold"
    accepts = SINGLE
    aliases = ("Unfold", "im2col", "extract_patches")
    argument_aliases = WINDOW_ARGUMENTS
    examples = (
        Example("unfold(3)", ((2, 5, 6),)),
        Example("unfold(2, stride=2)", ((3, 4, 6),)),
        Example("unfold([3, 2], stride=[1, 2], padding=1)", ((2, 5, 6),)),
        Example("unfold(2, padding=[0, 1, 1, 0], dilation=2)", ((2, 5, 6),)),
    )

    kernel: Annotated[Sizes, Field(description="window size")]
    stride: Annotated[Sizes, Field(description="step of the window")] = 1
    padding: Annotated[Padding, Field(description="margin of zeros")] = 0
    dilation: Annotated[Sizes, Field(description="distance between the window's cells")] = 1

    def _window(self, shape: Shape) -> Window:
        sizes = height_and_width(shape, self.word)
        return window(self.word, sizes, self.kernel, self.stride, self.padding, self.dilation)

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        over = self._window(shape)
        places = slide(self.word, shape[1:], over, margin=True)
        return (known_channels(shape, self.word) * over.kernel[0] * over.kernel[1], product(places))

    def to_torch(self, inputs: Shapes) -> TorchForm:
        over = self._window(inputs[0])
        keywords: dict[str, object] = {"kernel_size": terse(over.kernel)}
        for name, value, usual in (("dilation", over.dilation, 1), ("stride", over.stride, 1)):
            if terse(value) != usual:
                keywords[name] = terse(value)
        if over.is_symmetric:
            if any(over.begins):
                keywords["padding"] = terse(over.begins)
            return Layer("nn.Unfold", keywords)
        padded = Invoke("F.pad", (Operand(0), torch_pads(over.begins, over.ends)))
        return Invoke(Layer("nn.Unfold", keywords), (padded,))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        over = self._window(inputs[0])
        channels, (height, width) = known_channels(inputs[0], self.word), over.kernel
        cells = height * width
        # A convolution that picks: each channel's own kernels are 1 at one cell each.
        picks = [float(at % cells == cell) for at in range(channels * cells) for cell in range(cells)]
        shape = emit.integers(channels * cells, 1, height, width)
        columns = emit.node(
            "Conv",
            [values[0], emit.node("Reshape", [emit.numbers(*picks), shape])],
            kernel_shape=[height, width],
            strides=list(over.stride),
            pads=over.onnx_pads,
            dilations=list(over.dilation),
            group=channels,
        )
        return reshape(emit, columns, channels * cells, -1)
