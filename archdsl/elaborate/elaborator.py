"""A design, unrolled: every call becomes a node with a name, a shape and a place.

One walk through the body does it, since expressions may read the shape of the value that flows by.
Values of unknown shape follow from a reported mistake and make no further noise.

The steps of the walk are here. Its state is in ``state.py``, calls are in ``calls.py`` and ``flow.py``,
what constructs may ask for in ``expansion.py``, and what ``from`` finds in ``values.py``; each imports
those before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from archdsl.constructs.base import Made, Steps
from archdsl.constructs.region import RegionKind
from archdsl.design.design import Design
from archdsl.design.environment import Environment, Unresolved
from archdsl.design.expr import render
from archdsl.design.labels import single_call
from archdsl.design.model import KEY
from archdsl.design.values import UNKNOWN, Value
from archdsl.diagnostics import ArchError, Diagnostic, Diagnostics, TooManyMistakes
from archdsl.elaborate import values
from archdsl.elaborate.calls import CallRunner
from archdsl.elaborate.expansion import run_construct
from archdsl.elaborate.label_paths import scope_of_path
from archdsl.elaborate.operators import expanded
from archdsl.elaborate.scopes import LabelledStep, Scope
from archdsl.elaborate.state import MOST_STEPS, Place, Stop, Walk
from archdsl.elaborate.steps import finish
from archdsl.graph.ir import Frame, Graph, Node, Output
from archdsl.ops.input import Input
from archdsl.shapes import TensorType, all_known
from archdsl.source import Span
from archdsl.syntax import tree

DEEPEST_STEP = 400


class Elaborated(NamedTuple):
    """``steps`` is the work that it took, as it is counted against `MOST_STEPS`: the same on every machine."""

    graph: Graph
    steps: int


def elaborate(
    design: Design, types: dict[str, tuple[TensorType, Span]], diagnostics: Diagnostics
) -> Elaborated:
    """The graph of a design for inputs of these types.

    Where there are errors it is of what could be built: the steps before each mistake and beside it. What would
    follow from one has no node, and an output that depends on it is left out.
    """
    walk = _Elaborator(design, diagnostics)
    with suppress(Stop, TooManyMistakes):  # what was found up to there is reported
        walk.run(types)
    return Elaborated(walk.graph(len(types)), walk.steps)


class _Elaborator(Walk):
    """The walk through the steps."""

    def __init__(self, design: Design, diagnostics: Diagnostics) -> None:
        super().__init__(design, diagnostics)
        self._calls = CallRunner(self)

    def run(self, types: dict[str, tuple[TensorType, Span]]) -> None:
        design = self.design
        for name, (type, span) in types.items():
            self.root.reserve(name, span)
            self.uses[name] = 1
            self.has_named_sizes = self.has_named_sizes or not all_known(type.shape)
            self.nodes.append(Node(name, Input(), (), type, span, name))
            self.inputs[name] = Value(len(self.nodes) - 1, type)
        # With `inputs`, nothing flows until a `from`.
        flowing = None if design.header.inputs is not None else self.inputs["input"]
        assert design.body is not None
        place = Place(self.root, Environment(design.library, {}, self), None, 1)
        last: Value | None = finish(self.step(design.body, flowing, place))
        if last is None:
            self.diagnostics.add(
                Diagnostic(
                    "nothing-flows", "the body has no value", design.body.span, help="begin with `from(...)`"
                )
            )
        elif last.known and not self.ends_in_output:
            self.add_output("output", last, design.body.span)
        self._add_stated_outputs(place)
        for name, (node, span) in self.outputs.items():
            if node in self.same_for_all:
                self.outputs[name] = expanded(self, node, 0, None, span), span

    def _add_stated_outputs(self, place: Place) -> None:
        """The values that the file's ``outputs`` name, after those of the body."""
        spans = self.design.spans
        for name, path in self.design.header.outputs.items():
            try:
                value = self.find(path, spans["outputs", name], place.see(None))
            except ArchError as fault:
                self.report_all(fault)
                continue
            if value.known:
                self.add_output(name, value, spans["outputs", name, KEY])

    def graph(self, inputs: int) -> Graph:
        """The graph of the nodes made so far, of which the first are so many inputs."""
        return Graph(
            self.design.name,
            tuple(self.nodes),
            tuple(range(inputs)),
            tuple(Output(name, node) for name, (node, _) in self.outputs.items()),
            tuple(head for head, _ in self.auxiliary_heads.values()),
            self.scopes,
            self.design.header.init,
        )

    def find(self, path: str, span: Span, environment: Environment) -> Value:
        return values.find(self, path, span, environment)

    def has(self, path: str, environment: Environment) -> bool:
        return values.has(self, path, environment)

    # ---- steps

    def step(self, step: tree.Step, value: Value | None, place: Place) -> Made[Value | None]:
        self.steps += 1
        if self.steps > MOST_STEPS:
            self.charge(0, step.span)  # which ends the walk
        self.ends_in_output = False
        if place.depth > DEEPEST_STEP:
            message = f"steps nest deeper than {DEEPEST_STEP}"
            self.report(
                Diagnostic("nested-too-deep", message, step.span, help="call fewer blocks within blocks")
            )
            self.stop()
        if isinstance(step, tree.Labelled):
            return self._labelled(step, value, place)
        if isinstance(step, tree.ConstructStep):
            return run_construct(self, step, value, place)
        if isinstance(step, tree.Chain):
            return self._chain(step.calls, value, place)
        if isinstance(step, tree.Group):
            return self._group(step.steps, value, place.inside(place.frame))
        return UNKNOWN  # broken: its fault is reported

    def _group(self, steps: Sequence[tree.Step], value: Value | None, place: Place) -> Made[Value | None]:
        """Run steps one after the other, at once up to the first that has work to wait for."""
        for position, step in enumerate(steps):
            made = self.step(step, value, place)
            if made is not None and not isinstance(made, Value):
                return self._rest_of_group(made, steps[position + 1 :], place)
            value = made
        return value

    def _rest_of_group(
        self, work: Steps[Value | None], steps: Sequence[tree.Step], place: Place
    ) -> Steps[Value | None]:
        value: Value | None = yield work
        for step in steps:
            made = self.step(step, value, place)
            value = made if made is None or isinstance(made, Value) else (yield made)
        return value

    def _chain(
        self,
        calls: tuple[tree.Call, ...],
        value: Value | None,
        place: Place,
        own: tree.Call | None = None,
        entry: LabelledStep | None = None,
    ) -> Made[Value | None]:
        """Run calls one after the other; ``entry`` is the label that the call ``own`` bears.

        Most are operators, which are done at once: no work is left to wait for.
        """
        if len(calls) == 1:
            return self._calls.run(calls[0], value, place, entry)
        for position, call in enumerate(calls):
            made = self._calls.run(call, value, place, entry if call is own else None)
            if made is not None and not isinstance(made, Value):
                if position + 1 == len(calls):
                    return made
                return self._rest_of_chain(made, calls[position + 1 :], place, own, entry)
            value = made
        return value

    def _rest_of_chain(
        self,
        work: Steps[Value | None],
        calls: tuple[tree.Call, ...],
        place: Place,
        own: tree.Call | None,
        entry: LabelledStep | None,
    ) -> Steps[Value | None]:
        value: Value | None = yield work
        for call in calls:
            made = self._calls.run(call, value, place, entry if call is own else None)
            value = made if made is None or isinstance(made, Value) else (yield made)
        return value

    def _labelled(self, step: tree.Labelled, value: Value | None, place: Place) -> Made[Value | None]:
        parts = step.label.parts
        label = parts[0] if len(parts) == 1 else ""
        if not label or not isinstance(label, str):
            try:
                label = render(step.label, place.see(value))
            except ArchError as fault:
                self.report_all(fault)
                return UNKNOWN
            except Unresolved:
                return UNKNOWN
        within = place.scope
        if "." in label:
            try:
                within, label = scope_of_path(self, label, step.label.span, place)
            except ArchError as fault:
                self.report_all(fault)
                return UNKNOWN
        entry = LabelledStep(label, step.label.span, step.step, within, place.environment, around=place.scope)
        return self.named(entry, value, place)

    def named(self, entry: LabelledStep, value: Value | None, place: Place) -> Made[Value | None]:
        scope, step = entry.within, entry.step
        assert step is not None
        scope.declare(entry)
        own = single_call(step, self.vocabulary)
        if own is not None:
            assert isinstance(step, tree.Chain)
            path = f"{scope.path}.{entry.label}" if scope.path else entry.label
            made = self._chain(step.calls, value, place, own, entry)
        else:
            path = self.allocate_name(scope, entry.label, entry.span)
            entry.scope = Scope(path, place.scope)
            group = Frame("group", entry.label, path, entry.span, RegionKind.GROUP, place.frame)
            made = self.step(step, value, Place(entry.scope, place.environment, group, place.depth + 1))
        if made is None or isinstance(made, Value):
            return self._made(entry, path, made)
        return self._named_later(entry, path, made)

    def _named_later(self, entry: LabelledStep, path: str, work: Steps[Value | None]) -> Steps[Value | None]:
        return self._made(entry, path, (yield work))

    def _made(self, entry: LabelledStep, path: str, value: Value | None) -> Value:
        """Keep the value of a labelled step, for those who read it."""
        if value is None:
            message = f"`{entry.label}` names no value: nothing flows here"
            self.report(Diagnostic("nothing-flows", message, entry.span, help="begin with `from(...)`"))
            value = UNKNOWN
        entry.value = value
        if value.known and not self.sharing:
            self.scopes[path] = value.node
        return value
