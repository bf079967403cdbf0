"""What a pass that rewrites a graph hands back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


class Rewrite(NamedTuple):
    """A graph, and whether it differs from the one that the pass was given."""

    graph: Graph
    changed: bool
