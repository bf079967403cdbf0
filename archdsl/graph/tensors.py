"""The tensors that a graph owns, each once, by its dotted name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.graph.ir import Graph, Node, parameter_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.ops.base import Parameter

COUNTER = "num_batches_tracked"
"""PyTorch's word for the batches that a batch norm has seen: an int64 scalar in every state dict,
and nothing that inference uses or that counts as a buffer here."""


def owners(graph: Graph, *, heads: bool = True) -> Iterator[tuple[Node, tuple[Parameter, ...]]]:
    """The nodes that own tensors, in execution order, with what they own.

    A shared step is its first use's. Without ``heads`` those of the auxiliary heads are left out.
    """
    seen: set[str] = set()
    for node in graph.nodes:
        if node.owner in seen or (node.head is not None and not heads):
            continue
        seen.add(node.owner)
        if owned := graph.params_of(node):
            yield node, owned


def tensors(graph: Graph, *, heads: bool = True) -> Iterator[tuple[str, Parameter]]:
    """Every parameter and buffer with its dotted name, unique by name, in execution order."""
    for node, owned in owners(graph, heads=heads):
        for parameter in owned:
            yield parameter_name(node.owner, parameter), parameter


def counters(graph: Graph, *, heads: bool = True) -> Iterator[str]:
    """The dotted names of the batch norms' counters, in execution order: they go with running statistics."""
    for node, owned in owners(graph, heads=heads):
        if any(parameter.name == "running_mean" for parameter in owned):
            yield f"{node.owner}.{COUNTER}"
