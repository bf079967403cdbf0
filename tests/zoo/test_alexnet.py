"""AlexNet's two towers and the network whose convolutions are in two groups are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import pytest
import torch

import archdsl
from archdsl.runtime.session import open_session

if TYPE_CHECKING:
    from pathlib import Path

    from archdsl.network import Network

HALVES = ("top", "bottom")


def of_towers(name: str) -> tuple[str, ...]:
    """Whose tensors in the towers the tensor of the grouped network is made of, in order."""
    layer, _, word = name.partition(".")
    if layer.startswith("fc"):
        return (name,)
    stage = "early" if layer in ("conv1", "conv2") else "late"
    return tuple(f"{stage}.{half}.{layer}.{word}" for half in HALVES)


def split(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A grouped network's weights as the towers have them: the maps of the first half, and the others."""
    found = {}
    for name, value in state.items():
        names = of_towers(name)
        for own, part in zip(names, value.chunk(len(names)), strict=True):
            found[own] = part.clone()
    return found


def pair(size: int, classes: int) -> list[Network]:
    """The grouped network and the towers."""
    given = f"3x{size}x{size}"
    return [archdsl.load(name, input=given, classes=classes) for name in ("alexnet", "alexnet_towers")]


def trial_state(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Weights that keep every layer's values of order 1, and biases that differ, so that a mistake shows."""
    generator = torch.Generator().manual_seed(1)
    state = {}
    for name, value in module.state_dict().items():
        fan_in = value[0].numel() if value.dim() > 1 else 4
        state[name] = torch.randn(value.shape, generator=generator) * (2 / fan_in) ** 0.5
    return state


def images_of(size: int) -> torch.Tensor:
    """Two, of a scale like pixels', at which the sums of squares in the normalisation count."""
    return 100 * torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))


def agree(one: numpy.ndarray, other: numpy.ndarray) -> None:
    assert one.shape == other.shape
    assert numpy.abs(one[0] - one[1]).max() > 1e-2 * numpy.abs(one).max()
    assert numpy.abs(one - other).max() <= 1e-5 * numpy.abs(one).max()


@pytest.mark.parametrize(
    ("size", "classes"), [(67, 10), pytest.param(224, 1000, marks=pytest.mark.slow)], ids=["small", "whole"]
)
@torch.inference_mode()
def test_the_towers_equal_the_groups(size: int, classes: int, tmp_path: Path) -> None:
    grouped, towers = pair(size, classes)
    assert (grouped.params, grouped.macs) == (towers.params, towers.macs)
    modules = [network.to_torch().eval() for network in (grouped, towers)]
    state = trial_state(modules[0])
    images = images_of(size)
    outputs = []
    for network, module, tensors in zip((grouped, towers), modules, (state, split(state)), strict=True):
        module.load_state_dict(tensors, strict=True)
        torch.save(tensors, tmp_path / f"{network.name}.pth")
        network.save_onnx(tmp_path / f"{network.name}.onnx", weights=tmp_path / f"{network.name}.pth")
        by_onnx = run(tmp_path / f"{network.name}.onnx", images.numpy())
        by_torch = module(images).numpy()
        agree(by_torch, by_onnx)
        outputs += [by_torch, by_onnx]
    for output in outputs[1:]:
        agree(outputs[0], output)


def run(path: Path, images: numpy.ndarray) -> numpy.ndarray:
    (output,) = open_session(path, "cpu").run({"input": images}).values()
    return output


@torch.inference_mode()
def test_sums_over_the_seam_would_be_another_network() -> None:
    """Each tower normalises its own maps. Over all of them at once the logits are others, by more than
    the test above allows."""
    grouped, _ = pair(67, 10)
    over_all = archdsl.load(
        "extends: alexnet.yaml\nblocks: {normalise: response_norm}\n", input="3x67x67", classes=10
    )
    modules = [network.to_torch().eval() for network in (grouped, over_all)]
    state = trial_state(modules[0])
    for module in modules:
        module.load_state_dict(state, strict=True)
    by_tower, by_all = (module(images_of(67)) for module in modules)
    assert (by_tower - by_all).abs().max() > 1e-3 * by_tower.abs().max()
