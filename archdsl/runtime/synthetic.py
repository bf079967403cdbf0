"""Weights and inputs for a trial: random, and such that a mistake anywhere shows in the outputs.

Fresh weights hide mistakes. A batch norm whose mean is 0, variance 1, weight 1 and bias 0 does nothing;
a layer scale of 1e-6 silences the branch after it; and PyTorch's own rule for convolutions,
U(-1/sqrt(n), 1/sqrt(n)) for n inputs, divides the signal's variance by 3 a layer, by 6 with a ReLU
after it, until the last layers see nothing but their own biases. So, whatever the operator:

    a constant 0                     U(-0.1, 0.1)
    a constant c                     between 0.5 and 1.5 times c, or 0.2 where c is smaller
    a trained tensor of rank >= 2    U(-b, b) with b = sqrt(6 / n), n its elements but for the first
                                     dimension: the variance 2 / n, which keeps the signal's through
                                     ReLUs (He et al. 2015, eq. 10)
    any other                        the operator's own rule

A residual unit then doubles the variance, as its norms do not follow what comes in: fifty hide every bias,
let rounding through a sigmoid, and a thousand leave float32. Where more than `MOST_SUMS` stand in a row
the trained constants are multiplied by the g with (1 + g^2)^n = 2^`MOST_SUMS`, so that n units grow about
as much as that many do.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy

from archdsl.backends.onnx.lower import batch_name
from archdsl.graph import tensors
from archdsl.ops.base import Trait
from archdsl.ops.initializers import Constant, Uniform
from archdsl.runtime.inputs import check_sizes, random_input
from archdsl.runtime.session import ModelTensor
from archdsl.shapes import FLOATING
from archdsl.weights.initialise import InitialisedWeights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archdsl.graph.ir import Graph
    from archdsl.ops.initializers import Initialiser

AROUND_ZERO = 0.1
LEAST = 0.2
MOST_SUMS = 8


def gain_of(graph: Graph) -> float:
    """The factor for the trained constants of a network: less than 1 for deep residual ones."""
    sums: list[int] = []
    for node in graph.nodes:
        before = max((sums[position] for position in node.inputs), default=0)
        sums.append(before + (Trait.ADDS_VARIANCE in node.op.traits))
    most = max(sums, default=0)
    return math.sqrt(2 ** (MOST_SUMS / most) - 1) if most > MOST_SUMS else 1.0


class SyntheticWeights:
    """`Weights` for a trial. The same seed gives the same bytes. ``gain`` is the network's `gain_of`."""

    def __init__(self, seed: int = 0, scheme: str = "pytorch", gain: float = 1.0) -> None:
        self._initialised, self._scheme = InitialisedWeights(seed, scheme), scheme
        self._gain = gain

    def pieces(self, tensor: tensors.Tensor) -> Iterator[numpy.ndarray]:
        if tensor.training_only or tensor.dtype not in FLOATING:
            yield from self._initialised.pieces(tensor)
            return
        rule, middle = self._rule(tensor)
        for piece in self._initialised.pieces(tensor._replace(source=tensors.Initialised(rule))):
            piece += middle
            yield piece

    def _rule(self, tensor: tensors.Tensor) -> tuple[Initialiser, float]:
        """How a tensor is filled, and what is added then."""
        assert isinstance(tensor.source, tensors.Initialised)
        own = tensor.source.rule(self._scheme)
        if isinstance(own, Constant):
            middle = math.copysign(max(abs(own.value), LEAST), own.value) if own.value else 0.0
            if tensor.trained:
                middle *= self._gain
            return Uniform(abs(middle) / 2 or AROUND_ZERO), middle
        if tensor.trained and len(tensor.shape) > 1:
            return Uniform(math.sqrt(6 / math.prod(tensor.shape[1:]))), 0.0
        return own, 0.0


def synthetic_inputs(
    graph: Graph, seed: int, batch: int, sizes: Mapping[str, int]
) -> dict[str, numpy.ndarray]:
    """Random numbers for each input, those that ``archdsl run`` takes for this seed.

    Raises `UsageError` where a named size has no number, or a number no named size.
    """
    first = batch_name(graph)
    inputs = [graph.nodes[position] for position in graph.inputs]
    wanted = [
        ModelTensor(
            node.name,
            (first, *(size if isinstance(size, int) else str(size) for size in node.shape)),
            numpy.dtype(node.type.dtype),
        )
        for node in inputs
    ]
    check_sizes({size for tensor in wanted for size in tensor.shape[1:]}, sizes)
    random = numpy.random.default_rng(seed)
    return {tensor.name: random_input(tensor, random, batch=batch, sizes=sizes) for tensor in wanted}
