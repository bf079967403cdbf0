"""The structure of a graph by its own scopes: each that is one thing in its rows is a use of a block.

Repeats are found as in a graph without names, with each use of a block as one item. Scopes are of one block if
they have one title and one form; a single branch may be empty in some of them. A scope that is not one thing, as one
whose steps stand partly in a branch and partly after the merge is, leaves its steps in the row around it.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from archdsl.structure.model import BlockUse, Branches, Row, items_in, unrolled
from archdsl.structure.numbering import numbered
from archdsl.structure.regions import Region, general_title, regions_of
from archdsl.structure.repeats import RepeatFinder
from archdsl.structure.rows import rows_of
from archdsl.structure.settle import settled

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph
    from archdsl.structure.model import Item, Structure


def by_scopes(graph: Graph) -> Structure:
    """The graph as blocks by their titles, and a body that uses them. Uses have the dotted names of their scopes.

    Unrolled it is the graph's nodes but for the inputs, each once and after what it reads.
    """
    return _ScopeFolder(graph).structure()


class _ScopeFolder:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.root, self.region_of = regions_of(graph)
        self.body = rows_of(graph)
        self.repeats = RepeatFinder(graph, self.body)
        self.blocks: list[_ScopeBlock] = []

    def structure(self) -> Structure:
        body = self._repeated(self._folded(self.body, self.root))
        return numbered(self.graph, body, lambda block, _: self.blocks[block].title)

    def _repeated(self, row: Row) -> Row:
        """A row that has its blocks with its repeats too."""
        return settled(self.graph, self.repeats.row(row))

    def _folded(self, row: Row, scope: Region) -> Row:
        """A row whose nodes lie in a scope, with the scopes in that as uses of blocks."""
        out: list[Item] = []
        for inner, group in groupby(row.items, lambda item: self._scope_in(item, scope)):
            items = Row(tuple(group))
            if inner is not None and sorted(unrolled(items)) == sorted(inner.nodes()):
                out.append(self._use(self._repeated(self._folded(items, inner)), inner))
            else:
                out += [self._inside(item, scope) for item in items.items]
        return Row(tuple(out))

    def _inside(self, item: Item, scope: Region) -> Item:
        if isinstance(item, Branches):
            return Branches(item.node, tuple([self._folded(branch, scope) for branch in item.rows]))
        return item

    def _scope_in(self, item: Item, scope: Region) -> Region | None:
        """The outermost scope inside this one in which all of an item lies; None where there is none."""
        found = {self._below(self.region_of[at], scope) for at in unrolled(Row((item,)))}
        return found.pop() if len(found) == 1 else None

    def _below(self, region: Region, scope: Region) -> Region | None:
        """The outermost scope inside another in which a region lies; None where it lies in none, or outside."""
        found, around = None, region
        while around is not scope:
            if around.is_scope:
                found = around
            if around.parent is None:
                return None
            around = around.parent
        return found

    def _use(self, row: Row, scope: Region) -> BlockUse:
        forms = self.repeats.forms
        form, title = forms.items(row), general_title(scope.kind, scope.title)
        inside = {item.block for item in items_in(row) if isinstance(item, BlockUse)}
        for number, block in enumerate(self.blocks):
            # No block is used in itself, as a design's may be that ends by a condition.
            if block.title != title or self._reaches(inside, number):
                continue
            if block.takes(form, forms.emptied):
                block.inside |= inside
                return BlockUse(number, row, scope.path)
        self.blocks.append(_ScopeBlock(title, form, inside))
        return BlockUse(len(self.blocks) - 1, row, scope.path)

    def _reaches(self, blocks: set[int], wanted: int) -> bool:
        """Return whether one of these blocks is the wanted one, or uses it."""
        return any(block == wanted or self._reaches(self.blocks[block].inside, wanted) for block in blocks)


class _ScopeBlock:
    """A block by the forms of its items, and the blocks that its uses have inside; ``gap`` are the forms of those
    in which a branch is empty."""

    def __init__(self, title: str, form: tuple[int, ...], inside: set[int]) -> None:
        self.title, self.form, self.inside = title, form, inside
        self.gap: tuple[int, ...] | None = None

    def takes(self, form: tuple[int, ...], emptied: dict[int, frozenset[int]]) -> bool:
        """Return whether a scope of this form is a use of the block; the block then has the branches of both."""
        if form in (self.form, self.gap):
            return True
        if self.gap is None and _is_emptied(form, self.form, emptied):
            self.gap = form
            return True
        if self.gap is None and _is_emptied(self.form, form, emptied):
            self.form, self.gap = form, self.form
            return True
        return False


def _is_emptied(form: tuple[int, ...], full: tuple[int, ...], emptied: dict[int, frozenset[int]]) -> bool:
    """Return whether a form is another one with a single branch empty."""
    if len(form) != len(full):
        return False
    differing = [at for at in range(len(form)) if form[at] != full[at]]
    return len(differing) == 1 and form[differing[0]] in emptied.get(full[differing[0]], ())
