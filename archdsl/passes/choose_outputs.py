"""A graph with other outputs: values of its own by their dotted names, and nothing that they do not need.

    outputs' = the values named;  nodes' = inputs + needed(outputs')

in the same order. It is exact: what stays is computed as before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from archdsl.diagnostics import UsageError, did_you_mean
from archdsl.graph.ir import Output
from archdsl.passes.drop_training import drop_training

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph


def choose_outputs(graph: Graph, wanted: Sequence[str]) -> Graph:
    """The graph whose outputs are these: dotted names of the design's values (``features.denseblock2``), each with a
    name of its own before it if that is to be another (``c4=layer4``). Without one, its dots become ``_``.

    Raises `UsageError` for a name that no value has, and for two outputs of one name.
    """
    values = _values(graph)
    chosen: dict[str, int] = {}
    for text in wanted:
        alias, _, path = text.strip().rpartition("=")
        name = alias.strip() or path.replace(".", "_")
        if path not in values:
            near = did_you_mean(path, values)
            known = ", ".join(f"`{value}`" for value in list(values)[:_SHOWN])
            raise UsageError(
                f"no value of `{graph.name}` is called `{path}`",
                help=f"did you mean `{near}`?"
                if near
                else f"its values are {known} ..."
                if known
                else "it has none",
            )
        if not name.replace("-", "_").isidentifier():
            raise UsageError(f"`{name}` is no name of an output", help=f"write a word before it: `c1={path}`")
        if name in chosen:
            raise UsageError(
                f"two outputs are called `{name}`", help=f"give one another name: `other={path}`"
            )
        chosen[name] = values[path]
    outputs = tuple([Output(name, node) for name, node in chosen.items()])
    return drop_training(replace(graph, outputs=outputs))


_SHOWN = 8


def _values(graph: Graph) -> Mapping[str, int]:
    """The values that have a name in the design, but for those of auxiliary heads, by that name."""
    named = {output.name: output.node for output in graph.outputs}
    named |= {path: node for path, node in graph.scopes.items() if graph.nodes[node].auxiliary_head is None}
    return named
