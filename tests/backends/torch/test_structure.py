"""Designs of every structure as modules: the same values, gradients and names as their operators have."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

import archdsl
from tests.backends.torch.evaluated import outputs, without_dropout
from tests.backends.torch.structures import DESIGNS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def networks() -> dict[str, archdsl.Network]:
    return {name: archdsl.load(text) for name, text in DESIGNS.items()}


def given(network: archdsl.Network) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(3)
    return {
        name: torch.randn(2, *shape, generator=random)  # type: ignore[call-overload]
        for name, shape in network.inputs.items()
    }


def as_list(value: object) -> list[torch.Tensor]:
    return [value] if isinstance(value, torch.Tensor) else list(value)  # type: ignore[call-overload]


def backward(values: list[torch.Tensor]) -> None:
    means = [(value * value).mean() for value in values if value.requires_grad]
    if means:  # a network without parameters has no gradients
        torch.stack(means).sum().backward()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", DESIGNS)
def test_outputs_are_those_of_the_operators(name: str, networks: dict[str, archdsl.Network]) -> None:
    network = networks[name]
    module = network.to_torch().eval()
    inputs = given(network)
    before = {name: value.clone() for name, value in inputs.items()}
    with torch.no_grad():
        ours = as_list(module(*inputs.values()))
        theirs = outputs(network.graph, module, inputs, training=False)
    assert len(ours) == len(network.graph.outputs)
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
    assert all(torch.equal(inputs[name], value) for name, value in before.items()), "an input is overwritten"


@pytest.mark.parametrize("name", DESIGNS)
def test_gradients_are_those_of_the_operators(name: str, networks: dict[str, archdsl.Network]) -> None:
    network = networks[name]
    module = without_dropout(network.to_torch())
    inputs = given(network)
    theirs = outputs(network.graph, module, inputs, training=True)
    backward(theirs)
    wanted = {name: p.grad.clone() for name, p in module.named_parameters() if p.grad is not None}
    module.zero_grad()
    ours = as_list(module(*inputs.values()))
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
    backward(ours)
    found = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    assert set(found) == set(wanted)
    for name, gradient in wanted.items():
        # The order in which gradients are summed is autograd's.
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", DESIGNS)
def test_names_and_shapes_are_the_graph_s(name: str, networks: dict[str, archdsl.Network]) -> None:
    network = networks[name]
    state = network.to_torch().state_dict()
    assert {name: tuple(state[name].shape) for name in state} == {
        name: tensor.shape for name, tensor in network.graph.tensors.items()
    }


def test_the_sources_pass_formatter_linter_and_type_checker(
    networks: dict[str, archdsl.Network], tmp_path: Path
) -> None:
    for number, network in enumerate(networks.values()):
        (tmp_path / f"network{number}.py").write_text(network.torch_source(), encoding="utf-8")
    for command in (
        ["ruff", "format", "--isolated", "--check", "."],
        ["ruff", "check", "--isolated", "."],
        ["mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "."],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
