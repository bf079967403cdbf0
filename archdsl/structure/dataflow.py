"""The values of a graph as the regions of its design hand them on: which is needed, and who reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archdsl.graph.ir import Graph
    from archdsl.structure.regions import Region
    from archdsl.structure.views import View

OUTSIDE = -1
"""The reader of what the network gives out."""


class Dataflow:
    """``root`` and ``region_of`` are the graph's regions, ``operands`` what each node is called on.

    ``calls`` says which regions are calls of one scope; ``is_needed`` whether an output or an auxiliary head
    follows from a node, and ``readers`` which nodes read it (`OUTSIDE` where it comes out).
    """

    def __init__(self, graph: Graph, root: Region, region_of: Mapping[int, Region], view: View) -> None:
        self.graph, self.root, self.region_of, self.operands = graph, root, region_of, view.operands
        self.calls = Calls(root, region_of, view.operands, view.target, view.is_same)
        self._given_out = [
            *(output.node for output in graph.outputs),
            *(head.node for head in graph.auxiliary_heads),
        ]
        self.is_needed = self._needed()
        self.readers = self._readers()

    def _needed(self) -> list[bool]:
        needed = [False] * len(self.graph.nodes)
        waiting = [*self._given_out]
        while waiting:
            at = waiting.pop()
            if not needed[at]:
                needed[at] = True
                waiting += self.operands[at]
                waiting += self.calls.twins(at)
        return needed

    def _readers(self) -> list[list[int]]:
        readers: list[list[int]] = [[] for _ in self.graph.nodes]
        for at, operands in enumerate(self.operands):
            if self.is_needed[at]:
                for source in operands:
                    readers[source].append(at)
        for at in self._given_out:
            readers[at].append(OUTSIDE)
        return readers
