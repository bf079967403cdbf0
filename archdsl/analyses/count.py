"""Parameters, buffers and multiply-accumulates.

    params  = sum over owners of the elements of what is trained
    buffers = sum over owners of the elements of what is not, and inference uses
    macs    = sum over nodes of their operators' multiply-accumulates, for one sample

over the nodes that run: those that an output is made of, and with ``training`` those of the auxiliary
heads. A shared step is an owner once and a node each time. Steps that no output needs are run by no back
end and counted by nobody; what they own is in the state dict all the same, which `unused` counts.

Exact. Multiply-accumulates are those of convolutions and linear layers (kernel cells times channels
of a group times output elements; input times output features); biases, normalisation, activations,
pools and merges add none. A multiplication and its addition are one.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archdsl.analyses.reach import running
from archdsl.ops.base import Operator
from archdsl.shapes import all_known

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.shapes import Shape


class Counts(NamedTuple):
    """The counts of a network, or of a node of it: what it owns and what it computes.

    ``params`` and ``buffers`` are elements. ``macs`` are for one sample, and None where a named
    dimension leaves them open.
    """

    params: int
    buffers: int
    macs: int | None


NodeCounts: TypeAlias = Counts


def count(graph: Graph, *, training: bool = False) -> Counts:
    """The whole network: as it runs, or with its auxiliary heads for ``training``."""
    return total(node_counts(graph, training=training))


def unused(graph: Graph) -> Counts:
    """The counts of steps that run neither in inference nor in training; they have no multiply-accumulates."""
    run = count(graph, training=True)
    kept = [tensor for tensor in graph.tensors.values() if not tensor.training_only]
    params = sum(math.prod(tensor.shape) for tensor in kept if tensor.trained)
    buffers = sum(math.prod(tensor.shape) for tensor in kept if not tensor.trained)
    return Counts(params - run.params, buffers - run.buffers, 0)


def total(parts: list[NodeCounts]) -> Counts:
    """The sum; its multiply-accumulates are open where those of a part are."""
    macs: int | None = 0
    params = buffers = 0
    for part in parts:
        params += part.params
        buffers += part.buffers
        macs = None if macs is None or part.macs is None else macs + part.macs
    return Counts(params, buffers, macs)


NOTHING = NodeCounts(0, 0, 0)


def node_counts(graph: Graph, *, training: bool = False) -> list[NodeCounts]:
    """Each node's share, in execution order; the later uses of a shared step own nothing, and what does
    not run has no share. The shares of all nodes add up to `count`.
    """
    nodes = graph.nodes
    runs = running(graph, training=training)
    counted: set[str] = set()
    # Operators are frozen, so the same one on the same shapes counts the same: a repeated block is
    # counted once, however often it is repeated.
    known: dict[tuple[int, tuple[Shape, ...]], NodeCounts] = {}
    shares = []
    for node, is_run in zip(nodes, runs, strict=True):
        op = node.op
        if not is_run or _counts_nothing(type(op)):
            shares.append(NOTHING)
            continue
        shapes = tuple([nodes[source].shape for source in node.inputs])
        share = known.get((id(op), shapes))
        if share is None:
            share = known[id(op), shapes] = _share(op, shapes, node.shape)
        if node.owner in counted:
            share = NodeCounts(0, 0, share.macs)
        counted.add(node.owner)
        shares.append(share)
    return shares


@cache
def _counts_nothing(kind: type[Operator]) -> bool:
    """Return whether a class defines neither parameters nor multiply-accumulates, as most do not."""
    return kind.params is Operator.params and kind.macs is Operator.macs


def _share(op: Operator, shapes: tuple[Shape, ...], output: Shape) -> NodeCounts:
    params = buffers = 0
    for parameter in op.params(shapes):
        if parameter.training_only:
            continue
        elements = math.prod(parameter.shape)
        if parameter.trained:
            params += elements
        else:
            buffers += elements
    macs: int | None = 0
    if type(op).macs is not Operator.macs:  # it has some, and cannot be asked where sizes are open
        known = all_known(output) and all(map(all_known, shapes))
        macs = op.macs(shapes, output) if known else None
    return NodeCounts(params, buffers, macs)
