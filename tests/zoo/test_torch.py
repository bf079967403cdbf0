"""Every network as a live module: equal to its operators one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from tests.backends.torch.evaluated import outputs, without_dropout
from tests.zoo.files import RUN, checked, smaller

if TYPE_CHECKING:
    from pathlib import Path

    from archdsl.network import Network


def each(most_params: int, most_nodes: int) -> pytest.MarkDecorator:
    """Every network; those that are larger run under the mark `slow`."""
    cases = []
    for path in RUN:
        network = checked(path)
        large = network.params > most_params or len(network.nodes) > most_nodes
        cases.append(pytest.param(path, marks=[pytest.mark.slow] if large else [], id=path.stem))
    return pytest.mark.parametrize("path", cases)


def inputs_of(network: Network, batch: int) -> list[torch.Tensor]:
    torch.manual_seed(0)
    return [torch.randn(batch, *shape) for shape in network.inputs.values()]


def values(found: Any) -> list[torch.Tensor]:
    return [found] if isinstance(found, torch.Tensor) else list(found)


@each(most_params=15_000_000, most_nodes=450)
def test_is_bit_for_bit_what_its_operators_are(path: Path) -> None:
    """Outputs and gradients. Nothing that writes over its input changes what anything else reads."""
    network = smaller(path)
    module, inputs = network.to_torch(), inputs_of(network, 2)
    given = dict(zip(network.inputs, inputs, strict=True))
    without_dropout(module)
    wanted = outputs(network.graph, module, given, training=True)
    directions = [torch.randn_like(value) for value in wanted]
    parameters = list(module.parameters())
    expected = torch.autograd.grad(wanted, parameters, directions)
    found = values(module(*inputs))
    assert len(found) == len(network.outputs) + len(network.graph.auxiliary_heads)
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))
    gradients = torch.autograd.grad(found, parameters, directions)
    for (name, _), one, other in zip(module.named_parameters(), gradients, expected, strict=True):
        assert torch.equal(one, other), name
    # The step in training has left running statistics that are not those of the start.
    module.eval()
    with torch.inference_mode():
        found = values(module(*inputs))
        wanted = outputs(network.graph, module, given, training=False)
    assert {
        name: value.shape[1:] for name, value in zip(network.outputs, found, strict=True)
    } == network.outputs
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))
    assert all(torch.isfinite(value).all() for value in found)
