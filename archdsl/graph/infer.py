"""Every type of a graph, worked out again from its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.graph.ir import Graph
    from archdsl.shapes import TensorType


def infer_types(graph: Graph) -> Iterator[TensorType]:
    """The type of each node in turn, one sample, by what the operators say of the types before it.

    The inputs' types are given, all others follow; the recorded ones are not looked at. Raises
    `OperatorError` at a node whose operator cannot take its inputs, which a checked graph has none of.
    """
    given = set(graph.inputs)
    types: list[TensorType] = []
    for position, node in enumerate(graph.nodes):
        if position in given:
            type = node.type
        else:
            type = node.op.infer_type(tuple([types[source] for source in node.operands]))
        types.append(type)
        yield type
