"""The one way to change a graph: say what is replaced, inserted and dropped, and get a new graph.

A graph is frozen, and its edges are positions. A `GraphEdit` collects changes against the positions of
the graph that it was given, and `finish` renumbers once, in linear time:

    edit = GraphEdit(graph)
    edit.update(conv, op=with_bias)            # another operator, type or operands at the same place
    edit.replace(norm, conv)                   # whoever reads `norm` reads `conv`
    edit.erase(norm)                           # nobody reads it any more
    edit.set_source("conv.bias", Derived(...)) # where a tensor's values come from
    graph = edit.finish()

What is not mentioned stays: names, owners, spans, constructs, the order of nodes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archdsl.graph.ir import Graph, Node
    from archdsl.graph.tensors import TensorSource


class GraphEdit:
    """Changes to a graph in the making. Positions are the graph's own, or what `insert` returned."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._nodes: dict[int, Node] = dict(enumerate(graph.nodes))
        self._stands_for: dict[int, int] = {}
        self._before: dict[int, list[int]] = {}
        self._sources: dict[str, TensorSource] = dict(graph.sources)
        self._drops_auxiliary_heads = False

    def node(self, position: int) -> Node:
        """The node of a position as it is now."""
        return self._nodes[position]

    def update(self, position: int, **changes: object) -> None:
        """Change fields of a node. ``inputs`` are positions as everywhere here."""
        self._nodes[position] = self._nodes[position]._replace(**changes)  # type: ignore[arg-type]

    def insert(self, before: int, node: Node) -> int:
        """Put a node before the one at this position, and after what was inserted there already.

        Returns its position, by which other nodes may read it.
        """
        position = len(self._nodes)
        self._nodes[position] = node
        self._before.setdefault(before, []).append(position)
        return position

    def replace(self, position: int, by: int) -> None:
        """Let every reader of a value read another one: nodes, outputs, auxiliary heads and scopes."""
        if self._final(by) == position:
            raise ValueError(f"`{self._nodes[position].name}` would stand for itself")
        self._stands_for[position] = by

    def erase(self, position: int) -> None:
        """Drop a node. Whatever reads it has to read another one by the time of `finish`."""
        del self._nodes[position]

    def drop_auxiliary_heads(self) -> None:
        """Leave out the auxiliary heads; their nodes are erased by the caller."""
        self._drops_auxiliary_heads = True

    def set_source(self, name: str, source: TensorSource) -> None:
        """Say where the values of a tensor come from."""
        self._sources[name] = source

    def finish(self) -> Graph:
        """The changed graph. Raises `ValueError` where something reads a node that is erased."""
        order = list(self._order())
        moved = {position: index for index, position in enumerate(order)}

        def at(position: int, reader: str) -> int:
            final = self._final(position)
            if final not in moved:
                raise ValueError(f"{reader} reads a node that is erased")
            return moved[final]

        nodes = [
            node._replace(inputs=tuple([at(source, f"`{node.name}`") for source in node.inputs]))
            for node in (self._nodes[position] for position in order)
        ]
        graph = self.graph
        heads = () if self._drops_auxiliary_heads else graph.auxiliary_heads
        made = replace(
            graph,
            nodes=tuple(nodes),
            inputs=tuple([at(position, "an input") for position in graph.inputs]),
            outputs=tuple(
                [output._replace(node=at(output.node, f"output `{output.name}`")) for output in graph.outputs]
            ),
            auxiliary_heads=tuple(
                [head._replace(node=at(head.node, f"auxiliary head `{head.name}`")) for head in heads]
            ),
            scopes={
                name: moved[final]
                for name, position in graph.scopes.items()
                if (final := self._final(position)) in moved
            },
        )
        if not self._sources:
            return made
        sources = {name: source for name, source in self._sources.items() if name in made.owned}
        return replace(made, sources=sources) if sources != graph.sources else made

    def _final(self, position: int) -> int:
        while position in self._stands_for:
            position = self._stands_for[position]
        return position

    def _order(self) -> Iterable[int]:
        for position in range(len(self.graph.nodes)):
            for inserted in self._before.get(position, ()):
                if inserted in self._nodes:
                    yield inserted
            if position in self._nodes:
                yield position
