"""A graph as rows and branches: its series-parallel parts, and labels for what is shared across them.

A value and a merge enclose a region if every way to the merge goes through the value, and every way from
the value through the merge: then the merge's operands are rows that begin with that value. A value that is
read in several places and begins no such region stands in a row of its own before its readers, which begin
with `From`. So every graph has a tree; those of most networks need no `From`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.dominators import ROOT, DominatorTree
from archdsl.structure.model import Branches, From, Row, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Item

DEEPEST = 24
"""Regions within regions. Those that are deeper have their operands in rows of their own."""


def rows_of(graph: Graph) -> Row:
    """The whole graph but its inputs, as one row. A network's single input flows into it.

    What leads to the last output comes first; what leads to other outputs, to auxiliary heads and nowhere
    follows, each after what it reads.
    """
    items: list[Item] = []
    done: set[int] = set()
    flow = graph.inputs[0] if len(graph.inputs) == 1 else None
    for exit in _exits(graph):
        if exit not in done:
            part = _Part(graph, exit, done)
            items += part.items(flow)
            flow = exit
    return Row(tuple(items))


def _exits(graph: Graph) -> Iterator[int]:
    """Where a graph ends: its last output, and then all else that nothing more is made of."""
    if graph.outputs:
        yield max(output.node for output in graph.outputs)
    read = {source for node in graph.nodes for source in node.inputs}
    for position in range(len(graph.nodes)):
        if position not in read and position not in graph.given:
            yield position


class _Part:
    """All that leads to one exit and is not in another part. ``done`` are the nodes of those; its own are
    added to them."""

    def __init__(self, graph: Graph, exit: int, done: set[int]) -> None:
        self.nodes, self.given, self.exit = graph.nodes, graph.given, exit
        members = sorted(self._leading_to(exit, done))
        done.update(members)
        self.members = set(members)
        self.readers: dict[int, list[int]] = {member: [] for member in members}
        self.dominators, self.postdominators = DominatorTree(), DominatorTree()
        for member in members:
            sources = self.nodes[member].inputs  # one that is read twice is shared
            inner = [source for source in sources if source in self.members]
            for source in inner:
                self.readers[source].append(member)
            # A value of another part is one more beginning.
            self.dominators.add(member, inner if len(inner) == len(sources) else [*inner, ROOT])
        for member in reversed(members):
            self.postdominators.add(member, self.readers[member])
        self._placed: set[int] = set()
        """Values that stand in a row already, or will."""

    def _leading_to(self, exit: int, done: set[int]) -> set[int]:
        found, waiting = {exit}, [exit]
        while waiting:
            for source in self.nodes[waiting.pop()].inputs:
                if source not in found and source not in done:
                    found.add(source)
                    waiting.append(source)
        return found

    def items(self, flow: int | None) -> list[Item]:
        """The items that make the exit's value; ``flow`` is the value that flows in."""
        self._placed.add(self.exit)
        waiting: list[int] = []
        last = (self.exit, self._walk(self.exit, None, 0, waiting, defines=True))
        return _joined([*self._definitions(waiting, None, 0), last], flow)

    def _walk(
        self, at: int, entry: int | None, depth: int, waiting: list[int], *, defines: bool
    ) -> list[Item]:
        """The items that make a value of ``entry``, found from their end. Values that are shared are added to
        ``waiting``: they have to be made before. What does not begin with ``entry`` begins with `From`, or
        with a node that reads nothing. ``defines`` says whether the value itself is made here if shared."""
        items: list[Item] = []
        while at != entry:
            if at not in self.members or at in self.given or (not defines and len(self.readers[at]) > 1):
                items.append(From(at))
                self._need(at, waiting)
                break
            defines = False
            node = self.nodes[at]
            if len(node.inputs) < 2 and not node.op.merges:
                items.append(Step(at))
                if not node.inputs:
                    break
                at = node.inputs[0]
                continue
            start = self.dominators.parent[at]
            if start == entry and depth < DEEPEST:
                # What is shared in here is made where the row's own region begins, which is here.
                items.append(Branches(at, self._operands(at, start, depth + 1, waiting)))
                break
            if start == ROOT or self.postdominators.parent[start] != at or depth >= DEEPEST:
                items.append(Branches(at, self._operands(at, None, depth, waiting)))
                break
            inner: list[int] = []
            self._placed.add(start)
            items.append(Branches(at, self._operands(at, start, depth + 1, inner)))
            if definitions := self._definitions(inner, start, depth + 1):
                items += reversed([*_joined(definitions, start), From(start)])
            at, defines = start, True
        items.reverse()
        return items

    def _operands(self, at: int, entry: int | None, depth: int, waiting: list[int]) -> tuple[Row, ...]:
        rows = []
        for source in self.nodes[at].inputs:
            if depth > DEEPEST and source != entry:
                self._need(source, waiting)
                rows.append(Row((From(source),)))
                continue
            inside = depth if entry is not None else depth + 1
            rows.append(Row(tuple(self._walk(source, entry, inside, waiting, defines=False))))
        return tuple(rows)

    def _need(self, value: int, waiting: list[int]) -> None:
        if value in self.members and value not in self.given and value not in self._placed:
            self._placed.add(value)
            waiting.append(value)

    def _definitions(self, waiting: list[int], entry: int | None, depth: int) -> list[tuple[int, list[Item]]]:
        """Rows for the values that others begin with, each after those that it begins with itself."""
        found = []
        while waiting:
            value = waiting.pop()
            items = self._walk(value, entry, depth, waiting, defines=True)
            begins = not isinstance(items[0], From) and self._reads_flow(items[0])
            found.append((value, [From(entry), *items] if begins and entry is not None else items))
        return sorted(found, key=lambda definition: definition[0])

    def _reads_flow(self, item: Item) -> bool:
        if isinstance(item, Branches):
            return any(not row.items or self._reads_flow(row.items[0]) for row in item.rows)
        return isinstance(item, Step) and bool(self.nodes[item.node].inputs)


def _joined(definitions: Iterable[tuple[int, list[Item]]], flow: int | None) -> list[Item]:
    """Rows one after the other. A `From` of the value that flows already is left out."""
    out: list[Item] = []
    for value, items in definitions:
        first = items[0]
        out += items[1:] if isinstance(first, From) and first.node == flow else items
        flow = value
    return out
