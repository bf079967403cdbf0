"""Structure is found without names: all of the graph, in order, and the design's own repeats and blocks."""

from __future__ import annotations

import math
import random
from functools import cache
from typing import TYPE_CHECKING

import pytest

import archdsl
from archdsl.graph.verify import verify
from archdsl.structure.find import find
from archdsl.structure.model import BlockUse, From, RepeatedRows, Step, items_in, unrolled
from archdsl.structure.repeats import RepeatFinder
from archdsl.structure.rows import DEEPEST, rows_of
from archdsl.structure.text import text_form
from tests.backends.random_designs import random_design
from tests.conftest import ROOT
from tests.graph.build import Build
from tests.structure.anonymous import anonymous
from tests.structure.constructs import blocks_of, loops_of, repeats_of, units_of
from tests.structure.zoo_table import TABLE
from tests.zoo.files import VARIANTS

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Structure


@cache
def graph_of(name: str) -> Graph:
    return archdsl.load(name).graph


def check_whole(graph: Graph, structure: Structure) -> None:
    """Unrolled, it is every node but the inputs, once, after what it reads; blocks are as they are used."""
    order = list(unrolled(structure.body))
    assert sorted(order) == [at for at in range(len(graph.nodes)) if at not in graph.given]
    place = {at: number for number, at in enumerate(order)}
    for at in order:
        assert all(source in graph.given or place[source] < place[at] for source in graph.nodes[at].inputs)
    uses: dict[int, list[int]] = {}
    for item in items_in(structure.body):
        if isinstance(item, BlockUse):
            uses.setdefault(item.block, []).append(next(unrolled(item.row)))
    assert set(uses) == set(range(len(structure.blocks)))
    for block, first in uses.items():
        assert sorted(first) == sorted(next(unrolled(row)) for row in structure.blocks[block].uses)
    for number, block in enumerate(structure.blocks):
        inner = [item for use in block.uses for item in items_in(use) if isinstance(item, BlockUse)]
        assert all(item.block < number for item in inner)


@pytest.mark.parametrize("name", TABLE)
def test_networks_are_found_again_without_their_names(name: str) -> None:
    graph = graph_of(name)
    hidden = anonymous(graph)
    assert verify(hidden) == []
    structure = find(hidden)
    check_whole(hidden, structure)
    loops, repeats = loops_of(graph), repeats_of(structure)
    blocks, units = blocks_of(graph), units_of(structure)
    found = (
        (sum(loop in repeats for loop in loops), len(loops)),
        (sum(uses <= units for uses in blocks.values()), len(blocks)),
    )
    assert found == (TABLE[name].loops, TABLE[name].blocks)
    everything = all(count == of for count, of in found)
    assert bool(TABLE[name].why) != everything, "what is not found has its reason, and only that"


def test_the_table_has_every_network() -> None:
    designs = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "designs").glob("*.yaml")}
    zoo = {path.stem for path in (ROOT / "architectures").glob("*.yaml")}
    assert (zoo | designs) - VARIANTS <= set(TABLE) <= zoo | designs


@pytest.mark.parametrize("name", ["vgg16", "densenet121", "googlenet", "tests/designs/unet.yaml"])
def test_names_have_no_say(name: str) -> None:
    named, hidden = find(graph_of(name)), find(anonymous(graph_of(name)))
    assert (named.body, named.blocks) == (hidden.body, hidden.blocks)


@pytest.mark.parametrize("seed", range(60))
def test_random_designs_are_whole(seed: int) -> None:
    graph = archdsl.load(random_design(seed)).graph
    check_whole(graph, find(graph))


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_are_whole(seed: int) -> None:
    """Any node reads any node before it, and what nothing reads is there too."""
    draw = random.Random(seed)
    build = Build()
    values = [build.input(4, 8, 8, name=f"in{at}") for at in range(draw.choice([1, 1, 2]))]
    recent = draw.choice([2, 4, 50])
    for _ in range(draw.choice([5, 30, 120])):
        sources = [draw.choice(values[-recent:]) for _ in range(draw.choice([1, 1, 1, 2, 3]))]
        word = (
            draw.choice(["relu", "batch_norm", "tanh"]) if len(sources) == 1 else draw.choice(["add", "mul"])
        )
        values.append(build.node(word, *sources))
    graph = build.graph(*draw.sample(values, draw.choice([1, 2])))
    check_whole(graph, find(graph))


@pytest.mark.parametrize("levels", [3, DEEPEST, 3 * DEEPEST])
def test_regions_within_regions_have_an_end(levels: int) -> None:
    """A U-Net's skips nest as deep as it has levels; from `DEEPEST` on they are values with rows of their own."""
    build = Build()
    value = build.input(4, 8, 8)
    skips = []
    for _ in range(levels):
        value = build.node("relu", value)
        skips.append(value)
    for skip in reversed(skips):
        value = build.node("add", skip, build.node("tanh", value))
    graph = build.graph(value)
    structure = find(graph)
    check_whole(graph, structure)
    assert any(isinstance(item, From) for item in items_in(structure.body)) == (levels > DEEPEST)


def test_a_value_that_branches_share_is_made_before_them() -> None:
    """Res2Net's kind: each branch is fed by the one before it too."""
    build = Build()
    start = build.node("relu", build.input(4, 8, 8))
    one = build.node("tanh", start)
    two = build.node("sigmoid", build.node("add", one, start))
    graph = build.graph(build.node("mul", one, two))
    assert text_form(find(graph)).splitlines()[1:] == [
        "  relu",
        "  tanh",
        "  from 1",
        "  mul:",
        "    - from 2",
        "    - add:",
        "        - from 2",
        "        - []",
        "      sigmoid",
    ]
    check_whole(graph, find(graph))


def test_vgg16_is_five_stages() -> None:
    assert (
        text_form(find(anonymous(graph_of("vgg16"))))
        == """\
body:
  repeat 5:
    repeat [2 x2, 3 x3]:
      conv(out=[64, 128, 256, 512 x2], kernel=3, padding=1)
      relu
    max_pool(kernel=2)
  adaptive_avg_pool(size=7)
  flatten
  repeat 2:
    linear(out=4096, std=0.01, bias_init=0.0)
    relu
    dropout
  linear(out=1000, std=0.01, bias_init=0.0)
"""
    )


def test_resnet50_is_four_stages_of_one_unit() -> None:
    """The projection of each stage's first unit is a gap in the others, and no unit of its own."""
    structure = find(anonymous(graph_of("resnet50")))
    stages = next(item for item in structure.body.items if isinstance(item, RepeatedRows))
    units = [turn.items[0] for turn in stages.turns]
    assert [len(unit.turns) for unit in units if isinstance(unit, RepeatedRows)] == [3, 4, 6, 3]
    text = text_form(structure)
    assert text.count("conv(") == 5
    assert "when [[true, false x2], [true, false x3], [true, false x5], [true, false x2]]" in text


def test_densenet121_ends_without_a_transition() -> None:
    text = text_form(find(anonymous(graph_of("densenet121"))))
    assert "repeat [6, 12, 24, 16]:" in text
    assert "when not last:" in text
    assert text.count("concat") == 1


def test_parameters_that_are_shared_are_of_another_form_than_fresh_ones() -> None:
    def graph(shared: bool) -> Graph:
        build = Build()
        value = build.input(4)
        for turn in range(4):
            value = build.node("linear", value, out=4, owner="1" if shared and turn else None)
        return build.graph(value)

    fresh, shared = find(graph(False)), find(graph(True))
    assert [len(item.turns) for item in fresh.body.items if isinstance(item, RepeatedRows)] == [4]
    assert isinstance(shared.body.items[0], Step)
    assert [len(item.turns) for item in shared.body.items if isinstance(item, RepeatedRows)] == [3]


@pytest.mark.parametrize("name", ["resnet1202", "densenet264", "preresnet1001", "inception_resnet_v2"])
def test_the_work_is_nearly_linear(name: str) -> None:
    """Forms compared, which do not depend on the machine."""
    graph = graph_of(name)
    finder = RepeatFinder(graph, rows_of(graph))
    finder.find()
    assert finder.comparisons <= len(graph.nodes) * math.log2(len(graph.nodes))


@pytest.mark.parametrize("seed", range(4))
def test_the_work_is_nearly_linear_where_nothing_repeats_for_long(seed: int) -> None:
    draw = random.Random(seed)
    build = Build()
    value = build.input(4)
    words = ["relu", "tanh", "sigmoid", "silu", "gelu"][: 2 + seed]
    for _ in range(2000):
        value = build.node(draw.choice(words), value)
    graph = build.graph(value)
    finder = RepeatFinder(graph, rows_of(graph))
    finder.find()
    assert finder.comparisons <= 40 * 2000 * math.log2(2000)
