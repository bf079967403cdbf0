"""The networks that ship and those that are written for tests only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from archdsl.pipeline import check

if TYPE_CHECKING:
    from archdsl.network import Network

ROOT = Path(__file__).parents[2]
ARCHITECTURES = sorted((ROOT / "architectures").glob("*.yaml"))
DESIGNS = sorted((ROOT / "tests" / "designs").glob("*.yaml"))
RECORDINGS = ROOT / "tests" / "reference"

GIANTS = {"vit_h_14", "vit_l_16", "vit_l_32"}
"""Networks whose weights take gigabytes: their names, shapes and counts are held, and under the mark `slow` their
logits; nothing else runs them, since smaller ones of their families have the same operators."""
RUN = [path for path in (*ARCHITECTURES, *DESIGNS) if path.stem not in GIANTS]

SMALLER = {
    "fusion": "image=3x64x64,depth=1x64x64",
    "googlenet": "3x107x107",
    "inception_resnet_v1": "3x107x107",
    "inception_resnet_v1_paper": "3x107x107",
    "inception_resnet_v2": "3x139x139",
    "inception_resnet_v2_paper": "3x107x107",
    "inception_v2": "3x107x107",
    "inception_v3": "3x299x299",  # its auxiliary head wants 17x17
    "inception_v4": "3x107x107",
    "unet": "1x188x188",
    "siamese": "left=1x65x65,right=1x65x65",
}
"""Inputs at which large networks run in a fraction of the time; `ORDINARY` for those that are not listed."""
ORDINARY = "3x64x64"


def checked(path: Path) -> Network:
    """The network of a file, which has no diagnostic at all."""
    result = check(str(path))
    assert list(result.diagnostics) == []
    assert result.network is not None
    return result.network


def smaller(path: Path) -> Network:
    """The network of a file on a smaller input, where that is small enough to be worth it."""
    network = checked(path)
    if max(max(shape[1:]) for shape in network.inputs.values()) <= 64:
        return network
    found = check(str(path), input=SMALLER.get(path.stem, ORDINARY)).network
    assert found is not None
    return found
