"""Every shape of a graph, worked out anew from its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.graph.ir import Graph
    from archdsl.shapes import Shape


def infer_shapes(graph: Graph) -> Iterator[Shape]:
    """The shape of each node in turn, one sample, by what the operators say of the shapes before it.

    The inputs' shapes are given, all others follow; the recorded ones are not looked at. Raises
    `OperatorError` at a node whose operator cannot take its inputs, which a checked graph has none of.
    """
    given = set(graph.inputs)
    shapes: list[Shape] = []
    for position, node in enumerate(graph.nodes):
        if position in given:
            shape = node.shape
        else:
            shape = node.op.infer(tuple([shapes[source] for source in node.inputs]))
        shapes.append(shape)
        yield shape
