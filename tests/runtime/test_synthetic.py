"""The weights and inputs of a trial: random, finite, and such that a mistake shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy
import pytest

import archdsl
from archdsl.graph.tensors import tensor_of
from archdsl.runtime.parity import verify
from archdsl.runtime.synthetic import SyntheticWeights, gain_of, synthetic_inputs
from archdsl.runtime.torch_reference import live

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def graph(text: str) -> Graph:
    return archdsl.load(text).graph


def test_no_tensor_of_a_trial_is_constant_and_variances_are_positive() -> None:
    net = graph(
        "input: [4, 9, 9]\nbody:\n  - conv(8, 3) -> batch_norm -> prelu -> layer_scale(1e-6) -> conv(9, 3)\n"
    )
    found = {}
    for node in net.nodes:
        for parameter in net.params_of(node):
            name = f"{node.op.word}.{parameter.name}"
            if not parameter.training_only:
                tensor = tensor_of(node, parameter)
                found[name] = numpy.concatenate(
                    [piece.copy() for piece in SyntheticWeights(5).pieces(tensor)]
                )
    assert all(values.size == 1 or values.std() > 0.01 for values in found.values())
    assert found["batch_norm.running_var"].min() >= 0.5
    assert found["layer_scale."].min() >= 0.1
    # He et al. 2015: a variance of 2 / fan-in.
    assert found["conv.weight"].std() == pytest.approx(math.sqrt(2 / (8 * 9)), rel=0.1)


def test_signals_reach_the_end_of_a_deep_network_without_norms() -> None:
    """By PyTorch's own rule the output of this one depends on its input by a share of 1e-8."""
    net = graph("input: [3, 8, 8]\nbody:\n  - repeat(24): conv(32, 3, padding=1) -> relu\n")
    weights = SyntheticWeights()
    one, other = (live(net, weights, synthetic_inputs(net, seed, 1, {}))["output"] for seed in (0, 1))
    assert numpy.abs(one - other).max() > 0.01 * numpy.abs(one).max()


def test_a_thousand_residual_units_stay_finite_and_few_are_as_they_were() -> None:
    """Whose values double leaves float32 at the 128th."""
    text = "input: [8]\nbody:\n  - repeat({0}):\n      - residual: linear(8) -> batch_norm -> relu\n"
    few, many = graph(text.format(8)), graph(text.format(1000))
    assert gain_of(few) == 1
    assert (1 + gain_of(many) ** 2) ** 1000 == pytest.approx(2**8)
    found = verify(many, providers=["cpu"])
    assert found.agrees, found


def test_sums_side_by_side_are_not_in_a_row() -> None:
    side_by_side = "input: [8]\nbody:\n  - concat:\n" + "      - residual: linear(8)\n" * 100
    assert gain_of(graph(side_by_side)) == 1


def test_a_seed_gives_the_same_weights_and_other_seeds_others() -> None:
    net = graph("input: [3, 8, 8]\nbody: conv(8, 3)\n")
    tensor = next(iter(net.tensors.values()))
    first, again, other = (next(iter(SyntheticWeights(seed).pieces(tensor))) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
