"""The graph as it runs: without auxiliary heads, and without what no output needs.

    nodes' = inputs + needed(outputs)

in the same order, positions renumbered. The inputs stay, used or not: they are what the caller
hands over. Names, owners and shapes stay, so a shared step whose first use is gone keeps the
names of its parameters. Exact always: no output depends on what is taken out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archdsl.analyses.reach import needed
from archdsl.passes.rewrite import Rewrite

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph, Node


def inference(graph: Graph) -> Rewrite:
    """What the outputs are made of, and nothing else. Scopes without a value left are dropped."""
    kept = needed(graph, [output.node for output in graph.outputs])
    for position in graph.inputs:
        kept[position] = True
    if all(kept) and not graph.heads:
        return Rewrite(graph, changed=False)
    moved: dict[int, int] = {}
    nodes: list[Node] = []
    for position, node in enumerate(graph.nodes):
        if kept[position]:
            moved[position] = len(nodes)
            nodes.append(node._replace(inputs=tuple([moved[source] for source in node.inputs])))
    return Rewrite(
        replace(
            graph,
            nodes=tuple(nodes),
            inputs=tuple([moved[position] for position in graph.inputs]),
            outputs=tuple([output._replace(node=moved[output.node]) for output in graph.outputs]),
            heads=(),
            scopes={name: moved[position] for name, position in graph.scopes.items() if position in moved},
        ),
        changed=True,
    )
