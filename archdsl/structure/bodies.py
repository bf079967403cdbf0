"""The steps that a scope runs, as all scopes of one form run them: by what they call and what they are wired to.

Values have numbers of their own in a body: its inputs in order, then what each step makes. Names of steps
that hold nothing are no part of a form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archdsl.constructs.region import RegionKind
from archdsl.structure.regions import Region
from archdsl.structure.views import CALL, PASS

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from archdsl.structure.dataflow import Dataflow
    from archdsl.structure.signatures import RegionSignature, Signatures
    from archdsl.structure.views import Description, View

_KEPT_TOGETHER = (RegionKind.TRAINING, RegionKind.REMATERIALIZED)
"""Regions that are a step of their own in a body."""


class ScopeBody(NamedTuple):
    """``form`` is all of it but its numbers; ``steps`` are the nodes that run in it, each with what it does.

    ``called`` names what is called, in order, where each is called alone on what the one before made:
    ``is_chain`` says whether that is all of it.
    """

    form: Hashable
    steps: list[tuple[int, Description]]
    called: list[str]
    is_chain: bool


def body_of(region: Region, flow: Dataflow, signatures: Signatures, view: View) -> ScopeBody:
    """The body of a scope by the region that is its first call."""
    return _BodyWalk(region, flow, signatures, view).body()


def body_of_step(at: int, step: Description, operands: int) -> ScopeBody:
    """The body of a scope that is one step."""
    return ScopeBody((operands, step.form), [(at, step)], [], is_chain=False)


class _BodyWalk:
    def __init__(self, region: Region, flow: Dataflow, signatures: Signatures, view: View) -> None:
        self.region, self.flow, self.signatures, self.view = region, flow, signatures, view
        self.signature = signatures.of(region)
        self.local = {value: number for number, value in enumerate(self.signature.inputs)}
        self.made = len(self.local)
        self.steps: list[tuple[int, Description]] = []
        self.called: list[str] = []
        self.is_chain = len(self.local) == 1

    def body(self) -> ScopeBody:
        steps = self._walk(self.region.items)
        outputs = self._outputs()
        given_out = tuple([self.local[value] for value in outputs])
        is_chain = self.is_chain and given_out == (self.made - 1,)
        form = (len(self.signature.inputs), steps, given_out)
        return ScopeBody(form, self.steps, self.called, is_chain)

    def _outputs(self) -> Sequence[int]:
        if self.region.parent is not None:
            return self.signature.outputs
        graph = self.flow.graph
        return [*(output.node for output in graph.outputs), *(head.node for head in graph.auxiliary_heads)]

    def _walk(self, items: Sequence[int | Region]) -> tuple[Hashable, ...]:
        out: list[Hashable] = []
        for item in items:
            if not isinstance(item, Region):
                if self.flow.is_needed[item]:
                    out += self._step(item)
            elif self.flow.calls.is_call(item):
                signature = self.signatures.of(item)
                if any(self.flow.is_needed[at] for at in signature.outputs):
                    out.append(self._call(item.path, signature))
            elif item.kind in _KEPT_TOGETHER:
                self.is_chain = False
                out.append((item.kind, self._walk(item.items)))
            else:
                out += self._walk(item.items)
        return tuple(out)

    def _step(self, at: int) -> list[Hashable]:
        step, path = self.view.step(at), self.view.name(at)
        name = "" if path is None else self._inside(path)
        operands = tuple([self.local[source] for source in self.view.operands[at]])
        self.steps.append((at, step))
        if step.form == PASS:
            (self.local[at],) = operands
            return []
        self._follow(name if step.form == CALL else "", operands, [at])
        return [(name, step.form, operands)]

    def _call(self, path: str, signature: RegionSignature) -> Hashable:
        operands = tuple([self.local[source] for source in signature.inputs])
        name = self._inside(path)
        self._follow(name, operands, signature.outputs)
        return (name, CALL, operands, len(signature.outputs))

    def _inside(self, path: str) -> str:
        """A dotted name as it is from inside this scope."""
        return path[len(self.region.path) + 1 :] if self.region.path else path

    def _follow(self, name: str, operands: tuple[int, ...], results: Sequence[int]) -> None:
        """Go on after what makes these values; it is called alone under its name, if it has one."""
        self.is_chain = self.is_chain and bool(name) and operands == (self.made - 1,) and len(results) == 1
        self.called.append(name)
        for value in results:
            self.local[value] = self.made
            self.made += 1
