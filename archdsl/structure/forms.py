"""Forms: rows without their numbers. Equal forms are one text with other arguments.

A form is a small number, given out by `Forms`: two items have the same one if they run the same operators
in the same order and differ in numbers alone, and, for a `RepeatedRows`, in how many turns it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.model import BlockUse, Branches, From, RepeatedRows, Step, unrolled

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from archdsl.graph.ir import Graph
    from archdsl.ops.base import Operator
    from archdsl.structure.model import Item, Row


def is_number(value: object) -> bool:
    """Return whether an attribute's value is a number, a list of numbers, or left open."""
    if isinstance(value, (tuple, list)):
        return all(is_number(item) for item in value)
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


class Forms:
    """The forms of a graph's items. ``order`` are the graph's nodes as its tree is read."""

    def __init__(self, graph: Graph, order: Iterable[int]) -> None:
        self.graph = graph
        self._place = {node: place for place, node in enumerate(order)}
        self._owners = {node.name: place for place, node in enumerate(graph.nodes)}
        self._inputs = {node: index for index, node in enumerate(graph.inputs)}
        self._known: dict[Hashable, int] = {}
        self._at = -1
        """The place of the node before the item that is looked at: items are looked at in their order."""
        self._of_operators: dict[Operator, Hashable] = {}
        self.emptied: dict[int, frozenset[int]] = {}
        """For the form of branches, those that it has where one of its rows is empty."""

    def row(self, items: Iterable[int]) -> int:
        """The form of a row, by those of its items."""
        return self._form(("row", *items))

    def repeat(self, turn: int) -> int:
        """The form of a repeat, by that of its turns."""
        return self._form(("repeat", turn))

    def step(self, item: Step | From) -> int:
        if isinstance(item, Step):
            self._at = self._place[item.node]
            return self._form(("step", self._operator(item.node)))
        # A value is the same one, as seen from here, if it lies as far back.
        given = self._inputs.get(item.node)
        if given is not None:
            return self._form(("input", given))
        return self._form(("from", self._at - self._place[item.node]))

    def branches(self, node: int, rows: list[int]) -> int:
        self._at = self._place[node]
        operator = self._operator(node)
        form = self._form(("branches", operator, *rows))
        if form not in self.emptied and len(rows) > 1:
            nothing = self.row(())
            self.emptied[form] = frozenset(
                self._form(("branches", operator, *rows[:at], nothing, *rows[at + 1 :]))
                for at, row in enumerate(rows)
                if row != nothing
            )
        return form

    def use(self, block: int) -> int:
        return self._form(("use", block))

    def of(self, item: Item) -> int:
        """The form of an item of a finished tree."""
        if isinstance(item, Branches):
            return self.branches(item.node, [self.of_row(row) for row in item.rows])
        if isinstance(item, RepeatedRows):
            # Where turns differ by a gap: it is in the first, and the last may end early.
            forms = [self.of_row(turn) for turn in item.turns]
            return self.repeat(
                forms[-1] if len(item.turns[-1].items) == len(item.turns[0].items) else forms[-2]
            )
        if isinstance(item, BlockUse):
            self._at = max([self._at, *[self._place[node] for node in unrolled(item.row)]])
            return self.use(item.block)
        return self.step(item)

    def of_row(self, row: Row) -> int:
        return self.row([self.of(item) for item in row.items])

    def items(self, row: Row) -> tuple[int, ...]:
        """The forms of a row's items, as seen from where it begins."""
        self.begin(row)
        return tuple([self.of(item) for item in row.items])

    def begin(self, row: Row) -> None:
        """Look at a row next, wherever it stands."""
        self._at = min([self._place[node] for node in unrolled(row)], default=0) - 1

    def _form(self, key: Hashable) -> int:
        return self._known.setdefault(key, len(self._known))

    def _operator(self, position: int) -> Hashable:
        """An operator without its numbers, and whose parameters it has if they are not its own."""
        node = self.graph.nodes[position]
        form = self._of_operators.get(node.op)
        if form is None:
            attributes = [
                (name, None if is_number(value) else value)
                for name in type(node.op).model_fields
                for value in (getattr(node.op, name),)
            ]
            form = self._of_operators[node.op] = (type(node.op), *attributes)
        if node.owner == node.name or not self.graph.params_of(node):
            return (form, node.auxiliary_head is not None)
        # The parameters of another step: the same one's, by its place.
        return (form, node.auxiliary_head is not None, self._owners.get(node.owner, node.owner))
