"""A reader's view of the steps of a graph: what they do, and what they hold under a name.

Which scopes have one definition is asked of a view. That of a back end has the forms that it writes, and their
numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

CALL = "call"
"""The form of a step that does nothing but call what it holds on its operands, in their order."""

PASS = "pass"
"""The form of a step of one operand that does nothing: its value is the operand."""


class Description(NamedTuple):
    """A step, or something that it holds: its form, which is all of it but its numbers, and these by their
    names. A number that is left out is the default of that name. ``is_tensor`` says that what is held is no more
    than a tensor."""

    form: Hashable
    numbers: Mapping[Any, object]
    defaults: Mapping[Any, object]
    is_tensor: bool = False


class Parts(NamedTuple):
    """Several things that a step holds below its name, and the step itself, which runs on them."""

    parts: Mapping[str, Description]
    step: Description


Holding: TypeAlias = "Description | Parts"


class View(Protocol):
    """Nodes are given by their positions in the graph."""

    @property
    def operands(self) -> Sequence[Sequence[int]]:
        """The operands of each node, as positions of nodes."""

    def target(self, at: int) -> str | None:
        """The dotted name of what a node calls upon, as its parameters; None where that is nothing."""

    def is_same(self, one: int, other: int) -> bool:
        """Return whether two nodes do the same, numbers included."""

    def name(self, at: int) -> str | None:
        """The dotted name under which stands what a node holds, be it here or where it ran before."""

    def holding(self, at: int) -> Holding:
        """Describe what stands under a node's name. Asked for nodes that have one."""

    def step(self, at: int) -> Description:
        """Describe what a node does with its operands, beside what stands under its name."""
