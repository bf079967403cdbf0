"""How a parameter is filled before training. numpy is handed in by ``weights/initialise.py``.

Every rule fills consecutive pieces of a tensor from one stream of random numbers, so that a tensor
of any size is made in pieces of a few megabytes and comes out the same whatever their length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy


class Initialiser(Protocol):
    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        """Fill the next piece of the flattened tensor, float32, in place."""


class Constant(NamedTuple):
    value: float

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        piece.fill(self.value)


class Uniform(NamedTuple):
    """Between -bound and bound."""

    bound: float

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        random.random(out=piece, dtype=piece.dtype)
        piece *= 2 * self.bound
        piece -= self.bound


class Normal(NamedTuple):
    """With mean 0 and this standard deviation."""

    deviation: float

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        random.standard_normal(out=piece, dtype=piece.dtype)
        piece *= self.deviation


class Signs(NamedTuple):
    """Codes: plus or minus the amplitude, with equal chance."""

    amplitude: float = 1.0

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        random.random(out=piece, dtype=piece.dtype)
        piece[:] = ((piece >= 0.5) * 2 - 1) * self.amplitude
