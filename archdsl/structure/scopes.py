"""The scopes of a design as a tree over its graph: what each holds under names, and the steps that it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archdsl.constructs.region import RegionKind
from archdsl.structure.bodies import body_of, body_of_step
from archdsl.structure.dataflow import Dataflow
from archdsl.structure.signatures import Signatures
from archdsl.structure.views import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archdsl.source import Span
    from archdsl.structure.bodies import ScopeBody
    from archdsl.structure.regions import Region
    from archdsl.structure.signatures import RegionSignature
    from archdsl.structure.views import Description, View


class Held(NamedTuple):
    """Something that a step holds under a name: the node that is first to use it, and what it is."""

    node: int
    what: Description


class NamedScope:
    """All that stands under one dotted name: the network, a labelled group, a block's call, or a step of several
    parts.

    ``kind`` is None of the network and of a step, whose ``node`` is then its position. ``members`` are in
    execution order. ``body`` and ``signature`` are None where nobody calls it: what it holds is called one
    by one from outside.
    """

    __slots__ = ("body", "kind", "members", "node", "path", "region", "signature", "span", "title")

    def __init__(
        self,
        kind: RegionKind | None,
        title: str,
        path: str,
        span: Span | None,
        *,
        region: Region | None = None,
        node: int | None = None,
    ) -> None:
        self.kind, self.title, self.path, self.span, self.region, self.node = (
            kind, title, path, span, region, node,
        )  # fmt: skip
        self.members: dict[str, Member] = {}
        self.signature: RegionSignature | None = None
        self.body: ScopeBody | None = None

    @property
    def is_network(self) -> bool:
        return self.kind is None and self.node is None

    @property
    def is_chain(self) -> bool:
        """It does nothing but call its members, which are numbered, each on what the one before made."""
        if self.body is None or not self.body.is_chain or not self.members or self.node is not None:
            return False
        return self.body.called == [*self.members] and self._is_numbered

    @property
    def is_list(self) -> bool:
        """Nobody calls it, and its members are numbered in order, none of them a mere tensor."""
        if self.kind is not RegionKind.GROUP or self.body is not None or not self.members:
            return False
        held = [member for member in self.members.values() if isinstance(member, Held)]
        return self._is_numbered and not any(member.what.is_tensor for member in held)

    @property
    def _is_numbered(self) -> bool:
        return [*self.members] == [str(number) for number in range(len(self.members))]

    def lists(self) -> Iterator[str]:
        """The dotted names of the lists inside of it."""
        for member in self.members.values():
            if isinstance(member, NamedScope):
                if member.is_list:
                    yield member.path
                yield from member.lists()


Member: TypeAlias = "NamedScope | Held"


def scopes_of(flow: Dataflow, signatures: Signatures, view: View) -> NamedScope:
    """The network's scope, with all others inside."""
    return _Scopes(flow, signatures, view).root


class _Scopes:
    def __init__(self, flow: Dataflow, signatures: Signatures, view: View) -> None:
        self.flow, self.signatures, self.view = flow, signatures, view
        self.by_path: dict[str, NamedScope] = {}
        self.root = self._scope("")
        for at in flow.region_of:
            self._node(at)

    def _scope(self, path: str) -> NamedScope:
        """The scope of that name, put among its parent's members when it is first met."""
        scope = self.by_path.get(path)
        if scope is not None:
            return scope
        calls = self.flow.calls
        region = calls.first.get(path)
        if region is None:  # opened by the labels that lead into it
            scope = NamedScope(RegionKind.GROUP, path.rpartition(".")[2], path, None)
        else:
            scope = NamedScope(region.kind, region.title, path, region.span, region=region)
        self.by_path[path] = scope
        if path:
            parent, _, name = path.rpartition(".")
            self._scope(parent).members[name] = scope
        # A scope that nothing needs keeps its parameters and is not called.
        if region is not None and (
            not path or (path not in calls.open and self.signatures.of(region).outputs)
        ):
            scope.signature = self.signatures.of(region)
            scope.body = body_of(region, self.flow, self.signatures, self.view)
        return scope

    def _node(self, at: int) -> None:
        flow, view = self.flow, self.view
        self._scope(flow.calls.caller_of(flow.region_of[at]).path)
        path = view.name(at)
        if path is None:
            return
        outer, _, name = path.rpartition(".")
        members = self._scope(outer).members
        if name in members:
            return
        holding = view.holding(at)
        if not isinstance(holding, Parts):
            members[name] = Held(at, holding)
            return
        node = flow.graph.nodes[at]
        members[name] = scope = NamedScope(None, node.op.word, path, node.span, node=at)
        for part, what in holding.parts.items():
            scope.members[part] = Held(at, what)
        scope.body = body_of_step(at, holding.step, len(view.operands[at]))
