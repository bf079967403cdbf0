"""A design with mistakes is a graph all the same: the steps before each of them and beside it, with shapes."""

from __future__ import annotations

import re

import pytest

from archdsl import pipeline
from archdsl.graph.verify import verify
from archdsl.shapes import text_of
from archdsl.source import Source
from tests.checking import design


def shapes(text: str) -> dict[str, str]:
    """The value of each step of a faulty design, by its text."""
    checked = pipeline.check(Source(text))
    assert checked.network is None
    assert checked.graph is not None
    return {node.span.text: text_of(node.shape) for node in checked.graph.nodes if node.op.word != "input"}


def test_steps_before_a_mistake_have_their_shapes() -> None:
    found = shapes(design("- conv(4, 3) -> relu\n- batch_nrom\n- conv(8, 3)"))
    assert found == {"conv(4, 3)": "4x6x6", "relu": "4x6x6"}


def test_branches_beside_a_mistake_have_their_shapes() -> None:
    found = shapes(
        design("- concat:\n    - conv(4, 1) -> relu\n    - conv(5, 9)\n    - conv(6, 1)\n- global_avg_pool")
    )
    assert found == {"conv(4, 1)": "4x8x8", "relu": "4x8x8", "conv(6, 1)": "6x8x8"}


def test_what_comes_from_elsewhere_goes_on_after_a_mistake() -> None:
    found = shapes(design("- a: conv(4, 3)\n- b: conv(4, 99)\n- from(a) -> conv(7, 1)\n- output(good)"))
    assert found == {"conv(4, 3)": "4x6x6", "conv(7, 1)": "7x6x6"}


def test_outputs_that_do_not_depend_on_a_mistake_are_there() -> None:
    text = design("- a: conv(4, 3)\n- output(good)\n- conv(4, 99)\n- output(bad)")
    graph = pipeline.check(Source(text)).graph
    assert graph is not None
    assert [(output.name, graph.nodes[output.node].shape) for output in graph.outputs] == [
        ("good", (4, 6, 6))
    ]


def test_a_text_that_the_grammar_refuses_leaves_the_others() -> None:
    found = shapes(design("- conv(4, 3) -> relu\n- from(input) -> conv(5, 3\n- from(input) -> conv(6, 3)"))
    assert found == {"conv(4, 3)": "4x6x6", "relu": "4x6x6", "conv(6, 3)": "6x6x6"}


def test_where_nothing_flows_in_there_is_no_graph() -> None:
    assert pipeline.check(Source("body: relu\n")).graph is None
    assert pipeline.check(Source("input: [3, 8, 8]\n")).graph is None


def test_a_walk_that_is_stopped_keeps_what_it_made() -> None:
    graph = pipeline.check(Source(design("- conv(4, 3)\n- repeat(10 ** 9): relu"))).graph
    assert graph is not None
    assert [node.op.word for node in graph.nodes] == ["input", "conv"]


def test_of_a_design_without_errors_it_is_the_network_s() -> None:
    checked = pipeline.check("lenet5")
    assert checked.network is not None
    assert checked.graph is checked.network.graph


SPOILT = ("resnet", "densenet", "googlenet", "alexnet_towers")
ENDS = ("a graph has an output", "a node is in an auxiliary head that the graph has")
"""Rules of a graph that is whole: an output that depends on a mistake is left out."""


@pytest.mark.parametrize("name", SPOILT)
def test_calls_of_a_network_spoilt_in_turn_leave_a_part_of_its_graph(name: str) -> None:
    """Each node that is left is one that the whole network has, and legal; but an output or a head may be missing."""
    whole = pipeline.check(name)
    assert whole.network is not None
    source = whole.network.design.source
    nodes = {(node.name, node.op, node.type) for node in whole.network.graph.nodes}
    places = [
        found.start(1)
        for found in re.finditer(r"\b(conv|batch_norm|relu|max_pool|linear)\b(?=[(\s,\]])", source.text)
    ]
    assert places
    for at in places[:: max(len(places) // 8, 1)]:
        text = f"{source.text[:at]}xx_{source.text[at:]}"
        spoilt = pipeline.check(Source(text, source.name, source.path))
        if spoilt.network is not None:
            continue  # it stood in a text for people
        assert spoilt.graph is not None
        left = {(node.name, node.op, node.type) for node in spoilt.graph.nodes}
        assert left <= nodes
        assert [each for each in verify(spoilt.graph) if not each.startswith(ENDS)] == []
