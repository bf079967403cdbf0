"""Random designs as modules: what they return, in inference and in training, and its gradients are those of
their operators' own PyTorch forms, one after the other."""

from __future__ import annotations

import pytest
import torch

import archdsl
from tests.backends.random_designs import SHAPE, random_design
from tests.backends.torch.evaluated import outputs, without_dropout
from tests.backends.torch.loaded import values
from tests.backends.torch.test_structure import backward


def compare(seed: int) -> None:
    network = archdsl.load(random_design(seed))
    torch.manual_seed(seed)
    module = network.to_torch()
    inputs = {name: torch.randn(3, *SHAPE) for name in network.inputs}
    before = {name: value.clone() for name, value in inputs.items()}
    for training in (False, True):
        module = without_dropout(module) if training else module.eval()
        theirs = outputs(network.graph, module, inputs, training=training)
        wanted = gradients(module, theirs)
        ours = values(module(*inputs.values()))
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
        assert all(torch.equal(inputs[name], value) for name, value in before.items())
        found = gradients(module, ours)
        assert set(found) == set(wanted)
        for name, gradient in wanted.items():
            torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-5)


def gradients(module: torch.nn.Module, found: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Of the sum of all outputs' squares, by parameter."""
    module.zero_grad()
    backward(found)
    return {name: p.grad.clone() for name, p in module.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("block", range(6))
def test_random_designs(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        compare(seed)


@pytest.mark.fuzz
@pytest.mark.parametrize("block", range(50))
def test_many_random_designs(block: int) -> None:
    for seed in range(1000 + block * 50, 1050 + block * 50):
        compare(seed)
