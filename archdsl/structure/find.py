"""The structure of a graph, from its operators and edges alone: names, labels and constructs are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.blocks import BlockFinder
from archdsl.structure.repeats import RepeatFinder
from archdsl.structure.rows import rows_of
from archdsl.structure.settle import settled

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Structure


def find(graph: Graph) -> Structure:
    """The shortest text of a graph that is found: rows and branches, then repeats, then blocks.

    Unrolled it is the graph's nodes but for the inputs, each once and after what it reads.
    """
    repeated = RepeatFinder(graph, rows_of(graph)).find()
    return BlockFinder(graph, settled(graph, repeated)).find()
