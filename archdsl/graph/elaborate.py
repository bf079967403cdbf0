"""A design, unrolled: every call becomes a node with a name, a shape and a place.

One walk through the body does it, since expressions may read the shape of the value that flows by.
Values of unknown shape follow from a reported mistake and make no further noise.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from pydantic import ValidationError

from archdsl.diagnostics import ArchError, Diagnostic, Diagnostics, Label, Refusal, with_related
from archdsl.graph.ir import Construct, Graph, Head, Node, Output
from archdsl.graph.scopes import Entry, Scope, name_twice, not_made
from archdsl.ops.base import OPERATORS, Expects, Operator
from archdsl.ops.input import Input
from archdsl.source import Span
from archdsl.spec.arithmetic import ExpressionFault
from archdsl.spec.binding import Bound, Given, bind
from archdsl.spec.expr import Environment, Unresolved, callee_of, evaluate, path_of, render
from archdsl.spec.names import labels_of, unknown_callee
from archdsl.spec.read import Design
from archdsl.spec.values import UNKNOWN, Block, Callee, Library, Result, Value, Word, kind_of, written
from archdsl.syntax import tree
from archdsl.types import Shape, Size, is_known, text_of

LARGEST_SIZE = 2**31 - 1
MOST_NODES = 2**17
MOST_STEPS = 2**20
DEEPEST_CALL = 64
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


class _Plan(NamedTuple):
    """A call site: its arguments by attribute, and the operator where they are all literal."""

    target: object
    bound: Bound | None
    operator: Operator | None


def elaborate(design: Design, shapes: dict[str, tuple[Shape, Span]], diagnostics: Diagnostics) -> Graph | None:
    """The graph of a design for inputs of these shapes, or None where it has errors."""
    walk = Elaborator(design, diagnostics)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20 * DEEPEST_STEP))
    try:
        return walk.run(shapes)
    except Stop:
        return None
    finally:
        sys.setrecursionlimit(limit)


class Elaborator:
    """The state of the walk. The constructs are in ``constructs.py``."""

    def __init__(self, design: Design, diagnostics: Diagnostics) -> None:
        self.design = design
        self.diagnostics = diagnostics
        self.nodes: list[Node] = []
        self.scopes: dict[str, int] = {}
        self.outputs: dict[str, tuple[int, Span]] = {}
        self.heads: dict[str, tuple[Head, Span]] = {}
        self.inputs: dict[str, Value] = {}
        self.root = Scope("")
        self.calls: list[tuple[str, Span]] = []
        self.head: str | None = None
        self.ends_in_output = False
        self.sharing = 0
        self._names: dict[str, int] = {}
        self._owned: dict[str, int] = {}
        self._plans: dict[int, _Plan] = {}
        self._steps = 0
        self._depth = 0

    # ---- the whole

    def run(self, shapes: dict[str, tuple[Shape, Span]]) -> Graph | None:
        design = self.design
        flowing: Value | None = None
        for name, (shape, span) in shapes.items():
            self.root.reserve(name, span)
            self._names[name] = 1
            self.nodes.append(Node(name, Input(), (), shape, span, name))
            self.inputs[name] = Value(len(self.nodes) - 1, shape)
        inputs = tuple(range(len(self.nodes)))
        if design.header.inputs is None:
            flowing = Value(0, next(iter(shapes.values()))[0])
        assert design.body is not None
        environment = Environment(design.library, {}, self)
        last = self.step(design.body, flowing, Place(self.root, environment, None))
        if last is None:
            self.diagnostics.error(
                "nothing-flows", "the body has no value", design.body.span, help="begin with `from(...)`"
            )
        elif last.known and not self.ends_in_output:
            self.add_output("output", last, design.body.span)
        if self.diagnostics.has_errors:
            return None
        return Graph(
            design.name,
            tuple(self.nodes),
            inputs,
            tuple(Output(name, node) for name, (node, _) in self.outputs.items()),
            tuple(head for head, _ in self.heads.values()),
            self.scopes,
            design.header.init,
        )

    def add_output(self, name: str, value: Value, span: Span) -> None:
        before = self.outputs.get(name) or (self.heads[name] if name in self.heads else None)
        if before is not None:
            self.diagnostics.error(
                "output-twice", f"two outputs are called `{name}`", span, label="the second", help="rename one of them",
                related=(Label(before[1], "the first"),),
            )  # fmt: skip
            return
        self.outputs[name] = (value.node, span)

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, with the calls that led to it where it stands in a block."""
        callers = [
            Label(span, f"in this call of `{name}`")
            for name, span in reversed(self.calls[-_CALLERS_SHOWN:])
            if span != diagnostic.span
        ]
        self.diagnostics.add(with_related(diagnostic, callers))

    def report_all(self, fault: ArchError) -> None:
        for diagnostic in fault.diagnostics:
            self.report(diagnostic)

    def spend(self, steps: int, span: Span) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            self.report(
                Diagnostic(
                    "too-many-steps", f"the design unrolls to more than {MOST_STEPS:,} steps", span,
                    "the limit is passed here", "repeat fewer times",
                )
            )  # fmt: skip
            raise Stop

    # ---- steps

    def step(self, step: tree.Step, value: Value | None, place: Place) -> Value | None:
        self._depth += 1
        if self._depth > DEEPEST_STEP:
            self.report(
                Diagnostic(
                    "nested-too-deep", f"steps nest deeper than {DEEPEST_STEP}", step.span,
                    help="call fewer blocks within blocks",
                )
            )  # fmt: skip
            raise Stop
        self.spend(1, step.span)
        kind = step.__class__
        if kind is tree.Chain:
            for call in step.calls:  # type: ignore[union-attr]
                value = self.call(call, value, place, None, None)
        elif kind is tree.Group:
            for inner in step.steps:  # type: ignore[union-attr]
                value = self.step(inner, value, place)
        elif kind is tree.Labelled:
            value = self.labelled(step, value, place)  # type: ignore[arg-type]
        elif kind is tree.Construct:
            value = constructs.run(self, step, value, place)  # type: ignore[arg-type]
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
        entry = Entry(label, step.label.span, step.step, place.scope, environment, hidden=False)
        return self.named(entry, value, place)

    def named(self, entry: Entry, value: Value | None, place: Place) -> Value | None:
        """Run a labelled step: a single call bears the label, anything else opens a scope."""
        scope, step = place.scope, entry.step
        if not self.sharing or entry.within is not scope:
            scope.labels[entry.label] = entry
        calls = step.calls if isinstance(step, tree.Chain) else ()
        counted = [call for call in calls if call.name.word not in tree.FLOW_CALLS]
        if isinstance(step, tree.Chain) and len(counted) == 1:
            for call in calls:
                own = call is counted[0]
                value = self.call(call, value, place, entry if own else None, entry.label if own else None)
            path = f"{scope.path}.{entry.label}" if scope.path else entry.label
        else:
            path = self.take(scope, entry.label, entry.span)
            entry.scope = Scope(path, scope)
            group = Construct("group", entry.label, path, entry.span, place.construct)
            inside = Place(entry.scope, place.environment, group)
            if isinstance(step, tree.Chain):
                for call in calls:
                    value = self.call(call, value, inside, None, None)
            else:
                value = self.step(step, value, inside)
        if value is None:
            self.report(
                Diagnostic(
                    "nothing-flows", f"`{entry.label}` names no value: nothing flows here", entry.span,
                    help="begin with `from(...)`",
                )
            )  # fmt: skip
            value = UNKNOWN
        entry.value = value
        if value.known and not self.sharing:
            self.scopes[path] = value.node
        return value

    def take(self, scope: Scope, label: str | None, span: Span) -> str:
        path, before = scope.take(label, span)
        if before is not None:
            self.report(name_twice(path.rpartition(".")[2], span, before))
        return path

    # ---- calls

    def call(
        self, call: tree.Call, value: Value | None, place: Place, entry: Entry | None, label: str | None
    ) -> Value | None:
        word = call.name.word
        environment = place.see(value)
        if word in tree.FLOW_CALLS:
            return constructs.flow(self, call, value, place)
        self.spend(1, call.span)
        held = environment.lookup(word)
        callee = held if isinstance(held, Callee) else callee_of(word, environment)
        path = self.take(place.scope, label, call.span if entry is None else entry.span)
        if callee is None:
            if held is not None:
                self.report(
                    Diagnostic(
                        "not-callable", f"`{word}` holds {kind_of(held)}, not a block", call.name.span, written(held)
                    )
                )  # fmt: skip
            else:
                self.diagnostics.add(unknown_callee(call.name, environment.library, environment.variables))
            return UNKNOWN
        if value is None:
            self.report(
                Diagnostic(
                    "nothing-flows", f"no value flows into `{word}`", call.span, "needs a value",
                    "begin the chain with `from(...)`" + self._inputs_hint(),
                )
            )  # fmt: skip
            return UNKNOWN
        if callee.target.__class__ is Block:
            return self.block(call, callee, value, path, place, entry)
        result = self.operator(call, callee, value, path, place)
        if entry is None and result.known and not self.sharing:
            self.scopes[path] = result.node
        return result

    def _inputs_hint(self) -> str:
        return f", for example `from({next(iter(self.inputs))})`" if self.inputs else ""

    def operator(self, call: tree.Call, callee: Callee, value: Value, path: str, place: Place) -> Value:
        plan = self._plans.get(id(call))
        if plan is None or plan.target is not callee.target or callee.positional or callee.keywords:
            plan = self._plans[id(call)] = self._plan(call, callee)
        bound = plan.bound
        if bound is None:
            return UNKNOWN
        operator = plan.operator
        if operator is None:
            operator = self._operator(call, callee, bound, place.environment)
            if operator is None:
                return UNKNOWN
        return self.apply(operator, (value,), path, place, call.span, bound)

    def _plan(self, call: tree.Call, callee: Callee) -> _Plan:
        bound, faults = bind(callee, call.arguments, call.span)
        for fault in faults:
            self.report(fault)
        if faults:
            return _Plan(callee.target, None, None)
        operator = None
        if all(isinstance(argument, tree.Number | tree.Boolean) for argument in bound.values()):
            operator = self._operator(call, callee, bound, Environment(Library({}, {}), {}))
            if operator is None:
                return _Plan(callee.target, None, None)
        return _Plan(callee.target, bound, operator)

    def _operator(
        self, call: tree.Call, callee: Callee, bound: Bound, environment: Environment
    ) -> Operator | None:
        """The operator with its attributes, or None where they have faults, which are reported."""
        attributes: dict[str, object] = {}
        faulty = False
        for name, argument in bound.items():
            try:
                if isinstance(argument, tuple) and argument.__class__ is tuple:
                    result: Result = tuple([_given(item, environment) for item in argument])
                else:
                    result = _given(argument, environment)  # type: ignore[arg-type]
                attributes[name] = _attribute(result)
            except Unresolved:
                faulty = True
            except ArchError as fault:
                self.report_all(fault)
                faulty = True
        if faulty:
            return None
        try:
            return callee.target(**attributes)  # type: ignore[operator,return-value]
        except ValidationError as error:
            for field in dict.fromkeys(str(fault["loc"][0]) for fault in error.errors(include_url=False)):
                self._misfit(call, callee, field, bound, attributes)
            return None

    def _misfit(
        self, call: tree.Call, callee: Callee, field: str, bound: Bound, attributes: dict[str, object]
    ) -> None:
        declared = callee.target.model_fields.get(field)  # type: ignore[union-attr]
        expects = [m.text for m in (declared.metadata if declared else ()) if isinstance(m, Expects)]
        got = attributes.get(field)
        shown = written(got) if not isinstance(got, str) else f"{got}"  # type: ignore[arg-type]
        self.report(
            Diagnostic(
                "wrong-argument", f"`{field}` of `{callee.word}` cannot be `{shown}`", self.argument_span(call.span, field, bound),
                f"expected {expects[0]}" if expects else "", f"`archdsl ops {callee.word}` tells what it takes",
            )
        )  # fmt: skip

    @staticmethod
    def argument_span(call: Span, field: str | None, bound: Bound) -> Span:
        argument = bound.get(field) if field else None
        if argument is None or isinstance(argument, Given):
            return call
        if argument.__class__ is tuple:
            spans = [item.span for item in argument if not isinstance(item, Given)]  # type: ignore[union-attr]
            return Span(call.source, spans[0].start, spans[-1].end) if spans else call
        return argument.span  # type: ignore[union-attr]

    # ---- nodes

    def apply(
        self, operator: Operator, values: tuple[Value, ...], path: str, place: Place, span: Span,
        bound: Bound | None = None,
    ) -> Value:  # fmt: skip
        """Put an operator to work on values: a new node, or a diagnostic where it cannot take them."""
        shapes = tuple([value.shape for value in values])
        for value in values:
            if not value.known:
                return UNKNOWN
        try:
            shape = operator.infer(shapes)
        except Refusal as refusal:
            self._refused(refusal, values, span, bound, "error")
            return UNKNOWN
        for size in shape:
            if is_known(size) and size > LARGEST_SIZE:
                self.report(
                    Diagnostic(
                        "number-too-large", f"the output would be {text_of(shape)}", span,
                        f"no dimension is larger than {LARGEST_SIZE:,}", "write smaller numbers",
                    )
                )  # fmt: skip
                return UNKNOWN
        doubt = operator.check(shapes)
        if doubt is not None:
            self._refused(doubt, values, span, bound, "warning")
        if len(self.nodes) >= MOST_NODES:
            self.report(
                Diagnostic(
                    "too-many-steps", f"the design unrolls to more than {MOST_NODES:,} operators", span,
                    "the limit is passed here", "repeat fewer times",
                )
            )  # fmt: skip
            raise Stop
        self.ends_in_output = False
        index = len(self.nodes)
        name = path
        times = self._names.get(path)
        if times is None:
            self._names[path] = 1
        else:
            self._names[path] = times + 1
            name = f"{path}:{times + 1}"
            if self.sharing:
                self._check_shared(operator, shapes, path, span)
        self.nodes.append(
            Node(name, operator, tuple([value.node for value in values]), shape, span, path, place.construct, self.head)
        )
        return Value(index, shape)

    def _check_shared(self, operator: Operator, shapes: tuple[Shape, ...], path: str, span: Span) -> None:
        """The parameters of a shared step have to come out as they did the first time."""
        if len(self._owned) < len(self.nodes):
            for index in range(len(self._owned), len(self.nodes)):
                self._owned.setdefault(self.nodes[index].name, index)
        first = self.nodes[self._owned[path]]
        before = [
            (p.name, p.shape) for p in first.op.params(tuple(self.nodes[i].shape for i in first.inputs))
        ]
        now = [(p.name, p.shape) for p in operator.params(shapes)]
        if before != now:
            ours = ", ".join(f"{name} {text_of(shape)}" for name, shape in now) or "none"
            theirs = ", ".join(f"{name} {text_of(shape)}" for name, shape in before) or "none"
            self.report(
                Diagnostic(
                    "share-shape-mismatch", f"`{path}` cannot be shared: its parameters would have other shapes", span,
                    f"here {ours}, first {theirs}", "share it with a value of the same channels",
                )
            )  # fmt: skip

    def _refused(
        self, refusal: Refusal, values: tuple[Value, ...], span: Span, bound: Bound | None, severity: str
    ) -> None:
        place = self.argument_span(span, refusal.argument, bound or {})
        made = []
        for index, value in enumerate(values):
            node = self.nodes[value.node]
            what = "the input" if len(values) == 1 else f"branch {index + 1}"
            if node.span != place:
                made.append(Label(node.span, f"{what} is {text_of(value.shape)}"))
        diagnostic = Diagnostic(
            refusal.code, refusal.message, place, refusal.label, refusal.help, tuple(made),
            "warning" if severity == "warning" else "error",
        )  # fmt: skip
        self.report(diagnostic)

    # ---- blocks

    def block(
        self, call: tree.Call, callee: Callee, value: Value, path: str, place: Place, entry: Entry | None
    ) -> Value:
        block = callee.target
        assert isinstance(block, Block)
        bound, faults = bind(callee, call.arguments, call.span)
        for fault in faults:
            self.report(fault)
        if faults:
            return UNKNOWN
        inner = Environment(block.library, {}, self, None, value)
        try:
            for name, argument in bound.items():
                inner.variables[name] = _given(argument, place.environment)  # type: ignore[arg-type]
        except Unresolved:
            return UNKNOWN
        except ArchError as fault:
            self.report_all(fault)
            return UNKNOWN
        if len(self.calls) >= DEEPEST_CALL:
            self._too_deep(block, call)
        self.calls.append((block.name, call.span))
        try:
            scope = inner.place = Scope(path)
            if entry is not None:
                entry.scope = scope
            if not self._defaults(block, inner, value):
                return UNKNOWN
            construct = Construct("block", block.name, path, call.span, place.construct)
            result = self.step(block.body, value, Place(scope, inner, construct))
        finally:
            self.calls.pop()
        assert result is not None  # a value flows in, so one flows out
        if entry is None and result.known and not self.sharing:
            self.scopes[path] = result.node
        return result

    def _defaults(self, block: Block, inner: Environment, value: Value) -> bool:
        """Give the parameters that the call leaves out their defaults, in order."""
        for parameter in block.parameters:
            if parameter.name.word in inner.variables or parameter.default is None:
                continue
            inner.incoming = value
            try:
                inner.variables[parameter.name.word] = evaluate(parameter.default, inner)
            except Unresolved:
                return False
            except ArchError as fault:
                self.report_all(fault)
                return False
        return True

    def _too_deep(self, block: Block, call: tree.Call) -> None:
        names = [name for name, _ in self.calls] + [block.name]
        start = len(names) - 1 - names[-2::-1].index(block.name) - 1 if block.name in names[:-1] else 0
        cycle = " -> ".join(names[start:][:8])
        self.diagnostics.error(
            "endless-calls", f"blocks call each other more than {DEEPEST_CALL} deep: {cycle}", call.span,
            label="called again here", help="call a block from itself only below a `when` that ends it",
            related=(Label(block.span, f"`{block.name}` is declared here"),),
        )  # fmt: skip
        raise Stop

    # ---- values

    def find(self, path: str, span: Span, environment: Environment) -> Value:
        """The value that ``from(path)`` names; UNKNOWN where it follows from a mistake."""
        first, _, rest = path.partition(".")
        held = environment.lookup(first)
        if isinstance(held, Value) and not rest:
            return held
        entry = self.entry(path, span, environment)
        if isinstance(entry, Value):
            return entry
        if entry.value is None:
            raise ExpressionFault(
                "value-needs-itself", f"the value `{path}` needs itself", span, "not made yet here",
                "refer to a value that is made before", (Label(entry.span, f"`{path}` is being made here"),),
            )  # fmt: skip
        return entry.value

    def entry(self, path: str, span: Span, environment: Environment) -> Entry | Value:
        """The labelled step of that dotted name, or the input."""
        scope = environment.place
        assert isinstance(scope, Scope)
        first, *rest = path.split(".")
        found: Entry | None = None
        known: dict[str, None] = {}
        outermost = scope
        for outer in scope.outward():
            outermost = outer
            found = outer.labels.get(first)
            if found is not None:
                break
            known.update(dict.fromkeys(outer.labels))
        if found is None and outermost is self.root:
            if first in self.inputs and not rest:
                return self.inputs[first]
            known.update(dict.fromkeys(self.inputs))
        for part in rest if found is not None else ():
            if found.hidden or found.scope is None:
                break
            inner = found.scope.labels.get(part)
            if inner is None:
                raise ArchError([not_made(path, span, [f"{path[: path.rindex('.')]}.{n}" for n in found.scope.labels], {})])
            found = inner
        if found is None:
            raise ArchError([not_made(path, span, known, self._later(environment))])
        if found.hidden:
            raise ExpressionFault(
                "value-in-aux", f"`{path}` exists in training only", span, "belongs to a side head",
                "give the value a label before the `aux`", (Label(found.span, "the side head"),),
            )  # fmt: skip
        return found

    def _later(self, environment: Environment) -> dict[str, Span]:
        """The labels of the body in which a text stands, wherever they are made."""
        body = self.design.body
        if self.calls:
            block = environment.library.blocks.get(self.calls[-1][0])
            body = block.body if block is not None else body
        return {label.plain: label.span for label in labels_of(body) if label.plain is not None}

    def path(self, expression: tree.Expression, place: Place, value: Value | None) -> str:
        return path_of(expression, place.see(value))


def _given(argument: tree.Expression | Given, environment: Environment) -> Result:
    return argument.value if argument.__class__ is Given else evaluate(argument, environment)  # type: ignore[union-attr,arg-type,return-value]


def _attribute(value: Result) -> object:
    """A value as operators take it: whole floats as whole numbers, words and blocks by name."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, tuple) and not isinstance(value, Value | Callee):
        return tuple([_attribute(item) for item in value])
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, Callee):
        return value.word
    if isinstance(value, Size | Value):
        return value
    return value


from archdsl.graph import constructs  # noqa: E402  (constructs and the walk call each other)

__all__ = ["OPERATORS", "Elaborator", "Place", "elaborate"]
