"""A network in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.analyses.count import count
from archdsl.terminal import short

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def one_line(graph: Graph) -> str:
    """``7,978,856 params, 2.83 G MACs, 3x224x224 -> 1000``"""
    counts = count(graph)
    inputs = ", ".join(str(graph.nodes[position].type) for position in graph.inputs)
    outputs = ", ".join(str(graph.nodes[output.node].type) for output in graph.outputs)
    macs = "" if counts.macs is None else f", {short(counts.macs)} MACs"
    return f"{counts.params:,} params{macs}, {inputs} -> {outputs}"
