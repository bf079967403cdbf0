"""The rules of a legal ONNX graph, beyond those of its operators: one table, read before a model is
written. onnx's own checker lets equal node names pass, and onnxruntime refuses them.

A graph that breaks one is a mistake of ours. One pass over the nodes: next to what it takes to make
them, it costs nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from archdsl.graph.verify import IllegalGraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archdsl.backends.onnx.emitter import OnnxNode


class Names(NamedTuple):
    """The names of an ONNX graph: the values that it begins with, its nodes in order, its outputs."""

    inputs: Sequence[str]
    initializers: Sequence[str]
    nodes: Sequence[OnnxNode]
    outputs: Sequence[str]


class OnnxRule(NamedTuple):
    """A sentence that holds for every legal ONNX graph, and what finds the places where it does not."""

    sentence: str
    broken: Callable[[Names], Iterator[str]]


def check_legal(names: Names) -> None:
    """Raises `IllegalGraphError` with all that is broken."""
    broken = [f"{rule.sentence}: {place}" for rule in RULES for place in rule.broken(names)]
    if broken:
        raise IllegalGraphError("lowering to ONNX", broken)


def _repeated(names: Iterable[str]) -> Iterator[str]:
    return (f"`{name}` stands {times} times" for name, times in Counter(names).items() if times > 1)


def _repeated_nodes(names: Names) -> Iterator[str]:
    yield from _repeated(node.name for node in names.nodes)


def _repeated_values(names: Names) -> Iterator[str]:
    made = [value for node in names.nodes for value in node.outputs]
    yield from _repeated([*names.inputs, *names.initializers, *made])


def _repeated_outputs(names: Names) -> Iterator[str]:
    yield from _repeated(names.outputs)


def _nameless(names: Names) -> Iterator[str]:
    for node in names.nodes:
        if not node.name or not all(node.outputs):
            yield f"a {node.op_type} of `{node.graph_node.name}`"


def _reads_before_made(names: Names) -> Iterator[str]:
    known = {*names.inputs, *names.initializers}
    for node in names.nodes:
        # An empty name is an optional input that is left out.
        for value in node.inputs:
            if value and value not in known:
                yield f"`{node.name}` reads `{value}`"
        known.update(node.outputs)
    for value in names.outputs:
        if value not in known:
            yield f"the output `{value}` is made nowhere"


RULES = (
    OnnxRule("every node and value has a name", _nameless),
    OnnxRule("no two nodes have one name", _repeated_nodes),
    OnnxRule("a value is made once", _repeated_values),
    OnnxRule("outputs have names of their own", _repeated_outputs),
    OnnxRule("a node reads what is made before it", _reads_before_made),
)
