"""The constructs, each by its equation (rule C), and the calls that only direct the flow.

What an equation adds is not numbered: such a node is named after the scope in which it stands, with
a colon, which no label can have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from archdsl.design.arithmetic import ExpressionFault, whole
from archdsl.design.binding import Bound
from archdsl.design.environment import Environment, Unresolved
from archdsl.design.expr import condition, evaluate, known, path_of
from archdsl.design.headings import bind_heading, loop_of
from archdsl.design.values import UNKNOWN, Result, Value, is_list, kind_of, written
from archdsl.diagnostics import ArchError, Diagnostic, Label
from archdsl.elaborate import calls
from archdsl.elaborate.scopes import Caller, Entry, Scope
from archdsl.elaborate.values import find_entry
from archdsl.graph.ir import Construct, Head
from archdsl.ops.base import OPERATORS, Operator
from archdsl.ops.scale import Scale
from archdsl.shapes import Size
from archdsl.source import Span
from archdsl.syntax import tree

if TYPE_CHECKING:
    from archdsl.elaborate.elaborator import Elaborator, Place

_WEIGHT = 0.3
"""What an auxiliary head counts in the loss unless it is written: GoogLeNet's weight."""
Run: TypeAlias = "Callable[[Elaborator, tree.Construct, Value | None, Place], Value | None]"


def run(walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place) -> Value | None:
    """Run a construct. What depends on an unknown value becomes unknown."""
    try:
        return _RUN[construct.name.word](walk, construct, value, place)
    except Unresolved:
        return UNKNOWN
    except ArchError as fault:
        walk.report_all(fault)
        return UNKNOWN


def flow(walk: Elaborator, call: tree.Call, value: Value | None, place: Place) -> Value | None:
    """``from``, ``share`` and ``output``."""
    if len(call.arguments) != 1 or call.arguments[0].name is not None:
        return UNKNOWN  # reported with the names
    try:
        return _FLOW[call.name.word](walk, call, value, place)
    except Unresolved:
        return UNKNOWN
    except ArchError as fault:
        walk.report_all(fault)
        return UNKNOWN


def _frame(construct: tree.Construct, place: Place, iteration: int | None = None) -> Construct:
    word = construct.name.word
    return Construct(word, word, place.scope.path, construct.span, place.construct, iteration)


def _heading(construct: tree.Construct) -> dict[str, tree.Expression]:
    """The arguments of a construct's heading by name; its faults are reported with the names."""
    found, faults = bind_heading(construct)
    if faults:
        raise Unresolved
    return found


def _number(
    expression: tree.Expression | None, construct: tree.Construct, name: str, environment: Environment
) -> float | None:
    """A number in a heading, or None where it is not written."""
    if expression is None:
        return None
    value = known(expression, environment)
    if value.__class__ is not int and value.__class__ is not float:
        raise ExpressionFault(
            "wrong-argument",
            f"`{name}` of `{construct.name.word}` cannot be `{written(value)}`",
            expression.span,
            "expected a number",
            f"write `{name}=0.5`, for example",
        )
    return float(value)


# ---- merges


def _merge(walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place) -> Value:
    """Each branch runs on the incoming value; the results are merged in the order written."""
    word = construct.name.word
    target = OPERATORS[word]
    environment = place.see(value)
    arguments = _heading(construct)
    attributes = {name: evaluate(expression, environment) for name, expression in arguments.items()}
    for name, given in attributes.items():
        number = whole(given)
        if number is None:
            raise ExpressionFault(
                "wrong-argument",
                f"`{name}` of `{word}` cannot be `{written(given)}`",
                arguments[name].span,
                "expected a whole number",
                f"write `{name}=1`, for example",
            )
        attributes[name] = number
    if not construct.parts:
        raise ExpressionFault(
            "no-branches",
            f"`{word}` has no branches",
            construct.span,
            "nothing to bring together",
            "write them below, each with `- `",
        )
    inside = place.inside(_frame(construct, place))
    values = [_branch(walk, part, value, inside, construct) for part in construct.parts]
    return _add_node(walk, target(**attributes), values, place, inside, construct, {**arguments})


def _branch(
    walk: Elaborator, part: tree.Step, value: Value | None, place: Place, construct: tree.Construct
) -> Value:
    result = walk.step(part, value, place)
    if result is not None:
        return result
    walk.report(
        Diagnostic(
            "nothing-flows", f"this branch of `{construct.name.word}` has no value", part.span,
            "nothing flows into it", "begin it with `from(...)`",
        )
    )  # fmt: skip
    return UNKNOWN


def _add_node(
    walk: Elaborator, operator: Operator, values: list[Value], place: Place, inside: Place, of: tree.Construct,
    bound: Bound | None = None,
) -> Value:  # fmt: skip
    """Put to work what the equation of a construct adds."""
    path = f"{place.scope.path or walk.design.name}:{operator.word}"
    return calls.apply(walk, operator, tuple(values), path, inside, of.span, bound=bound, merge=of)


def _residual(walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place) -> Value:
    """residual(scale=s): {body: B, shortcut: S} = add: [[B, scale(s)], S]; without a shortcut, S is []."""
    arguments = _heading(construct)
    factor = _number(arguments.get("scale"), construct, "scale", place.see(value))
    inside = place.inside(_frame(construct, place))
    body = _branch(walk, construct.parts[0], value, inside, construct)
    if factor is not None:
        body = _add_node(walk, Scale(factor=factor), [body], place, inside, construct)
    shortcut = value
    if len(construct.parts) > 1:
        shortcut = _branch(walk, construct.parts[1], value, inside, construct)
    if shortcut is None:
        raise _nothing_flows("residual", construct.span)
    return _add_node(walk, OPERATORS["add"](), [body, shortcut], place, inside, construct)


def _nothing_flows(word: str, span: Span) -> ExpressionFault:
    return ExpressionFault(
        "nothing-flows",
        f"no value flows into this `{word}`",
        span,
        "needs a value",
        "put a `from(...)` before it",
    )


# ---- loops


def _times(
    walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place
) -> tuple[int, str | None]:
    arguments = _heading(construct)
    count = known(arguments["n"], place.see(value))
    number = whole(count)
    if number is None or number < 0:
        label = "depends on a named dimension" if isinstance(count, Size) else kind_of(count)
        raise ExpressionFault(
            "wrong-argument", f"`{construct.name.word}` cannot run `{written(count)}` times", arguments["n"].span,
            label, "write a whole number of at least 0",
        )  # fmt: skip
    walk.spend(number, arguments["n"].span)
    variable = arguments.get("as")
    if variable is None:
        return number, None
    if not isinstance(variable, tree.Name):
        raise Unresolved
    return number, variable.word


def _turns(
    walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place,
    turns: list[dict[str, Result]], join: bool = False,
) -> Value | None:  # fmt: skip
    """Run the body once for each turn's variables. With ``join`` each turn's value is put behind
    the one that entered it: dense(n, as=j): B = repeat(n, as=j): [concat: [[], B]]."""
    outer = place.environment
    for index, variables in enumerate(turns):
        environment = outer.with_variables(variables) if variables else outer
        inside = type(place)(place.scope, environment, _frame(construct, place, index))
        result = walk.step(construct.parts[0], value, inside)
        if join:
            if value is None or result is None:
                raise _nothing_flows("dense", construct.span)
            result = _add_node(walk, OPERATORS["concat"](), [value, result], place, inside, construct)
        value = result
    return value


def _repeat(walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place) -> Value | None:
    """repeat(n, as=i): B = for(i in range(n)): B."""
    number, variable = _times(walk, construct, value, place)
    return _turns(walk, construct, value, place, [{variable: i} if variable else {} for i in range(number)])


def _dense(walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place) -> Value | None:
    number, variable = _times(walk, construct, value, place)
    turns: list[dict[str, Result]] = [{variable: i} if variable else {} for i in range(number)]
    return _turns(walk, construct, value, place, turns, join=True)


def _for(walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place) -> Value | None:
    """for(x, i in xs): x is the element, i its index."""
    loop, _ = loop_of(construct)
    if loop is None:
        raise Unresolved  # reported with the names
    items = known(loop.items, place.see(value))
    if not is_list(items):
        raise ExpressionFault(
            "wrong-argument", f"`for` runs over a list, not {kind_of(items)}", loop.items.span, written(items),
            f"write `range({loop.items.span.text})`" if whole(items) is not None else "write a list: `[64, 128]`",
        )  # fmt: skip
    walk.spend(len(items), loop.items.span)
    turns: list[dict[str, Result]] = [
        {loop.element: item} if loop.counter is None else {loop.element: item, loop.counter: index}
        for index, item in enumerate(items)
    ]
    return _turns(walk, construct, value, place, turns)


# ---- arms, auxiliary heads, checkpoints


def _when(walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place) -> Value | None:
    """when(c): A, else: B; without it, []."""
    arguments = _heading(construct)
    taken = 0 if condition(arguments["condition"], place.see(value)) else 1
    if taken >= len(construct.parts):
        return value
    return walk.step(construct.parts[taken], value, place.inside(_frame(construct, place)))


def _aux(walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place) -> Value | None:
    """aux(name, weight=0.3): B is an auxiliary head in training only; the value flows on past it."""
    arguments = _heading(construct)
    environment = place.see(value)
    name = path_of(arguments["name"], environment)
    weight = _number(arguments.get("weight"), construct, "weight", environment)
    if walk.head is not None or walk.sharing:
        around, help = "another `aux`", "put it behind the outer one"
        if walk.sharing:
            around, help = "a shared step", "put it behind the step, which is run once for each share"
        raise ExpressionFault(
            "misplaced-aux", f"an `aux` cannot stand in {around}", construct.span, "in there", help
        )
    span = arguments["name"].span
    _refuse_name(name, span, "an `aux`")
    if not walk.claim_output(name, span):
        return value
    entry = Entry(name, span, construct.parts[0], place.scope, environment, hidden=True)
    walk.head = name
    try:
        result = walk.named(entry, value, place.inside(_frame(construct, place)))
    finally:
        walk.head = None
    if result is not None and result.known:
        walk.heads[name] = (Head(name, result.node, _WEIGHT if weight is None else weight), span)
    return value


def _refuse_name(name: str, span: Span, whose: str) -> None:
    """Names of outputs and auxiliary heads are made of what labels are made of."""
    if not name.isascii() or not name.replace("_", "").replace("-", "").isalnum():
        message = f"the name of {whose} has letters, digits, `_` and `-`"
        raise ExpressionFault("wrong-argument", message, span, f"this is `{name}`", "choose another name")


def _checkpoint(
    walk: Elaborator, construct: tree.Construct, value: Value | None, place: Place
) -> Value | None:
    """checkpoint: B is B, recomputed in the backward pass; checkpoint(c): B where the condition holds."""
    wanted = _heading(construct).get("condition")
    if wanted is not None and not condition(wanted, place.see(value)):
        return walk.step(construct.parts[0], value, place)
    return walk.step(construct.parts[0], value, place.inside(_frame(construct, place)))


# ---- calls that direct the flow


def _from(walk: Elaborator, call: tree.Call, value: Value | None, place: Place) -> Value:
    argument = call.arguments[0]
    path = path_of(argument.value, place.see(value))
    return walk.find(path, argument.span, place.environment)


def _share(walk: Elaborator, call: tree.Call, value: Value | None, place: Place) -> Value | None:
    """share(label) runs that step again, on this value, with the same parameters."""
    argument = call.arguments[0]
    path = path_of(argument.value, place.see(value))
    entry = find_entry(walk, path, argument.span, place.environment)
    if isinstance(entry, Value):
        raise ExpressionFault(
            "wrong-argument",
            f"`{path}` is an input, not a step",
            argument.span,
            "has nothing to run again",
            f"write `from({path})` for its value",
        )
    if entry.value is None:
        raise ExpressionFault(
            "value-needs-itself",
            f"`{path}` shares itself",
            argument.span,
            "still running here",
            f"put the `share` behind `{path}`",
            (Label(entry.span, f"`{path}` begins here"),),
        )
    if value is None:
        raise _nothing_flows("share", call.span)
    step = entry.step
    if isinstance(step, tree.Chain) and step.calls[0].name.word == "from":
        # The step's own beginning gives way to the value that flows in here.
        step = tree.Chain(step.span, step.calls[1:])
    old = entry.environment
    environment = Environment(old.library, old.variables, old.flow)
    again = Scope(entry.within.path, entry.within)
    copy = Entry(entry.label, entry.span, step, again, environment)
    frame = Construct("share", path, again.path, call.span, place.construct)
    walk.spend(calls.STEPS_OF_A_CALL, call.span)
    walk.sharing += 1
    walk.callers.append(Caller(path, call.span))
    try:
        return walk.named(copy, value, type(place)(again, environment, frame))
    finally:
        walk.callers.pop()
        walk.sharing -= 1


def _output(walk: Elaborator, call: tree.Call, value: Value | None, place: Place) -> Value | None:
    argument = call.arguments[0]
    name = path_of(argument.value, place.see(value))
    if value is None:
        raise _nothing_flows("output", call.span)
    if walk.sharing or walk.head is not None:
        around, help = "an `aux`", "the value of an `aux` is an output already, in training"
        if walk.sharing:
            around, help = "a shared step", "put it behind the `share`"
        raise ExpressionFault(
            "misplaced-output", f"an `output` cannot stand in {around}", call.span, "in there", help
        )
    _refuse_name(name, argument.span, "an output")
    if value.known:
        walk.add_output(name, value, argument.span)
    walk.ends_in_output = True
    return value


_FLOW: dict[str, Callable[[Elaborator, tree.Call, Value | None, Place], Value | None]] = {
    "from": _from, "share": _share, "output": _output,
}  # fmt: skip
_RUN: dict[str, Run] = {
    **dict.fromkeys(tree.MERGES, _merge),
    "residual": _residual,
    "repeat": _repeat,
    "dense": _dense,
    "for": _for,
    "when": _when,
    "aux": _aux,
    "checkpoint": _checkpoint,
}
