"""Constructs that depend on a condition, which has to be known while checking."""

from __future__ import annotations

from archdsl.constructs.base import (
    Construct,
    ConstructExample,
    Expansion,
    HeadingParameter,
    Made,
    NamedBranch,
    Steps,
    V,
)
from archdsl.constructs.region import RegionKind


class When(Construct):
    """``when(c): A``, and in the same step ``else: B``: A where the condition holds; else B, or nothing.
    As a branch of a merge without ``else``, it is no branch where the condition does not hold."""

    word = "when"
    parameters = (HeadingParameter("condition", "condition", "what decides; known while checking"),)
    takes_else = True
    gives_branches = True
    region = RegionKind.STEPS
    examples = (ConstructExample("when(channels > 64): conv(64, 1)", (128, 6, 6)),)

    def expand(self, at: Expansion[V]) -> Made[V | None]:
        taken = 0 if at.holds("condition") else 1
        if taken >= len(at.construct.parts):
            return at.value
        return at.run(at.construct.parts[taken], at.value)

    def branches(self, at: Expansion[V]) -> Steps[list[NamedBranch[V]]]:
        taken = 0 if at.holds("condition") else 1
        if taken >= len(at.construct.parts):
            return []
        found: list[NamedBranch[V]] = yield at.branches(at.construct.parts[taken], at.value)
        return found

    def is_no_branch(self, at: Expansion[V]) -> bool:
        return len(at.construct.parts) == 1 and not at.holds("condition")
