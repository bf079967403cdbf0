"""Operators that make a value larger: padding and upsampling."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from archdsl.diagnostics import OperatorError
from archdsl.diagnostics.call_changes import CallChange, change, without
from archdsl.ops.aliases import ranks
from archdsl.ops.base import (
    Emitter,
    Example,
    Expects,
    Flag,
    Margins,
    Number,
    OperandSpec,
    Operator,
    OptionalExtents,
    Shapes,
    Stride,
    TensorLayout,
)
from archdsl.ops.dimensions import counted, known
from archdsl.ops.geometry import begins_and_ends, per_dimension, spatial, terse, torch_pads
from archdsl.ops.onnx_form import FLOAT, INT64, pad
from archdsl.ops.torch_form import Invoke, Layer, Operand, TorchForm
from archdsl.shapes import FLOAT32, Shape, all_known, is_known, text_of
from archdsl.sizes import Dim


def _apart(channels: tuple[int, int]) -> CallChange:
    """The channels added by a step of their own, before the margins."""
    return CallChange(before=f"pad(0, channels={list(channels)})", dropped="channels")


class Pad(Operator):
    """Adds a margin around a map, and channels before and after it.

    The margin holds ``value``, or with ``mode=reflect`` the map mirrored at its edge, or with
    ``mode=replicate`` the edge itself. Channels always hold ``value``.
    """

    word = "pad"
    layout = TensorLayout.KEPT
    aliases = ("Pad", *ranks("ZeroPad{}d"), *ranks("ZeroPadding{}D"))
    examples = (
        Example("pad(1)", ((2, 4, 5),)),
        Example("pad(0, channels=[0, 3])", ((2, 4, 5),)),
        Example("pad([1, 2])", ((2, 4, 5),)),
        Example("pad([1, 2, 0, 3], value=-1.5)", ((2, 4, 5),)),
        Example("pad(2, mode=reflect)", ((2, 4, 5),)),
        Example("pad([1, 0, 2, 3], mode=replicate)", ((2, 4, 5),)),
        Example("pad(1, channels=[1, 2], value=2)", ((2, 4, 5),)),
        Example("pad(0)", ((2, 4, 5),)),
        Example("pad(0, channels=[1, 2])", ((5,),)),
        Example("pad([1, 2], mode=reflect)", ((2, 6),)),
        Example("pad([0, 1, 2, 1, 1, 0], mode=replicate)", ((2, 3, 4, 5),)),
        Example("pad(1, mode=reflect)", ((2, 3, 4, 5),)),
    )

    padding: Annotated[Margins, Field(description="the margin")]
    mode: Annotated[
        Literal["constant", "reflect", "replicate"],
        Expects("`constant`, `reflect` or `replicate`"),
        Field(description="what the margin holds"),
    ] = "constant"
    value: Annotated[Number, Field(description="the number in a constant margin")] = 0.0
    channels: Annotated[
        tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]],
        Expects("a list of two whole numbers: how many before, and how many after"),
        Field(description="channels added before and after"),
    ] = (0, 0)

    def _margins(self, shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        if self.padding == 0:
            none = (0,) * (len(shape) - 1)
            return none, none
        return begins_and_ends(self.padding, len(spatial(shape, self.word)), self.word)

    def infer(self, inputs: Shapes) -> Shape:
        (shape,) = inputs
        begins, ends = self._margins(shape)
        if self.mode != "constant" and any(self.channels):
            raise OperatorError(
                "pad-channels-mode",
                f"`{self.word}` adds channels of one number only, but is given `mode={self.mode}`",
                label="adds channels too",
                changes=(_apart(self.channels),),
                argument="mode",
                of_input=False,
            )
        for size, begin, end in zip(shape[1:], begins, ends, strict=True):
            if self.mode == "reflect" and max(begin, end) >= known(size, self.word, "the size it mirrors"):
                raise OperatorError(
                    "padding-too-large",
                    f"`{self.word}` is to mirror {max(begin, end)} cells of a size of {size}, which has "
                    f"{known(size, self.word, 'its size') - 1} beside its edge",
                    label=f"the input is {text_of(shape[1:])}",
                    changes=(change(", which needs no more than the edge", mode="replicate"),),
                    argument="padding",
                )
        sizes = zip(shape[1:], begins, ends, strict=True)
        return (shape[0] + sum(self.channels), *(size + (begin + end) for size, begin, end in sizes))

    def to_torch(self, inputs: Shapes) -> TorchForm:
        begins, ends = self._margins(inputs[0])
        if any(self.channels):
            begins, ends = (self.channels[0], *begins), (self.channels[1], *ends)
        if not any((*begins, *ends)):
            return Operand(0)
        keywords: dict[str, object] = {}
        if self.mode != "constant":
            keywords["mode"] = self.mode
        if self.value != 0 and self.mode == "constant":
            keywords["value"] = self.value
        return Invoke("F.pad", (Operand(0), torch_pads(begins, ends)), keywords)

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        begins, ends = self._margins(inputs[0])
        before, after = self.channels
        if not any((before, after, *begins, *ends)):
            return values[0]
        mode = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}[self.mode]
        return pad(emit, values[0], [before, *begins], [after, *ends], self.value, mode)


_MODES = {"nearest": None, "linear": None, "bilinear": 2, "trilinear": 3, "bicubic": 2}
"""How many spatial dimensions each mode is for, None being any."""


class Upsample(Operator):
    """Makes a map larger, by whole factors or to a ``size``, which may be smaller too, or to that of a map ``like``.

    ``linear`` interpolates over as many dimensions as the input has; ``bilinear`` and ``bicubic``
    want two and ``trilinear`` three.
    """

    word = "upsample"
    accepts = FLOAT32
    layout = TensorLayout.MAP
    aliases = ("Upsample", *ranks("UpSampling{}D"), "Resize", "interpolate")
    argument_aliases = {"scale_factor": "factor"}
    operands = (OperandSpec("input"), OperandSpec("like", optional=True))
    examples = (
        Example("upsample(2)", ((3, 4, 5),)),
        Example("upsample(size=[7, 9])", ((3, 4, 5),)),
        Example("upsample(2, mode=bilinear)", ((3, 4, 5),)),
        Example("upsample(2, mode=bilinear, align_corners=true)", ((3, 4, 5),)),
        Example("upsample(size=[7, 3], mode=bilinear)", ((3, 4, 5),)),
        Example("upsample(size=[1, 9], mode=bilinear, align_corners=true)", ((3, 4, 5),)),
        Example("upsample(size=[7, 9], mode=bicubic)", ((3, 4, 5),)),
        Example("upsample([1, 3])", ((3, 4, 5),)),
        Example("upsample(size=2)", ((3, 14, 21),)),
        Example("upsample(3)", ((3, 5),)),
        Example("upsample(2, mode=linear)", ((3, 5),)),
        Example("upsample(size=8, mode=linear)", ((3, 5),)),
        Example("upsample(2)", ((3, 2, 3, 4),)),
        Example("upsample(size=[3, 5, 7])", ((3, 2, 3, 4),)),
        Example("upsample(2, mode=trilinear)", ((3, 2, 3, 4),)),
        Example("upsample(size=[3, 5, 7], mode=linear)", ((3, 2, 3, 4),)),
        Example("upsample(like=from(like))", ((3, 4, 5), (2, 9, 7))),
        Example("upsample(like=from(like), mode=bilinear)", ((3, 4, 5), (2, 9, 7))),
    )

    factor: Annotated[Stride, Field(description="how many times as large")] = None
    size: Annotated[OptionalExtents, Field(description="the size to reach, instead of a factor")] = None
    mode: Annotated[
        Literal["nearest", "linear", "bilinear", "trilinear", "bicubic"],
        Expects("`nearest`, `linear`, `bilinear`, `trilinear` or `bicubic`"),
        Field(description="what stands between the input's cells"),
    ] = "nearest"
    align_corners: Annotated[Flag, Field(description="whether the corner cells' centres stay in place")] = (
        False
    )

    def infer(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        sizes = spatial(shape, self.word)
        self._check_mode(sizes)
        if len(inputs) > 1:
            return (shape[0], *self._sizes_of(inputs[1], len(sizes)))
        if (self.factor is None) == (self.size is None):
            raise OperatorError(
                "factor-or-size",
                f"`{self.word}` takes either a factor or a size, and has "
                + ("neither" if self.factor is None else "both"),
                label="either a factor or a size",
                changes=(change(factor=2),) if self.factor is None else (without("size"), without("factor")),
                argument=None if self.size is None else "size",
                of_input=False,
            )
        if self.size is not None:
            return (shape[0], *per_dimension(self.size, len(sizes), "size", self.word))
        factors = per_dimension(self.factor or 1, len(sizes), "factor", self.word)
        return (shape[0], *(size * factor for size, factor in zip(sizes, factors, strict=True)))

    def _sizes_of(self, like: Shape, rank: int) -> Shape:
        """The sizes of the map that is to be met, which has as many."""
        if self.factor is not None or self.size is not None:
            raise OperatorError(
                "factor-or-size",
                f"`{self.word}` takes the size of `like`, and is given another",
                label="either `like`, or a factor or a size",
                changes=(without("factor" if self.size is None else "size"),),
                argument="factor" if self.size is None else "size",
                of_input=False,
            )
        if len(like) != rank + 1:
            raise OperatorError(
                "wrong-number-of-dimensions",
                f"`like` of `{self.word}` is {text_of(like)}, but its input has {counted(rank, 'spatial dimension')}",
                label=f"`like` is {text_of(like)}",
                otherwise="name a map of as many dimensions",
                argument="like",
            )
        return like[1:]

    def _check_mode(self, sizes: Shape) -> None:
        wanted = _MODES[self.mode]
        if wanted is not None and wanted != len(sizes):
            raise OperatorError(
                "mode-of-other-rank",
                f"`mode={self.mode}` of `{self.word}` is for {counted(wanted, 'spatial dimension')}, but its "
                f"input has {counted(len(sizes), 'spatial dimension')}",
                label=f"the input is {text_of(sizes)}",
                changes=(change(", which takes any number", mode="linear"),),
                argument="mode",
            )
        if self.align_corners and self.mode == "nearest":
            raise OperatorError(
                "align-corners-of-nearest",
                f"`{self.word}` has nothing to align with `mode=nearest`, which copies cells",
                label="nearest cells are not interpolated",
                changes=(change(mode="linear"), without("align_corners")),
                argument="align_corners",
                of_input=False,
            )

    def to_torch(self, inputs: Shapes) -> TorchForm:
        rank = len(inputs[0]) - 1
        keywords: dict[str, object] = {}
        is_open = False
        if self.size is not None or len(inputs) > 1:
            sizes = (
                inputs[1][1:] if len(inputs) > 1 else per_dimension(self.size or 1, rank, "size", self.word)
            )
            is_open = not all_known(sizes)
            keywords["size"] = terse(sizes) if all_known(sizes) else sizes
        else:
            factors = terse(per_dimension(self.factor or 1, rank, "factor", self.word))
            keywords["scale_factor"] = factors
        if self.mode != "nearest":
            linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
            keywords["mode"] = "bicubic" if self.mode == "bicubic" else linear
        if self.align_corners:
            keywords["align_corners"] = True
        if is_open:
            return Invoke("F.interpolate", (Operand(0),), keywords)
        layer = Layer("nn.Upsample", keywords)
        return layer if len(inputs) == 1 else Invoke(layer, (Operand(0),))

    def to_onnx(self, emit: Emitter, values: Sequence[str], inputs: Shapes, output: Shape) -> str:
        value = values[0]
        sizes, wanted = inputs[0][1:], output[1:]
        if self.mode == "nearest":
            return self._nearest(emit, value, sizes, wanted)
        attributes: dict[str, object] = {
            "mode": "cubic" if self.mode == "bicubic" else "linear",
            "coordinate_transformation_mode": "align_corners" if self.align_corners else "half_pixel",
            "cubic_coeff_a": -0.75 if self.mode == "bicubic" else None,
        }
        if self.factor is not None:
            factors = per_dimension(self.factor, len(sizes), "factor", self.word)
            return emit.node("Resize", [value, "", emit.numbers(1, 1, *factors)], **attributes)
        spatial_sizes = emit.integers(*wanted)
        if emit.opset >= 18:
            axes = list(range(2, len(sizes) + 2))
            return emit.node("Resize", [value, "", "", spatial_sizes], axes=axes, **attributes)
        outer = emit.node("Slice", [emit.node("Shape", [value]), emit.integers(0), emit.integers(2)])
        target = emit.node("Concat", [outer, spatial_sizes], axis=0)
        return emit.node("Resize", [value, "", "", target], **attributes)

    def _nearest(self, emit: Emitter, value: str, sizes: Shape, wanted: Shape) -> str:
        """Resize for whole factors; otherwise PyTorch's own choice of cells is written out, since
        the float32 quotients of the two differ by a cell (21 to 3: cell 7 here, 6 there)."""
        factors: list[float] = []
        chosen: dict[int, list[int]] = {}
        computed: list[tuple[int, Dim, Dim]] = []
        given = None if self.factor is None else per_dimension(self.factor, len(sizes), "factor", self.word)
        for axis, (size, out) in enumerate(zip(sizes, wanted, strict=True)):
            if given and not (is_known(size) and is_known(out)):
                factors.append(given[axis])
                continue
            if not (is_known(size) and is_known(out)):
                factors.append(1)
                if out != size:
                    computed.append((axis + 2, size, out))
                continue
            cells = _nearest_cells(size, out)
            if out % size == 0 and cells == [cell // (out // size) for cell in range(out)]:
                factors.append(out // size)
            else:
                factors.append(1)
                chosen[axis + 2] = cells
        if any(factor != 1 for factor in factors):
            value = emit.node(
                "Resize",
                [value, "", emit.numbers(1, 1, *factors)],
                mode="nearest",
                nearest_mode="floor",
                coordinate_transformation_mode="asymmetric",
            )
        for axis, cells in chosen.items():
            value = emit.node("Gather", [value, emit.integers(*cells)], axis=axis)
        for axis, size, out in computed:
            value = emit.node("Gather", [value, _computed_cells(emit, size, out)], axis=axis)
        return value


def _computed_cells(emit: Emitter, size: Dim, out: Dim) -> str:
    """Write what `_nearest_cells` gives for sizes that are open, and return that value."""
    scalars = [emit.node("Squeeze", [emit.integers(number)]) for number in (size, out)]
    quotient = emit.node("Div", [emit.node("Cast", [scalar], to=FLOAT) for scalar in scalars])
    cells = emit.node("Range", [emit.integer(0), scalars[1], emit.integer(1)])
    places = emit.node("Floor", [emit.node("Mul", [emit.node("Cast", [cells], to=FLOAT), quotient])])
    last = emit.integers(size - 1)
    return emit.node("Min", [emit.node("Cast", [places], to=INT64), last])


def _nearest_cells(size: int, out: int) -> list[int]:
    """The input cell of each output cell, as PyTorch computes it in float32."""
    quotient = _float32(size / out)
    return [min(int(_float32(cell * quotient)), size - 1) for cell in range(out)]


def _float32(value: float) -> float:
    (rounded,) = struct.unpack("f", struct.pack("f", value))
    return float(rounded)
