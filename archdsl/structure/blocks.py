"""Blocks: what stands in several places of a text in one form, where a definition makes the text shorter.

The one that saves most first, then what saves most in what is left, which may be a part of a block or have
one in it; Larsson and Moffat's Re-Pair, with a price for each number that the uses differ in.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from archdsl.structure.arguments import joined, numbers
from archdsl.structure.forms import Forms
from archdsl.structure.length import arguments, given, length, words
from archdsl.structure.model import (
    BlockUse,
    Branches,
    RepeatedRows,
    Row,
    Step,
    Structure,
    unrolled,
)
from archdsl.structure.numbering import numbered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.graph.ir import Graph
    from archdsl.structure.numbering import numbered
from archdsl.structure.model import Item

LONGEST = 12
"""Items of a row in one block."""
MOST = 16
"""Blocks of a network."""
HEADER = 4
"""A definition beside its body: its word, its name, its brackets, and the line between it and the next."""
LEAST = 3
"""Words of a body. What is shorter reads as well where it stands."""


class _RowSlice(NamedTuple):
    """Items of a row that is written, from ``start`` to before ``end``."""

    row: int
    start: int
    end: int


class _Candidate(NamedTuple):
    """Items of one form, and the rows of them that stand in the text, each once."""

    forms: tuple[int, ...]
    places: list[Row]


class BlockFinder:
    """Finds the blocks of a tree that has its repeats."""

    def __init__(self, graph: Graph, row: Row) -> None:
        self.graph, self.body = graph, row
        self.forms = Forms(graph, unrolled(row))

    def find(self) -> Structure:
        count = 0
        while count < MOST:
            best = self._best()
            if best is None:
                break
            self.body = self._with(self.body, best.forms, count)
            count += 1
        return numbered(self.graph, self.body, self._name)

    # ---- which

    def _best(self) -> _Candidate | None:
        """The candidate that saves most words as a block, or None where none does."""
        rows = list(_texts(self.body))
        found: dict[tuple[int, ...], list[_RowSlice]] = defaultdict(list)
        lengths: list[list[int]] = []
        for number, row in enumerate(rows):
            forms = [self.forms.of(item) for item in row.items]
            lengths.append([0, *accumulate([length(self.graph, Row((item,))) for item in row.items])])
            for start in range(len(forms)):
                for end in range(start + 1, min(len(forms), start + LONGEST) + 1):
                    places = found[tuple(forms[start:end])]
                    # Uses do not overlap.
                    if not places or places[-1].row != number or places[-1].end <= start:
                        places.append(_RowSlice(number, start, end))
        several = []
        for form, places in found.items():
            first = places[0]
            item = rows[first.row].items[first.start]
            if len(places) > 1 and (len(form) > 1 or isinstance(item, (Branches, RepeatedRows))):
                words = lengths[first.row][first.end] - lengths[first.row][first.start]
                several.append(((len(places) - 1) * words - len(places), form))
        several.sort(key=lambda entry: entry[0], reverse=True)
        best, most = None, 0
        for at_most, form in several:
            # Hardly more can be saved than what all uses but one are long.
            if at_most <= most:
                break
            uses = [Row(rows[place.row].items[place.start : place.end]) for place in found[form]]
            saved = self._saved(uses)
            if saved > most:
                best, most = _Candidate(form, uses), saved
        return best

    def _saved(self, places: list[Row]) -> int:
        """The words that the text is shorter by, if these are uses of a block."""
        body = words(self.graph, places[0])
        if body < LEAST or body * (len(places) - 1) <= HEADER:
            return 0
        each = [numbers(self.graph, row) for row in places]
        together = joined(each)
        names, values = given(each, together)
        now = sum([body + arguments(column) for column in each])
        as_block = HEADER + names + body + arguments(together, listed=False) + len(places) + values
        return now - as_block

    # ---- what becomes of them

    def _with(self, row: Row, forms: tuple[int, ...], block: int) -> Row:
        """The row with these forms as uses of the block, however deep."""
        items = row.items
        own = [self.forms.of(item) for item in items]
        out: list[Item] = []
        at = 0
        while at < len(items):
            inner = self._inside(items[at], forms, block)
            if tuple(own[at : at + len(forms)]) == forms:
                row = Row(tuple([self._inside(item, forms, block) for item in items[at : at + len(forms)]]))
                out.append(BlockUse(block, row))
                at += len(forms)
            else:
                out.append(inner)
                at += 1
        return Row(tuple(out))

    def _inside(self, item: Item, forms: tuple[int, ...], block: int) -> Item:
        if isinstance(item, Branches):
            return Branches(item.node, tuple([self._with(row, forms, block) for row in item.rows]))
        if isinstance(item, RepeatedRows):
            return RepeatedRows(tuple([self._with(turn, forms, block) for turn in item.turns]))
        if isinstance(item, BlockUse):
            return BlockUse(item.block, self._with(item.row, forms, block))
        return item

    def _name(self, _: int, row: Row) -> str:
        """The name of a block that has none of its own: after its steps where they are few."""
        if len(row.items) <= 3 and all(isinstance(item, Step) for item in row.items):
            return "_".join(
                [self.graph.nodes[item.node].op.word for item in row.items if isinstance(item, Step)]
            )
        merge = next((item for item in row.items if isinstance(item, Branches)), None)
        if merge is None:
            return "block"
        empty = any(not branch.items for branch in merge.rows)
        word = self.graph.nodes[merge.node].op.word
        return f"{word}_with_input" if empty else f"{word}_of_{len(merge.rows)}"


def _texts(row: Row) -> Iterator[Row]:
    """The rows that are written: of a repeat, and of a block, one for all that are of one form."""
    yield from _written([row], set())


def _written(rows: list[Row], seen: set[int]) -> Iterator[Row]:
    longest = max(rows, key=lambda row: len(row.items))
    yield longest
    for at, item in enumerate(longest.items):
        items = [row.items[at] for row in rows if at < len(row.items)]
        if isinstance(item, Branches):
            for branch in range(len(item.rows)):
                yield from _written([each.rows[branch] for each in items if isinstance(each, Branches)], seen)
        elif isinstance(item, RepeatedRows):
            yield from _written(
                [turn for each in items if isinstance(each, RepeatedRows) for turn in each.turns], seen
            )
        elif isinstance(item, BlockUse) and item.block not in seen:
            seen.add(item.block)
            yield from _written([each.row for each in items if isinstance(each, BlockUse)], seen)
