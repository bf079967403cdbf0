"""Operators at work: a call's arguments become attributes, and the operator becomes a node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from archdsl.design.binding import Bound, Given, bind, without_torch_only
from archdsl.design.environment import Environment, Unresolved, callee_of
from archdsl.design.expr import evaluate
from archdsl.design.names import unknown_callee
from archdsl.design.values import UNKNOWN, Block, Callee, Result, Value, Word, is_list
from archdsl.diagnostics import ArchError, Diagnostic, Label, OperatorError
from archdsl.elaborate.operator_errors import (
    LARGEST_SIZE,
    argument_span,
    bad_argument,
    is_reportable,
    not_callable,
    report_operator_error,
    too_large,
)
from archdsl.elaborate.state import Place, Walk
from archdsl.graph.ir import Frame, Node
from archdsl.ops.base import Operator, Trait
from archdsl.ops.batch import ExpandBatch
from archdsl.ops.branch_mismatch import Branch, require_alike
from archdsl.shapes import DType, Shape, TensorType, all_known, text_of
from archdsl.size_formulas import open_sizes, references
from archdsl.sizes import Size
from archdsl.source import Span
from archdsl.syntax import tree

MOST_NODES = 2**17
STEPS_OF_A_NAMED_SIZE = 24
"""The steps of the limit that an operator on named sizes takes beyond one on numbers."""


_LONG = 32
"""The items from which a list is remembered, to be made an attribute once."""
_NO_LIST: tuple[Result, object] = 0, None


class Plan:
    """The parts of a call that stay the same each time it runs: its callee, its arguments by attribute,
    and which of them have to be evaluated each time.

    ``bound`` is None where the arguments do not fit, which is reported. ``by_name`` says that the
    callee is found by its own name, and not in a parameter that may hold another one next time.
    """

    __slots__ = (
        "bound", "by_name", "callee", "computed", "is_settled", "is_source", "lists", "literals", "made", "operands", "operator",
    )  # fmt: skip

    def __init__(self, callee: Callee, bound: Bound | None, *, by_name: bool) -> None:
        self.callee = callee
        self.bound = bound
        self.by_name = by_name
        arguments = dict(bound or {})
        target = callee.target
        names = () if isinstance(target, Block) else [operand.name for operand in target.operands[1:]]
        self.operands = {name: arguments.pop(name) for name in names if name in arguments}
        """Its arguments that hold values, in the operator's order."""
        self.literals = {
            name: attribute_of(argument.value)
            for name, argument in arguments.items()
            if isinstance(argument, tree.Number | tree.Boolean)
        }
        self.computed = {name: argument for name, argument in arguments.items() if name not in self.literals}
        self.is_settled = by_name and not self.computed and not self.operands
        """Whether nothing has to be evaluated."""
        self.is_source = not isinstance(target, Block) and not target.operands
        self.operator: Operator | None = None
        """The operator, where it is the same each time."""
        self.made: dict[tuple[object, ...], tuple[Operator, tuple[object, ...]]] = {}
        """Operators made before, with what was computed for them, by its whole numbers and lists."""
        self.lists: dict[str, tuple[Result, object]] = {}
        """Of each argument the last long list that it held, and that list as an attribute."""

    def attribute(self, name: str, value: Result) -> object:
        """A value as operators take it; a list that is the same again is the same attribute again."""
        if value.__class__ is not tuple or len(value) < _LONG:
            return attribute_of(value)
        before, made = self.lists.get(name, _NO_LIST)
        if before is not value:
            made = attribute_of(value)
            self.lists[name] = value, made
        return made


def plan_of(walk: Walk, call: tree.Call, environment: Environment, before: Plan | None) -> Plan | None:
    """The plan of a call; None where nothing has the name that it calls."""
    word = call.name.word
    held = environment.lookup(word)
    by_name = held is None
    callee = held if isinstance(held, Callee) else callee_of(word, environment)
    if callee is None:
        if held is None:
            walk.diagnostics.add(unknown_callee(call.name, environment.library, environment.variables))
        elif not (isinstance(held, Value) and not held.known):
            walk.report(not_callable(word, held, call.name.span, environment))
        return None
    if before is not None and before.callee == callee:
        return before
    bound, faults = bind(callee, call.arguments, call.span)
    for fault in faults:
        walk.report(fault)
    return Plan(callee, None if faults else bound, by_name=by_name)


# ---- operators


def operator_of(walk: Walk, call: tree.Call, plan: Plan, environment: Environment) -> Operator | None:
    """The operator with its attributes, or None where they have faults, which are reported."""
    if plan.operator is not None:
        return plan.operator
    attributes: dict[str, object] = {}
    faulty = False
    for name, argument in plan.computed.items():
        try:
            attributes[name] = plan.attribute(name, value_of(argument, environment))
        except Unresolved:
            faulty = True
        except ArchError as fault:
            walk.report_all(fault)
            faulty = True
    if faulty:
        return None
    # Only whole numbers may be keys, and lists by their identity: true and 1 are equal to Python, and not to us.
    key = tuple([(id(value),) if value.__class__ is tuple else value for value in attributes.values()])
    keeps = all(
        value.__class__ is int or plan.lists.get(name, _NO_LIST)[1] is value
        for name, value in attributes.items()
    )
    if keeps and key in plan.made:
        return plan.made[key][0]
    computed = tuple(attributes.values())
    target = plan.callee.target
    assert not isinstance(target, Block)
    assert plan.bound is not None
    attributes = {**plan.literals, **attributes}
    try:
        operator = target(**attributes)
    except ValidationError as error:
        for diagnostic in _bad_arguments(call, plan, plan.bound, error, attributes, environment):
            walk.report(diagnostic)
        return None
    if not plan.computed:
        plan.operator = operator
    elif keeps:
        plan.made[key] = operator, computed  # while the lists live, no other has their identity
    return operator


def value_of(
    argument: tree.Expression | Given | tuple[tree.Expression | Given, ...], environment: Environment
) -> Result:
    if argument.__class__ is tuple:
        return tuple([value_of(item, environment) for item in argument])  # type: ignore[arg-type]
    if isinstance(argument, Given):
        return argument.value
    return evaluate(argument, environment)  # type: ignore[arg-type]


def attribute_of(value: Result) -> object:
    """A value as operators take it: whole floats as whole numbers, words and blocks by name."""
    kind = value.__class__
    if kind is int:
        return value
    if kind is float:
        return int(value) if value.is_integer() else value  # type: ignore[union-attr,arg-type]
    if kind is tuple:
        return tuple([attribute_of(item) for item in value])  # type: ignore[union-attr,arg-type]
    if isinstance(value, Word):
        return str(value)
    return value.word if isinstance(value, Callee) else value


def _bad_arguments(
    call: tree.Call, plan: Plan, bound: Bound, error: ValidationError, attributes: dict[str, object],
    environment: Environment,
) -> Iterator[Diagnostic]:  # fmt: skip
    """The diagnostics for attributes that an operator does not take."""
    target = plan.callee.target
    assert not isinstance(target, Block)

    def fits(argument: tree.Expression, other: Bound) -> bool:
        try:
            if evaluate(argument, environment).__class__ not in (int, tuple):
                return False  # no number of channels
            target(**{name: attribute_of(value_of(value, environment)) for name, value in other.items()})
        except (ArchError, Unresolved, ValidationError):
            return False
        return True

    diagnostic = without_torch_only(plan.callee, call.arguments, call.span, fits)
    if diagnostic is not None:
        yield diagnostic
        return
    for field in dict.fromkeys(str(fault["loc"][0]) for fault in error.errors(include_url=False)):
        place = argument_span(call.span, field, bound)
        yield bad_argument(target, field, attributes[field], place, environment)


def apply(
    walk: Walk, operator: Operator, values: tuple[Value, ...], path: str, place: Place, span: Span, *,
    bound: Bound | None = None, branches: Sequence[tree.Step | Branch] = (), alike: bool = False,
) -> Value:  # fmt: skip
    """Put an operator to work on values: a new node, or a diagnostic where it cannot take them.

    ``bound`` are its arguments as written; ``branches`` are what
    the values of a merge are called in the design, which are ``alike`` where their shapes have to be equal.
    """
    inputs: tuple[int, ...] = ()
    types: tuple[TensorType, ...] = ()
    shapes: tuple[Shape, ...] = ()
    dtypes: tuple[DType, ...] = ()
    if values:  # of a field of each a tuple, without a loop for each: this runs for every node
        inputs, types, known = zip(*values)  # noqa: B905
        if not all(known):
            return UNKNOWN
        if walk.same_for_all:
            inputs = _with_batch(walk, operator, inputs, place, span)
        shapes, dtypes = zip(*types)  # noqa: B905
    try:
        if alike:
            require_alike("add-shape-mismatch", operator.word, shapes)
        shape = operator.infer(shapes)
        dtype = operator.infer_dtype(dtypes)
        if walk.has_named_sizes and not all(map(all_known, shapes)):
            walk.charge(STEPS_OF_A_NAMED_SIZE, span)
            operator.params(shapes)  # what it owns has to have numbers for sizes
    except OperatorError as error:
        doubt = operator.check(shapes)
        if doubt is None or not doubt.speculative or not is_reportable(doubt, bound):
            doubt = error
        report_operator_error(
            walk, operator, doubt, values, span, place.frame, bound=bound, branches=branches
        )
        return UNKNOWN
    if walk.has_named_sizes or (shape and max(shape) > LARGEST_SIZE):  # type: ignore[operator,type-var]
        for size in shape:
            if size.is_unwieldy if isinstance(size, Size) else size > LARGEST_SIZE:
                walk.report(too_large(shape, size, span))
                return UNKNOWN
    doubt = operator.check(shapes)
    if doubt is not None and is_reportable(doubt, bound):
        report_operator_error(
            walk, operator, doubt, values, span, place.frame, bound=bound, severity="warning"
        )
    read: tuple[int, ...] = ()
    if walk.has_named_sizes:
        read = _sizes_read(walk, operator, shapes, place.environment)
    walk.ends_in_output = False
    nodes = walk.nodes
    index = len(nodes)
    if index >= MOST_NODES:
        walk.too_many(f"{MOST_NODES:,} operators", span)
    name = path
    used = walk.uses.get(path, 0)
    walk.uses[path] = used + 1
    if used:
        name = f"{path}:{used + 1}"
    if walk.sharing:
        _check_shared(walk, operator, shapes, path, span)
    same = shapes and shape is shapes[0] and dtype == dtypes[0]
    type = types[0] if same else TensorType(shape, dtype)
    head = walk.auxiliary_head
    nodes.append(Node(name, operator, (*inputs, *read), type, span, path, place.frame, head, len(read)))
    if not inputs or (walk.same_for_all and walk.same_for_all.issuperset(inputs)):
        walk.same_for_all.add(index)
    return Value(index, type)


def _with_batch(
    walk: Walk, operator: Operator, inputs: tuple[int, ...], place: Place, span: Span
) -> tuple[int, ...]:
    """An operator's operands, those that are the same for all samples once for each sample where others differ and
    the operator does not let them meet."""
    differ = [source for source in inputs if source not in walk.same_for_all]
    if not differ or len(differ) == len(inputs) or Trait.BROADCASTS_BATCH in operator.traits:
        return inputs
    return tuple(
        [
            source if source in differ else expanded(walk, source, differ[0], place.frame, span)
            for source in inputs
        ]
    )


def expanded(walk: Walk, source: int, like: int, frame: Frame | None, span: Span) -> int:
    """A value that is the same for all samples once for each sample of another, as the position of a new node."""
    nodes = walk.nodes
    path = f"{nodes[source].name}:batch"
    used = walk.uses.get(path, 0)
    walk.uses[path] = used + 1
    name = f"{path}:{used + 1}" if used else path
    type = nodes[source].type
    nodes.append(Node(name, ExpandBatch(), (source, like), type, span, name, frame, walk.auxiliary_head))
    return len(nodes) - 1


def _sizes_read(
    walk: Walk, operator: Operator, shapes: tuple[Shape, ...], environment: Environment
) -> tuple[int, ...]:
    """The values, as positions of nodes, whose sizes say what the open ones in an operator's attributes are, and
    those that it computes of them, where its operands do not: those that the body was given, or else the network's
    inputs."""
    wanted = [size for _, held in operator for size in open_sizes(held)]
    wanted += open_sizes(operator.to_torch(shapes))
    if not wanted:
        return ()
    offered = [value for held in environment.variables.values() for value in _values_in(held)]
    offered += walk.inputs.values()
    found = references(wanted, shapes, [value.shape for value in offered])
    assert found is not None, "each name is read off an input"
    return tuple([offered[position].node for position in found])


def _values_in(held: Result) -> Iterator[Value]:
    if isinstance(held, Value):
        yield from (held,) if held.known else ()
    elif is_list(held):
        for item in held:
            yield from _values_in(item)


def _check_shared(walk: Walk, operator: Operator, shapes: tuple[Shape, ...], path: str, span: Span) -> None:
    """The parameters of a shared step have to come out as they did the first time."""
    now = [(p.name, p.shape) for p in operator.params(shapes)]
    first = walk.node_named(path)
    before = []
    if first is not None:
        inputs = tuple([walk.nodes[index].shape for index in first.operands])
        before = [(p.name, p.shape) for p in first.op.params(inputs)]
    if before == now:
        return
    if first is None and walk.diagnostics.has_errors:
        return  # what is shared has a mistake, which is reported
    ours = ", ".join(f"{name} {text_of(shape)}" for name, shape in now) or "no parameters"
    theirs = ", ".join(f"{name} {text_of(shape)}" for name, shape in before) or "no parameters"
    shared = next(caller for caller in reversed(walk.callers) if not caller.path)
    made = ""
    if first is not None and first.inputs:
        made = f", and was made for {text_of(walk.nodes[first.inputs[0]].shape)}"
    walk.report(
        Diagnostic(
            "share-shape-mismatch",
            f"`{shared.name}` cannot be shared with {text_of(shapes[0])}: its parameters would not fit",
            shared.span,
            f"would need {ours}",
            "share it with a value of the same channels",
            (Label(span, f"has {theirs}{made}"),),
        )
    )
