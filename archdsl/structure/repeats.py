"""Repeats: what stands several times in a row in one form, found from the inside out.

Shortest turns first. Every run of one form becomes one item whose form leaves out how many turns it has,
what it repeats is one turn wherever else it stands in the row, and then it is looked again from the
shortest turn on. So ``a b b c a b c a b b b c`` becomes ``(a (b)* c)*``. A run can begin at several places:
one is taken that begins with a merge or a layer of weights, and leaves no turn out.

Turns may differ by a gap. Branches of which one row is empty in other turns, as the projection in the first
unit of a ResNet's stage is, are a turn like these; and the last turn may end early, as DenseNet's last stage
does, which no transition follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archdsl.structure.forms import Forms
from archdsl.structure.model import Branches, RepeatedRows, Row, Step, unrolled

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Item


class _Run(NamedTuple):
    """Turns from ``start`` on; of one turn more there are the first ``rest`` items."""

    start: int
    turns: int
    rest: int


class _Formed(NamedTuple):
    """Items of a row with the form of each."""

    items: list[Item]
    forms: list[int]


class RepeatFinder:
    """Finds the repeats of a tree without any. ``comparisons`` counts the forms compared, which is what it
    takes."""

    def __init__(self, graph: Graph, row: Row) -> None:
        self.graph, self.body = graph, row
        self.forms = Forms(graph, unrolled(row))
        self.comparisons = 0

    def find(self) -> Row:
        return self.row(self.body)

    def row(self, row: Row) -> Row:
        """A part of the tree with its repeats."""
        self.forms.begin(row)
        return self._row(row)[0]

    def _row(self, row: Row) -> tuple[Row, int]:
        """A row with its repeats, and its form."""
        items: list[Item] = []
        forms: list[int] = []
        for item in row.items:
            if isinstance(item, Branches):
                rows = [self._row(branch) for branch in item.rows]
                items.append(Branches(item.node, tuple([branch for branch, _ in rows])))
                forms.append(self.forms.branches(item.node, [form for _, form in rows]))
            else:
                assert not isinstance(item, RepeatedRows)
                items.append(item)
                forms.append(self.forms.of(item))
        formed = _Formed(items, forms)
        length = 1
        while 2 * length <= len(formed.items):
            runs = self._runs(formed, length)
            formed = self._folded(formed, runs, length) if runs else formed
            length = 1 if runs else length + 1
        return Row(tuple(formed.items)), self.forms.row(formed.forms)

    # ---- runs

    def _runs(self, formed: _Formed, length: int) -> list[_Run]:
        """The runs of turns of this length, from left to right. Two turns hold a multiple of the length with
        its like one turn later, so that only these places are looked at."""
        forms, found, end = formed.forms, [], 0
        for place in range(0, len(forms) - length, length):
            self.comparisons += 1
            if place < end or forms[place] != forms[place + length]:
                continue
            first, last = place, place
            while first > end and forms[first - 1] == forms[first - 1 + length]:
                first -= 1
            while last + length < len(forms) and forms[last] == forms[last + length]:
                last += 1
            self.comparisons += last - first
            if last - first >= length:
                run = self._turned(formed, first, last + length, length)
                found.append(run)
                end = run.start + run.turns * length + run.rest
        return found

    def _turned(self, formed: _Formed, first: int, end: int, length: int) -> _Run:
        """Where in a stretch that repeats itself its turns begin."""
        starts = range(first, min(first + length, end - 2 * length + 1))
        turns = (end - first) // length
        best = max(
            starts, key=lambda start: ((end - start) // length == turns, self._begins(formed, start), -start)
        )
        turns, rest = divmod(end - best, length)
        # A few steps are not a turn that ends early. Branches are, and repeats.
        items = formed.items[end - rest : end]
        if not any(isinstance(item, (Branches, RepeatedRows)) for item in items):
            rest = 0
        return _Run(best, turns, rest)

    def _begins(self, formed: _Formed, start: int) -> bool:
        """Return whether a turn would begin here: with branches, a repeat, or a layer that has weights to multiply
        with, which a norm has not."""
        item = formed.items[start]
        if not isinstance(item, Step):
            return True
        node = self.graph.nodes[item.node]
        return any(parameter.trained and len(parameter.shape) > 1 for parameter in self.graph.params_of(node))

    # ---- folding

    def _folded(self, formed: _Formed, runs: list[_Run], length: int) -> _Formed:
        """The row with its runs, and lone turns of them, as one item each."""
        items, forms = formed
        out = _Formed([], [])
        bodies = list(dict.fromkeys([tuple(forms[run.start : run.start + length]) for run in runs]))
        at, waiting = 0, list(reversed(runs))
        while at < len(items):
            body = tuple(forms[at : at + length])
            turns, rest, begins = 1, 0, False
            if waiting and waiting[-1].start == at:
                _, turns, rest = waiting.pop()
                base = self._lone(body, [other for other in bodies if other != body])
                if base is not None:
                    # Turns that have what others have not: each begins a repeat, as a stage does.
                    for start in range(at, at + (turns - 1) * length, length):
                        self._add(out, [Row(tuple(items[start : start + length]))], base, begins=True)
                    at += (turns - 1) * length
                    turns, rest, begins, body = 1, 0, True, base
            else:
                end = waiting[-1].start if waiting else len(items)
                found = self._lone(body, bodies) if at + length <= end else None
                if found is None:
                    out.items.append(items[at])
                    out.forms.append(forms[at])
                    at += 1
                    continue
                begins, body = found != body, found
            last = at + turns * length
            rows = [Row(tuple(items[start : start + length])) for start in range(at, last, length)]
            if rest:
                rows.append(Row(tuple(items[last : last + rest])))
            self._add(out, rows, body, begins=begins)
            at = last + rest
        return out

    def _lone(self, forms: tuple[int, ...], bodies: list[tuple[int, ...]]) -> tuple[int, ...] | None:
        """The body of which these are a turn, with a gap in it or without."""
        for body in bodies:
            self.comparisons += 1
            differing = [at for at, form in enumerate(body) if forms[at] != form]
            if len(differing) > 1:
                continue
            if not differing or body[differing[0]] in self.forms.emptied.get(forms[differing[0]], ()):
                return body
        return None

    def _add(self, out: _Formed, rows: list[Row], body: tuple[int, ...], *, begins: bool) -> None:
        """A repeat, which is one with the item before it if that is of its form, unless it begins one of its own."""
        form = self.forms.repeat(self.forms.row(body))
        before = out.items[-1] if out.items else None
        if not begins and isinstance(before, RepeatedRows) and out.forms[-1] == form:
            out.items[-1] = RepeatedRows((*before.turns, *rows))
            return
        out.items.append(RepeatedRows(tuple(rows)))
        out.forms.append(form)
