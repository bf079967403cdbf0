"""Operators that put numbers in other places: between channels and cells, round a dimension, across two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import change, in_place_of_it
from archdsl.ops.base import Count, Emitter, Example, Index, Operator, Shapes, TensorLayout
from archdsl.ops.dimensions import known_channels, position
from archdsl.ops.geometry import height_and_width
from archdsl.ops.onnx_form import reshape
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.shapes import DTYPES, FLOATING, Shape, text_of


class PixelShuffle(Operator):
    """Each group of factor * factor channels as one that is so many times as high and wide (Shi et al. 2016)."""

    word = "pixel_shuffle"
    accepts = FLOATING | {"uint8"}
    layout = TensorLayout.MAP
    aliases = ("PixelShuffle",)
    argument_aliases = {"upscale_factor": "factor"}
    examples = (Example("pixel_shuffle(2)", ((8, 3, 4),)), Example("pixel_shuffle(3)", ((9, 2, 2),)))

    factor: Annotated[Count, Field(description="how many times as high and wide it becomes")]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        height, width = height_and_width(shape, self.word)
        channels, cells = known_channels(shape, self.word), self.factor**2
        if channels % cells:
            fits = max(factor for factor in range(1, self.factor + 1) if channels % factor**2 == 0)
            raise OperatorError(
                "groups-do-not-divide",
                f"`{self.word}` makes one channel of {cells}, which do not divide its {channels} channels",
                label=f"{channels} input channels",
                changes=(change(factor=fits),) if fits > 1 else (),
                otherwise=f"a multiple of {cells} channels before it",
                argument="factor",
            )
        return (channels // cells, height * self.factor, width * self.factor)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.PixelShuffle", {"upscale_factor": self.factor})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        return emit.node("DepthToSpace", [values[0]], blocksize=self.factor, mode="CRD")


class PixelUnshuffle(Operator):
    """Each square of factor x factor cells as so many channels: what `pixel_shuffle` undoes.

    The channels that one channel becomes stand together; ONNX's SpaceToDepth puts them apart.
    """

    word = "pixel_unshuffle"
    layout = TensorLayout.MAP
    aliases = ("PixelUnshuffle",)
    argument_aliases = {"downscale_factor": "factor"}
    accepts = DTYPES
    examples = (Example("pixel_unshuffle(2)", ((2, 6, 4),)), Example("pixel_unshuffle(3)", ((1, 3, 6),)))

    factor: Annotated[Count, Field(description="the side of a square")]

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        sizes = height_and_width(shape, self.word)
        for size in sizes:
            if (size // self.factor) * self.factor != size:
                raise OperatorError(
                    "odd-size",
                    f"`{self.word}` cuts its map of {text_of(sizes)} into squares of {self.factor} x {self.factor}, "
                    f"which do not divide {size}",
                    label=f"the map is {text_of(sizes)}",
                    otherwise=f"pad or crop the map before it to multiples of {self.factor}",
                    argument="factor",
                )
        height, width = (size // self.factor for size in sizes)
        return (shape[0] * self.factor**2, height, width)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        return Layer("nn.PixelUnshuffle", {"downscale_factor": self.factor})

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        factor, (channels, height, width) = self.factor, output
        squares = reshape(emit, values[0], inputs[0][0], height, factor, width, factor)
        turned = emit.node("Transpose", [squares], perm=[0, 1, 3, 5, 2, 4])
        return reshape(emit, turned, channels, height, width)


class Roll(Operator):
    """The numbers along a dimension moved on by ``shift`` places, those at the end coming round to the beginning."""

    word = "roll"
    layout = TensorLayout.KEPT
    aliases = ("roll", "circshift")
    argument_aliases = {"shifts": "shift", "dims": "dim", "axis": "dim"}
    accepts = DTYPES
    examples = (
        Example("roll(1, dim=2)", ((4, 5, 6),)),
        Example("roll(-2, dim=-1)", ((4, 5, 6),)),
        Example("roll(7, dim=1)", ((4, 3),)),
        Example("roll(4, dim=1)", ((4,),)),
    )

    shift: Annotated[Index, Field(description="how many places, back where it is below 0")]
    dim: Annotated[Index, Field(description="the dimension")]

    def infer(self, inputs: Shapes) -> Shape:
        position(self.dim, inputs[0], self.word)
        return inputs[0]

    def to_torch(self, inputs: Shapes) -> TorchForm:
        place = position(self.dim, inputs[0], self.word)
        return Invoke("torch.roll", (Operand(0), self.shift, place + 1))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        place = position(self.dim, inputs[0], self.word)
        size = inputs[0][place]
        first = (size - self.shift) % size  # what comes to stand at the beginning
        if first == 0:
            return values[0]
        axis = emit.integers(place + 1)
        end = emit.node("Slice", [values[0], emit.integers(first), emit.integers(size), axis])
        beginning = emit.node("Slice", [values[0], emit.integers(0), emit.integers(first), axis])
        return emit.node("Concat", [end, beginning], axis=place + 1)


class Transpose(Operator):
    """Two dimensions exchanged; `permute` puts all of them in an order."""

    word = "transpose"
    aliases = ("swapaxes", "swapdims")
    argument_aliases = {"dim0": "first", "dim1": "second"}
    accepts = DTYPES
    examples = (
        Example("transpose(1, 2)", ((4, 5),)),
        Example("transpose(-1, 1)", ((4, 5, 6),)),
        Example("transpose(2, 3)", ((4, 5, 6),)),
    )

    first: Annotated[Index, Field(description="a dimension")]
    second: Annotated[Index, Field(description="the dimension that takes its place")]

    def _places(self, shape: Shape) -> tuple[int, int]:
        return position(self.first, shape, self.word, "first"), position(
            self.second, shape, self.word, "second"
        )

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        one, other = self._places(shape)
        if one == other:
            raise OperatorError(
                "permute-dimensions",
                f"`{self.word}` is given one dimension twice",
                label="a dimension twice",
                changes=(in_place_of_it("identity"),),
                otherwise="another dimension",
                argument="second",
            )
        sizes = list(shape)
        sizes[one], sizes[other] = sizes[other], sizes[one]
        return tuple(sizes)

    def to_torch(self, inputs: Shapes) -> TorchForm:
        one, other = self._places(inputs[0])
        return Invoke("torch.transpose", (Operand(0), one + 1, other + 1))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        one, other = self._places(inputs[0])
        order = list(range(len(output) + 1))
        order[one + 1], order[other + 1] = order[other + 1], order[one + 1]
        return emit.node("Transpose", [values[0]], perm=order)
