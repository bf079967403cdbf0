"""A construct at work: what its class may ask of the walk (`archdsl.constructs.base.Expansion`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archdsl.constructs.base import Construct, Made, NamedBranch, Steps
from archdsl.design.arithmetic import ExpressionFault, whole
from archdsl.design.binding import Bound
from archdsl.design.environment import Environment, Unresolved
from archdsl.design.expr import condition, evaluate, known, path_of
from archdsl.design.headings import bind_heading, loop_of
from archdsl.design.lists import bind_items, not_a_list
from archdsl.design.values import UNKNOWN, Result, Value, is_list, kind_of, written
from archdsl.diagnostics import ArchError, Code, Diagnostic
from archdsl.elaborate.flow import nothing_flows, refuse_name
from archdsl.elaborate.operators import apply
from archdsl.elaborate.scopes import LabelledStep
from archdsl.elaborate.state import Place, Walk
from archdsl.graph.ir import AuxiliaryHead, Frame
from archdsl.ops.base import Operator
from archdsl.ops.branch_mismatch import Branch
from archdsl.sizes import Size
from archdsl.syntax import tree


def run_construct(
    walk: Walk, construct: tree.ConstructStep, value: Value | None, place: Place
) -> Made[Value | None]:
    """Run a construct: its value, or the work that makes it. What depends on an unknown value becomes unknown."""
    declared = walk.vocabulary.constructs[construct.name.word]
    try:
        made = declared.expand(_WalkExpansion(walk, construct, declared, value, place))
    except Unresolved:
        return UNKNOWN
    except ArchError as fault:
        walk.report_all(fault)
        return UNKNOWN
    return made if made is None or isinstance(made, Value) else _guarded(walk, made)


def _guarded(walk: Walk, work: Steps[Value | None]) -> Steps[Value | None]:
    """Work whose faults end this construct and no other."""
    try:
        return (yield from work)
    except Unresolved:
        return UNKNOWN
    except ArchError as fault:
        walk.report_all(fault)
        return UNKNOWN


class _WalkExpansion:
    """The arguments are bound when the first of them is asked for."""

    def __init__(
        self,
        walk: Walk,
        construct: tree.ConstructStep,
        declared: Construct,
        value: Value | None,
        place: Place,
    ) -> None:
        self._walk, self._declared, self._place = walk, declared, place
        self._frame: Frame | None = None
        self._seen: Environment | None = None
        self._bound: dict[str, tree.Expression] | None = None
        self.construct = construct
        self.value = value

    # ---- arguments

    @property
    def _environment(self) -> Environment:
        """The environment of the arguments."""
        if self._seen is None:
            self._seen = self._place.see(self.value)
        return self._seen

    @property
    def _arguments(self) -> dict[str, tree.Expression]:
        if self._bound is None:
            headings = self._walk.headings
            self._bound = headings.get(id(self.construct))
            if self._bound is None:
                found, faults = bind_heading(self.construct, self._declared)
                if faults:
                    raise Unresolved  # reported with the names
                self._bound = headings[id(self.construct)] = found
        return self._bound

    def is_given(self, name: str) -> bool:
        return name in self._arguments

    def number(self, name: str) -> float | None:
        expression = self._arguments.get(name)
        if expression is None:
            return None
        value = known(expression, self._environment)
        if value.__class__ is not int and value.__class__ is not float:
            raise self._wrong(name, value, expression, "expected a number", "0.5")
        return float(value)

    def whole_numbers(self) -> dict[str, int]:
        given = {
            name: (expression, evaluate(expression, self._environment))
            for name, expression in self._arguments.items()
        }
        numbers = {}
        for name, (expression, value) in given.items():
            number = whole(value)
            if number is None:
                raise self._wrong(name, value, expression, "expected a whole number", "1")
            numbers[name] = number
        return numbers

    def _wrong(
        self, name: str, value: Result, expression: tree.Expression, label: str, example: str
    ) -> ArchError:
        return ExpressionFault(
            "wrong-argument",
            f"`{name}` of `{self._declared.word}` cannot be `{written(value)}`",
            expression.span,
            label,
            f"write `{name}={example}`, for example",
        )

    def times(self, name: str) -> int:
        expression = self._arguments[name]
        count = known(expression, self._environment)
        number = whole(count)
        if number is None or number < 0:
            label = "depends on a named dimension" if isinstance(count, Size) else kind_of(count)
            raise ExpressionFault(
                "wrong-argument",
                f"`{self._declared.word}` cannot run `{written(count)}` times",
                expression.span,
                label,
                "write a whole number of at least 0",
            )
        self._walk.charge(number, expression.span)
        return number

    def holds(self, name: str) -> bool:
        return condition(self._arguments[name], self._environment)

    def path(self, name: str) -> str:
        return path_of(self._arguments[name], self._environment)

    def variable(self, name: str) -> str | None:
        expression = self._arguments.get(name)
        if expression is None:
            return None
        if not isinstance(expression, tree.Name):
            raise Unresolved  # reported with the names
        return expression.word

    def elements(self) -> list[dict[str, Result]]:
        loop, _ = loop_of(self.construct)
        if loop is None:
            raise Unresolved  # reported with the names
        items = known(loop.items, self._environment)
        span = loop.items.span
        if not is_list(items):
            raise not_a_list(f"`{self._declared.word}`", items, span)
        self._walk.charge(len(items), span)
        turns = bind_items(loop.target, items, loop.items)
        if loop.counter is not None:
            for index, variables in enumerate(turns):
                variables[loop.counter] = index
        return turns

    # ---- parts

    def run(
        self,
        part: tree.Step,
        value: Value | None,
        *,
        turn: int | None = None,
        variables: Mapping[str, Result] = {},
    ) -> Made[Value | None]:
        return self._walk.step(part, value, self._inside(turn, variables))

    def run_beside(self, part: tree.Step, value: Value | None) -> Made[Value | None]:
        return self._walk.step(part, value, self._place.inside(self._place.frame))

    def _inside(self, turn: int | None, variables: Mapping[str, Result]) -> Place:
        environment = self._place.environment
        if variables:
            environment = environment.with_variables(variables)
        frame, place = self._frame, self._place
        if frame is None or turn != frame.iteration:  # what a turn runs and makes is asked for in a row
            word, span, region = self._declared.word, self.construct.span, self._declared.region
            frame = self._frame = Frame(word, word, place.scope.path, span, region, place.frame, turn)
        return Place(place.scope, environment, frame, place.depth + 1)

    def branch(self, part: tree.Step, value: Value | None) -> Made[Value]:
        return self._branch(part, value, self._inside(None, {}))

    def _branch(self, part: tree.Step, value: Value | None, place: Place) -> Made[Value]:
        made = self._walk.step(part, value, place)
        if made is None or isinstance(made, Value):
            return self._flows(part, made)
        return self._branch_later(part, made)

    def _branch_later(self, part: tree.Step, work: Steps[Value | None]) -> Steps[Value]:
        return self._flows(part, (yield work))

    def _flows(self, part: tree.Step, value: Value | None) -> Value:
        """The value of a branch; reported where there is none."""
        if value is not None:
            return value
        self._walk.report(
            Diagnostic(
                "nothing-flows",
                f"this branch of `{self._declared.word}` has no value",
                part.span,
                "nothing flows into it",
                "begin it with `from(...)`",
            )
        )
        return UNKNOWN

    def branches(
        self,
        part: tree.Step,
        value: Value | None,
        *,
        turn: int | None = None,
        variables: Mapping[str, Result] = {},
    ) -> Made[list[NamedBranch[Value]]]:
        place = self._inside(turn, variables)
        below = part.step if isinstance(part, tree.Labelled) else part
        while (inside := tree.unwrapped(below)) is not below:
            below = inside
        if isinstance(below, tree.ConstructStep):
            declared = self._walk.vocabulary.constructs[below.name.word]
            if declared.gives_branches:
                inner = _WalkExpansion(self._walk, below, declared, value, place)
                return self._branches_of(declared, inner, part)
        made = self._branch(part, value, place)
        return [NamedBranch(made, part)] if isinstance(made, Value) else self._one_branch(part, made)

    def _one_branch(self, part: tree.Step, work: Steps[Value]) -> Steps[list[NamedBranch[Value]]]:
        return [NamedBranch((yield work), part)]

    def _branches_of(
        self, declared: Construct, inner: _WalkExpansion, part: tree.Step
    ) -> Steps[list[NamedBranch[Value]]]:
        """The branches that a construct gives. As one with a label it is a branch, or none."""
        walk = self._walk
        walk.charge(1, inner.construct.span)
        try:
            if not isinstance(part, tree.Labelled):
                found: list[NamedBranch[Value]] = yield declared.branches(inner)
                return found
            if declared.is_no_branch(inner):
                return []
        except Unresolved:
            return [NamedBranch(UNKNOWN, part)]
        except ArchError as fault:
            walk.report_all(fault)
            return [NamedBranch(UNKNOWN, part)]
        result = yield self._branch(part, inner.value, inner._place)
        return [NamedBranch(result, part)]

    # ---- what it makes

    def put(
        self,
        operator: Operator,
        values: Sequence[Value],
        branches: Sequence[tree.Step | Branch] = (),
        *,
        turn: int | None = None,
        alike: bool = False,
    ) -> Value:
        path = f"{self._place.scope.path or self._walk.design.name}:{operator.word}"
        inside = self._inside(turn, {})
        span = self.construct.span
        bound: Bound | None = {**self._arguments} if self._declared.has_branches else None
        walk = self._walk
        return apply(
            walk, operator, tuple(values), path, inside, span, bound=bound, branches=branches, alike=alike
        )

    def auxiliary_head(self, name: str, weight: float) -> Steps[Value | None]:
        walk, span = self._walk, self._arguments["name"].span
        if walk.auxiliary_head is not None or walk.sharing:
            around, help = "another `aux`", "put it after the outer one"
            if walk.sharing:
                around, help = "a shared step", "put it after the step, which is run once for each share"
            raise ExpressionFault(
                "misplaced-aux", f"an `aux` cannot stand in {around}", self.construct.span, "in there", help
            )
        refuse_name(name, span, "an `aux`")
        if not walk.check_output_name(name, span):
            return self.value
        scope = self._place.scope
        entry = LabelledStep(name, span, self.construct.body, scope, self._environment, hidden=True)
        walk.auxiliary_head = name
        try:
            result: Value | None = yield walk.named(entry, self.value, self._inside(None, {}))
        finally:
            walk.auxiliary_head = None
        if result is not None and result.known:
            walk.auxiliary_heads[name] = (AuxiliaryHead(name, result.node, weight), span)
        return self.value

    # ---- diagnostics

    def warn(self, code: Code, message: str, label: str, help: str) -> None:
        self._walk.report(Diagnostic(code, message, self.construct.span, label, help, severity="warning"))

    def fault(self, code: Code, message: str, label: str, help: str) -> ArchError:
        return ExpressionFault(code, message, self.construct.span, label, help)

    def unresolved(self) -> Exception:
        return Unresolved()

    def nothing_flows(self) -> ArchError:
        return nothing_flows(self._declared.word, self.construct.span)
