"""What a legal ONNX graph is, beyond what its operators are: one table of rules, read before a model is
written. onnx's own checker lets equal node names pass, and onnxruntime refuses them.

A graph that breaks one is a mistake of ours. One pass over the calls: next to what it takes to make
them, it costs nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from archdsl.graph.verify import IllegalGraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archdsl.backends.onnx.emitter import Call


class Names(NamedTuple):
    """The names of an ONNX graph: the values that it begins with, its calls in order, its outputs."""

    inputs: Sequence[str]
    initializers: Sequence[str]
    calls: Sequence[Call]
    outputs: Sequence[str]


class Rule(NamedTuple):
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
    yield from _repeated(call.name for call in names.calls)


def _repeated_values(names: Names) -> Iterator[str]:
    made = [value for call in names.calls for value in call.outputs]
    yield from _repeated([*names.inputs, *names.initializers, *made])


def _repeated_outputs(names: Names) -> Iterator[str]:
    yield from _repeated(names.outputs)


def _nameless(names: Names) -> Iterator[str]:
    for call in names.calls:
        if not call.name or not all(call.outputs):
            yield f"a {call.op_type} of `{call.node.name}`"


def _reads_before_made(names: Names) -> Iterator[str]:
    known = {*names.inputs, *names.initializers}
    for call in names.calls:
        # An empty name is an optional input that is left out.
        for value in call.inputs:
            if value and value not in known:
                yield f"`{call.name}` reads `{value}`"
        known.update(call.outputs)
    for value in names.outputs:
        if value not in known:
            yield f"the output `{value}` is made nowhere"


RULES = (
    Rule("every node and value has a name", _nameless),
    Rule("no two nodes have one name", _repeated_nodes),
    Rule("a value is made once", _repeated_values),
    Rule("outputs have names of their own", _repeated_outputs),
    Rule("a node reads what is made before it", _reads_before_made),
)
