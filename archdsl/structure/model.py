"""The structure of a graph: rows of steps, branches, repeats and blocks, with the graph's nodes at the leaves.

    Row           steps one after the other; the value flows from each to the next
    Step          an operator of one operand
    From          the value that flows on is one made earlier
    Branches      an operator of several operands: a row for each, run on the value that flows in
    RepeatedRows  rows of one form in a row, its turns
    BlockUse      steps that stand in several places in one form, which is the block's

Numbers are no part of a form: where turns, or the uses of a block, differ in numbers alone, these are its
arguments (`archdsl.structure.arguments`). Nothing is lost: a tree read from left to right (`unrolled`) is
the graph's nodes, each once, in an order in which each stands after what it reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.graph.ir import Graph


@dataclass(frozen=True, slots=True)
class Step:
    """The node at this position of the graph, which reads the value that flows in."""

    node: int


@dataclass(frozen=True, slots=True)
class From:
    """The value that flows on is that of an earlier node, or of an input."""

    node: int


@dataclass(frozen=True, slots=True)
class Branches:
    """The node at this position, a row for each of its operands. An empty row is the value that flows in."""

    node: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RepeatedRows:
    """Turns of one form. A single branch may be empty in some of them and not in others."""

    turns: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class BlockUse:
    """A use of the block at this position of `Structure.blocks`, and the steps that it stands for. ``path`` is the
    dotted name of the scope that it is, "" where the block was found without names."""

    block: int
    row: Row
    path: str = ""


Item: TypeAlias = "Step | From | Branches | RepeatedRows | BlockUse"


@dataclass(frozen=True, slots=True)
class Row:
    """Items one after the other."""

    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockDefinition:
    """A form that stands in several places. ``uses`` are the rows of all of them; in the first, as in each,
    stand the numbers of that use."""

    name: str
    uses: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """A graph as a tree. ``blocks`` are in an order in which each stands after those that it uses."""

    graph: Graph
    body: Row
    blocks: tuple[BlockDefinition, ...] = ()


def unrolled(row: Row) -> Iterator[int]:
    """The positions of a row's nodes, in the order in which it runs them."""
    for item in row.items:
        if isinstance(item, Step):
            yield item.node
        elif isinstance(item, Branches):
            for branch in item.rows:
                yield from unrolled(branch)
            yield item.node
        elif isinstance(item, RepeatedRows):
            for turn in item.turns:
                yield from unrolled(turn)
        elif isinstance(item, BlockUse):
            yield from unrolled(item.row)


def items_in(row: Row) -> Iterator[Item]:
    """All items of a row and of the rows in it, outer before inner."""
    for item in row.items:
        yield item
        for inner in rows_in(item):
            yield from items_in(inner)


def rows_in(item: Item) -> tuple[Row, ...]:
    """The rows that an item is made of."""
    if isinstance(item, Branches):
        return item.rows
    if isinstance(item, RepeatedRows):
        return item.turns
    if isinstance(item, BlockUse):
        return (item.row,)
    return ()
