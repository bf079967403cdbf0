"""Shapes worked out anew."""

from __future__ import annotations

from dataclasses import replace

from archdsl.graph.infer import infer_shapes
from tests.graph.build import Build


def test_shapes_follow_from_the_inputs_alone() -> None:
    # He et al. 2016, table 1: 224 -> 112 -> 56.
    build = Build()
    image = build.input(3, 224, 224)
    stem = build.node("conv", image, out=64, kernel=7, stride=2, padding=3)
    pool = build.node("max_pool", stem, kernel=3, stride=2, padding=1)
    graph = build.graph(build.node("relu", pool))
    forgotten = tuple([node if node.name == "input" else node._replace(shape=()) for node in graph.nodes])
    assert list(infer_shapes(replace(graph, nodes=forgotten))) == [
        (3, 224, 224),
        (64, 112, 112),
        (64, 56, 56),
        (64, 56, 56),
    ]
