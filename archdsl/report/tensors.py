"""The tensors of a network's state dict, one a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archdsl.report.table import table
from archdsl.shapes import text_of

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph

HEADINGS = ("name", "shape", "dtype", "kind", "auxiliary head")


def render(graph: Graph, *, color: bool = False) -> str:
    """A row for each tensor, in the order of PyTorch's state dict, and how many there are."""
    tensors = graph.tensors.values()
    columns = len(HEADINGS) - (not any(tensor.auxiliary_head for tensor in tensors))
    rows = [
        (
            tensor.name,
            text_of(tensor.shape) if tensor.shape else "",
            tensor.dtype,
            "trained" if tensor.trained else "buffer",
            tensor.auxiliary_head or "",
        )
        for tensor in tensors
    ]
    lines = table(HEADINGS[:columns], [row[:columns] for row in rows], numbers=(), color=color)
    trained = sum(tensor.trained for tensor in tensors)
    counted = f"{graph.name}: {trained:,} trained tensors and {len(tensors) - trained:,} buffer{'s' * (len(tensors) - trained != 1)}"
    return "\n".join([*lines, "", counted])


def to_json(graph: Graph) -> dict[str, Any]:
    """``{"network", "tensors": [{"name", "shape", "dtype", "trained", "auxiliary_head"}]}``; the last is null but
    for the tensors of auxiliary heads."""
    return {
        "network": graph.name,
        "tensors": [
            {
                "name": tensor.name,
                "shape": list(tensor.shape),
                "dtype": tensor.dtype,
                "trained": tensor.trained,
                "auxiliary_head": tensor.auxiliary_head,
            }
            for tensor in graph.tensors.values()
        ],
    }
