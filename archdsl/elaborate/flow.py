"""Calls that only direct the flow, at work: ``from``, ``share`` and ``output``."""

from __future__ import annotations

from archdsl.constructs.base import FlowCall, Made, Steps
from archdsl.constructs.region import RegionKind
from archdsl.design.arithmetic import ExpressionFault
from archdsl.design.environment import Environment, Unresolved
from archdsl.design.expr import item_held, path_of
from archdsl.design.values import UNKNOWN, Value
from archdsl.diagnostics import ArchError, Label
from archdsl.elaborate.call_fixes import without_call
from archdsl.elaborate.label_paths import no_step
from archdsl.elaborate.scopes import Caller, LabelledStep, Scope
from archdsl.elaborate.state import STEPS_OF_A_CALL, Place, Walk
from archdsl.elaborate.values import find, find_entry
from archdsl.graph.ir import Frame
from archdsl.source import Span
from archdsl.syntax import tree


def run_flow_call(
    walk: Walk, directs: FlowCall, call: tree.Call, value: Value | None, place: Place
) -> Made[Value | None]:
    """Run such a call: its value, or the work that makes it."""
    if len(call.arguments) != 1 or call.arguments[0].name is not None:
        return UNKNOWN  # reported with the names
    try:
        return directs.expand(_WalkFlowExpansion(walk, directs, call, value, place))
    except Unresolved:
        return UNKNOWN
    except ArchError as fault:
        walk.report_all(fault)
        return UNKNOWN


class _WalkFlowExpansion:
    """The walk, for a call that directs the flow; `archdsl.constructs.base.FlowExpansion` documents it."""

    def __init__(
        self, walk: Walk, directs: FlowCall, call: tree.Call, value: Value | None, place: Place
    ) -> None:
        argument = call.arguments[0]
        self._walk, self._directs, self._call, self._place = walk, directs, call, place
        self._environment = place.see(value)
        self.span = call.span
        self.argument = argument.span
        self.value = value
        self._held = item_held(argument.value, self._environment) if directs.is_source else None
        self.path = path_of(argument.value, self._environment) if self._held is None else ""

    def find(self) -> Value:
        if self._held is not None:
            return self._held
        return find(self._walk, self.path, self.argument, self._environment)

    def share(self) -> Steps[Value | None]:
        walk, path, argument = self._walk, self.path, self.argument
        entry = find_entry(walk, path, argument, self._environment)
        if isinstance(entry, Value):
            raise ExpressionFault(
                "wrong-argument",
                f"`{path}` is an input, not a step",
                argument,
                "has nothing to run again",
                f"write `from({path})` for its value",
            )
        step = entry.step
        if step is None:
            raise ArchError([no_step(entry, path, argument, self._directs.word)])
        if entry.value is None:
            raise ExpressionFault(
                "value-needs-itself",
                f"`{path}` shares itself",
                argument,
                "still running here",
                f"put the `share` after `{path}`",
                (Label(entry.span, f"`{path}` begins here"),),
            )
        if self.value is None:
            raise nothing_flows(self._directs.word, self.span)
        if isinstance(step, tree.Chain):
            first = walk.vocabulary.flow_calls.get(step.calls[0].name.word)
            if first is not None and first.is_source:
                # The step's own beginning gives way to the value that flows in here.
                step = tree.Chain(step.span, step.calls[1:])
        return self._again(entry, step)

    def _again(self, entry: LabelledStep, step: tree.Step) -> Steps[Value | None]:
        walk, path = self._walk, self.path
        old = entry.environment
        again = Scope(entry.within.path, entry.around)
        environment = Environment(old.library, old.variables, old.flow, again)
        copy = LabelledStep(entry.label, entry.span, step, again, environment)
        frame = Frame(self._directs.word, path, again.path, self.span, RegionKind.AGAIN, self._place.frame)
        walk.charge(STEPS_OF_A_CALL, self.span)
        walk.sharing += 1
        walk.callers.append(Caller(path, self.span))
        try:
            result: Value | None = yield walk.named(
                copy, self.value, Place(again, environment, frame, self._place.depth + 1)
            )
            return result
        finally:
            walk.callers.pop()
            walk.sharing -= 1

    def output(self) -> Value | None:
        walk, name, value = self._walk, self.path, self.value
        if value is None:
            raise nothing_flows(self._directs.word, self.span)
        if walk.sharing or walk.auxiliary_head is not None:
            around, help = "an `aux`", "leave it out: the value of an `aux` is an output already, in training"
            if walk.sharing:
                around, help = "a shared step", "put it after the `share`"
            raise ExpressionFault(
                "misplaced-output", f"an `output` cannot stand in {around}", self.span, "in there", help,
                fixes=() if walk.sharing else without_call(self.span),
            )  # fmt: skip
        refuse_name(name, self.argument, "an output")
        if value.known:
            walk.add_output(name, value, self.argument)
        walk.ends_in_output = True
        return value


def refuse_name(name: str, span: Span, whose: str) -> None:
    """Names of outputs and auxiliary heads are made of what labels are made of."""
    if not name.isascii() or not name.replace("_", "").replace("-", "").isalnum():
        message = f"the name of {whose} has letters, digits, `_` and `-`"
        raise ExpressionFault("wrong-argument", message, span, f"this is `{name}`", "choose another name")


def nothing_flows(word: str, span: Span) -> ExpressionFault:
    return ExpressionFault(
        "nothing-flows",
        f"no value flows into this `{word}`",
        span,
        "needs a value",
        "put a `from(...)` before it",
    )
