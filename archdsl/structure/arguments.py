"""The numbers of rows of one form, put one upon the other: what is the same everywhere is a literal, the
value's own channels are those, what grows evenly is an expression of the turn, and all else is a list.

A number of a repeat's turns is a list of its turns', so that in a repeat of repeats it is a list of lists,
unless it is the same in all: what an inner loop leaves alone belongs to the outer one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from archdsl.structure.forms import is_number
from archdsl.structure.model import BlockUse, Branches, RepeatedRows, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Item, Row

NumberPath: TypeAlias = "tuple[int | str, ...]"
"""Where a number stands: the positions of items and of branches that lead to it, then its own name."""

K = TypeVar("K")

TURNS = "turns"
"""The name of a repeat's number of turns."""
PRESENT = "present"
"""The name of what says whether a branch has anything in it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A number for each turn in which there is one: where a branch is empty, its numbers are left out."""

    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Even:
    """A number that grows evenly: ``first + step * i`` in turn i of ``turns``."""

    first: int
    step: int
    turns: int


class RowNumber(NamedTuple):
    """A number, or what became of it in several turns; whether it is everywhere the number of channels that
    enter its step, and whether it goes without saying: the operator's default everywhere."""

    value: object
    is_channels: bool = False
    is_default: bool = False


def numbers(graph: Graph, row: Row) -> dict[NumberPath, RowNumber]:
    """Every number of a row by its place, in the order in which they are read."""
    return dict(_of_row(graph, row, ()))


def parameters(columns: Sequence[Mapping[K, object]]) -> dict[K, int]:
    """The parameters of things of one form that differ in their numbers: the places whose numbers
    are not the same in all, each with the number of its parameter. Places have one parameter if their numbers
    are equal in each."""
    known: dict[tuple[str, ...], int] = {}
    found = {}
    for place in columns[0]:
        values = tuple([repr(column[place]) for column in columns])
        if len(set(values)) > 1:
            found[place] = known.setdefault(values, len(known))
    return found


def joined(columns: Sequence[Mapping[NumberPath, RowNumber]]) -> dict[NumberPath, RowNumber]:
    """The numbers of rows of one form as those of one."""
    places: dict[NumberPath, None] = {}
    for column in columns:
        places.update(dict.fromkeys(column))
    found = {}
    for place in places:
        there = [column[place] for column in columns if place in column]
        value = _joined([number.value for number in there])
        channels, default = zip(*[number[1:] for number in there], strict=True)
        found[place] = RowNumber(value, all(channels), all(default))
    return found


def _joined(values: list[object]) -> object:
    first = values[0]
    if all(value == first and type(value) is type(first) for value in values):
        return first
    numbers = [value for value in values if type(value) is int]
    if len(numbers) == len(values) > 2:
        steps = {two - one for one, two in pairwise(numbers)}
        if len(steps) == 1:
            return Even(numbers[0], steps.pop(), len(numbers))
    return Listed(tuple(values))


def _of_row(graph: Graph, row: Row, before: NumberPath) -> Iterator[tuple[NumberPath, RowNumber]]:
    for at, item in enumerate(row.items):
        yield from _of_item(graph, item, (*before, at))


def _of_item(graph: Graph, item: Item, place: NumberPath) -> Iterator[tuple[NumberPath, RowNumber]]:
    if isinstance(item, (Step, Branches)):
        node = graph.nodes[item.node]
        channels = graph.nodes[node.inputs[0]].type.shape[0] if node.inputs else None
        for name, field in type(node.op).model_fields.items():
            value = getattr(node.op, name)
            if is_number(value):
                default = not field.is_required() and value == field.get_default(call_default_factory=True)
                yield (*place, name), RowNumber(value, value is not None and value == channels, default)
    if isinstance(item, Branches):
        for at, branch in enumerate(item.rows):
            yield (*place, at, PRESENT), RowNumber(bool(branch.items), is_default=True)
            yield from _of_row(graph, branch, (*place, at))
    elif isinstance(item, RepeatedRows):
        yield (*place, TURNS), RowNumber(len(item.turns), is_default=True)
        yield from joined([dict(_of_row(graph, turn, place)) for turn in item.turns]).items()
    elif isinstance(item, BlockUse):
        yield from _of_row(graph, item.row, place)


def value_text(value: object) -> str:
    """A number, or what became of it, in words: ``64``, ``64 + 32*i``, ``[64 x2, 128]``."""
    if isinstance(value, Even):
        sign = "-" if value.step < 0 else "+"
        return f"{value.first} {sign} {abs(value.step)}*i"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(value_text, value))})"
    if isinstance(value, Listed):
        return f"[{', '.join(_runs([value_text(each) for each in value.values]))}]"
    return "none" if value is None else str(value).lower()


def _runs(texts: list[str]) -> Iterator[str]:
    """Equal ones in a row as one with their number."""
    for text, group in groupby(texts):
        count = len(list(group))
        yield text if count == 1 else f"{text} x{count}"
