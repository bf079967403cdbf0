"""The values that an operator's arguments hold: those that `from` names, and sources."""

from __future__ import annotations

from pydantic import ValidationError

from archdsl.design.binding import bind
from archdsl.design.environment import Environment, Unresolved
from archdsl.design.values import UNKNOWN, Block, Callee, Result, Value, Word, written
from archdsl.diagnostics import ArchError, Diagnostic
from archdsl.elaborate.operator_errors import argument_span, bad_argument
from archdsl.elaborate.operators import Plan, apply, attribute_of, value_of
from archdsl.elaborate.state import Place, Walk
from archdsl.ops.base import Operator
from archdsl.source import Span
from archdsl.syntax import tree


def operands_of(
    walk: Walk, call: tree.Call, plan: Plan, environment: Environment, place: Place
) -> tuple[Value, ...] | None:
    """The values that a call's arguments hold, or None where there is a fault, which is reported.

    A source that stands as an argument is a step of its own, without a label.
    """
    target = plan.callee.target
    assert not isinstance(target, Block)
    assert plan.bound is not None
    found: list[Value] = []
    for operand in target.operands[1:]:
        argument = plan.operands.get(operand.name)
        if argument is None:
            break
        try:
            value = value_of(argument, environment)
        except Unresolved:
            return None
        except ArchError as fault:
            walk.report_all(fault)
            return None
        span = argument_span(call.span, operand.name, plan.bound)
        if isinstance(value, Callee) and not isinstance(value.target, Block) and not value.target.operands:
            value = _source(walk, value, value.target, place, span)
            if not value.known:
                return None
        if not isinstance(value, Value):
            walk.report(_no_value(target.word, operand.name, value, span))
            return None
        found.append(value)
    if len(found) < len(plan.operands):
        names = [operand.name for operand in target.operands[1:]]
        walk.report(
            Diagnostic(
                "missing-argument",
                f"`{target.word}` has no `{names[len(found)]}`, which comes before what it is given",
                call.span,
                f"`{names[len(found)]}` is missing here",
                f"give it too: `{names[len(found)]}=from(label)`",
            )
        )
        return None
    return tuple(found)


def _source(walk: Walk, callee: Callee, target: type[Operator], place: Place, span: Span) -> Value:
    """The value of a source that stands as an argument."""
    bound, faults = bind(callee, (), span)
    for fault in faults:
        walk.report(fault)
    if faults:
        return UNKNOWN
    attributes = {
        name: attribute_of(value_of(argument, place.environment)) for name, argument in bound.items()
    }
    try:
        operator = target(**attributes)
    except ValidationError as error:
        for field in dict.fromkeys(str(fault["loc"][0]) for fault in error.errors(include_url=False)):
            walk.report(bad_argument(target, field, attributes[field], span, place.environment))
        return UNKNOWN
    return apply(walk, operator, (), walk.allocate_name(place.scope, None, span), place, span, bound=bound)


def _no_value(word: str, name: str, held: Result, place: Span) -> Diagnostic:
    """The diagnostic for an operand that holds something else than a value."""
    label = str(held) if isinstance(held, Word) else "label"
    return Diagnostic(
        "wrong-argument",
        f"`{name}` of `{word}` cannot be `{written(held)}`",
        place,
        "expected a value",
        f"write `{name}=from({label})`",
    )
