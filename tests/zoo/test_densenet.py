"""DenseNets against what their paper says of them (Huang et al. 2017)."""

from __future__ import annotations

import pytest
import torch

import archdsl
from archdsl.network import Network
from archdsl.ops.conv import Conv
from archdsl.ops.linear import Linear
from archdsl.ops.pool import AvgPool
from archdsl.ops.regularise import Dropout

DEPTHS = {
    "densenet40": 40,
    "densenet100": 100,
    "densenet100_24": 100,
    "densenet121": 121,
    "densenet161": 161,
    "densenet169": 169,
    "densenet201": 201,
    "densenet264": 265,  # by table 1, whose blocks have 6, 12, 64 and 48 layers of two: one more than its name
    "densenet_b_40_12": 40,
    "densenet_c_40_12": 40,
    "densenet_bc_40_12": 40,
    "densenet_bc_100_12": 100,
    "densenet_bc_190_40": 190,
    "densenet_bc_250_24": 250,
}
"""Layers with weights."""
CIFAR = [name for name, depth in DEPTHS.items() if depth in (40, 100, 190, 250)]


def count(network: Network, kind: type) -> int:
    return sum(isinstance(node.op, kind) for node in network.nodes)


@pytest.mark.parametrize(("name", "depth"), DEPTHS.items())
def test_it_has_the_layers_of_its_name_and_table(name: str, depth: int) -> None:
    network = archdsl.load(name)
    assert count(network, Conv) + count(network, Linear) == depth


@pytest.mark.parametrize("name", CIFAR)
def test_there_is_dropout_after_each_convolution_but_the_first(name: str) -> None:
    network = archdsl.load(name)
    by_index = dict(enumerate(network.nodes))
    before = [by_index[node.inputs[0]] for node in network.nodes if isinstance(node.op, Dropout)]
    convolutions = [node for node in network.nodes if isinstance(node.op, Conv)]
    assert [node.owner for node in before] == [node.owner for node in convolutions[1:]]
    assert count(archdsl.load(name, drop=0.0), Dropout) == 0


@pytest.mark.parametrize("name", CIFAR)
def test_both_versions_of_the_composite_function(name: str) -> None:
    """BN-ReLU-conv 3x3, or BN-ReLU-conv 1x1 of four times the growth before it."""
    network = archdsl.load(name)
    words = [
        node.op.word for node in network.nodes if node.owner.startswith("features.denseblock1.denselayer1.")
    ]
    once = ["batch_norm", "relu", "conv", "dropout"]
    assert words == (once * 2 if "_b" in name else once)


def test_compression_rounds_down() -> None:
    """Section 3: floor(theta m) maps. No network of the paper has an odd number of them."""
    network = archdsl.load("densenet_bc_40_12", growth=13, stem=25)
    pools = [network.nodes[node.inputs[0]].shape for node in network.nodes if isinstance(node.op, AvgPool)]
    # 25 + 6 * 13 = 103, and 51 + 78 = 129
    assert [shape[0] for shape in pools] == [51, 64]


@pytest.mark.parametrize("name", ["densenet40", "densenet_bc_40_12"])
def test_what_is_computed_again_has_the_same_dropout(name: str) -> None:
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = []
    for cheap in (False, True):
        module = archdsl.load(name, input="3x8x8", layers=[2, 2, 2], memory_efficient=cheap).to_torch()
        torch.manual_seed(0)
        module(images).square().sum().backward()
        found.append({key: value.grad for key, value in module.named_parameters()})
    plain, again = found
    for key, gradient in plain.items():
        assert gradient is not None
        assert torch.allclose(gradient, again[key], rtol=1e-4, atol=1e-6 * gradient.abs().max()), key
