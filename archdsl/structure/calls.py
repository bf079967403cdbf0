"""Which regions of a design are calls of one and the same thing.

A scope that stands in one place is one call of it. Where it is shared, its further regions are calls too, if
they do the same with the same parameters. What is called can call what lies inside it and nothing else: a
scope that shares a step from outside of it is *open*, it holds what is in it, and the region around it calls
that one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.structure.regions import scopes_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archdsl.structure.regions import Region


class Calls:
    """``operands`` are the inputs of each node as it is called; ``target`` gives the dotted name of what a node
    calls upon, if it does, and ``is_same`` whether two nodes do the same, down to the numbers.

    ``first`` holds the region of each scope that defines it, ``again`` the further ones, by identity, that are
    calls of it. Scopes in ``open`` are not called.
    """

    def __init__(
        self,
        root: Region,
        region_of: Mapping[int, Region],
        operands: Sequence[Sequence[int]],
        target: Callable[[int], str | None],
        is_same: Callable[[int, int], bool],
    ) -> None:
        self.root, self.region_of = root, region_of
        self._operands, self._target, self._is_same_node = operands, target, is_same
        self.first: dict[str, Region] = {"": root}
        self.again: dict[int, Region] = {}
        self.open: set[str] = set()
        self._find_scopes()
        self._open_scopes()
        self._twins = self._corresponding()

    def is_call(self, region: Region) -> bool:
        """Return whether a region is one call of its scope."""
        if not region.is_scope or region.path in self.open:
            return False
        return self.first[region.path] is region or id(region) in self.again

    def caller_of(self, region: Region) -> Region:
        """The region of the call in which the steps of this one are."""
        while not self.is_call(region):
            assert region.parent is not None
            region = region.parent
        return region

    def function_of(self, region: Region) -> Region:
        """The region whose steps are in one function with these: a call's, or one that is
        made again in the backward pass."""
        while not self.is_call(region) and not region.is_rematerialized:
            assert region.parent is not None
            region = region.parent
        return region

    def _find_scopes(self) -> None:
        for region in scopes_in(self.root):
            first = self.first.setdefault(region.path, region)
            if first is not region and self._is_same(first, region):
                self.again[id(region)] = region

    def _is_same(self, first: Region, other: Region) -> bool:
        """Return whether two regions of a scope do the same."""
        ones, others = first.nodes(), other.nodes()
        if len(ones) != len(others):
            return False
        places = {at: index for index, at in enumerate(ones)}
        other_places = {at: index for index, at in enumerate(others)}
        outside: dict[int, int] = {}
        for one, two in zip(ones, others, strict=True):
            if self._target(one) != self._target(two) or not self._is_same_node(one, two):
                return False
            for mine, theirs in zip(self._operands[one], self._operands[two], strict=True):
                if mine in places:
                    if places[mine] != other_places.get(theirs):
                        return False
                elif theirs in other_places or outside.setdefault(mine, theirs) != theirs:
                    return False
        # Two values on one side that are one on the other would be one argument.
        return len(set(outside.values())) == len(outside)

    def _open_scopes(self) -> None:
        """Open the scopes that would call anything outside of them."""
        before = -1
        while before != len(self.open):
            before = len(self.open)
            for at, region in self.region_of.items():
                target = self._target(at)
                if target is not None:
                    self._reach(region, target)
            for region in self.again.values():
                assert region.parent is not None
                self._reach(region.parent, region.path)
            self.again = {key: region for key, region in self.again.items() if region.path not in self.open}

    def _reach(self, region: Region, target: str) -> None:
        caller = self.caller_of(region)
        while caller.path and not target.startswith(f"{caller.path}."):
            self.open.add(caller.path)
            caller = self.caller_of(caller)

    def _corresponding(self) -> dict[int, list[int]]:
        """The nodes that are one line of code, by each of them; only where there are several."""
        twins: dict[int, list[int]] = {}
        for region in self.again.values():
            for one, two in zip(self.first[region.path].nodes(), region.nodes(), strict=True):
                group = twins.setdefault(one, [one])
                if two not in group:
                    group.append(two)
                    twins[two] = group
        return twins

    def twins(self, at: int) -> list[int]:
        return self._twins.get(at, [at])
