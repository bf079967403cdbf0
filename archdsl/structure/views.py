"""What a reader of a graph makes of its steps: what they do, and what they hold under a name.

Which scopes are one block is asked of a view. The graph's own is `OperatorView`: operators and their
attributes. A back end has one of its own, whose numbers are those that it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from archdsl.structure.forms import is_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from archdsl.graph.ir import Graph

CALL = "call"
"""The form of a step that does nothing but call what it holds on its operands, in their order."""

PASS = "pass"
"""The form of a step of one operand that does nothing: its value is the operand."""


class Description(NamedTuple):
    """A step, or something that it holds: its form, which is all of it but its numbers, and these by their
    names. A number that is left out is the default of that name."""

    form: Hashable
    numbers: Mapping[Any, object]
    defaults: Mapping[Any, object]


class Parts(NamedTuple):
    """Several things that a step holds below its name, and the step itself, which runs on them."""

    parts: Mapping[str, Description]
    step: Description


Holding: TypeAlias = "Description | Parts"


class View(Protocol):
    """Nodes are given by their positions in the graph."""

    @property
    def operands(self) -> Sequence[Sequence[int]]:
        """What each node is called on."""

    def target(self, at: int) -> str | None:
        """The dotted name of what a node calls upon, as its parameters; None where that is nothing."""

    def is_same(self, one: int, other: int) -> bool:
        """Return whether two nodes do the same, numbers included."""

    def name(self, at: int) -> str | None:
        """The dotted name under which stands what a node holds, be it here or where it ran before."""

    def holding(self, at: int) -> Holding:
        """What stands under a node's name, where it has one."""

    def step(self, at: int) -> Description:
        """What a node does with its operands, beside what stands under its name."""


class OperatorView:
    """Steps are their operators; what they hold are their parameters and buffers."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.operands: Sequence[Sequence[int]] = [node.inputs for node in graph.nodes]

    def target(self, at: int) -> str | None:
        node = self._graph.nodes[at]
        return node.owner if self._graph.params_of(node) else None

    def is_same(self, one: int, other: int) -> bool:
        nodes = self._graph.nodes
        return nodes[one].op == nodes[other].op

    def name(self, at: int) -> str | None:
        return self.target(at)

    def holding(self, at: int) -> Holding:
        return Description(
            tuple([each.name for each in self._graph.params_of(self._graph.nodes[at])]), {}, {}
        )

    def step(self, at: int) -> Description:
        op = self._graph.nodes[at].op
        values = [(name, getattr(op, name)) for name in type(op).model_fields]
        words = [(name, value) for name, value in values if not is_number(value)]
        numbers: dict[Hashable, object] = {name: value for name, value in values if is_number(value)}
        return Description((type(op), *words), numbers, {})
