"""Designs as texts, for the tests of the language: what they become, and what is said of them.

In a text that is to be refused, ``‹`` and ``›`` stand around the piece at which that has to happen.
"""

from __future__ import annotations

import textwrap
from typing import NamedTuple

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.graph.tensors import parameter_name
from archdsl.network import Network
from archdsl.source import Source
from tests.fixing import prove

OPEN, CLOSE = "‹", "›"


def design(
    body: str, *, input: str = "[3, 8, 8]", inputs: str = "", params: str = "", blocks: str = ""
) -> str:
    """A design of these sections; ``body`` and ``blocks`` are written without their indentation."""
    text = f"inputs: {inputs}\n" if inputs else f"input: {input}\n"
    if params:
        text += f"params: {params}\n"
    if blocks:
        text += "blocks:\n" + textwrap.indent(textwrap.dedent(blocks).strip("\n"), "  ") + "\n"
    return text + "body:\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "  ") + "\n"


def check(text: str, **options: object) -> pipeline.Checked:
    return pipeline.check(Source(text), **options)  # type: ignore[arg-type]


def network(text: str, **options: object) -> Network:
    """The network of a design of which there is nothing to say."""
    checked = check(text, **options)
    assert [(found.code, found.span.line, found.message) for found in checked.diagnostics] == []
    assert checked.network is not None
    return checked.network


def parameters(text: str, **options: object) -> dict[str, tuple[int, ...]]:
    """The dotted name and shape of every tensor that counts, in the order of the nodes, each once."""
    tensors = network(text, **options).graph.tensors.values()
    return {tensor.name: tensor.shape for tensor in tensors if not tensor.training_only}


def weights(text: str, **options: object) -> list[str]:
    """The dotted names of the weights alone, without their last word."""
    return [
        name.removesuffix(".weight")
        for name in parameters(text, **options)
        if name.endswith((".weight", "weight"))
    ]


class Step(NamedTuple):
    """A node without its name: what it does, to which nodes, and what comes out."""

    operator: object
    inputs: tuple[int, ...]
    shape: tuple[object, ...]
    parameters: tuple[str, ...]
    auxiliary_head: str | None


def steps(text: str, **options: object) -> list[Step]:
    """The graph without what it came from: equal for two designs that mean the same."""
    graph = network(text, **options).graph
    return [
        Step(
            node.op,
            node.inputs,
            node.shape,
            tuple(parameter_name(node.owner, parameter) for parameter in graph.params_of(node)),
            node.auxiliary_head,
        )
        for node in graph.nodes
    ]


def operators(text: str, **options: object) -> list[str]:
    """The words of the operators, in order, without the inputs."""
    return [node.op.word for node in network(text, **options).nodes if node.op.word != "input"]


def shape(text: str, **options: object) -> tuple[object, ...]:
    """The shape of the only output."""
    (only,) = network(text, **options).outputs.values()
    return only


def diagnostics(text: str, **options: object) -> tuple[Diagnostic, ...]:
    return check(text, **options).diagnostics


def codes(text: str, **options: object) -> list[str]:
    return [found.code for found in diagnostics(text, **options)]


def _rechecked(
    text: str, source: Source, options: dict[str, object]
) -> tuple[Source, tuple[Diagnostic, ...]]:
    again = Source(text, source.name, source.path)
    return again, pipeline.check(again, **options).diagnostics  # type: ignore[arg-type]


def refused(marked: str, code: str, *, fix: str | None = None, **options: object) -> Diagnostic:
    """The one diagnostic of a design: with this code, at the piece between the marks.

    ``fix`` is what to write in place of that piece: then the design has to check.
    """
    before, _, rest = marked.partition(OPEN)
    piece, _, after = rest.partition(CLOSE)
    assert OPEN in marked, "mark the place"
    checked = check(before + piece + after, **options)
    (found,) = checked.diagnostics
    assert found.code == code, found
    source = found.span.source
    assert (found.span.line, found.span.column) == source.line_and_column(len(before)), found
    assert found.span.text == piece
    if found.severity == "error":
        assert checked.network is None
    prove(found, lambda text: _rechecked(text, source, options), alone=False)
    if fix is not None:
        assert found.help, "no fix is named"
        network(before + fix + after, **options)
    return found
