"""The rules of a legal graph, one table. A graph that breaks one is a mistake of ours.

Checked between the stages in tests; the rules read nothing but the graph.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archdsl.diagnostics import OperatorError
from archdsl.graph.infer import infer_types
from archdsl.graph.tensors import ConstantData
from archdsl.shapes import TensorType, is_known, item_bytes, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archdsl.graph.ir import Graph, Node


class IllegalGraphError(AssertionError):
    """A stage of ours made a graph that breaks the rules: an internal error, with all that is broken."""

    def __init__(self, stage: str, broken: list[str]) -> None:
        super().__init__(f"internal error: {stage} made an illegal graph: " + "; ".join(broken))
        self.stage, self.broken = stage, broken


Finding: TypeAlias = "Iterator[str]"


class GraphRule(NamedTuple):
    """A sentence that holds for every legal graph, and what finds the places where it does not."""

    sentence: str
    broken: Callable[[Graph], Finding]


def verify(graph: Graph) -> list[str]:
    """The breaches of the rules in a graph, rule by rule; empty for a legal one."""
    found = []
    for rule in RULES:
        places = [f"{rule.sentence}: {place}" for place in rule.broken(graph)]
        found += places
        if places and rule in STRUCTURE:
            # The rules after these follow edges, which have to lead where an operator can read.
            return found
    return found


def check_legal(graph: Graph, stage: str) -> Graph:
    """The graph itself. Raises `IllegalGraphError`, which names the stage that made it."""
    if broken := verify(graph):
        raise IllegalGraphError(stage, broken)
    return graph


def _repeated(names: list[str]) -> Finding:
    return (f"`{name}` stands {times} times" for name, times in Counter(names).items() if times > 1)


def _repeated_names(graph: Graph) -> Finding:
    yield from _repeated([node.name for node in graph.nodes])


def _nameless(graph: Graph) -> Finding:
    for position, node in enumerate(graph.nodes):
        if not node.name or not node.owner:
            yield f"node {position} (`{node.name}`, owner `{node.owner}`)"


def _edges_forward(graph: Graph) -> Finding:
    for position, node in enumerate(graph.nodes):
        for source in node.inputs:
            if not 0 <= source < position:
                yield f"`{node.name}` at {position} reads {source}"


def _positions_outside(graph: Graph) -> Finding:
    count = len(graph.nodes)
    for what, position in (
        *((f"input {index}", position) for index, position in enumerate(graph.inputs)),
        *((f"output `{output.name}`", output.node) for output in graph.outputs),
        *((f"auxiliary head `{head.name}`", head.node) for head in graph.auxiliary_heads),
        *((f"scope `{name}`", position) for name, position in graph.scopes.items()),
    ):
        if not 0 <= position < count:
            yield f"{what} is node {position} of {count}"


def _wrong_arity(graph: Graph) -> Finding:
    given = set(graph.inputs)
    for position, node in enumerate(graph.nodes):
        arity = len(node.operands)
        if position in given:
            if arity:
                yield f"the input `{node.name}` reads {arity} values"
        else:
            least, most = node.op.arity()
            if arity < least or (most is not None and arity > most):
                yield f"`{node.name}` reads {arity} values"


def _wrong_sizes(graph: Graph) -> Finding:
    for node in graph.nodes:
        if any(size < 1 for size in node.shape if is_known(size)):
            yield f"`{node.name}` is {text_of(node.shape)}"


def _wrong_types(graph: Graph) -> Finding:
    inferred: list[TensorType] = []
    try:
        for type in infer_types(graph):
            inferred.append(type)
    except OperatorError as refusal:
        yield f"`{graph.nodes[len(inferred)].name}` refuses its inputs: {refusal.message}"
    wrong: set[int] = set()
    for position, type in enumerate(inferred):
        node = graph.nodes[position]
        if type != node.type:
            # One wrong type makes others; only the first of them is named.
            if wrong.isdisjoint(node.inputs):
                yield f"`{node.name}` is {node.type}, and its operator says {type}"
            wrong.add(position)


def _foreign_sources(graph: Graph) -> Finding:
    for name, source in graph.sources.items():
        tensor = graph.owned.get(name)
        if tensor is None:
            yield f"`{name}` is no tensor of the graph"
        elif isinstance(source, ConstantData):
            wanted = item_bytes(tensor.dtype) * math.prod(tensor.shape)
            if len(source.data) != wanted:
                yield f"`{name}` has {len(source.data)} bytes, and its type {wanted}"


def _no_outputs(graph: Graph) -> Finding:
    if not graph.outputs:
        yield "it has none"


def _repeated_outputs(graph: Graph) -> Finding:
    yield from _repeated(
        [output.name for output in graph.outputs] + [head.name for head in graph.auxiliary_heads]
    )


def _outputs_in_heads(graph: Graph) -> Finding:
    for output in graph.outputs:
        if graph.nodes[output.node].auxiliary_head is not None:
            yield f"output `{output.name}` is made in `{graph.nodes[output.node].auxiliary_head}`"


def _reads_of_heads(graph: Graph) -> Finding:
    for node in graph.nodes:
        for source in node.inputs:
            head = graph.nodes[source].auxiliary_head
            if head is not None and head != node.auxiliary_head:
                yield f"`{node.name}` reads `{graph.nodes[source].name}` of `{head}`"


def _unknown_heads(graph: Graph) -> Finding:
    known = {head.name for head in graph.auxiliary_heads}
    for node in graph.nodes:
        if node.auxiliary_head is not None and node.auxiliary_head not in known:
            yield f"`{node.name}` is in `{node.auxiliary_head}`"


def _wrong_owners(graph: Graph) -> Finding:
    first: dict[str, Node] = {}
    names = {node.name: node for node in graph.nodes}
    for node in graph.nodes:
        owner = names.get(node.owner)
        if owner is not None and owner.owner != owner.name:
            yield f"`{node.name}` has them of `{owner.name}`, which has them of `{owner.owner}`"
        before = first.setdefault(node.owner, node)
        if before is node:
            if owner is not None and owner is not node:
                yield f"`{node.name}` has them of `{owner.name}`, which comes later"
            continue
        ours, theirs = graph.params_of(node), graph.params_of(before)
        if [p[:2] for p in ours] != [p[:2] for p in theirs]:
            yield f"`{node.name}` and `{before.name}` need different ones"


STRUCTURE = (
    GraphRule("every node has a name and an owner", _nameless),
    GraphRule("a node reads nodes before it", _edges_forward),
    GraphRule("inputs, outputs, auxiliary heads and scopes are nodes of the graph", _positions_outside),
    GraphRule("a node reads as many values as its operator has operands", _wrong_arity),
)
RULES = (
    *STRUCTURE,
    GraphRule("names are unique", _repeated_names),
    GraphRule("sizes are at least 1", _wrong_sizes),
    GraphRule("types are those that the operators infer", _wrong_types),
    GraphRule("sources are of tensors that the graph has", _foreign_sources),
    GraphRule("a graph has an output", _no_outputs),
    GraphRule("outputs and auxiliary heads have names of their own", _repeated_outputs),
    GraphRule("no output is made in an auxiliary head", _outputs_in_heads),
    GraphRule("an auxiliary head's values are read in that head only", _reads_of_heads),
    GraphRule("a node is in an auxiliary head that the graph has", _unknown_heads),
    # The owner itself may be gone, where only a later use of a shared step is still needed.
    GraphRule("shared parameters are those of an earlier step and agree", _wrong_owners),
)
