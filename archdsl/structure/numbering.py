"""The blocks of a tree in an order in which each stands after those that it uses, under names of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.model import (
    BlockDefinition,
    BlockUse,
    Branches,
    RepeatedRows,
    Row,
    Structure,
    items_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Item


def numbered(graph: Graph, body: Row, name: Callable[[int, Row], str]) -> Structure:
    """The structure of a body whose blocks have any numbers. ``name`` is given a block's number and its first use;
    equal names get numbers."""
    uses: dict[int, list[Row]] = {}
    for item in items_in(body):
        if isinstance(item, BlockUse):
            uses.setdefault(item.block, []).append(item.row)
    order: dict[int, int] = {}

    def visit(block: int) -> None:
        if block not in order:
            for row in uses[block]:
                for item in items_in(row):
                    if isinstance(item, BlockUse):
                        visit(item.block)
            order[block] = len(order)

    for block in uses:
        visit(block)
    taken: dict[str, int] = {}
    blocks = []
    for block in order:
        wanted = name(block, uses[block][0])
        taken[wanted] = taken.get(wanted, 0) + 1
        number = f"_{taken[wanted]}" if taken[wanted] > 1 else ""
        blocks.append(
            BlockDefinition(wanted + number, tuple([_renumbered(row, order) for row in uses[block]]))
        )
    return Structure(graph, _renumbered(body, order), tuple(blocks))


def _renumbered(row: Row, order: dict[int, int]) -> Row:
    items: list[Item] = []
    for item in row.items:
        if isinstance(item, Branches):
            items.append(Branches(item.node, tuple([_renumbered(branch, order) for branch in item.rows])))
        elif isinstance(item, RepeatedRows):
            items.append(RepeatedRows(tuple([_renumbered(turn, order) for turn in item.turns])))
        elif isinstance(item, BlockUse):
            items.append(BlockUse(order[item.block], _renumbered(item.row, order), item.path))
        else:
            items.append(item)
    return Row(tuple(items))
