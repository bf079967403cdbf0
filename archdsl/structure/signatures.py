"""Signatures: the values that a region is given, and those it hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archdsl.ops.base import Trait
from archdsl.structure.dataflow import OUTSIDE

if TYPE_CHECKING:
    from archdsl.structure.dataflow import Dataflow
    from archdsl.structure.regions import Region


class RegionSignature(NamedTuple):
    """The values that a region is given, and those it hands out, as positions of nodes."""

    inputs: list[int]
    outputs: list[int]


class Signatures:
    """The signatures of a graph's regions. All calls of one scope have one, value for value."""

    def __init__(self, flow: Dataflow) -> None:
        self.flow = flow
        self._made: dict[int, RegionSignature] = {}
        self.rematerialized = {at for at in flow.region_of if self._is_rematerialized(at)}
        """Values that are made again in each region that is made again and reads them, and nowhere else."""

    def of(self, region: Region) -> RegionSignature:
        made = self._made.get(id(region))
        if made is None:
            made = self._made[id(region)] = RegionSignature(self._inputs(region), self._outputs(region))
        return made

    def steps(self, region: Region) -> list[int | Region]:
        """A region's items; one that is made again in the backward pass begins with what it makes of others."""
        return [*self._made_again(region), *region.items] if region.is_rematerialized else region.items

    def _moves(self, at: int) -> bool:
        return Trait.DATA_MOVEMENT in self.flow.graph.nodes[at].op.traits

    def _made_again(self, region: Region) -> list[int]:
        flow, inside = self.flow, set(region.nodes())
        caller_of = flow.calls.caller_of
        found = []
        for at in region.nodes():
            for source in flow.operands[at]:
                moves = source in flow.region_of and self._moves(source)
                near = moves and caller_of(flow.region_of[source]) is caller_of(region)
                if near and source not in inside and source not in found:
                    found.append(source)
        return found

    def _is_rematerialized(self, at: int) -> bool:
        flow = self.flow
        if not self._moves(at) or not flow.readers[at]:
            return False
        home = flow.calls.function_of(flow.region_of[at])
        for reader in flow.readers[at]:
            if reader == OUTSIDE:
                return False
            region = flow.calls.function_of(flow.region_of[reader])
            while not region.is_rematerialized and region is not home and region.parent is not None:
                region = flow.calls.function_of(region.parent)
            inner = region.is_rematerialized and region is not home
            if not inner or flow.calls.caller_of(region) is not flow.calls.caller_of(home):
                return False
        return True

    def _inputs(self, region: Region) -> list[int]:
        flow = self.flow
        if region.parent is None:
            return list(flow.graph.inputs)
        made_again = self._made_again(region) if region.is_rematerialized else []
        inside = {*region.nodes(), *made_again}
        found: dict[int, None] = {}
        for at in (*made_again, *region.nodes()):
            if flow.is_needed[at]:
                for source in flow.operands[at]:
                    if source not in inside:
                        found[source] = None
        return list(found)

    def _outputs(self, region: Region) -> list[int]:
        flow = self.flow
        if region.is_scope:
            first = flow.calls.first[region.path]
            regions = [first, *(other for other in flow.calls.again.values() if other.path == region.path)]
        else:
            first, regions = region, [region]
        indices: set[int] = set()
        for other in regions:
            inside = set(other.nodes())
            indices |= {
                index
                for index, at in enumerate(other.nodes())
                if any(reader not in inside for reader in flow.readers[at])
            }
        ordered = sorted(indices)
        main = flow.graph.scopes.get(region.path) if region.is_scope else None
        nodes = first.nodes()
        ordered.sort(key=lambda index: nodes[index] != main)
        mine = region.nodes()
        return [mine[index] for index in ordered]
