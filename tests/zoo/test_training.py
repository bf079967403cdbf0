"""Every network learns: twenty steps of SGD on one small batch lower its training loss."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch.nn import functional

from archdsl.pipeline import check
from tests.zoo.files import ARCHITECTURES, SMALLER, VARIANTS

if TYPE_CHECKING:
    from archdsl.network import Network

PUBLISHED: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("published.json").read_text(encoding="utf-8")
)

STEPS, BATCH, CLASSES = 20, 4, 10

INPUTS = {
    **SMALLER,
    "alexnet": "3x67x67",
    "alexnet_torchvision": "3x67x67",
    "alexnet_towers": "3x67x67",
    "bn_inception": "3x64x64",
    "lenet5": "1x32x32",
    "lenet5_modern": "1x32x32",
    "nin_imagenet": "3x67x67",
}
"""The inputs of those whose windows do not fit on a smaller one."""
FOR_IMAGENET, FOR_CIFAR = "3x32x32", "3x8x8"

RATES = {
    "alexnet": 1e-4,  # by biases of 1 all 4,096 features are on at first, and the loss is that steep
    "alexnet_towers": 1e-4,
    "lenet5": 1e-3,  # distances over 84 features
    "efficientnet_v2_s": 1e-4,
    "mnasnet0_5": 1e-3,
    # Normalised maps, of which the pool before the classifier makes 49 that are equal on so small an input.
    **dict.fromkeys(("vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg16c_bn", "vgg19_bn"), 1e-3),
    **dict.fromkeys(("wide_resnet50_2", "wide_resnet101_2"), 1e-3),  # more channels, steeper
}
RATE, MOMENTUM = 1e-2, 0.9

MOST_PARAMS = 10_000_000
"""Of networks that run each time, two seconds at most."""


def distances(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """LeNet-5's loss (eq. 9): its outputs are distances, the label's is made small and the others large,
    up to that of a class of what is nothing."""
    nothing = torch.ones(len(outputs), 1)
    others = torch.logsumexp(-torch.cat([outputs, nothing], dim=1), dim=1)
    return (outputs.gather(1, labels[:, None]).squeeze(1) + others).mean()


LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {"lenet5": distances}


def small(path: Path) -> Network:
    """The network on a small input and for few classes, where it can be is_settable how many."""
    network = check(str(path)).network
    assert network is not None
    (shape,) = network.inputs.values()
    ordinary = FOR_CIFAR if shape[-1] == 32 else FOR_IMAGENET
    is_settable = any(parameter.name.word == "classes" for parameter in network.design.parameters)
    settings = {"classes": str(CLASSES)} if is_settable else {}
    reduced = check(str(path), input=INPUTS.get(path.stem, ordinary), settings=settings)
    assert reduced.network is not None, list(reduced.diagnostics)
    return reduced.network


def is_large(path: Path) -> bool:
    """By the published count, so that nothing has to be checked to know which tests there are. What
    others stand on has none, and trains as one of them does."""
    return path.stem not in PUBLISHED or PUBLISHED[path.stem]["params"] > MOST_PARAMS


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """On maps this small a second one costs more than it does."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] if is_large(path) else [], id=path.stem)
        for path in ARCHITECTURES
        if path.stem not in VARIANTS
    ],
)
def test_twenty_steps_lower_the_training_loss(path: Path) -> None:
    network = small(path)
    module = network.to_torch()
    (shape,) = network.inputs.values()
    images = torch.randn(BATCH, *shape, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(BATCH)
    loss_of = LOSSES.get(path.stem, functional.cross_entropy)

    def loss() -> torch.Tensor:
        found = module(images)
        if isinstance(found, torch.Tensor):
            return loss_of(found, labels)
        terms = [
            weight * loss_of(output, labels) for weight, output in zip(found.weights, found, strict=True)
        ]
        return torch.stack(terms).sum()

    def measured() -> float:
        """In training mode, with the same dropout each time."""
        torch.manual_seed(0)
        with torch.no_grad():
            return loss().item()

    before = measured()
    rate = RATES.get(path.stem, RATE)
    optimizer = torch.optim.SGD(module.parameters(), lr=rate, momentum=MOMENTUM)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    assert measured() < 0.99 * before


def test_side_heads_are_in_the_loss() -> None:
    """A network with heads is trained by all of them: each of their weights has a gradient."""
    (path,) = [path for path in ARCHITECTURES if path.stem == "googlenet_torchvision"]
    network = small(path)
    module = network.to_torch()
    (shape,) = network.inputs.values()
    outputs = module(torch.randn(BATCH, *shape))
    assert outputs.weights == (1.0, 0.3, 0.3)
    sum(outputs).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
