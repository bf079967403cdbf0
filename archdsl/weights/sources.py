"""The values of tensors by their sources: read, fixed or computed, a piece at a time.

A graph whose tensors all have their operators' own rule needs none of this: `sourced` hands its weights
back as they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy

from archdsl.diagnostics import UsageError
from archdsl.graph.tensors import ConstantData, Derived, Loaded
from archdsl.shapes import item_bytes, text_of
from archdsl.weights.base import PIECE, numpy_dtype, plain
from archdsl.weights.initialise import InitialisedWeights
from archdsl.weights.read import open_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.graph.ir import Graph
    from archdsl.graph.tensors import Tensor
    from archdsl.weights.base import Weights


def sourced(weights: Weights, graph: Graph) -> Weights:
    """Weights that answer for every tensor of the graph, whatever its source; ``weights`` answers for
    those that are initialised, or read from a checkpoint under their own names."""
    fixed = any(not tensor.stored for tensor in graph.owned.values())
    return Sourced(weights) if fixed or graph.sources else weights


class Sourced:
    """`Weights` by source. A formula sees its operands whole, so that memory is that of the largest."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        match tensor.source:
            case _ if not tensor.stored:
                yield from InitialisedWeights().pieces(tensor)
            case ConstantData(data):
                yield from _constant(tensor, data)
            case Loaded(path, name):
                yield from _loaded(tensor, path, name)
            case Derived():
                yield from self._derived(tensor, tensor.source)
            case _:
                yield from self._weights.pieces(tensor)

    def _derived(self, tensor: Tensor, source: Derived) -> Iterator[numpy.ndarray]:
        values = source.formula([self._whole(operand) for operand in source.operands])
        if values.shape != tensor.shape:
            raise ValueError(f"the formula of `{tensor.name}` gives {values.shape}, not {tensor.shape}")
        flat = values.astype(numpy_dtype(tensor.dtype), copy=False).reshape(-1)
        for start in range(0, flat.size, PIECE):
            yield flat[start : start + PIECE]

    def _whole(self, tensor: Tensor) -> numpy.ndarray:
        values = numpy.empty(math.prod(tensor.shape), numpy_dtype(tensor.dtype))
        end = 0
        for piece in self.pieces(tensor):
            values[end : end + piece.size] = piece
            end += piece.size
        return values.reshape(tensor.shape)


def _constant(tensor: Tensor, data: bytes) -> Iterator[numpy.ndarray]:
    wanted = item_bytes(tensor.dtype) * math.prod(tensor.shape)
    if len(data) != wanted:
        raise ValueError(f"the constant `{tensor.name}` has {len(data)} bytes, and its type {wanted}")
    yield numpy.frombuffer(data, numpy_dtype(tensor.dtype))


def _loaded(tensor: Tensor, path: str, name: str) -> Iterator[numpy.ndarray]:
    """Raises `UsageError` where the file has no such tensor, or one of another shape."""
    with open_checkpoint(path) as checkpoint:
        shape = checkpoint.shapes.get(name)
        if shape is None:
            raise UsageError(f"`{path}` has no tensor `{plain(name)}`, from which `{tensor.name}` is read")
        if shape != tensor.shape:
            raise UsageError(
                f"`{plain(name)}` in `{path}` is {text_of(shape)}, and `{tensor.name}` is {text_of(tensor.shape)}"
            )
        yield from checkpoint.read(name, tensor.dtype)
