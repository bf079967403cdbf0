"""Warnings about values that nothing uses.

    unused       = nodes - needed(outputs + side heads)
    unused-value : the unused nodes that no node reads, that is the last of each unused chain
    unused-input : the inputs among them

Every unused value leads to one that is told (its readers are unused too, and the graph is finite and
has no cycle), so one warning a chain is enough. Exact, in linear time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.passes.reach import needed
from archdsl.types import text_of

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostics
    from archdsl.graph.ir import Graph


def warn_of_unused(graph: Graph, diagnostics: Diagnostics) -> None:
    """Add a warning for each value, at its place, from which no output or side head can be reached."""
    outputs = [output.node for output in graph.outputs]
    used = needed(graph, outputs + [head.node for head in graph.heads])
    if all(used):
        return
    read = {source for node in graph.nodes for source in node.inputs}
    inputs = set(graph.inputs)
    labels = _labels(graph)
    for position, node in enumerate(graph.nodes):
        if used[position] or position in read:
            continue
        if position in inputs:
            diagnostics.warning(
                "unused-input",
                f"nothing uses the input `{node.name}`",
                node.span,
                label=f"{text_of(node.shape)}, never read",
                help=f"remove it, or use it with `from({node.name})`",
            )
            continue
        label = labels.get(position)
        diagnostics.warning(
            "unused-value",
            f"nothing uses the value of `{node.name}`",
            node.span,
            label=f"makes {text_of(node.shape)}, from which no output can be reached",
            help="remove it, or give it a label and use it with `from(label)`"
            if label is None
            else f"remove it, or use it with `from({label})`",
        )


def _labels(graph: Graph) -> dict[int, str]:
    """How ``from`` names a value where its label stands; the outermost scope's name comes first."""
    labels: dict[int, str] = {}
    for name, position in sorted(graph.scopes.items(), key=lambda scope: scope[0].count(".")):
        label = name.rpartition(".")[2]
        if not label.isdecimal():
            labels.setdefault(position, label if label.isidentifier() else f'"{label}"')
    return labels
