"""Real networks at small inputs, for the tests of what is done to their modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

import archdsl

if TYPE_CHECKING:
    from archdsl.network import Network

LOADED: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "resnet18": ("resnet18", "3x64x64", {"classes": 10}),
    "densenet121": ("densenet121", "3x64x64", {"classes": 10}),
    "densenet40": ("densenet40", None, {}),
    "googlenet": ("googlenet_torchvision", "3x64x64", {"classes": 10}),
    "googlenet of the paper": ("googlenet", "3x107x107", {"classes": 10}),
    "siamese": ("tests/designs/siamese.yaml", "left=1x65x65,right=1x65x65", {}),
    "fusion": ("tests/designs/fusion.yaml", "image=3x64x64,depth=1x64x64", {}),
    "fpn": ("tests/designs/fpn.yaml", "3x64x64", {}),
    "convnext": ("convnext_tiny", "3x64x64", {"classes": 10}),
    "lenet5": ("lenet5", None, {}),
}
NETWORKS = pytest.mark.parametrize("name", list(LOADED))
SOME = pytest.mark.parametrize("name", ["resnet18", "googlenet", "siamese", "fpn", "lenet5"])


def loaded(name: str) -> Network:
    reference, given, params = LOADED[name]
    return archdsl.load(reference, input=given, **params)


def made(name: str, batch: int = 2) -> tuple[torch.nn.Module, list[torch.Tensor]]:
    """The module of a network, and random inputs."""
    network = loaded(name)
    torch.manual_seed(0)
    return network.to_torch(), [torch.randn(batch, *shape) for shape in network.inputs.values()]


def values(found: Any) -> list[torch.Tensor]:
    return [found] if isinstance(found, torch.Tensor) else list(found)


def same(one: Any, other: Any) -> bool:
    return all(torch.equal(a, b) for a, b in zip(values(one), values(other), strict=True))
