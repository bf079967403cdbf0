"""A graph with everything taken away that a person gave it: names, labels, places, constructs, scopes."""

from __future__ import annotations

from archdsl.graph.ir import AuxiliaryHead, Graph, Node, Output


def anonymous(graph: Graph) -> Graph:
    """The same operators and edges. Which steps share parameters and which run in training alone is kept."""
    first: dict[str, int] = {}
    for at, node in enumerate(graph.nodes):
        first.setdefault(node.owner, at)
    heads = {head.name: f"h{at}" for at, head in enumerate(graph.auxiliary_heads)}
    nodes = [
        Node(
            name=f"n{at}",
            op=node.op,
            inputs=node.inputs,
            type=node.type,
            span=graph.nodes[0].span,
            owner=f"n{first[node.owner]}",
            auxiliary_head=None if node.auxiliary_head is None else heads[node.auxiliary_head],
        )
        for at, node in enumerate(graph.nodes)
    ]
    return Graph(
        name="",
        nodes=tuple(nodes),
        inputs=graph.inputs,
        outputs=tuple([Output(f"o{at}", output.node) for at, output in enumerate(graph.outputs)]),
        auxiliary_heads=tuple(
            [AuxiliaryHead(heads[head.name], head.node, head.weight) for head in graph.auxiliary_heads]
        ),
    )
