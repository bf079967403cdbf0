"""Warnings about values that nothing uses.

    unused       = nodes - needed(outputs + auxiliary heads)
    unused-value : the unused nodes that no node reads, that is the last of each unused chain
    unused-input : the inputs among them

Every unused value leads to one that is reported (its readers are unused too, and the graph is finite and
has no cycle), so one warning a chain is enough. Exact, in linear time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.diagnostics import Diagnostic
from archdsl.graph.reach import running
from archdsl.shapes import text_of

if TYPE_CHECKING:
    from archdsl.diagnostics import Diagnostics
    from archdsl.graph.ir import Graph, Node
    from archdsl.source import Span


def warn_of_unused(graph: Graph, diagnostics: Diagnostics) -> None:
    """Add a warning for each value, at its place, from which no output or auxiliary head can be reached."""
    used = running(graph, training=True)
    if all(used):
        return
    read = {source for node in graph.nodes for source in node.inputs}
    inputs = set(graph.inputs)
    labels = _labels(graph)
    for position, node in enumerate(graph.nodes):
        if used[position] or position in read:
            continue
        if position in inputs:
            diagnostics.add(
                Diagnostic(
                    "unused-input",
                    f"nothing uses the input `{node.name}`",
                    node.span,
                    label=f"{text_of(node.shape)}, never read",
                    help=f"remove it, or use it with `from({node.name})`",
                    severity="warning",
                )
            )
            continue
        path = labels.get(position, node.name)
        label = _seen_label(node, path)
        written = label if label.isidentifier() else f'"{label}"'
        diagnostics.add(
            Diagnostic(
                "unused-value",
                f"nothing uses the value of `{path}`",
                _span(node, path),
                label=f"makes {text_of(node.shape)}, from which no output can be reached",
                help="remove it, or give it a label and use it with `from(label)`"
                if label.isdecimal() or ":" in label  # its number, or what a construct's equation adds
                else f"remove it, or use it with `from({written})`",
                severity="warning",
            )
        )


def _span(node: Node, path: str) -> Span:
    """Where the name of a value stands: the label of its group, or the call that makes it."""
    span, frame = node.span, node.frame
    while frame is not None:
        if frame.name == path and frame.region.is_scope:
            span = frame.span
        frame = frame.parent
    return span


def _seen_label(node: Node, path: str) -> str:
    """The name of a value as it is seen from the scope in which it is made: a path where its label is one."""
    frame = node.frame
    while frame is not None:
        if frame.region.is_scope and path.startswith(f"{frame.name}."):
            return path[len(frame.name) + 1 :]
        frame = frame.parent
    return path


def _labels(graph: Graph) -> dict[int, str]:
    """The dotted name of each value that has one of its own; the outermost scope's comes first."""
    labels: dict[int, str] = {}
    for name, position in sorted(graph.scopes.items(), key=lambda scope: scope[0].count(".")):
        if not name.rpartition(".")[2].isdecimal():
            labels.setdefault(position, name)
    return labels
