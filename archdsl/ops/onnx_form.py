"""Pieces of ONNX that several operators write. Where a form changed between opsets, it is here."""

from __future__ import annotations

from collections.abc import Sequence

from archdsl.ops.base import Emitter
from archdsl.shapes import Shape, is_known
from archdsl.sizes import Dim

FLOAT = 1
"""TensorProto.FLOAT."""

INT64 = 7
"""TensorProto.INT64."""

TO_THE_END = (1 << 63) - 1
"""The end that Slice takes where it is not known."""


def reshape(emit: Emitter, value: str, *dims: Dim) -> str:
    """Reshape, the batch kept: 0 takes the size that stands there, so no batch is baked in."""
    return emit.node("Reshape", [value, emit.integers(0, *dims)])


def reshape_like(emit: Emitter, value: str, original: str, shape: Shape) -> str:
    """Give a value the shape of ``original``, which is ``shape`` after the batch."""
    dims = [size if is_known(size) else -1 for size in shape]
    if dims.count(-1) <= 1:
        return reshape(emit, value, *dims)
    return emit.node("Reshape", [value, emit.node("Shape", [original])])


def reduce(emit: Emitter, op_type: str, value: str, axes: Sequence[int], *, keep: bool = True) -> str:
    """Reduce over axes, which became an input in opset 13 (ReduceSum) or 18 (all others)."""
    if op_type == "ReduceSum" or emit.opset >= 18:
        return emit.node(op_type, [value, emit.integers(*axes)], keepdims=int(keep))
    return emit.node(op_type, [value], axes=list(axes), keepdims=int(keep))


def unsqueeze(emit: Emitter, value: str, *axes: int) -> str:
    return emit.node("Unsqueeze", [value, emit.integers(*axes)]) if axes else value


def filled(emit: Emitter, value: float, *shape: int) -> str:
    """A constant tensor of one repeated number."""
    return emit.node("Expand", [emit.number(value), emit.integers(*shape)])


def per_channel(emit: Emitter, name: str, spatial_rank: int) -> str:
    """A parameter with one number a channel, so that it meets the channels of a value."""
    return unsqueeze(emit, emit.parameter(name), *range(1, spatial_rank + 1))


def pad(
    emit: Emitter,
    value: str,
    begins: Sequence[Dim],
    ends: Sequence[Dim],
    fill: float = 0.0,
    mode: str = "constant",
) -> str:
    """Pad all dimensions but the batch: ``begins`` and ``ends`` start with the channels."""
    inputs = [value, emit.integers(0, *begins, 0, *ends)]
    if mode == "constant":
        inputs.append(emit.number(fill))
    return emit.node("Pad", inputs, mode=mode)


def cut(emit: Emitter, value: str, begins: Sequence[int]) -> str:
    """Leave out the first cells of each spatial dimension."""
    axes = range(2, len(begins) + 2)
    last = emit.integers(*[TO_THE_END] * len(begins))
    return emit.node("Slice", [value, emit.integers(*begins), last, emit.integers(*axes)])
