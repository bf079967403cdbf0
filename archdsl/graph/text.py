"""The text form of a graph: a line a node, for people, tests and golden files.

    graph tiny
    input = input : 3x8x8
    stem = conv(out=16, kernel=3, padding=1)(input) : 16x8x8
    again = conv(out=16, kernel=3, padding=1)(stem) : 16x8x8, parameters of stem
    side.0 = flatten(stem) : 1024, in side
    output result = again
    auxiliary head side = side.0, weight 0.3

What comes after ``with sizes of`` are values that a node reads for their sizes alone.

Attributes stand as the language writes them, and only where they differ from their defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archdsl.shapes import text_of

if TYPE_CHECKING:
    from archdsl.graph.ir import Graph, Node
    from archdsl.ops.base import Operator


def text_form(graph: Graph) -> str:
    """The whole graph; equal graphs give equal texts. Places and constructs are left out."""
    names = [node.name for node in graph.nodes]
    lines = [f"graph {graph.name}"]
    lines += [node_line(node, names) for node in graph.nodes]
    lines += [f"output {output.name} = {names[output.node]}" for output in graph.outputs]
    lines += [
        f"auxiliary head {head.name} = {names[head.node]}, weight {head.weight}"
        for head in graph.auxiliary_heads
    ]
    return "\n".join(lines) + "\n"


def node_line(node: Node, names: list[str]) -> str:
    """``name = op(attributes)(inputs) : shape``, with ``names`` those of the graph's nodes."""
    inputs = f"({', '.join([names[source] for source in node.operands])})" if node.operands else ""
    if node.references:
        inputs += f" with sizes of {', '.join([names[source] for source in node.inputs[-node.references :]])}"
    line = f"{node.name} = {call_text(node.op)}{inputs} : {text_of(node.shape)}"
    if node.owner != node.name:
        line += f", parameters of {node.owner}"
    if node.auxiliary_head is not None:
        line += f", in {node.auxiliary_head}"
    return line


def call_text(op: Operator) -> str:
    """An operator with the attributes that differ from their defaults: ``conv(out=8, kernel=3)``."""
    word = getattr(op, "word", "input")
    attributes = []
    for name, field in type(op).model_fields.items():
        value = getattr(op, name)
        if field.is_required() or value != field.get_default(call_default_factory=True):
            attributes.append(f"{name}={value_text(value)}")
    return f"{word}({', '.join(attributes)})" if attributes else word


def value_text(value: object) -> str:
    """An attribute's value as the language writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join([value_text(item) for item in value])}]"
    return str(value)
