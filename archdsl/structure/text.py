"""The text form of a structure, for people and tests: each text once, with the numbers of all that it is.

    conv(out=64, kernel=7, stride=2, padding=3)
    repeat [2, 1]:
      add:
        - conv(out=[64 x2, 128], kernel=3)
        - when [false x2, true]: conv(out=128, kernel=1)

A list holds a number for each turn of the repeat around it in which the step is there, of repeats around
each other lists of lists; ``channels`` are those of the value that enters, and ``64 + 32*i`` grows with the
turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.arguments import PRESENT, TURNS, Even, Listed, joined, numbers, value_text
from archdsl.structure.forms import is_number
from archdsl.structure.model import BlockUse, Branches, From, RepeatedRows, Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archdsl.structure.arguments import NumberPath, RowNumber
    from archdsl.structure.model import Item, Structure


def text_form(structure: Structure) -> str:
    """The blocks, and then the body."""
    writer = _TreeWriter(structure)
    for block in structure.blocks:
        writer.out.append(f"block {block.name}:")
        writer.rows(block.uses, (), joined([numbers(structure.graph, use) for use in block.uses]), 1)
    writer.out.append("body:")
    writer.rows([structure.body], (), numbers(structure.graph, structure.body), 1)
    return "\n".join(writer.out) + "\n"


class _TreeWriter:
    def __init__(self, structure: Structure) -> None:
        self.structure, self.nodes = structure, structure.graph.nodes
        self.out: list[str] = []

    def _line(self, depth: int, text: str) -> None:
        self.out.append("  " * depth + text)

    def rows(
        self, rows: Sequence[Row], place: NumberPath, found: Mapping[NumberPath, RowNumber], depth: int
    ) -> None:
        """Rows that are one text; the one with the most in it is written."""
        longest = max(rows, key=lambda row: len(row.items))
        for at in range(len(longest.items)):
            items = [row.items[at] for row in rows if at < len(row.items)]
            if 0 < at < len(longest.items) and len(items) < len(
                [row for row in rows if at <= len(row.items)]
            ):
                self._line(depth, "when not last:")
                depth += 1
            self._item(items, (*place, at), found, depth)

    def _item(
        self, items: list[Item], place: NumberPath, found: Mapping[NumberPath, RowNumber], depth: int
    ) -> None:
        first = items[0]
        if isinstance(first, RepeatedRows):
            self._line(depth, f"repeat {_shown(found[(*place, TURNS)])}:")
            turns = [turn for item in items if isinstance(item, RepeatedRows) for turn in item.turns]
            self.rows(turns, place, found, depth + 1)
        elif isinstance(first, BlockUse):
            self._line(depth, self.structure.blocks[first.block].name)
        elif isinstance(first, From):
            self._line(depth, f"from {self.nodes[first.node].name}")
        elif isinstance(first, Branches):
            self._line(depth, f"{self._call(first.node, place, found)}:")
            for at in range(len(first.rows)):
                self._branch(
                    [item.rows[at] for item in items if isinstance(item, Branches)],
                    (*place, at),
                    found,
                    depth + 1,
                )
        else:
            self._line(depth, self._call(first.node, place, found))

    def _branch(
        self, rows: list[Row], place: NumberPath, found: Mapping[NumberPath, RowNumber], depth: int
    ) -> None:
        if not any(row.items for row in rows):
            self._line(depth, "- []")
            return
        before = len(self.out)
        self.rows(rows, place, found, depth + 1)
        present = found[(*place, PRESENT)]
        mark = "- " if present.value is True else f"- when {_shown(present)}: "
        self.out[before] = "  " * depth + mark + self.out[before].lstrip()

    def _call(self, node: int, place: NumberPath, found: Mapping[NumberPath, RowNumber]) -> str:
        op = self.nodes[node].op
        shown = []
        for name, field in type(op).model_fields.items():
            value = getattr(op, name)
            if not is_number(value):
                if field.is_required() or value != field.get_default():
                    shown.append(f"{name}={str(value).lower()}")
            elif not found[(*place, name)].is_default:
                shown.append(f"{name}={_shown(found[(*place, name)])}")
        return f"{op.word}({', '.join(shown)})" if shown else op.word


def _shown(number: RowNumber) -> str:
    if number.is_channels and isinstance(number.value, (Listed, Even)):
        return "channels"
    return value_text(number.value)
