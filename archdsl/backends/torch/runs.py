"""Which steps of a graph are run by which module: the graph's constructs as a tree of runs.

A labelled group or a block call opens a scope, which becomes a submodule of that dotted name, and its
run becomes one call of it. Constructs that open no scope (``concat``, ``residual``, ``repeat``) leave
their steps in the run around them; ``aux`` and ``checkpoint`` keep theirs together as a region, and
``share`` is one more run of a scope, or of a step, that stands elsewhere.

A module can call what lies inside it and nothing else. So a scope that shares a step from outside of
it is *open*: it holds its submodules, and the run around it calls them one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.graph.ir import Construct, Graph
    from archdsl.source import Span

_SCOPES = {"block", "group"}
_REGIONS = {"aux", "checkpoint", "share"}


class Run:
    """Steps that run together: positions of nodes, and the runs among them.

    ``path`` is the dotted name of the scope in which they stand, "" for the network; ``kind`` is the
    construct's, or ``network``.
    """

    __slots__ = ("_nodes", "items", "kind", "parent", "path", "span", "title")

    def __init__(self, kind: str, title: str, path: str, span: Span | None, parent: Run | None) -> None:
        self.kind, self.title, self.path, self.span, self.parent = kind, title, path, span, parent
        self.items: list[int | Run] = []
        self._nodes: list[int] | None = None

    @property
    def is_scope(self) -> bool:
        return self.kind in _SCOPES or self.parent is None

    def nodes(self) -> list[int]:
        """The positions of all nodes in it, in execution order. Asked for once the runs are made."""
        if self._nodes is None:
            self._nodes = []
            for item in self.items:
                if isinstance(item, Run):
                    self._nodes += item.nodes()
                else:
                    self._nodes.append(item)
        return self._nodes


def runs_of(graph: Graph) -> tuple[Run, dict[int, Run]]:
    """The network's run, and the innermost run of each node that is no input."""
    root = Run("network", graph.name, "", None, None)
    made: dict[int, Run] = {}
    run_of: dict[int, Run] = {}

    def of(construct: Construct | None) -> Run:
        if construct is None:
            return root
        # By identity: two turns of a loop may have equal constructs.
        run = made.get(id(construct))
        if run is None:
            run = of(construct.parent)
            kind = construct.kind
            if kind in _SCOPES or kind in _REGIONS:
                path = construct.name if kind in _SCOPES else run.path
                outer, run = run, Run(kind, construct.title, path, construct.span, run)
                outer.items.append(run)
            made[id(construct)] = run
        return run

    for at, node in enumerate(graph.nodes):
        if at not in graph.given:
            run_of[at] = of(node.construct)
            run_of[at].items.append(at)
    return root, run_of


def scopes_in(run: Run) -> Iterator[Run]:
    """The runs of scopes within a run, outer before inner, in execution order."""
    for item in run.items:
        if isinstance(item, Run):
            if item.is_scope:
                yield item
            yield from scopes_in(item)
