"""Calls: an operator becomes a node, a block runs its body."""

from __future__ import annotations

from archdsl.constructs.base import Made, Steps
from archdsl.constructs.region import RegionKind
from archdsl.design.binding import INLINE, Bound
from archdsl.design.environment import Environment, Unresolved
from archdsl.design.expr import evaluate
from archdsl.design.values import UNKNOWN, Block, Value, kind_of
from archdsl.diagnostics import ArchError, Diagnostic
from archdsl.diagnostics.fixes import replacing
from archdsl.elaborate.endless_calls import endless_calls
from archdsl.elaborate.flow import run_flow_call
from archdsl.elaborate.operands import operands_of
from archdsl.elaborate.operators import Plan, apply, operator_of, plan_of, value_of
from archdsl.elaborate.scopes import Caller, LabelledStep, Scope
from archdsl.elaborate.state import MOST_STEPS, STEPS_OF_A_CALL, Place, Walk
from archdsl.graph.ir import Frame
from archdsl.syntax import tree

DEEPEST_CALL = 64


class CallRunner:
    """Runs the calls of a design, and keeps what stays the same each time one runs."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self._plans: dict[int, Plan] = {}

    def run(
        self, call: tree.Call, value: Value | None, place: Place, entry: LabelledStep | None = None
    ) -> Made[Value | None]:
        """Run a call on the incoming value: its value, or the work that makes it. ``entry`` is the label
        that it bears."""
        walk = self.walk
        plan = self._plans.get(id(call))
        if plan is None:
            directs = walk.vocabulary.flow_calls.get(call.name.word)
            if directs is not None:
                return run_flow_call(walk, directs, call, value, place)
        environment = place.environment
        if plan is None or not plan.is_settled:
            environment = place.see(value)
            if plan is None or not plan.by_name:
                plan = plan_of(walk, call, environment, plan)
                if plan is not None:
                    self._plans[id(call)] = plan
        walk.steps += 1
        if walk.steps > MOST_STEPS:
            walk.charge(0, call.span)  # which ends the walk
        target = None if plan is None else plan.callee.target
        if isinstance(target, Block) and plan is not None and plan.bound is not None and value is not None:
            return _block(walk, call, target, plan.bound, value, place, environment, entry)
        path = _allocate(walk, call, place, entry)
        if plan is None or plan.bound is None:
            return UNKNOWN
        if value is None and not plan.is_source:
            hint = f", for example `from({next(iter(walk.inputs))})`" if walk.inputs else ""
            walk.report(
                Diagnostic(
                    "nothing-flows",
                    f"no value flows into `{call.name.word}`",
                    call.span,
                    "needs a value",
                    "begin the chain with `from(...)`" + hint,
                )
            )
            return UNKNOWN
        operator = operator_of(walk, call, plan, environment)
        if operator is None:
            return UNKNOWN
        others = operands_of(walk, call, plan, environment, place) if plan.operands else ()
        if others is None:
            return UNKNOWN
        values = others if value is None or plan.is_source else (value, *others)
        result = apply(walk, operator, values, path, place, call.span, bound=plan.bound)
        if entry is None and result.known and not walk.sharing:
            walk.scopes[path] = result.node
        return result


def _allocate(walk: Walk, call: tree.Call, place: Place, entry: LabelledStep | None) -> str:
    """The dotted name of a call: its label, or else its number."""
    if entry is None:
        return walk.allocate_name(place.scope, None, call.span)
    return walk.allocate_name(entry.within, entry.label, entry.span)


def _block(
    walk: Walk, call: tree.Call, block: Block, bound: Bound, value: Value, place: Place, seen: Environment,
    entry: LabelledStep | None,
) -> Steps[Value]:  # fmt: skip
    """Run a block's body in a scope and an environment of its own; its arguments see what the call sees."""
    walk.charge(STEPS_OF_A_CALL, call.span)
    may_be_inline = INLINE in bound or block.declares(INLINE)
    # An inline call has no name, and whether it is one its arguments say.
    path = place.scope.path if may_be_inline else _allocate(walk, call, place, entry)
    scope = Scope(path)
    inner = Environment(block.library, {}, place.environment.flow, scope, value)
    if len(walk.callers) >= DEEPEST_CALL:
        _endless(walk, block, call, place)
    try:
        for name, argument in bound.items():
            inner.variables[name] = value_of(argument, seen)
    except Unresolved:
        return UNKNOWN
    except ArchError as fault:
        walk.report_all(fault)
        return UNKNOWN
    walk.callers.append(Caller(block.name, call.span, path, len(walk.diagnostics)))
    try:
        if not _defaults(walk, block, inner):
            return UNKNOWN
        if may_be_inline:
            inline = _is_inline(walk, call, block, inner)
            if inline is None:
                return UNKNOWN
            if inline:
                inlined: Value | None = yield _inlined(walk, call, block, value, place, inner, entry)
                assert inlined is not None
                return inlined
            path = scope.path = _allocate(walk, call, place, entry)
        if entry is not None:
            entry.scope = scope
        frame = Frame("block", block.name, path, call.span, RegionKind.BLOCK, place.frame)
        result: Value | None = yield walk.step(block.body, value, Place(scope, inner, frame, place.depth + 1))
    finally:
        walk.callers.pop()
    assert result is not None  # a value flows in, so one flows out
    if entry is None and result.known and not walk.sharing:
        walk.scopes[path] = result.node
    return result


def _is_inline(walk: Walk, call: tree.Call, block: Block, inner: Environment) -> bool | None:
    """Return whether a call is inline; None where its argument is neither true nor false, which is reported."""
    inline = inner.variables[INLINE] if block.declares(INLINE) else inner.variables.pop(INLINE)
    if isinstance(inline, bool):
        return inline
    written = [each.value for each in call.arguments if each.name is not None and each.name.word == INLINE]
    written += [
        each.default for each in block.parameters if each.name.word == INLINE and each.default is not None
    ]
    span = written[0].span if written else call.span
    walk.report(
        Diagnostic(
            "wrong-argument",
            f"`{INLINE}` is true or false",
            span,
            f"this is {kind_of(inline)}",
            "write `true`, or leave it out",
            fixes=(replacing(span, "true"),) if written else (),
        )
    )
    return None


def _inlined(
    walk: Walk, call: tree.Call, block: Block, value: Value, place: Place, inner: Environment,
    entry: LabelledStep | None,
) -> Made[Value | None]:  # fmt: skip
    """Run a block's body as if its steps stood in place of the call: they are named in the scope around, or below
    the label that the call bears."""
    scope = inner.place
    assert isinstance(scope, Scope)
    frame = Frame("block", block.name, place.scope.path, call.span, RegionKind.STEPS, place.frame)
    within = Place(scope, inner, frame, place.depth + 1)
    if entry is None:
        scope.place_inline(place.scope, call.span)
        return walk.step(block.body, value, within)
    step = LabelledStep(
        entry.label, entry.span, block.body, entry.within, inner, around=scope, hidden=entry.hidden
    )
    return walk.named(step, value, within)


def _defaults(walk: Walk, block: Block, inner: Environment) -> bool:
    """Give the parameters that the call leaves out their defaults, in order."""
    for parameter in block.parameters:
        if parameter.default is None or parameter.name.word in inner.variables:
            continue
        try:
            inner.variables[parameter.name.word] = evaluate(parameter.default, inner)
        except Unresolved:
            return False
        except ArchError as fault:
            walk.report_all(fault)
            return False
    return True


def _endless(walk: Walk, block: Block, call: tree.Call, place: Place) -> None:
    """Report the cycle of calls, and end the walk."""
    again = [caller.found for caller in walk.callers if caller.name == block.name][1:]
    if again:
        walk.diagnostics.forget(again[0])  # maps that became too small on the way down, and the like
    walk.diagnostics.add(endless_calls(walk, block, call, place, DEEPEST_CALL))
    walk.stop()
