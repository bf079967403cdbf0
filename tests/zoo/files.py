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

VARIANTS = {
    "convnext", "convnext_base", "convnext_large", "convnext_small", "efficientnet", "efficientnet_b1", "efficientnet_b2",
    "efficientnet_b3", "efficientnet_b4", "efficientnet_b5", "efficientnet_b6", "efficientnet_b7", "efficientnet_v2",
    "efficientnet_v2_l", "efficientnet_v2_m", "mnasnet", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3", "mobilenet_v3",
    "mobilenet_v3_large", "regnet", "regnet_x_16gf", "regnet_x_1_6gf", "regnet_x_32gf", "regnet_x_3_2gf",
    "regnet_x_800mf", "regnet_x_8gf", "regnet_y_128gf", "regnet_y_16gf", "regnet_y_1_6gf", "regnet_y_32gf",
    "regnet_y_3_2gf", "regnet_y_800mf", "regnet_y_8gf", "shufflenet_v2", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5",
    "shufflenet_v2_x2_0", "squeezenet1_0", "swin", "swin_b", "swin_s", "swin_v2", "swin_v2_b", "swin_v2_s", "vit_h_14",
    "vit_l_16", "vit_l_32",
    # Their windows divide no smaller input than their own, at which everything takes minutes.
    "maxvit_t", "swin_t", "swin_v2_t",
}  # fmt: skip
"""Networks that differ from others of their families in numbers alone: their names, shapes and counts are held, and
under the mark `slow` their logits; nothing else runs them, since the others have the same operators."""
RUN = [path for path in (*ARCHITECTURES, *DESIGNS) if path.stem not in VARIANTS]

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
