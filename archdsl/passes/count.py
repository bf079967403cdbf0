"""Parameters, buffers and multiply-accumulates.

    params  = sum over owners of the elements of what is trained
    buffers = sum over owners of the elements of what is not
    macs    = sum over nodes of their operators' multiply-accumulates, for one sample

A shared step is an owner once and a node each time. The network as it runs has no side heads;
``training`` adds them. Everything else that the design unrolls to counts, also what no output
needs: its parameters are there and it runs, and a warning of its own says so.

Exact. Multiply-accumulates are those of convolutions and linear layers (kernel cells times channels
of a group times output elements; input times output features); biases, normalisation, activations,
pools and merges add none. A multiplication and its addition are one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archdsl.graph.tensors import owners
from archdsl.ops.base import Operator
from archdsl.types import all_known

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph, Node


class Counts(NamedTuple):
    """What a network, or a node of it, has and does.

    ``params`` and ``buffers`` are elements. ``macs`` are for one sample, and None where a named
    dimension leaves them open.
    """

    params: int
    buffers: int
    macs: int | None


NodeCounts: TypeAlias = Counts


def count(graph: Graph, *, training: bool = False) -> Counts:
    """The whole network: as it runs, or with its side heads for ``training``."""
    return total(
        [
            counts
            for node, counts in zip(graph.nodes, node_counts(graph), strict=True)
            if training or node.head is None
        ]
    )


def total(parts: list[NodeCounts]) -> Counts:
    """The sum; its multiply-accumulates are open where those of a part are."""
    macs: int | None = 0
    params = buffers = 0
    for part in parts:
        params += part.params
        buffers += part.buffers
        macs = None if macs is None or part.macs is None else macs + part.macs
    return Counts(params, buffers, macs)


def node_counts(graph: Graph) -> list[NodeCounts]:
    """Each node's share, in execution order; the later uses of a shared step own nothing.

    The shares of all nodes add up to ``count(graph, training=True)``.
    """
    owned = {}
    for node, parameters in owners(graph):
        params = buffers = 0
        for parameter in parameters:
            elements = math.prod(parameter.shape)
            if parameter.trained:
                params += elements
            else:
                buffers += elements
        owned[node.name] = params, buffers
    return [NodeCounts(*owned.get(node.name, (0, 0)), _macs(graph, node)) for node in graph.nodes]


def _macs(graph: Graph, node: Node) -> int | None:
    if type(node.op).macs is Operator.macs:
        return 0  # most operators define none: whatever their sizes, it is 0
    shapes = graph.input_shapes(node)
    if not all_known(node.shape) or not all(all_known(shape) for shape in shapes):
        return None
    return node.op.macs(shapes, node.shape)
