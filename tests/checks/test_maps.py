"""`linear` on the rows of a map: a warning where channels come first, none where they were moved last."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from archdsl.diagnostics.fixes import edited
from archdsl.source import Source

CONVNEXT = """\
input: [3, 64, 48]
blocks:
  cn_block:
    - residual:
        - conv(channels, 7, padding=3, groups=channels)
        - permute(0, 2, 3, 1) -> layer_norm(eps=1e-6) -> linear(384) -> gelu -> linear(96) -> permute(0, 3, 1, 2)
        - layer_scale(1e-6)
body:
  - conv(96, 4, stride=4) -> layer_norm(dim=1, eps=1e-6)
  - repeat(2): cn_block
  - global_avg_pool -> layer_norm(dim=1, eps=1e-6) -> flatten -> linear(1000)
"""
SWIN = """\
input: [3, 56, 84]
blocks:
  mlp(factor): linear(channels * factor) -> gelu -> linear(96)
body:
  - features:
      - conv(96, 4, stride=4) -> permute(0, 2, 3, 1) -> layer_norm(eps=1e-5)
      - residual:
          - layer_norm
          - reshape(2, 7, 3, 7, 96) -> permute(0, 1, 3, 2, 4, 5) -> reshape(6, 49, 96)
          - linear(288) -> slice(0, 96, dim=3) -> linear(96)
          - reshape(2, 3, 7, 7, 96) -> permute(0, 1, 3, 2, 4, 5) -> reshape(14, 21, 96)
      - residual: layer_norm -> linear(384) -> gelu -> linear(96)
  - layer_norm -> permute(0, 3, 1, 2) -> global_avg_pool -> flatten -> linear(1000)
"""
MIXER = """\
input: [3, 32, 48]
body:
  - conv(64, 8, stride=8) -> flatten(2) -> permute(0, 2, 1)
  - residual: layer_norm -> permute(0, 2, 1) -> linear(32) -> gelu -> linear(24) -> permute(0, 2, 1)
  - residual: layer_norm -> linear(128) -> gelu -> linear(64)
  - layer_norm -> permute(0, 2, 1) -> global_avg_pool -> flatten -> linear(10)
"""
WINDOWS = "input: [64, 49, 96]\nbody: layer_norm -> linear(288) -> relu -> linear(96)\n"


def codes(text: str) -> list[str]:
    checked = pipeline.check(Source(text, "design.yaml"))
    assert checked.network is not None, checked.diagnostics
    return [found.code for found in checked.diagnostics]


@pytest.mark.parametrize(
    "text", [CONVNEXT, SWIN, MIXER, WINDOWS], ids=["convnext", "swin", "mixer", "windows"]
)
def test_networks_whose_channels_are_last_are_not_doubted(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    ("input", "body", "shape"),
    [
        ("[3, 14, 10]", "conv(512, 2, stride=2) -> linear(10)", "512x7x5"),
        ("[3, 14, 10]", "conv(512, 2, stride=2) -> batch_norm -> relu -> dropout -> linear(10)", "512x7x5"),
        ("[3, 14, 10]", "global_avg_pool -> linear(10)", "3x1x1"),
        ("[3, 14, 10]", "adaptive_avg_pool(7) -> linear(10)", "3x7x7"),
        ("[512, 7, 7]", "linear(10)", "512x7x7"),
        ("[512, 7, 7]", "relu -> linear(10)", "512x7x7"),
        ("[3, 100]", "conv(8, 3, padding=1) -> max_pool(2) -> linear(10)", "8x50"),
        ("[7, 7, 64]", "max_pool([1, 2], stride=1, padding=0) -> linear(10)", "7x7x63"),
        ("[8, 14, 10]", "permute(0, 2, 3, 1) -> linear(8) -> permute(0, 3, 1, 2) -> max_pool(2) -> linear(4)", "8x7x5"),
    ],
)  # fmt: skip
def test_the_rows_of_a_map_are_doubted_whatever_its_form(input: str, body: str, shape: str) -> None:
    source = Source(f"input: {input}\nbody:\n  - {body}\n", "design.yaml")
    (found,) = pipeline.check(source).diagnostics
    assert (found.code, found.severity) == ("linear-on-map", "warning")
    assert shape in found.message
    assert found.help == "put `flatten` before it if the whole map is meant"
    assert codes(edited(source.text, found.fixes[0].edits)) == []


def test_merged_maps_are_maps() -> None:
    body = "  - a: conv(4, 3)\n  - add: [[], from(a)]\n  - concat: [[], relu]\n  - linear(10)\n"
    assert codes(f"input: [3, 14, 10]\nbody:\n{body}") == ["linear-on-map"]


def test_a_call_in_a_block_that_is_used_twice_is_doubted_once() -> None:
    text = (
        "input: [3, 14, 10]\nblocks: {head: linear(10)}\nbody: max_pool(2) -> head -> max_pool(1) -> head\n"
    )
    assert codes(text) == ["linear-on-map"]
