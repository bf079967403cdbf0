"""The structure of a graph by its scopes: all of the graph, blocks by their titles, repeats of blocks."""

from __future__ import annotations

import pytest

import archdsl
from archdsl.structure.by_scopes import by_scopes
from archdsl.structure.model import BlockUse, items_in, unrolled
from archdsl.structure.regions import regions_of, scopes_in
from archdsl.structure.text import text_form
from tests.backends.random_designs import random_design
from tests.structure.test_find import check_whole, graph_of
from tests.structure.zoo_table import TABLE

CUT_BY_BRANCHES = {
    # A branch is what is between a value and its merge; of these scopes a part lies in it.
    "tests/designs/fpn.yaml",
    "tests/designs/unet.yaml",
    # The other branch of the sum in `encoder` is a source, so that all before it is in the first.
    "vit", "vit_b_16", "vit_b_32", "vit_h_14", "vit_l_16", "vit_l_32",
    # A table that is looked up is a source too.
    "maxvit_t", "swin_t", "swin_v2_t",
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_the_scopes_of_a_design_are_uses_of_its_blocks(name: str) -> None:
    graph = graph_of(name)
    structure = by_scopes(graph)
    check_whole(graph, structure)
    uses = {
        item.path: sorted(unrolled(item.row))
        for item in items_in(structure.body)
        if isinstance(item, BlockUse)
    }
    scopes = {region.path: sorted(region.nodes()) for region in scopes_in(regions_of(graph)[0])}
    scopes = {path: nodes for path, nodes in scopes.items() if nodes}
    assert uses.items() <= scopes.items()
    assert (uses == scopes) == (name not in CUT_BY_BRANCHES)
    assert text_form(structure)


@pytest.mark.parametrize("seed", range(60))
def test_random_designs_are_whole(seed: int) -> None:
    graph = archdsl.load(random_design(seed)).graph
    structure = by_scopes(graph)
    check_whole(graph, structure)
    assert text_form(structure)


def test_resnet50_is_four_layers_of_one_bottleneck() -> None:
    assert (
        text_form(by_scopes(graph_of("resnet50"))).partition("block bottleneck:")[2]
        == """
  add:
    - conv(out=[64 x3, 128 x4, 256 x6, 512 x3], kernel=1, bias=false)
      batch_norm
      relu
      conv(out=channels, kernel=3, stride=[1 x3, 2, 1 x3, 2, 1 x5, 2, 1 x2], padding=1, bias=false)
      batch_norm
      relu
      conv(out=[256 x3, 512 x4, 1024 x6, 2048 x3], kernel=1, bias=false)
      batch_norm
    - when [true, false x2, true, false x3, true, false x5, true, false x2]: projection
  relu
block layer:
  repeat [3, 4, 6, 3]:
    bottleneck
body:
  conv(out=64, kernel=7, stride=2, padding=3, bias=false)
  batch_norm
  relu
  max_pool(kernel=3, stride=2, padding=1)
  repeat 4:
    layer
  global_avg_pool
  flatten
  linear(out=1000)
"""
    )


@pytest.mark.parametrize("first", ["plain", "projected"])
def test_a_branch_may_be_empty_in_some_uses_whichever_comes_first(first: str) -> None:
    uses = ["unit(4)", "unit(8)", "unit(8)"] if first == "plain" else ["unit(8)", "unit(8)", "unit(8)"]
    design = (
        "network n\ninput [4, 6, 6]\n"
        "block unit(n) {\nresidual {\nbody: { conv(n, 3, padding=1) -> relu }\n"
        "shortcut: when(channels != n) { way }\n}\n}\n"
        "block way { conv(8, 1) -> batch_norm }\n"
        f"body {{ {' -> '.join(uses)} }}\n"
    )
    structure = by_scopes(archdsl.load(design).graph)
    assert [block.name for block in structure.blocks] == ["way", "unit"]
    mark = "[false, true, false]" if first == "plain" else "[true, false x2]"
    assert f"when {mark}: way" in text_form(structure)


def test_a_block_that_calls_itself_is_several() -> None:
    design = (
        "network n\ninput [4]\n"
        "block more(n) { add {\nlinear(4)\nwhen(n > 0) { more(n - 1) } else { {} } } }\n"
        "body { more(3) }\n"
    )
    graph = archdsl.load(design).graph
    structure = by_scopes(graph)
    check_whole(graph, structure)
    assert [block.name for block in structure.blocks] == ["more", "more_2", "more_3", "more_4"]


def test_titles_tell_blocks_of_one_form_apart() -> None:
    design = (
        "network n\ninput [4]\nblock one { linear(4) -> relu }\nblock two { linear(4) -> relu }\n"
        "body {\none\ntwo\nunit1: { linear(4) -> tanh }\nunit2: { linear(4) -> tanh }\n}\n"
    )
    structure = by_scopes(archdsl.load(design).graph)
    assert [(block.name, len(block.uses)) for block in structure.blocks] == [
        ("one", 1),
        ("two", 1),
        ("unit", 2),
    ]
