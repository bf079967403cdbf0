"""Which of the repeats found are kept: those that make the text shorter, or that have not as many turns
everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.length import pays
from archdsl.structure.model import Branches, RepeatedRows, Row

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Item


def settled(graph: Graph, row: Row) -> Row:
    """The row with the repeats that pay; the others' turns stand one after the other."""
    return _rows(graph, [row])[0]


def _rows(graph: Graph, rows: list[Row]) -> list[Row]:
    """The same for rows that are one text: turns of one repeat, and what is in them."""
    out: list[list[Item]] = [[] for _ in rows]
    for at in range(max([len(row.items) for row in rows])):
        # The last turn of a repeat may end early.
        there = [number for number, row in enumerate(rows) if at < len(row.items)]
        items = [rows[number].items[at] for number in there]
        for number, done in zip(there, _items(graph, items), strict=True):
            out[number] += done
    return [Row(tuple(items)) for items in out]


def _items(graph: Graph, items: list[Item]) -> list[list[Item]]:
    """The items that replace items of one text, one for each."""
    if isinstance(items[0], RepeatedRows):
        return _repeats(graph, [item for item in items if isinstance(item, RepeatedRows)])
    if isinstance(items[0], Branches):
        merges = [item for item in items if isinstance(item, Branches)]
        columns = [_branch(graph, merges, at) for at in range(len(items[0].rows))]
        return [
            [Branches(item.node, rows)] for item, rows in zip(merges, zip(*columns, strict=True), strict=True)
        ]
    return [[item] for item in items]


def _branch(graph: Graph, merges: list[Branches], at: int) -> list[Row]:
    """A branch of each of them. It may be empty in some."""
    rows = [item.rows[at] for item in merges]
    there = [number for number, row in enumerate(rows) if row.items]
    done = _rows(graph, [rows[number] for number in there]) if there else []
    for number, row in zip(there, done, strict=True):
        rows[number] = row
    return rows


def _repeats(graph: Graph, repeats: list[RepeatedRows]) -> list[list[Item]]:
    turns = iter(_rows(graph, [turn for repeat in repeats for turn in repeat.turns]))
    groups = [tuple([next(turns) for _ in repeat.turns]) for repeat in repeats]
    counts = {len(group) for group in groups}
    if len(counts) > 1 or (counts != {1} and pays(graph, groups[0])):
        return [[RepeatedRows(group)] for group in groups]
    return [[item for turn in group for item in turn.items] for group in groups]
