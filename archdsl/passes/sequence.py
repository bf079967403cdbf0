"""Passes in a row: each takes a graph and returns one, the same object where it changed nothing.

A pass is a function in a file of its own, whose docstring has its equation and when that holds exactly.
Here is which passes run, and in which order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archdsl.graph.verify import check_legal
from archdsl.passes.drop_training import drop_training

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archdsl.graph.ir import Graph

    Pass: TypeAlias = Callable[[Graph], Graph]

INFERENCE: tuple[Pass, ...] = (drop_training,)
"""The passes that a graph goes through before it runs in inference."""


class PassRecord(NamedTuple):
    """A record of one pass: its name, the number of nodes before and after, and whether the graph changed."""

    name: str
    before: int
    after: int
    changed: bool


class SequenceResult(NamedTuple):
    graph: Graph
    steps: tuple[PassRecord, ...]


def run(graph: Graph, passes: Sequence[Pass] = INFERENCE, *, verify: bool = False) -> SequenceResult:
    """Run passes in order.

    With ``verify`` the graph is held against the rules of ``graph/verify.py`` at the beginning and after
    each pass that changed it. Raises `IllegalGraphError`, which names the pass and those before it.
    """
    if verify:
        check_legal(graph, "the elaboration")
    steps: list[PassRecord] = []
    for each in passes:
        made = each(graph)
        steps.append(PassRecord(each.__name__, len(graph.nodes), len(made.nodes), made is not graph))
        if verify and made is not graph:
            ran = ", ".join([step.name for step in steps[:-1]])
            check_legal(made, f"the pass `{each.__name__}`" + (f" (after {ran})" if ran else ""))
        graph = made
    return SequenceResult(graph, tuple(steps))


def for_inference(graph: Graph) -> Graph:
    """The graph as it runs in inference: what is summed up, compiled and compared."""
    return run(graph).graph
