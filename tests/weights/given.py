"""Weights with values that a test chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

from archdsl.graph.tensors import Initialised, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archdsl.ops import Parameter


class Given:
    """`Weights` from arrays by dotted name; without one, counted from 0 by steps of 1/16."""

    def __init__(self, arrays: Mapping[str, numpy.ndarray] | None = None) -> None:
        self.arrays = dict(arrays or {})
        self.asked: list[str] = []

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        name = tensor.name
        self.asked.append(name)
        if name not in self.arrays:
            count = int(numpy.prod(tensor.shape))
            self.arrays[name] = (numpy.arange(count) / 16).astype(tensor.dtype).reshape(tensor.shape)
        flat = self.arrays[name].ravel()
        yield flat[: flat.size // 2]
        yield flat[flat.size // 2 :]


class Broken:
    """`Weights` that fail after some tensors."""

    def __init__(self, tensors: int) -> None:
        self.left = tensors

    def pieces(self, tensor: Tensor) -> Iterator[numpy.ndarray]:
        if not self.left:
            raise RuntimeError("the disk of the weights has gone")
        self.left -= 1
        yield numpy.zeros(int(numpy.prod(tensor.shape)), tensor.dtype)


def named(name: str, parameter: Parameter) -> Tensor:
    """The tensor of this name that a parameter is, whatever step owns it."""
    return Tensor(
        name,
        parameter.shape,
        parameter.dtype,
        Initialised(parameter.initialiser, parameter.rules),
        parameter.trained,
    )
