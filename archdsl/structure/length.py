"""How long a row is when it is written, in words: what decides between one text for all and each for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.arguments import PRESENT, TURNS, Even, Listed, numbers, value_text
from archdsl.structure.forms import is_number
from archdsl.structure.model import Branches, RepeatedRows, Row, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archdsl.graph.ir import Graph
    from archdsl.structure.arguments import NumberPath, RowNumber
    from archdsl.structure.model import Item

LOOP = 3
"""A repeat beside its body: its word, its number of turns, its end."""


def length(graph: Graph, row: Row) -> int:
    """The words of a row as it stands."""
    return words(graph, row) + arguments(numbers(graph, row))


def words(graph: Graph, row: Row) -> int:
    """Operators, merges and repeats without their numbers."""
    return sum([_words(graph, item) for item in row.items])


def _words(graph: Graph, item: Item) -> int:
    if isinstance(item, Step):
        return _call(graph, item.node)
    if isinstance(item, Branches):
        return _call(graph, item.node) + sum([1 + words(graph, branch) for branch in item.rows])
    if isinstance(item, RepeatedRows):
        return LOOP + max([words(graph, turn) for turn in item.turns])
    return 1


def _call(graph: Graph, node: int) -> int:
    """An operator's word, and what it is given beside numbers."""
    op = graph.nodes[node].op
    words = 1
    for name, field in type(op).model_fields.items():
        value = getattr(op, name)
        if not is_number(value) and (field.is_required() or value != field.get_default()):
            words += 1
    return words


def arguments(found: Mapping[NumberPath, RowNumber], *, listed: bool = True) -> int:
    """The numbers that have to be written: literals that are not the operator's default, expressions, and lists, of
    which equal ones are written once and have a name. Without ``listed`` only the names are counted."""
    total, lists = 0, set()
    for place, (value, is_channels, is_default) in found.items():
        if isinstance(value, Listed):
            total += 1
            if listed and not is_channels and place[-1] != TURNS:
                lists.add(value_text(value))
        else:
            total += 2 if isinstance(value, Even) else not is_default
    return total + sum([1 + _values(text) for text in lists])


def given(
    uses: Sequence[Mapping[NumberPath, RowNumber]], together: Mapping[NumberPath, RowNumber]
) -> tuple[int, int]:
    """How many numbers uses of one form differ in, equal ones once, and the words of all their values."""
    columns = {
        tuple([value_text(use[place].value) if place in use else "" for use in uses])
        for place, (value, is_channels, _) in together.items()
        if isinstance(value, (Listed, Even)) and not is_channels and place[-1] != PRESENT
        if any(place in use and value_text(use[place].value) != value_text(value) for use in uses)
    }
    return len(columns), sum([_values(text) for column in columns for text in column])


def _values(text: str) -> int:
    return text.count(",") + 1


def pays(graph: Graph, turns: tuple[Row, ...]) -> bool:
    """Return whether turns are shorter as a repeat than one after the other."""
    return length(graph, Row((RepeatedRows(turns),))) <= sum([length(graph, turn) for turn in turns])
