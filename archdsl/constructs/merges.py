"""Merges: each branch runs on the incoming value, and the results become one."""

from __future__ import annotations

import inspect

from archdsl.constructs.base import Construct, ConstructExample, Expansion, HeadingParameter, Steps, V
from archdsl.ops.base import Operator
from archdsl.ops.branch_mismatch import Branch
from archdsl.ops.documentation import about
from archdsl.ops.merge import Add
from archdsl.ops.scale import Scale


class Merge(Construct):
    """The construct of an operator that takes any number of values; its documentation is the operator's."""

    has_branches = True

    def __init__(self, operator: type[Operator]) -> None:
        self.operator = operator
        self.word = operator.word
        self.aliases = operator.aliases
        self.examples = (
            ConstructExample(f"{self.word}:\n  - conv(8, 1)\n  - conv(8, 3, padding=1)", (4, 8, 8)),
        )
        self.parameters = tuple(
            HeadingParameter(
                name, "attribute", about(field), None if field.is_required() else str(field.default)
            )
            for name, field in operator.model_fields.items()
        )

    @property
    def about(self) -> str:
        return inspect.getdoc(self.operator) or ""

    def expand(self, at: Expansion[V]) -> Steps[V | None]:
        attributes = at.whole_numbers()
        parts = at.construct.parts
        if not parts:
            raise at.fault(
                "no-branches", f"`{self.word}` has no branches", "nothing to bring together",
                "write them below, each with `- `",
            )  # fmt: skip
        branches = []
        for part in parts:
            branches += yield at.branches(part, at.value)
        if not branches:
            raise at.fault(
                "no-branches",
                f"`{self.word}` has no branches",
                "none of them is left here",
                "add a branch that is always there: `[]` is the value itself",
            )
        if len(branches) == 1:
            at.warn(
                "single-branch",
                f"`{self.word}` has one branch",
                "has nothing to bring together",
                "add a branch, or write its steps without the merge; `[]` is the value itself",
            )
        operator = self.operator(**attributes)
        return at.put(operator, [value for value, _ in branches], [step for _, step in branches])


class Residual(Construct):
    """The incoming value is added. ``residual(scale=s): {body: B, shortcut: S}`` is
    ``add: [[B, scale(s)], S]``; without a shortcut, S is ``[]``. ``residual(when=c)`` is B alone where the
    condition does not hold."""

    word = "residual"
    parameters = (
        HeadingParameter("scale", "number", "what the body's value is multiplied by", ""),
        HeadingParameter("when", "condition", "whether anything is added; known while checking", ""),
    )
    parts = {
        "body": "what is done to the value",
        "shortcut": "what is added to that, if not the value itself",
    }
    passes_value = True
    examples = (
        ConstructExample("residual: conv(4, 3, padding=1) -> batch_norm", (4, 8, 8)),
        ConstructExample("residual(scale=0.5):\n  body: conv(8, 1)\n  shortcut: conv(8, 1)", (4, 8, 8)),
        ConstructExample("residual(when=channels == 8): conv(8, 3, padding=1) -> relu", (4, 8, 8)),
    )

    def expand(self, at: Expansion[V]) -> Steps[V | None]:
        if at.is_given("when") and not at.holds("when"):
            alone: V | None = yield at.run_beside(at.construct.body, at.value)
            return alone
        factor = at.number("scale")
        values, names = [], []
        for name, part in at.construct.named_parts():
            value = yield at.branch(part, at.value)
            if name == "body" and factor is not None:
                value = at.put(Scale(factor=factor), [value])
            values.append(value)
            names.append(Branch.named(f"the {name}"))
        if len(values) == 1:
            if at.value is None:
                raise at.nothing_flows()
            values.append(at.value)
            names.append(Branch("what enters", "write `shortcut: {}` beside its `body:`", has_steps=False))
        return at.put(Add(), values, names, alike=True)
