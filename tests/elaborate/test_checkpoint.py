"""Checkpoints: what they hold is what it is without them; the graph says where they are."""

from __future__ import annotations

from tests.checking import design, network, refused
from tests.elaborate.test_constructs import equal


def test_checkpoint_is_its_body() -> None:
    assert equal("- checkpoint: [relu, 'conv(4, 1)']\n- tanh", "- [relu, 'conv(4, 1)']\n- tanh")
    refused(design("- checkpoint(true, ‹3›): relu"), "too-many-arguments")
    refused(design("- checkpoint(‹3›): relu"), "wrong-condition", fix="3 > 0")


def test_checkpoint_may_depend_on_a_condition() -> None:
    text = design("- checkpoint(cheap): {a: relu}\n- tanh", params="{cheap: true}")
    for value in (True, False):
        graph = network(text, settings={"cheap": str(value).lower()}).graph
        assert [node.name for node in graph.nodes] == ["input", "a", "1"]
        frame = graph.nodes[1].frame
        assert (frame is not None and frame.kind == "checkpoint") is value
