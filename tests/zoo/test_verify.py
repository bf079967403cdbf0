"""Every network by torch's live module and by onnxruntime: the same outputs from the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archdsl.runtime.parity import verify
from tests.zoo.files import RUN, checked, smaller

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.onnxruntime, pytest.mark.torch]

SEEDS, BATCH = (0, 1), 3
NETWORKS = RUN

LARGEST_RUN = 1_000_000_000
MOST_PARAMS = 30_000_000
"""Multiply-accumulates and parameters of networks that run whole each time: about half a second."""


def is_large(path: Path) -> bool:
    network = checked(path)
    return (network.macs or 0) > LARGEST_RUN or network.params > MOST_PARAMS


LARGE = [path for path in NETWORKS if is_large(path)]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] if path in LARGE else [], id=path.stem)
        for path in NETWORKS
    ],
)
def test_torch_and_onnxruntime_agree(path: Path) -> None:
    network = checked(path)
    for seed in SEEDS:
        parity = verify(network.graph, seed=seed, batch=BATCH, providers=["cpu"])
        assert parity.agrees, parity
    assert [(row.output, row.shape[1:]) for row in parity.rows] == list(network.outputs.items())


OF_EACH_FAMILY = {
    "alexnet", "alexnet_towers", "densenet161", "inception_resnet_v1", "inception_v3", "preresnet50", "resnet50",
    "efficientnet_v2_s", "resnet1202", "resnext50", "vgg11_bn", "vit_b_32",
}  # fmt: skip
"""Large networks of which each has operators, or a depth, that the others have not."""


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.stem in OF_EACH_FAMILY else [pytest.mark.slow], id=path.stem)
        for path in LARGE
    ],
)
def test_large_networks_agree_on_a_smaller_input(path: Path) -> None:
    """Every operator of theirs runs, on smaller maps."""
    network = smaller(path)
    for seed in SEEDS:
        parity = verify(network.graph, seed=seed, batch=BATCH, providers=["cpu"])
        assert parity.agrees, parity
