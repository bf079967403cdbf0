"""The graph: a frozen list of nodes in execution order, each with its name, shape and place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from archdsl.constructs.region import RegionKind
from archdsl.graph.reach import needed
from archdsl.graph.tensors import Tensor, TensorSource, tensors_of
from archdsl.ops.base import Operator, Parameter
from archdsl.shapes import Shape, TensorType
from archdsl.source import Span


class Frame(NamedTuple):
    """A construct, a labelled group or a block call around a node, and the frame around that.

    ``kind`` is the construct's word, ``block`` with the block's name as its title, or ``group`` with the
    label; ``region`` what its steps are to those around them. ``name`` is the dotted name of the scope
    that it opened, or of the scope in which it stands. ``iteration`` counts the turns of a loop.
    """

    kind: str
    title: str
    name: str
    span: Span
    region: RegionKind
    parent: Frame | None = None
    iteration: int | None = None


class Node(NamedTuple):
    """An operator at work.

    ``name`` is its dotted name, unique in the graph; what an equation adds has a name with a colon
    (``layer1.0:add``), which no label can have. ``inputs`` are positions in ``Graph.nodes``: its operands, and
    after them, ``references`` in number, values of which only sizes are read. ``owner`` is the name under which its parameters stand: its own, or that of the first use where
    a step is shared. ``auxiliary_head`` names the auxiliary head it belongs to; such nodes run in training only.
    """

    name: str
    op: Operator
    inputs: tuple[int, ...]
    type: TensorType
    span: Span
    owner: str
    frame: Frame | None = None
    auxiliary_head: str | None = None
    references: int = 0

    @property
    def shape(self) -> Shape:
        return self.type.shape

    @property
    def operands(self) -> tuple[int, ...]:
        """The inputs that its operator reads."""
        return self.inputs[: -self.references] if self.references else self.inputs


class Output(NamedTuple):
    """A named output: the node that makes it."""

    name: str
    node: int


class AuxiliaryHead(NamedTuple):
    """An auxiliary head: in training its value comes out after the outputs, with a weight in the loss."""

    name: str
    node: int
    weight: float


@dataclass(frozen=True)
class Graph:
    """A network, unrolled. ``inputs`` are positions of its `Input` nodes.

    ``scopes`` gives the node whose value each dotted name of the design stands for. ``sources`` says, by
    dotted name, where the values of tensors come from that are not filled by their operator's own rule.
    """

    name: str
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[Output, ...]
    auxiliary_heads: tuple[AuxiliaryHead, ...] = ()
    scopes: Mapping[str, int] = field(default_factory=dict)
    scheme: str = "pytorch"
    sources: Mapping[str, TensorSource] = field(default_factory=dict)

    @cached_property
    def owned(self) -> Mapping[str, Tensor]:
        """Every tensor that a node owns by its dotted name, in execution order, auxiliary heads' too."""
        return tensors_of(self)

    @cached_property
    def tensors(self) -> Mapping[str, Tensor]:
        """Every parameter and buffer that a checkpoint holds: all but the constants that the design itself fixes."""
        return {name: tensor for name, tensor in self.owned.items() if tensor.stored}

    @cached_property
    def given(self) -> frozenset[int]:
        """The positions of the inputs: nodes whose values are handed over."""
        return frozenset(self.inputs)

    @cached_property
    def reached(self) -> Sequence[bool]:
        """For each node, whether an output is made of its value."""
        return tuple(needed(self, [output.node for output in self.outputs]))

    def input_types(self, node: Node) -> tuple[TensorType, ...]:
        nodes = self.nodes
        operands = node.operands if node.references else node.inputs
        return tuple([nodes[position].type for position in operands])

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        nodes = self.nodes
        operands = node.operands if node.references else node.inputs
        return tuple([nodes[position].type.shape for position in operands])

    def sizes_at_hand(self, node: Node) -> tuple[Shape, ...]:
        """The shapes of all its inputs, from whose sizes those in its attributes are worked out."""
        nodes = self.nodes
        return tuple([nodes[position].type.shape for position in node.inputs])

    def params_of(self, node: Node) -> tuple[Parameter, ...]:
        return node.op.params(self.input_shapes(node))
