"""Which nodes are needed.

    needed(roots) = roots + needed(inputs of roots)

Exact, and linear in nodes and edges: inputs come before what reads them, so that one walk from the
last node to the first sees every reader before what it reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archdsl.graph.ir import Graph


def needed(graph: Graph, roots: Iterable[int]) -> list[bool]:
    """For each node, whether one of the roots is made of its value."""
    nodes = graph.nodes
    marks = [False] * len(nodes)
    for root in roots:
        marks[root] = True
    for position in range(len(nodes) - 1, -1, -1):
        if marks[position]:
            for source in nodes[position].inputs:
                marks[source] = True
    return marks


def running(graph: Graph, *, training: bool = False) -> Sequence[bool]:
    """For each node, whether it runs: in inference, or in training with the auxiliary heads."""
    if not training or not graph.auxiliary_heads:
        return graph.reached
    heads = [head.node for head in graph.auxiliary_heads]
    return needed(graph, [*(output.node for output in graph.outputs), *heads])
