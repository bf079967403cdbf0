"""How a parameter is filled before training. numpy is handed in by ``weights/initialise.py``.

Every rule fills consecutive pieces of a tensor from one stream of random numbers, so that a tensor
of any size is made in pieces of a few megabytes and comes out the same whatever their length.

Each rule also says what it is in words, and which call of PyTorch's gives the same distribution to
a tensor, which is that call's ``Operand(0)``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

from archdsl.ops.torch_form import Invoke, Operand, cast_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy

    from archdsl.shapes import DType

SCHEMES = ("pytorch", "torchvision", "paper")
"""The words of a design's ``init``: PyTorch's layers' own rules, those that torchvision's networks
have in common, those of the papers."""


class Initialiser(Protocol):
    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        """Fill the next piece of the flattened tensor, float32, in place."""

    def torch(self) -> Invoke:
        """The call that fills a tensor of its shape in PyTorch, in place; or that makes one, and reads no operand."""

    @property
    def text(self) -> str:
        """The values in words: ``normal, deviation sqrt(2 / fan_out)``."""


class Constant(NamedTuple):
    """``formula`` is where the value is from, where it is an attribute of the operator."""

    value: float
    formula: str = ""

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        piece.fill(self.value)

    def torch(self) -> Invoke:
        named = {0.0: "nn.init.zeros_", 1.0: "nn.init.ones_"}
        if self.value in named:
            return Invoke(named[self.value])
        return Invoke("nn.init.constant_", (Operand(0), self.value))

    @property
    def text(self) -> str:
        return self.formula or f"{self.value:g}"


class Uniform(NamedTuple):
    """Between -bound and bound. ``formula`` is how the bound is got, where it depends on the layer."""

    bound: float
    formula: str = ""

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        random.random(out=piece, dtype=piece.dtype)
        piece *= 2 * self.bound
        piece -= self.bound

    def torch(self) -> Invoke:
        return Invoke("nn.init.uniform_", (Operand(0), -self.bound, self.bound))

    @property
    def text(self) -> str:
        bound = self.formula or f"{self.bound:g}"
        return f"uniform from -{bound} to {bound}"


class Normal(NamedTuple):
    """With mean 0 and this standard deviation."""

    deviation: float

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        random.standard_normal(out=piece, dtype=piece.dtype)
        piece *= self.deviation

    def torch(self) -> Invoke:
        return Invoke("nn.init.normal_", (Operand(0),), {"std": self.deviation})

    @property
    def text(self) -> str:
        return f"normal, deviation {self.deviation:g}"


class TruncatedNormal(NamedTuple):
    """With mean 0 and this standard deviation, what lies outside -limit to limit drawn again.

    The limit is in the units of the values, as PyTorch has it, and not in deviations.
    """

    deviation: float
    limit: float = 2.0

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        # What is missing is drawn and no more, so that the stream stands after the last value kept
        # and the next piece goes on from there.
        while piece.size:
            random.standard_normal(out=piece, dtype=piece.dtype)
            piece *= self.deviation
            if -self.limit <= piece.min() and piece.max() <= self.limit:
                return
            kept = piece[(piece >= -self.limit) & (piece <= self.limit)]
            piece[: kept.size] = kept
            piece = piece[kept.size :]

    def torch(self) -> Invoke:
        keywords = {"std": self.deviation}
        if self.limit != 2.0:
            keywords |= {"a": -self.limit, "b": self.limit}
        return Invoke("nn.init.trunc_normal_", (Operand(0),), keywords)

    @property
    def text(self) -> str:
        return f"normal, deviation {self.deviation:g}, cut off at -{self.limit:g} and {self.limit:g}"


class Kaiming(NamedTuple):
    """Normal with the deviation sqrt(2 / fan), by which a layer before a ReLU keeps the variance of
    its values (``fan_in``) or of its gradients (``fan_out``): He et al. 2015, eq. 10 and 14.

    A fan is what PyTorch reads off the weight's shape: a grouped convolution's ``fan_out`` is that
    of all groups together.
    """

    fan: int
    mode: Literal["fan_in", "fan_out"]

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        random.standard_normal(out=piece, dtype=piece.dtype)
        piece *= math.sqrt(2 / self.fan)

    def torch(self) -> Invoke:
        return Invoke("nn.init.kaiming_normal_", (Operand(0),), {"mode": self.mode, "nonlinearity": "relu"})

    @property
    def text(self) -> str:
        return f"normal, deviation sqrt(2 / {self.mode})"


class Signs(NamedTuple):
    """Codes: plus or minus the amplitude, with equal chance."""

    amplitude: float = 1.0

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        random.random(out=piece, dtype=piece.dtype)
        piece[:] = ((piece >= 0.5) * 2 - 1) * self.amplitude

    def torch(self) -> Invoke:
        bits = Invoke(".bernoulli_", (Operand(0), 0.5))
        return Invoke(".sub_", (Invoke(".mul_", (bits, 2 * self.amplitude)), self.amplitude))

    @property
    def text(self) -> str:
        return f"{self.amplitude:g} or -{self.amplitude:g}, with equal chance"


Numbers: TypeAlias = "bool | int | float | tuple[Numbers, ...]"


class Values(NamedTuple):
    """The very values, in nested tuples as the tensor's dimensions are."""

    values: tuple[Numbers, ...]
    dtype: DType

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        flat = list(_flat(self.values))
        assert len(flat) == piece.size, "what a design writes out is shorter than a piece"
        piece[:] = flat

    def torch(self) -> Invoke:
        made = Invoke("torch.tensor", (_nested(self.values),))
        if (
            isinstance(self.values[0], tuple)
            and (numbers := list(_flat(self.values)))
            and len(numbers) > _FEW
        ):
            made = Invoke(".reshape", (Invoke("torch.tensor", (numbers,)), _shape_of(self.values)))
        kinds = set(map(type, _flat(self.values)))
        usual = "float32" if float in kinds else "int64" if int in kinds else "bool"
        return made if usual == self.dtype else cast_form(made, self.dtype)

    @property
    def text(self) -> str:
        return "the values given"


class Filled(NamedTuple):
    """Zeros, or ones, in a tensor of this shape."""

    value: Literal[0, 1]
    shape: tuple[int, ...]
    dtype: DType

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        piece.fill(self.value)

    def torch(self) -> Invoke:
        made = Invoke("torch.ones" if self.value else "torch.zeros", (self.shape,))
        return made if self.dtype == "float32" else cast_form(made, self.dtype)

    @property
    def text(self) -> str:
        return str(self.value)


class CountingUp(NamedTuple):
    """0, 1, 2 ..., so many."""

    length: int
    dtype: DType

    def fill(self, random: numpy.random.Generator, piece: numpy.ndarray) -> None:
        assert self.length == piece.size, "what a design writes out is shorter than a piece"
        piece[:] = range(self.length)

    def torch(self) -> Invoke:
        made = Invoke("torch.arange", (self.length,))
        return made if self.dtype == "int64" else cast_form(made, self.dtype)

    @property
    def text(self) -> str:
        return f"0 to {self.length - 1}"


_FEW = 12
"""The numbers that are written in lists of lists."""


def _shape_of(values: Numbers) -> tuple[int, ...]:
    return (len(values), *_shape_of(values[0])) if isinstance(values, tuple) else ()


def _flat(values: Numbers) -> Iterator[bool | int | float]:
    if isinstance(values, tuple):
        for each in values:
            yield from _flat(each)
    else:
        yield values


def _nested(values: Numbers) -> object:
    return [_nested(each) for each in values] if isinstance(values, tuple) else values
