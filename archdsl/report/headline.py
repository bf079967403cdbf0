"""A network in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.analyses.count import count
from archdsl.shapes import text_of
from archdsl.terminal import short

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def one_line(graph: Graph) -> str:
    """``7,978,856 params, 2.83 G MACs, 3x224x224 -> 1000``"""
    counts = count(graph)
    inputs = ", ".join(text_of(graph.nodes[position].shape) for position in graph.inputs)
    outputs = ", ".join(text_of(graph.nodes[output.node].shape) for output in graph.outputs)
    macs = "" if counts.macs is None else f", {short(counts.macs)} MACs"
    return f"{counts.params:,} params{macs}, {inputs} -> {outputs}"
