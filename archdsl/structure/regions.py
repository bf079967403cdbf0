"""The regions that a design has itself: its constructs as a tree over the graph's nodes.

A labelled group or a block call opens a scope, which has a dotted name. Constructs that open no scope
(``concat``, ``residual``, ``repeat``) leave their steps in the region around them; those that run
in training alone or are made again in the backward pass stay together, and what runs again is one more region
of a scope, or of a step, that stands elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archdsl.constructs.region import RegionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.graph.ir import Frame, Graph
    from archdsl.source import Span

_DISSOLVED = (RegionKind.STEPS, RegionKind.OPERATION)
"""Kinds whose steps are left in the region around them."""


class Region:
    """Steps that run together: positions of nodes, and the regions among them.

    ``path`` is the dotted name of the scope in which they stand, "" for the network; ``kind`` is the
    construct's, None for the network.
    """

    __slots__ = ("_nodes", "items", "kind", "parent", "path", "span", "title")

    def __init__(
        self, kind: RegionKind | None, title: str, path: str, span: Span | None, parent: Region | None
    ) -> None:
        self.kind, self.title, self.path, self.span, self.parent = kind, title, path, span, parent
        self.items: list[int | Region] = []
        self._nodes: list[int] | None = None

    @property
    def is_scope(self) -> bool:
        return self.kind is None or self.kind.is_scope

    @property
    def is_rematerialized(self) -> bool:
        """Its values are made again in the backward pass."""
        return self.kind is RegionKind.REMATERIALIZED

    def nodes(self) -> list[int]:
        """The positions of all nodes in it, in execution order. Asked for once the regions are made."""
        if self._nodes is None:
            self._nodes = []
            for item in self.items:
                if isinstance(item, Region):
                    self._nodes += item.nodes()
                else:
                    self._nodes.append(item)
        return self._nodes


def general_title(kind: RegionKind | None, title: str) -> str:
    """The title of a scope without the number that its label ends in: ``unit1`` and ``unit2`` are groups ``unit``."""
    return (re.sub(r"[\d_-]+$", "", title) or title) if kind is RegionKind.GROUP else title


def regions_of(graph: Graph) -> tuple[Region, dict[int, Region]]:
    """The network's region, and the innermost one of each node that is no input."""
    root = Region(None, graph.name, "", None, None)
    made: dict[int, Region] = {}
    region_of: dict[int, Region] = {}

    def of(frame: Frame | None) -> Region:
        if frame is None:
            return root
        # By identity: two turns of a loop may have equal constructs.
        region = made.get(id(frame))
        if region is None:
            region = of(frame.parent)
            kind = frame.region
            if kind not in _DISSOLVED:
                path = frame.name if kind.is_scope else region.path
                outer, region = region, Region(kind, frame.title, path, frame.span, region)
                outer.items.append(region)
            made[id(frame)] = region
        return region

    for at, node in enumerate(graph.nodes):
        if at not in graph.given:
            region_of[at] = of(node.frame)
            region_of[at].items.append(at)
    return root, region_of


def scopes_in(region: Region) -> Iterator[Region]:
    """The regions of scopes within one, outer before inner, in execution order."""
    for item in region.items:
        if isinstance(item, Region):
            if item.is_scope:
                yield item
            yield from scopes_in(item)
