"""What a design says of its own structure, and what is found of it, as sets of the graph's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from archdsl.structure.model import RepeatedRows, Row, items_in, rows_in, unrolled

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Structure

Nodes: TypeAlias = "frozenset[int]"


def loops_of(graph: Graph) -> list[tuple[Nodes, ...]]:
    """The nodes of each turn of every loop of the design that has two turns or more."""
    loops: dict[tuple[object, ...], dict[int, set[int]]] = {}
    for at, node in enumerate(graph.nodes):
        frame = node.frame if at not in graph.given else None
        while frame is not None:
            if frame.iteration is not None:
                loop = loops.setdefault((id(frame.parent), frame.kind, frame.span), {})
                loop.setdefault(frame.iteration, set()).add(at)
            frame = frame.parent
    return [tuple(map(frozenset, loop.values())) for loop in loops.values() if len(loop) > 1]


def blocks_of(graph: Graph) -> dict[str, set[Nodes]]:
    """The nodes of each use of every block of the design."""
    blocks: dict[str, dict[int, set[int]]] = {}
    for at, node in enumerate(graph.nodes):
        frame = node.frame if at not in graph.given else None
        while frame is not None:
            if frame.kind == "block":
                blocks.setdefault(frame.title, {}).setdefault(id(frame), set()).add(at)
            frame = frame.parent
    return {name: set(map(frozenset, uses.values())) for name, uses in blocks.items()}


def repeats_of(structure: Structure) -> set[tuple[Nodes, ...]]:
    """The nodes of each turn of every repeat found."""
    return {
        tuple([frozenset(unrolled(turn)) for turn in item.turns])
        for item in items_in(structure.body)
        if isinstance(item, RepeatedRows)
    }


def units_of(structure: Structure) -> set[Nodes]:
    """The nodes of everything that stands as one thing: items, branches, turns, uses of blocks."""
    found: set[Nodes] = set()
    for item in items_in(structure.body):
        found.add(frozenset(unrolled(Row((item,)))))
        found.update([frozenset(unrolled(row)) for row in rows_in(item)])
    return found
