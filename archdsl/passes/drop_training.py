"""The graph as it runs in inference: without auxiliary heads, and without what no output needs.

    nodes' = inputs + needed(outputs)

in the same order. The inputs stay, used or not: they are what the caller hands over. Names, owners and
types stay, so a shared step whose first use is gone keeps the names of its tensors. Exact always: no
output depends on what is taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.graph.edit import GraphEdit
from archdsl.graph.reach import needed

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def drop_training(graph: Graph) -> Graph:
    """A graph of the nodes that the outputs need, and no others; the graph itself where these are all."""
    kept = needed(graph, [output.node for output in graph.outputs])
    for position in graph.inputs:
        kept[position] = True
    if all(kept) and not graph.auxiliary_heads:
        return graph
    edit = GraphEdit(graph)
    edit.drop_auxiliary_heads()
    for position, is_kept in enumerate(kept):
        if not is_kept:
            edit.erase(position)
    return edit.finish()
