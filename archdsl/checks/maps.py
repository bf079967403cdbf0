"""Warnings about operators that are rarely meant for a map with its channels first, such as `linear` on its rows.

    map(v) = layout(op) is MAP                          what windows make: the last dimension is spatial
           | layout(op) is KEPT and map(first operand)
           | v is an input that looks like a picture

What `permute`, `reshape`, `flatten` and `linear` itself make is none: their last dimension may be the channels, as
in Swin's and ConvNeXt's blocks.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from archdsl.diagnostics import Diagnostic, Label
from archdsl.elaborate.call_fixes import fixes_of_call
from archdsl.ops.base import Operator, TensorLayout
from archdsl.shapes import Shape, is_known, text_of

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostics
    from archdsl.graph.ir import Graph


def warn_of_maps(graph: Graph, diagnostics: Diagnostics) -> None:
    """Add a warning for each call that acts on a map and doubts that a map is meant, once for its place."""
    nodes = graph.nodes
    for node in nodes:
        if not node.inputs or _takes_maps(node.op.__class__):
            continue
        source = nodes[node.inputs[0]]
        doubt = node.op.check_map(source.shape)
        if doubt is None or not _is_map(graph, node.inputs[0]):
            continue
        made = "the input is" if node.inputs[0] in graph.given else "makes"
        diagnostics.add(
            Diagnostic(
                doubt.code,
                doubt.message,
                node.span,
                doubt.label,
                doubt.help,
                (Label(source.span, f"{made} {text_of(source.shape)}"),) if source.span != node.span else (),
                "warning",
                fixes_of_call(node.op, doubt.changes, node.span, {}),
            )
        )


@cache
def _takes_maps(kind: type[Operator]) -> bool:
    """Whether a class has no doubts about maps, as most have none."""
    return kind.check_map is Operator.check_map


def _is_map(graph: Graph, index: int) -> bool:
    node = graph.nodes[index]
    while node.op.layout is TensorLayout.KEPT:
        index = node.inputs[0]
        node = graph.nodes[index]
    if index in graph.given:
        return _looks_like_a_picture(node.shape)
    return node.op.layout is TensorLayout.MAP


def _looks_like_a_picture(shape: Shape) -> bool:
    """Whether an input seems to be a map with its channels first: its height and width come last, and are equal
    or named. Any other of three sizes may as well be windows of tokens with their features."""
    return len(shape) > 2 and _are_alike(shape[-2:]) and not _are_alike(shape[:-1])


def _are_alike(sizes: Shape) -> bool:
    """Whether these can be the sides of one picture: equal, or all of them open."""
    return len(set(sizes)) == 1 or not any(is_known(size) for size in sizes)
