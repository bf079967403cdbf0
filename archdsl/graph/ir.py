"""The graph: a frozen list of nodes in execution order, each with its name, shape and place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from archdsl.ops.base import Operator, Parameter
from archdsl.shapes import Shape
from archdsl.source import Span


class Construct(NamedTuple):
    """What a node came from: a construct, a labelled group or a block call, inside its parent.

    ``kind`` is ``concat``, ``residual``, ``dense``, ``repeat``, ``for``, ``aux``, ``checkpoint`` ...,
    ``block`` with the block's name, or ``group``. ``name`` is the dotted name of the scope that it
    opened, or "". ``iteration`` counts the turns of a loop.
    """

    kind: str
    title: str
    name: str
    span: Span
    parent: Construct | None = None
    iteration: int | None = None


class Node(NamedTuple):
    """An operator at work.

    ``name`` is its dotted name, unique in the graph; what an equation adds has a name with a colon
    (``layer1.0:add``), which no label can have. ``inputs`` are positions in ``Graph.nodes``.
    ``owner`` is the name under which its parameters stand: its own, or that of the first use where
    a step is shared. ``head`` names the auxiliary head it belongs to; such nodes run in training only.
    """

    name: str
    op: Operator
    inputs: tuple[int, ...]
    shape: Shape
    span: Span
    owner: str
    construct: Construct | None = None
    head: str | None = None


class Output(NamedTuple):
    """A named output: the node that makes it."""

    name: str
    node: int


class Head(NamedTuple):
    """An auxiliary head: in training its value comes out after the outputs, with a weight in the loss."""

    name: str
    node: int
    weight: float


@dataclass(frozen=True)
class Graph:
    """A network, unrolled. ``inputs`` are positions of its `Input` nodes.

    ``scopes`` gives the node whose value each dotted name of the design stands for.
    """

    name: str
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[Output, ...]
    heads: tuple[Head, ...] = ()
    scopes: Mapping[str, int] = field(default_factory=dict)
    scheme: str = "pytorch"

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        nodes = self.nodes
        return tuple([nodes[position].shape for position in node.inputs])

    def params_of(self, node: Node) -> tuple[Parameter, ...]:
        return node.op.params(self.input_shapes(node))


def parameter_name(owner: str, parameter: Parameter) -> str:
    """A parameter's dotted name: in PyTorch, in ONNX and in every table."""
    return f"{owner}.{parameter.name}" if parameter.name else owner
