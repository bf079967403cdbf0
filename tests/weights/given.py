"""Weights with values that a test chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archdsl.ops import Parameter


class Given:
    """`Weights` from arrays by dotted name; without one, counted from 0 by steps of 1/16."""

    def __init__(self, arrays: Mapping[str, numpy.ndarray] | None = None) -> None:
        self.arrays = dict(arrays or {})
        self.asked: list[str] = []

    def pieces(self, name: str, parameter: Parameter) -> Iterator[numpy.ndarray]:
        self.asked.append(name)
        if name not in self.arrays:
            count = int(numpy.prod(parameter.shape))
            self.arrays[name] = (numpy.arange(count, dtype=numpy.float32) / 16).reshape(parameter.shape)
        flat = self.arrays[name].ravel()
        yield flat[: flat.size // 2]
        yield flat[flat.size // 2 :]

    def counter(self, name: str) -> int:
        return int(self.arrays[name]) if name in self.arrays else 0


class Broken:
    """`Weights` that fail after some tensors."""

    def __init__(self, tensors: int) -> None:
        self.left = tensors

    def pieces(self, name: str, parameter: Parameter) -> Iterator[numpy.ndarray]:
        if not self.left:
            raise RuntimeError("the disk of the weights has gone")
        self.left -= 1
        yield numpy.zeros(int(numpy.prod(parameter.shape)), numpy.float32)

    def counter(self, name: str) -> int:
        return 0
