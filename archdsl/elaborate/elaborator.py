"""A design, unrolled: every call becomes a node with a name, a shape and a place.

One walk through the body does it, since expressions may read the shape of the value that flows by.
Values of unknown shape follow from a reported mistake and make no further noise.

The walk's state and its steps are here; calls are in ``calls.py``, constructs in ``constructs.py``,
and what ``from`` finds in ``values.py``.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import NamedTuple, NoReturn

from archdsl.design.environment import Environment, Unresolved
from archdsl.design.expr import render
from archdsl.design.read import Design
from archdsl.design.values import UNKNOWN, Value
from archdsl.diagnostics import ArchError, Diagnostic, Diagnostics, Label, TooManyMistakes, with_related
from archdsl.elaborate import calls, constructs, values
from archdsl.elaborate.scopes import Caller, Entry, Scope, name_twice
from archdsl.gc_pause import gc_paused
from archdsl.graph.ir import Construct, Graph, Head, Node, Output
from archdsl.ops.input import Input
from archdsl.shapes import Shape, TensorType
from archdsl.source import Span
from archdsl.syntax import tree

MOST_STEPS = 2**20
DEEPEST_STEP = 400
_CALLERS_SHOWN = 3


class Stop(Exception):
    """A limit is passed: nothing after it can be trusted."""


class Place(NamedTuple):
    """Where a step runs: its namespace, what its texts see, and the construct around it."""

    scope: Scope
    environment: Environment
    construct: Construct | None

    def see(self, value: Value | None) -> Environment:
        """The environment for texts that this value enters."""
        environment = self.environment
        environment.incoming = value
        environment.place = self.scope
        return environment

    def inside(self, construct: Construct) -> Place:
        return Place(self.scope, self.environment, construct)


def elaborate(design: Design, shapes: dict[str, tuple[Shape, Span]], diagnostics: Diagnostics) -> Graph:
    """The graph of a design for inputs of these shapes.

    Where there are errors it is of what could be built: the steps before each mistake and beside it. What would
    follow from one has no node, and an output that depends on it is left out.
    """
    walk = Elaborator(design, diagnostics)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20 * DEEPEST_STEP))
    try:
        with gc_paused(), suppress(Stop, TooManyMistakes):  # what was found up to there is told
            walk.run(shapes)
    finally:
        sys.setrecursionlimit(limit)
    return walk.graph(len(shapes))


class Elaborator:
    """The state of the walk."""

    def __init__(self, design: Design, diagnostics: Diagnostics) -> None:
        self.design = design
        self.diagnostics = diagnostics
        self.nodes: list[Node] = []
        self.uses: dict[str, int] = {}
        """How often each dotted name was put to work; beyond once by sharing, or by equations."""
        self.scopes: dict[str, int] = {}
        self.outputs: dict[str, tuple[int, Span]] = {}
        self.heads: dict[str, tuple[Head, Span]] = {}
        self.inputs: dict[str, Value] = {}
        self.root = Scope("")
        self.plans: dict[int, calls.Plan] = {}
        self.callers: list[Caller] = []
        """The calls around the step that runs, outermost first."""
        self.head: str | None = None
        """The auxiliary head that runs."""
        self.sharing = 0
        self.ends_in_output = False
        self._steps = 0
        self._depth = 0
        self._by_name: dict[str, Node] = {}

    # ---- the whole

    def run(self, shapes: dict[str, tuple[Shape, Span]]) -> None:
        design = self.design
        for name, (shape, span) in shapes.items():
            self.root.reserve(name, span)
            self.uses[name] = 1
            type = TensorType(shape)
            self.nodes.append(Node(name, Input(), (), type, span, name))
            self.inputs[name] = Value(len(self.nodes) - 1, type)
        # With `inputs`, nothing flows until a `from`.
        flowing = None if design.header.inputs is not None else self.inputs["input"]
        assert design.body is not None
        last = self.step(design.body, flowing, Place(self.root, Environment(design.library, {}, self), None))
        if last is None:
            self.diagnostics.add(
                Diagnostic(
                    "nothing-flows", "the body has no value", design.body.span, help="begin with `from(...)`"
                )
            )
        elif last.known and not self.ends_in_output:
            self.add_output("output", last, design.body.span)

    def graph(self, inputs: int) -> Graph:
        """What the walk has made, of which the first nodes are so many inputs."""
        return Graph(
            self.design.name,
            tuple(self.nodes),
            tuple(range(inputs)),
            tuple(Output(name, node) for name, (node, _) in self.outputs.items()),
            tuple(head for head, _ in self.heads.values()),
            self.scopes,
            self.design.header.init,
        )

    def add_output(self, name: str, value: Value, span: Span) -> None:
        if self.claim_output(name, span):
            self.outputs[name] = (value.node, span)

    def claim_output(self, name: str, span: Span) -> bool:
        """Whether the name is still free for an output or an auxiliary head; reported where it is not."""
        before = self.outputs.get(name) or self.heads.get(name)
        if before is not None:
            again = before[1] == span
            self.diagnostics.add(
                Diagnostic(
                    "output-twice",
                    f"two outputs are called `{name}`",
                    span,
                    "comes a second time" if again else "the second",
                    'what is repeated needs a computed name: `"head{i}"`' if again else "rename one of them",
                    () if again else (Label(before[1], "the first"),),
                )
            )
        return before is None

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, with the calls that led to it where it stands in a block."""
        places = {diagnostic.span}
        callers: list[Label] = []
        for caller in reversed(self.callers):
            # A block that calls itself is called from one place again and again.
            if caller.span not in places and len(callers) < _CALLERS_SHOWN:
                places.add(caller.span)
                callers.append(caller.label)
        self.diagnostics.add(with_related(diagnostic, callers))

    def report_all(self, fault: ArchError) -> None:
        for diagnostic in fault.diagnostics:
            self.report(diagnostic)

    def spend(self, steps: int, span: Span) -> None:
        """Count work against the limit. Raises `Stop` beyond it."""
        self._steps += steps
        if self._steps > MOST_STEPS:
            self.too_many(f"{MOST_STEPS:,} steps", span)

    def too_many(self, limit: str, span: Span) -> NoReturn:
        message = f"the design unrolls to more than {limit}"
        label = "the limit is passed here"
        self.report(Diagnostic("too-many-steps", message, span, label, "repeat fewer times"))
        self.stop()

    def stop(self) -> NoReturn:
        """End the walk: a limit is passed, and reported."""
        raise Stop

    def node_named(self, name: str) -> Node | None:
        """The node of that name, for the few who ask: the index is made as far as needed."""
        for node in self.nodes[len(self._by_name) :]:
            self._by_name[node.name] = node
        return self._by_name.get(name)

    def find(self, path: str, span: Span, environment: Environment) -> Value:
        return values.find(self, path, span, environment)

    def has(self, path: str, environment: Environment) -> bool:
        return values.has(self, path, environment)

    # ---- steps

    def step(self, step: tree.Step, value: Value | None, place: Place) -> Value | None:
        self._depth += 1
        self._steps += 1
        self.ends_in_output = False
        if self._depth > DEEPEST_STEP:
            message = f"steps nest deeper than {DEEPEST_STEP}"
            self.report(
                Diagnostic("nested-too-deep", message, step.span, help="call fewer blocks within blocks")
            )
            self.stop()
        if isinstance(step, tree.Chain):
            for call in step.calls:
                value = calls.run(self, call, value, place)
        elif isinstance(step, tree.Labelled):
            value = self.labelled(step, value, place)
        elif isinstance(step, tree.Group):
            for inner in step.steps:
                value = self.step(inner, value, place)
        elif isinstance(step, tree.Construct):
            value = constructs.run(self, step, value, place)
        else:
            value = UNKNOWN  # broken: its fault is reported
        self._depth -= 1
        return value

    def labelled(self, step: tree.Labelled, value: Value | None, place: Place) -> Value | None:
        environment = place.see(value)
        try:
            label = render(step.label, environment)
        except ArchError as fault:
            self.report_all(fault)
            return UNKNOWN
        except Unresolved:
            return UNKNOWN
        entry = Entry(label, step.label.span, step.step, place.scope, environment)
        return self.named(entry, value, place)

    def named(self, entry: Entry, value: Value | None, place: Place) -> Value | None:
        """Run a labelled step: a single call bears the label, anything else opens a scope."""
        scope, step = place.scope, entry.step
        scope.labels[entry.label] = entry
        own = _single_call(step)
        if own is not None:
            assert isinstance(step, tree.Chain)
            for call in step.calls:
                value = calls.run(self, call, value, place, entry if call is own else None)
            path = f"{scope.path}.{entry.label}" if scope.path else entry.label
        else:
            path = self.take(scope, entry.label, entry.span)
            entry.scope = Scope(path, scope)
            group = Construct("group", entry.label, path, entry.span, place.construct)
            value = self.step(step, value, Place(entry.scope, place.environment, group))
        if value is None:
            message = f"`{entry.label}` names no value: nothing flows here"
            self.report(Diagnostic("nothing-flows", message, entry.span, help="begin with `from(...)`"))
            value = UNKNOWN
        entry.value = value
        if value.known and not self.sharing:
            self.scopes[path] = value.node
        return value

    def take(self, scope: Scope, label: str | None, span: Span) -> str:
        """Count a step in its scope and give it its dotted name."""
        path, before = scope.take(label, span)
        if before is not None:
            name = path.rpartition(".")[2]
            unlabelled = span if label is None else before if scope.is_numbered(name) else None
            self.report(name_twice(name, span, before, unlabelled=unlabelled))
        return path


def _single_call(step: tree.Step) -> tree.Call | None:
    """The call that bears a label: the only one of a chain, those that direct the flow aside."""
    if not isinstance(step, tree.Chain):
        return None
    found = None
    for call in step.calls:
        if call.name.word not in tree.FLOW_CALLS:
            if found is not None:
                return None
            found = call
    return found
