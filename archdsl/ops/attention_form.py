"""Scaled dot-product attention in ONNX: the operator of opset 23, or the products that it is made of before."""

from __future__ import annotations

import math
from collections.abc import Sequence

from archdsl.ops.base import Emitter, Shapes
from archdsl.ops.dimensions import known
from archdsl.ops.onnx_form import unsqueeze
from archdsl.shapes import Shape


def attend(
    emit: Emitter,
    values: Sequence[str],
    shapes: Shapes,
    heads: int,
    scale: float | None = None,
    mask: str | None = None,
    mask_shape: Shape = (),
    *,
    keeps: bool = False,
) -> str:
    """Write softmax(q k^T * scale + mask) v of q, k and v and return it.

    Each head has its part of the features. A mask ``keeps`` the keys where it is true, or else is added.
    """
    rank = len(shapes[0])
    features = known(shapes[0][-1], "attention", "the number of features")
    scale = 1 / math.sqrt(features / heads) if scale is None else scale
    # onnxruntime's has no more than one dimension of heads, and a mask for each query and key.
    is_whole = mask is None or mask_shape[-2:] == (shapes[0][-2], shapes[1][-2])
    if emit.opset >= 23 and is_whole and (rank == 2 or (rank == 3 and heads == 1)):
        return _fused(emit, values, rank, heads, scale, mask)
    q, k, v = values
    if heads > 1:
        q, k, v = (
            _split_heads(emit, value, shape, heads) for value, shape in zip(values, shapes, strict=True)
        )
    rank += 1 + (heads > 1)
    order = [*range(rank - 2), rank - 1, rank - 2]
    scaled = emit.node("Mul", [q, emit.number(scale)])
    scores = emit.node("MatMul", [scaled, emit.node("Transpose", [k], perm=order)])
    if mask is not None and keeps:
        shares = _shares_of_some(emit, scores, mask)
    elif mask is not None:
        shares = emit.node("Softmax", [emit.node("Add", [scores, mask])], axis=-1)
    else:
        shares = emit.node("Softmax", [scores], axis=-1)
    attended = emit.node("MatMul", [shares, v])
    return _join_heads(emit, attended, (*shapes[0][:-1], shapes[2][-1])) if heads > 1 else attended


def _fused(
    emit: Emitter, values: Sequence[str], rank: int, heads: int, scale: float, mask: str | None
) -> str:
    inputs = list(values)
    if mask is not None:
        # It takes heads too where there is only one.
        inputs.append(unsqueeze(emit, mask, 1) if rank == 2 and heads == 1 else mask)
    counts = {"q_num_heads": heads, "kv_num_heads": heads} if rank == 2 else {}
    return emit.node("Attention", inputs, scale=scale, **counts)


def _shares_of_some(emit: Emitter, scores: str, mask: str) -> str:
    """The softmax over the keys that a mask keeps: 0 for the others, and everywhere where it keeps none, as
    PyTorch has it."""
    seen = emit.node("Where", [mask, scores, emit.number(-math.inf)])
    shares = emit.node("Softmax", [seen], axis=-1)
    return emit.node("Where", [mask, shares, emit.number(0.0)])


def _split_heads(emit: Emitter, value: str, shape: Shape, heads: int) -> str:
    """Write ... x N x D as ... x heads x N x (D / heads), and return it."""
    kept = len(shape)  # the batch, and all but the features
    size = known(shape[-1], "attention", "the number of features")
    parts = emit.node("Reshape", [value, emit.integers(*[0] * kept, heads, size // heads)])
    return emit.node("Transpose", [parts], perm=[*range(kept - 1), kept, kept - 1, kept + 1])


def _join_heads(emit: Emitter, value: str, shape: Shape) -> str:
    """Put together what `_split_heads` took apart, and return it: it is of this shape."""
    kept = len(shape)
    turned = emit.node("Transpose", [value], perm=[*range(kept - 1), kept, kept - 1, kept + 1])
    size = known(shape[-1], "attention", "the number of features")
    return emit.node("Reshape", [turned, emit.integers(*[0] * kept, size)])
