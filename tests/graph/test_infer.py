"""Types worked out again."""

from __future__ import annotations

from dataclasses import replace

from archdsl.graph.infer import infer_types
from archdsl.shapes import TensorType
from tests.graph.build import Build


def test_types_follow_from_the_inputs_alone() -> None:
    # He et al. 2016, table 1: 224 -> 112 -> 56.
    build = Build()
    image = build.input(3, 224, 224)
    stem = build.node("conv", image, out=64, kernel=7, stride=2, padding=3)
    pool = build.node("max_pool", stem, kernel=3, stride=2, padding=1)
    graph = build.graph(build.node("relu", pool))
    forgotten = tuple(
        [node if node.name == "input" else node._replace(type=TensorType(())) for node in graph.nodes]
    )
    assert list(infer_types(replace(graph, nodes=forgotten))) == [
        TensorType((3, 224, 224)),
        TensorType((64, 112, 112)),
        TensorType((64, 56, 56)),
        TensorType((64, 56, 56)),
    ]
