"""Random designs as modules: what they return, in inference and in training, is what their operators'
own PyTorch forms make one after the other."""

from __future__ import annotations

import pytest
import torch

import archdsl
from tests.backends.random_designs import SHAPE, random_design
from tests.backends.torch.evaluated import outputs, without_dropout
from tests.backends.torch.loaded import values


def compare(seed: int) -> None:
    network = archdsl.load(random_design(seed))
    torch.manual_seed(seed)
    module = network.to_torch()
    inputs = {name: torch.randn(3, *SHAPE) for name in network.inputs}
    before = {name: value.clone() for name, value in inputs.items()}
    with torch.no_grad():
        for training in (False, True):
            module = without_dropout(module) if training else module.eval()
            theirs = outputs(network.graph, module, inputs, training=training)
            ours = values(module(*inputs.values()))
            assert len(ours) == len(theirs)
            for one, other in zip(ours, theirs, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
            assert all(torch.equal(inputs[name], value) for name, value in before.items())


@pytest.mark.parametrize("block", range(6))
def test_random_designs(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        compare(seed)


@pytest.mark.fuzz
@pytest.mark.parametrize("block", range(50))
def test_many_random_designs(block: int) -> None:
    for seed in range(1000 + block * 50, 1050 + block * 50):
        compare(seed)
