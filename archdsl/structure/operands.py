"""The operands of each step of a graph as it is called; a merge of a merge may be called on the inner one's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archdsl.graph.ir import Graph
    from archdsl.structure.regions import Region


def operands_of(graph: Graph, region_of: Mapping[int, Region]) -> list[list[int]]:
    """The operands of each node, in order.

    A merge of a merge is one where that is exact: concat(concat(a, b), c) = concat(a, b, c). It is of use
    where a region that is made again in the backward pass reads the inner one, which can then be made in
    there from what it was made of, and kept nowhere: what DenseNet's training memory is made of.
    """
    nodes = graph.nodes
    read_again = _read_by_rematerialized(graph, region_of)
    found: list[list[int]] = []
    for at, node in enumerate(nodes):
        operands: list[int] = []
        for source in node.inputs:
            inner = nodes[source]
            absorbs = (
                source in read_again
                and node.op.merges
                and inner.op.merges
                and node.op.absorbs(inner.op, inner.shape)
            )
            if absorbs and _sees(region_of[at], region_of[source]):
                operands += found[source]
            else:
                operands.append(source)
        found.append(operands)
    return found


def _read_by_rematerialized(graph: Graph, region_of: Mapping[int, Region]) -> set[int]:
    """The values that a region reads which is made again in the backward pass, and that it does not make."""
    found: set[int] = set()
    for at, region in region_of.items():
        around: Region | None = region
        while around is not None and not around.is_rematerialized:
            around = around.parent
        if around is not None:
            inside = set(around.nodes())
            found.update(source for source in graph.nodes[at].inputs if source not in inside)
    return found


def _sees(region: Region, wanted: Region) -> bool:
    """Return whether what a node in the second region was made of is at hand for one in the first: both in one
    scope, and the second in no region that the first is outside of."""
    while region is not wanted and not region.is_scope:
        assert region.parent is not None
        region = region.parent
    return region is wanted
