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
from typing import TYPE_CHECKING, NamedTuple

from archdsl.graph.reach import running
from archdsl.ops.base import Operator
from archdsl.shapes import all_known

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def count(graph: Graph, *, training: bool = False) -> Counts:
    """The whole network: as it runs, or with its auxiliary heads for ``training``."""
    params = buffers = 0
    macs: int | None = 0
    for _, share in _shares(graph, training=training):
        params += share.params
        buffers += share.buffers
        macs = None if macs is None or share.macs is None else macs + share.macs
    return Counts(params, buffers, macs)


def unused(graph: Graph) -> Counts:
    """The counts of steps that run neither in inference nor in training; they have no multiply-accumulates."""
    run = count(graph, training=True)
    kept = [tensor for tensor in graph.tensors.values() if not tensor.training_only]
    params = sum(math.prod(tensor.shape) for tensor in kept if tensor.trained)
    buffers = sum(math.prod(tensor.shape) for tensor in kept if not tensor.trained)
    return Counts(params - run.params, buffers - run.buffers, 0)


NOTHING = Counts(0, 0, 0)


def node_counts(graph: Graph, *, training: bool = False) -> list[Counts]:
    """Each node's share, in execution order; the later uses of a shared step own nothing, and what does
    not run has no share. The shares of all nodes add up to `count`.
    """
    counts = [NOTHING] * len(graph.nodes)
    for position, share in _shares(graph, training=training):
        counts[position] = share
    return counts


def _shares(graph: Graph, *, training: bool) -> Iterator[tuple[int, Counts]]:
    """The shares that are not nothing, each with its node's position."""
    nodes = graph.nodes
    counted: set[str] = set()
    # Operators are frozen, so the same one on the same shapes counts the same: a repeated block is
    # counted once, however often it is repeated.
    known: dict[tuple[int, tuple[Shape, ...]], Counts] = {}
    for position, is_run in enumerate(running(graph, training=training)):
        op = nodes[position].op
        if not is_run or _counts_nothing(op.__class__):
            continue
        node = nodes[position]
        operands = node.operands if node.references else node.inputs
        shapes = tuple([nodes[source].type.shape for source in operands])
        share = known.get((id(op), shapes))
        if share is None:
            share = known[id(op), shapes] = _share(op, shapes, node.shape)
        if node.owner in counted:
            share = Counts(0, 0, share.macs)
        counted.add(node.owner)
        yield position, share


@cache
def _counts_nothing(kind: type[Operator]) -> bool:
    """Return whether a class defines neither parameters nor multiply-accumulates, as most do not."""
    return kind.params is Operator.params and kind.macs is Operator.macs


def _share(op: Operator, shapes: tuple[Shape, ...], output: Shape) -> Counts:
    params = buffers = 0
    for parameter in op.params(shapes):
        if parameter.training_only or not parameter.stored:
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
    return Counts(params, buffers, macs)
