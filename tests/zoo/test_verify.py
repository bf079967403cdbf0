"""Every network by torch's live module and by onnxruntime: the same outputs from the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archdsl.pipeline import check
from archdsl.runtime.parity import verify
from tests.zoo.files import ARCHITECTURES, DESIGNS, checked

if TYPE_CHECKING:
    from pathlib import Path

NETWORKS = [*ARCHITECTURES, *DESIGNS]

LARGEST_RUN = 1_000_000_000
MOST_PARAMS = 30_000_000
"""Multiply-accumulates and parameters of networks that run whole each time: about half a second."""

SMALLER = {
    "googlenet": "3x107x107",
    "inception_resnet_v1": "3x107x107",
    "inception_resnet_v2": "3x139x139",
    "inception_v3": "3x299x299",  # its side head wants 17x17
    "inception_v4": "3x107x107",
    "unet": "1x188x188",
    "siamese": "left=1x65x65,right=1x65x65",
}
"""The inputs at which large networks run each time; `ORDINARY` for those that are not listed."""
ORDINARY = "3x64x64"


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
    parity = verify(network.graph, providers=["cpu"])
    assert parity.agrees, parity
    assert [(row.output, row.shape[1:]) for row in parity.rows] == list(network.outputs.items())


@pytest.mark.parametrize("path", LARGE, ids=lambda path: path.stem)
def test_large_networks_agree_on_a_smaller_input(path: Path) -> None:
    """Every operator of theirs runs, on smaller maps."""
    network = check(str(path), input=SMALLER.get(path.stem, ORDINARY)).network
    assert network is not None
    parity = verify(network.graph, providers=["cpu"])
    assert parity.agrees, parity
