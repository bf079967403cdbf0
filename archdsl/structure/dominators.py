"""Dominators of a graph without circles, in one pass: O(log n) for an edge.

Nodes are added after all that they are reached from; each has one parent, the nearest node that every way
to it goes through. Jump pointers (Myers 1983) find where the ways to two nodes part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = -1
"""The root, with which every path begins."""


class DominatorTree:
    """``parent`` gives the immediate dominator of each node, `ROOT` where nothing but the beginning is."""

    def __init__(self) -> None:
        self.parent: dict[int, int] = {ROOT: ROOT}
        self._depth: dict[int, int] = {ROOT: 0}
        self._jump: dict[int, int] = {ROOT: ROOT}

    def add(self, node: int, before: Iterable[int]) -> None:
        """Add a node that is reached from those ``before`` it; from `ROOT` where there are none."""
        nearest: int | None = None
        for each in before:
            nearest = each if nearest is None else self._common(nearest, each)
        parent = ROOT if nearest is None else nearest
        depth, jump = self._depth, self._jump
        self.parent[node] = parent
        depth[node] = depth[parent] + 1
        far = jump[parent]
        even = depth[parent] - depth[far] == depth[far] - depth[jump[far]]
        jump[node] = jump[far] if even else parent

    def _common(self, one: int, other: int) -> int:
        depth, jump, parent = self._depth, self._jump, self.parent
        if depth[one] < depth[other]:
            one, other = other, one
        while depth[one] > depth[other]:
            one = jump[one] if depth[jump[one]] >= depth[other] else parent[one]
        while one != other:
            if jump[one] != jump[other]:
                one, other = jump[one], jump[other]
            else:
                one, other = parent[one], parent[other]
        return one
