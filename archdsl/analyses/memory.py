"""Activation memory in inference: the peak of live values, and the total.

    live(t) = { v : made(v) <= t <= last(v) }
    peak    = max over t of the bytes of live(t)
    total   = the elements of all values

where t runs over the nodes in execution order, made(v) is v's own turn (inputs are there from the
start) and last(v) the turn of its last reader (outputs stay to the end; an unused input goes after
the first turn). While a node runs, its inputs and its output are live together.

Exact for an executor that runs the graph in this order, keeps every value in memory of its own and
frees it after its last use. Views, work in place and fused operators need less: a `flatten`, or a
`dropout` that does nothing in inference, counts as a value here. Parameters are not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archdsl.shapes import byte_count

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


class ActivationMemory(NamedTuple):
    """In bytes, for one sample. ``peak_node`` is the name of the node that runs at the peak."""

    peak: int
    total: int
    peak_node: str


def activation_memory(graph: Graph) -> ActivationMemory | None:
    """The memory that a graph needs, or None where a named dimension leaves sizes open. Auxiliary heads count where
    the graph has them: `drop_training` leaves them out."""
    nodes = graph.nodes
    sizes: list[int] = []
    for node in nodes:
        size = byte_count(node.type)
        if size is None:
            return None
        sizes.append(size)
    last = list(range(len(nodes)))
    for position, node in enumerate(nodes):
        for source in node.inputs:
            last[source] = position
    for output in graph.outputs:
        last[output.node] = len(nodes) - 1
    freed = [0] * len(nodes)
    for position, turn in enumerate(last):
        freed[turn] += sizes[position]
    given = set(graph.inputs)
    live = sum([sizes[position] for position in given])
    peak, peak_node = 0, ""
    for position, node in enumerate(nodes):
        if position not in given:
            live += sizes[position]
        if live > peak:
            peak, peak_node = live, node.name
        live -= freed[position]
    return ActivationMemory(peak, sum(sizes), peak_node)
