"""Designs of any size: at each size they are what the same design is that has it in numbers, in both back ends."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy
import pytest
import torch

import archdsl
from archdsl.backends.onnx.write import to_model
from archdsl.runtime.session import open_session
from archdsl.runtime.synthetic import SyntheticWeights
from archdsl.runtime.torch_reference import live
from archdsl.sizes import number_at
from tests.runtime.opsets import NEWEST_READ

if TYPE_CHECKING:
    from archdsl import Network

UNET = """
params: {width: 4}
blocks:
  double(out): conv(out, 3, padding=1) -> batch_norm -> relu -> conv(out, 3, padding=1) -> batch_norm -> relu
  up(skip, out):
    - upsample(size=[skip.height, skip.width], mode=bilinear)
    - conv(out, 1)
    - concat: [from(skip), []]
    - double(out)
body:
  - enc1: double(width)
  - enc2: max_pool(2) -> double(width * 2)
  - enc3: max_pool(2) -> double(width * 4)
  - max_pool(2) -> double(width * 8)
  - up(from(enc3), width * 4)
  - up(from(enc2), width * 2)
  - up(from(enc1), width)
  - conv(2, 1)
"""
# Ronneberger et al. 2015: convolutions without padding, skips cropped to what has come up.
UNET_CROPPED = """
blocks:
  double(out): conv(out, 3) -> relu -> conv(out, 3) -> relu
  up(skip, out):
    - up: conv_transpose(out, 2, stride=2)
    - concat:
        - from(skip) -> center_crop(from(up).height, from(up).width)
        - []
    - double(out)
body:
  - enc1: double(4)
  - enc2: max_pool(2) -> double(8)
  - max_pool(2) -> double(16)
  - up(from(enc2), 8)
  - up(from(enc1), 4)
"""
FPN = """
body:
  - c1: conv(8, 3, stride=2, padding=1)
  - c2: conv(16, 3, stride=2, padding=1)
  - c3: conv(32, 3, stride=2, padding=1)
  - p3: conv(8, 1) -> output(p3)
  - p2:
      - add:
          - from(c2) -> conv(8, 1)
          - from(p3) -> upsample(like=from(c2))
      - output(p2)
  - add:
      - from(c1) -> conv(8, 1)
      - upsample(size=[from(c1).height, from(c1).width])
  - output(p1)
"""
TOKENS = """
body:
  - map: conv(8, 4, stride=4)
  - flatten(2) -> permute(0, 2, 1) -> layer_norm
  - linear(16) -> gelu -> linear(8)
  - permute(0, 2, 1) -> reshape(channels, from(map).height, from(map).width)
  - reshape(2, shape[0] // 2, height, width) -> permute(0, 2, 1, 3, 4) -> flatten(1, 2)
"""
# Shi et al. 2016: depth to space by hand.
SUBPIXEL = """
params: {r: 3}
body:
  - features: conv(2 * r * r, 3, padding=1)
  - reshape(channels // (r * r), r, r, height, width)
  - permute(0, 1, 4, 2, 5, 3)
  - reshape(2, from(features).height * r, from(features).width * r)
"""
# Shi et al. 2016, and a mean over the map that comes back to all of it.
ESPCN = """
params: {r: 3}
body:
  - conv(16, 5, padding=2) -> tanh -> conv(3 * r * r, 3, padding=1) -> pixel_shuffle(r)
  - add:
      - roll(5, dim=2) -> roll(-2, dim=-1)
      - reduce_mean([2, 3], keep=true) -> exp
"""
ENDS = """
body:
  - concat:
      - slice(-2, dim=2) -> global_avg_pool
      - slice(1, 3, dim=3) -> global_avg_pool
      - slice(2, dim=2) -> global_avg_pool
      - center_crop(height - 2 * (height // 3), width - 1) -> global_avg_pool
      - pad([0, 0, 1, 2]) -> conv(2, 3) -> global_avg_pool
"""

# TensorFlow's padding, whose amount depends on the size; windows shorter than a stride, and a whole map.
SAME = """
body:
  - concat:
      - conv(4, 3, stride=2, padding=same)
      - conv(4, [5, 2], stride=2, padding=same)
      - max_pool(3, stride=2, padding=same)
      - max_pool(2, padding=same) -> conv(3, 3, dilation=2, padding=same)
      - conv(4, 1, stride=2, padding=same)
  - concat:
      - max_pool([height, width])
      - avg_pool([height, width])
      - conv(2, 3, stride=7, padding=same) -> global_avg_pool
      - conv(2, 2, stride=3, dilation=2, padding=same) -> global_avg_pool
"""
# Chen et al. 2017: a pooled branch comes back to the size of the map.
ASPP = """
body:
  - map: conv(8, 3, stride=2, padding=1)
  - concat:
      - conv(4, 1)
      - each(rate in [2, 3]): conv(4, 3, padding=rate, dilation=rate)
      - global_avg_pool -> conv(4, 1) -> upsample(size=[from(map).height, from(map).width], mode=bilinear)
  - upsample(size=[from(input).height, from(input).width], mode=bilinear)
"""

# Sizes that are sums: what a crop leaves out is none that any value has, and no operand's sizes tell it.
SUMS = """
blocks:
  crop(skip): center_crop(skip.height, width)
body:
  - x:
      - concat(dim=2): ["max_pool([2, 1])", "max_pool([3, 1])"]
  - from(input)
  - concat(dim=2): ["max_pool([2, 1])", "max_pool([3, 1])", "max_pool([5, 1])"]
  - crop(from(x)) -> roll(5, dim=2)
"""

CASES = {
    "unet": (UNET, "[3, H, W]", 8),
    "unet_cropped": (UNET_CROPPED, "[1, H, W]", 44),
    "fpn": (FPN, "[3, H, W]", 3),
    "tokens": (TOKENS, "[3, H, W]", 5),
    "espcn": (ESPCN, "[3, H, W]", 1),
    "subpixel": (SUBPIXEL, "[3, H, W]", 3),
    "sums": (SUMS, "[3, H, W]", 5),
    "same": (SAME, "[3, H, W]", 2),
    "aspp": (ASPP, "[3, H, W]", 4),
    "ends": (ENDS, "[3, H, W]", 5),
}


def design(declared: object, body: str) -> str:
    return f"archdsl: 1\ninput: {declared}\n{body}"


def sizes(seed: int, least: int, count: int = 20) -> list[tuple[int, int]]:
    """Heights and widths, odd ones among them."""
    rng = random.Random(seed)
    found = [(least, least), (least + 1, least)]
    while len(found) < count:
        found.append((least + rng.randint(0, 29), least + rng.randint(0, 29)))
    return found


def compare(network: Network, body: str, size: tuple[int, int], opset: int = 21) -> None:
    shape = (network.graph.nodes[0].shape[0], *size)
    fixed = archdsl.load(design(list(shape), body))
    values = {"H": size[0], "W": size[1]}
    for mine, theirs in zip(network.graph.nodes, fixed.graph.nodes, strict=True):
        assert tuple([number_at(each, values) for each in mine.shape]) == theirs.shape, mine.name
    feeds = {"input": numpy.random.default_rng(0).standard_normal((2, *shape)).astype(numpy.float32)}
    expected = live(fixed.graph, SyntheticWeights(), feeds)
    for found in (live(network.graph, SyntheticWeights(), feeds), session(network, opset).run(feeds)):
        assert list(found) == list(expected)
        for name, value in expected.items():
            scale = max(numpy.abs(value).max(), 1)
            numpy.testing.assert_allclose(found[name], value, atol=1e-4 * scale, err_msg=f"{name} at {size}")


_SESSIONS: dict[tuple[int, int], object] = {}


def session(network: Network, opset: int):  # type: ignore[no-untyped-def]
    made = _SESSIONS.get((id(network), opset))
    if made is None:
        model = to_model(network.graph, weights=SyntheticWeights(), opset=opset)
        made = _SESSIONS[id(network), opset] = open_session(model.SerializeToString(), "cpu")
    return made


@pytest.mark.parametrize("name", CASES)
def test_at_twenty_sizes(name: str) -> None:
    body, declared, least = CASES[name]
    network = archdsl.load(design(declared, body))
    for turn, size in enumerate(sizes(len(name), least)):
        compare(network, body, size, (13, 21, NEWEST_READ)[turn % 3])


def test_the_module_has_one_class_for_a_block_at_all_sizes() -> None:
    network = archdsl.load(design("[3, H, W]", UNET))
    source = network.torch_source()
    assert source.count("class ") == 3
    assert "size=(x2.shape[2], x2.shape[3])" in source


def test_a_size_is_passed_on_where_only_the_input_has_it() -> None:
    body = (
        "blocks:\n  up(h, w):\n    - upsample(size=[h, w])\n    - relu\n"
        "body:\n  - conv(4, 3, stride=2, padding=1)\n  - up(from(input).height, from(input).width)\n"
    )
    network = archdsl.load(design("[3, H, W]", body))
    module = network.to_torch()
    for size in ((7, 9), (8, 8), (1, 3)):
        assert module(torch.zeros(2, 3, *size)).shape == (2, 4, *size)
