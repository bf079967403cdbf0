"""Constructs that matter in training alone."""

from __future__ import annotations

from archdsl.constructs.base import Construct, ConstructExample, Expansion, HeadingParameter, Made, V
from archdsl.constructs.region import RegionKind

_WEIGHT = 0.3
"""The weight of an auxiliary head in the loss where none is written: GoogLeNet's."""


class Aux(Construct):
    """``aux(name, weight=0.3): B``: an auxiliary head in training only; the value flows on past it."""

    word = "aux"
    parameters = (
        HeadingParameter("name", "name", "the head's name among the outputs"),
        HeadingParameter("weight", "number", "what it counts in the loss", str(_WEIGHT)),
    )
    opens_scope = True
    passes_value = True
    region = RegionKind.TRAINING
    examples = (ConstructExample("aux(side): global_avg_pool -> linear(10)", (4, 8, 8)),)

    def expand(self, at: Expansion[V]) -> Made[V | None]:
        name, weight = at.path("name"), at.number("weight")
        return at.auxiliary_head(name, _WEIGHT if weight is None else weight)


class Checkpoint(Construct):
    """The body, recomputed in the backward pass; ``checkpoint(c): B`` where the condition holds."""

    word = "checkpoint"
    parameters = (HeadingParameter("condition", "condition", "where it is recomputed", "true"),)
    region = RegionKind.REMATERIALIZED
    examples = (ConstructExample("checkpoint: conv(8, 3) -> relu", (4, 8, 8)),)

    def expand(self, at: Expansion[V]) -> Made[V | None]:
        if at.is_given("condition") and not at.holds("condition"):
            return at.run_beside(at.construct.body, at.value)
        return at.run(at.construct.body, at.value)
