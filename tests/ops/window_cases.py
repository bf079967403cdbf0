"""Pools and convolutions on tiny inputs, with every attribute at its limits."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional

from archdsl.ops import OPERATORS, Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANNELS = 2


class WindowCase(NamedTuple):
    """An operator by its attributes, on an input of this shape."""

    word: str
    attributes: dict[str, Any]
    shape: tuple[int, ...]

    @property
    def op(self) -> Operator:
        return OPERATORS[self.word](**self.attributes)

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value}" for name, value in self.attributes.items())
        return f"{self.word}({given}) on {self.shape}"

    @property
    def has_a_torch_call(self) -> bool:
        """Whether PyTorch has one call for it: it has none for paddings that differ at both ends."""
        padding = self.attributes["padding"]
        return padding != "same" and (isinstance(padding, int) or len(padding) == len(self.shape) - 1)

    def torch_call(self, value: torch.Tensor) -> torch.Tensor:
        """What PyTorch's own operator of that name returns; convolutions have weights of their own."""
        given = self.attributes
        rank = len(self.shape) - 1
        stride, padding = given["stride"], given["padding"]
        if self.word == "max_pool":
            output = getattr(functional, f"max_pool{rank}d")(
                value, given["kernel"], stride, padding, given["dilation"], given["ceil"]
            )
        elif self.word == "avg_pool":
            output = getattr(functional, f"avg_pool{rank}d")(
                value, given["kernel"], stride, padding, given["ceil"], given["count_include_pad"]
            )
        else:
            kind = {"conv": f"Conv{rank}d", "conv_transpose": f"ConvTranspose{rank}d"}[self.word]
            names = ("stride", "padding", "dilation", "groups", "output_padding", "bias")
            keywords = {name: given[name] for name in names if name in given}
            layer = getattr(torch.nn, kind)(CHANNELS, CHANNELS, given["kernel"], **keywords)
            with torch.no_grad():
                output = layer(value)
        assert isinstance(output, torch.Tensor)
        return output


def line_cases() -> Iterator[WindowCase]:
    """All combinations of small attributes in one dimension."""
    for kernel, stride, size in itertools.product((1, 2, 3), (1, 2, 3), (1, 2, 3, 4)):
        for padding in (0, 1, 2, (0, 1), (1, 0), (2, 1)):
            shape = (CHANNELS, size)
            window: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": padding}
            for ceil in (False, True):
                for include in (False, True):
                    yield WindowCase(
                        "avg_pool", {**window, "ceil": ceil, "count_include_pad": include}, shape
                    )
                for dilation in (1, 2, 3):
                    yield WindowCase("max_pool", {**window, "ceil": ceil, "dilation": dilation}, shape)
            for dilation in (1, 3):
                learned = {"out": CHANNELS, **window, "dilation": dilation}
                yield WindowCase("conv", learned, shape)
                for more in (0, 1, 2):
                    yield WindowCase("conv_transpose", {**learned, "output_padding": more}, shape)


def random_cases(seed: int, count: int) -> Iterator[WindowCase]:
    """Larger windows, one to three dimensions, and attributes that differ between them."""
    chosen = random.Random(seed)

    def each(low: int, high: int, rank: int) -> int | tuple[int, ...]:
        if chosen.random() < 0.5:
            return chosen.randint(low, high)
        return tuple([chosen.randint(low, high) for _ in range(rank)])

    for _ in range(count):
        rank = chosen.choice((1, 2, 2, 3, 3))
        word = chosen.choice(("max_pool", "avg_pool", "conv", "conv_transpose"))
        attributes: dict[str, Any] = {"kernel": each(1, 4, rank), "stride": each(1, 4, rank)}
        attributes["padding"] = chosen.choice(
            ("same", 0, each(0, 2, rank), each(0, 3, rank), each(0, 2, 2 * rank))
        )
        if word != "avg_pool":
            attributes["dilation"] = each(1, 3, rank)
        else:
            attributes["count_include_pad"] = chosen.random() < 0.5
        if word.endswith("pool"):
            attributes["ceil"] = chosen.random() < 0.5
        else:
            attributes["out"] = CHANNELS
            attributes["groups"] = chosen.choice((1, CHANNELS))
            attributes["bias"] = chosen.random() < 0.7
        if word == "conv_transpose" and attributes["padding"] != "same":
            attributes["output_padding"] = each(0, 2, rank)
        yield WindowCase(word, attributes, (CHANNELS, *[chosen.randint(1, 5) for _ in range(rank)]))
