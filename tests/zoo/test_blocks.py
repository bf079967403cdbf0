"""The zoo's blocks between other layers, and the readings of the papers that parameters choose."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from archdsl.pipeline import check
from archdsl.source import Source
from tests.zoo.files import ROOT, checked

if TYPE_CHECKING:
    from pathlib import Path

    from archdsl.network import Network


def network(text: str) -> Network:
    """The network of a text without a file, which finds the blocks in the zoo."""
    result = check(Source(text))
    assert list(result.diagnostics) == []
    assert result.network is not None
    return result.network


def counts(name: str, **settings: str) -> tuple[int, int | None]:
    result = check(name, settings=settings)
    assert result.network is not None, list(result.diagnostics)
    return result.network.params, result.network.macs


# Table 1 of Szegedy et al. 2015: what enters, the widths, and what leaves. The paper's column of
# multiply-accumulates, in millions, is arithmetic's but for 5a; that of weights is not, so these are
# sums of products: in * (b1 + reduce3 + reduce5 + projection) + 9 * reduce3 * b3 + 25 * reduce5 * b5.
MODULES = {
    "3a": (192, 28, (64, 96, 128, 16, 32, 32), 256, 163_328, 128_049_152),
    "3b": (256, 28, (128, 128, 192, 32, 96, 64), 480, 388_096, 304_267_264),
    "4a": (480, 14, (192, 96, 208, 16, 48, 64), 512, 375_552, 73_608_192),
    "4b": (512, 14, (160, 112, 224, 24, 64, 64), 512, 448_512, 87_908_352),
    "4c": (512, 14, (128, 128, 256, 24, 64, 64), 512, 509_440, 99_850_240),
    "4d": (512, 14, (112, 144, 288, 32, 64, 64), 528, 604_672, 118_515_712),
    "4e": (528, 14, (256, 160, 320, 32, 128, 128), 832, 867_328, 169_996_288),
    "5a": (832, 7, (256, 160, 320, 32, 128, 128), 832, 1_042_432, 51_079_168),
    "5b": (832, 7, (384, 192, 384, 48, 128, 128), 1024, 1_442_816, 70_697_984),
}


@pytest.mark.parametrize("module", MODULES)
def test_an_inception_module_costs_what_table_1_says(module: str) -> None:
    channels, size, widths, out, weights, macs = MODULES[module]
    found = network(
        f"input: [{channels}, {size}, {size}]\n"
        "use: {blocks/inception.yaml: [inception]}\n"
        f"body: inception({', '.join(map(str, widths))})\n"
    )
    assert found.outputs == {"output": (out, size, size)}
    assert (found.params - sum(widths), found.macs) == (weights, macs)


def test_the_naive_module_passes_on_all_that_it_pools() -> None:
    found = network(
        "input: [192, 28, 28]\n"
        "use: {blocks/inception.yaml: [naive_inception]}\n"
        "body: naive_inception(64, 128, 32)\n"
    )
    assert found.outputs == {"output": (64 + 128 + 32 + 192, 28, 28)}
    products = 192 * (64 + 9 * 128 + 25 * 32)
    assert (found.params, found.macs) == (products + 64 + 128 + 32, products * 28 * 28)
    # Module 3a has the same windows, and its reductions save more than half.
    assert products > 2 * MODULES["3a"][4]


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_an_mlpconv_is_as_deep_as_its_argument(depth: int) -> None:
    found = network(
        "input: [4, 9, 9]\n"
        "use: {blocks/mlpconv.yaml: [mlpconv]}\n"
        "body:\n"
        "  - conv(6, 3) -> batch_norm\n"
        f"  - mlpconv([8, 5], 3, stride=2, padding=1, depth={depth})\n"
        "  - global_avg_pool -> flatten -> linear(3)\n"
    )
    before, norm = 4 * 6 * 9 + 6, 2 * 6
    widths = [8, *[5] * (depth - 1)]
    layers = 6 * 8 * 9 + 8 + sum(fed * out + out for fed, out in pairwise(widths))
    assert found.params == before + norm + layers + widths[-1] * 3 + 3
    assert sum(node.op.word == "relu" for node in found.nodes) == depth


def test_an_mlpconv_is_as_deep_as_its_list() -> None:
    found = network("input: [4, 9]\nuse: {blocks/mlpconv.yaml: [mlpconv]}\nbody: mlpconv([8, 7, 6, 5], 3)\n")
    assert found.outputs == {"output": (5, 7)}
    assert [node.name for node in found.nodes if node.op.word == "conv"] == [
        "0.conv",
        "0.cccp1",
        "0.cccp2",
        "0.cccp3",
    ]


def test_the_blocks_of_the_zoo_serve_files_elsewhere(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "input: [3, 35, 35]\n"
        "use:\n"
        "  blocks/inception.yaml: [factorised_inception, grid_reduction]\n"
        "  blocks/inception_resnet.yaml: [block35]\n"
        "body:\n"
        "  - conv(40, 3, padding=1) -> block35(0.2, 48, 64)\n"
        "  - grid_reduction(16, 32, 16, 24)\n"
        "  - factorised_inception(5, 16, 8, 16, 16)\n",
        encoding="utf-8",
    )
    found = check(str(mine))
    assert list(found.diagnostics) == []
    assert found.network is not None
    assert found.network.outputs == {"output": (64, 17, 17)}


def test_a_file_of_blocks_is_no_network_of_the_zoo() -> None:
    result = check(Source("input: [3, 8, 8]\nuse: {blocks/incepton.yaml: [unit]}\nbody: unit(3, 1)\n"))
    assert [found.code for found in result.diagnostics] == ["no-such-file"]


# Counts of the readings that are not the files' own, as published by those who read them so, or sums
# over their layers.
READINGS = [
    ("nin_cifar10", {"classes": "100"}, 984_356, 223_592_448),
    ("bn_inception", {"first": "separable"}, 11_278_528, 1_948_605_440),
    ("bn_inception", {"first": "separable", "projection": "96"}, 11_188_288, 1_934_857_216),
    ("inception_resnet_v1_paper", {"last_cell": "true"}, 24_357_096, 6_308_597_856),
    ("inception_resnet_v1_paper", {"last_cell": "true", "embedding": "512"}, 23_995_624, 6_308_235_360),
    ("inception_resnet_v1", {"classify": "false"}, 23_482_624, 1_417_662_304),
    ("inception_resnet_v2_paper", {"cells": "[10, 20, 10]"}, 55_284_488, 14_142_011_232),
]


@pytest.mark.parametrize(("name", "settings", "params", "macs"), READINGS)
def test_other_readings_of_a_paper_cost_what_is_published(
    name: str, settings: dict[str, str], params: int, macs: int
) -> None:
    assert counts(name, **settings) == (params, macs)


@pytest.mark.parametrize(("cell", "channels"), [("block17", 1154), ("block8", 2048)])
def test_the_misprinted_widths_of_inception_resnet_v2_are_refused(cell: str, channels: int) -> None:
    """Figures 17 and 19 print them; the sums are with 1152 and 2144 channels."""
    widths = {"block17": "192, 128, 160, 192", "block8": "224, 256"}[cell]
    path = ROOT / "architectures" / "inception_resnet_v2_paper.yaml"
    text, start = path.read_text(encoding="utf-8").split("\nexpect:")[0], f"{cell}(scales["
    before, call, after = text.partition(start)
    assert call
    mended = after.replace(widths, f"{widths}, out={channels}", 1)
    result = check(Source(f"{before}{call}{mended}\n"))
    assert result.network is None
    first = result.diagnostics[0]
    assert first.code == "add-shape-mismatch"
    assert f"{channels}x" in first.message
    assert {1154: "1152x", 2048: "2144x"}[channels] in first.message


@pytest.mark.parametrize("name", ["inception_resnet_v1_paper", "inception_resnet_v2_paper"])
def test_every_cell_of_an_inception_resnet_is_scaled(name: str) -> None:
    found = checked(ROOT / "architectures" / f"{name}.yaml")
    factors = [node.op.factor for node in found.nodes if node.op.word == "scale"]
    assert factors == [0.17] * 5 + [0.10] * 10 + [0.20] * 5


@pytest.mark.parametrize("n", [3, 5, 7, 9])
def test_the_windows_of_inception_v2_have_any_odd_size(n: int) -> None:
    """Each module of figure 6 has three pairs of a row and a column, of reduce or 192 channels."""
    reduced = (128, 160, 160, 160, 192)
    cells = sum(2 * (r * r + r * 192) + 2 * r * r for r in reduced)
    whole, macs = counts("inception_v2")
    assert macs is not None
    found = counts("inception_v2", n=str(n))
    assert found == (whole + (n - 7) * cells, macs + (n - 7) * cells * 17 * 17)
