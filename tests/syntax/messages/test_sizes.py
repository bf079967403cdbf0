"""What other tools write for the sizes of an input, in both syntaxes."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.fixes import edited
from archdsl.shapes import text_of
from archdsl.source import Source


def both(shape: str) -> list[Source]:
    return [
        Source(f"input: {shape}\nbody: relu\n", "design.yaml"),
        Source(f"input {shape}\nbody {{ relu }}\n", "design.arch"),
        Source(f"inputs:\n  x: {shape}\nbody: from(x) -> relu\n", "design.yaml"),
        Source(f"inputs {{ x: {shape} }}\nbody {{ from(x) -> relu }}\n", "design.arch"),
    ]


def found(source: Source) -> Diagnostic:
    """The first mistake, of which each size that is left open is one."""
    diagnostics = pipeline.check(source).diagnostics
    assert {each.message for each in diagnostics} == {diagnostics[0].message}
    return diagnostics[0]


@pytest.mark.parametrize("sign", ["?", ":", "~", "*", "..."])
@pytest.mark.parametrize("shape", ["[{}, 224, 224]", "[3, {}, {}]", "[{}]", "[3, {}]"])
def test_a_size_left_open_is_named(sign: str, shape: str) -> None:
    for source in both(shape.replace("{}", sign)):
        diagnostic = found(source)
        assert diagnostic.message == "a size that is left open has a name"
        assert diagnostic.label == f"`{sign}` is no size"
        assert diagnostic.span.text == sign
        assert "`[3, H, W]`" in diagnostic.help
        assert "batch" in diagnostic.help


@pytest.mark.parametrize(
    ("shape", "wanted"), [("3x8x8", "3x8x8"), ("[3, 8x9]", "3x8x9"), ("16x4", "16x4"), ("3xHxW", "3xHxW")]
)
def test_sizes_joined_by_x_are_a_list(shape: str, wanted: str) -> None:
    for source in both(shape):
        diagnostic = found(source)
        text = edited(source.text, diagnostic.fixes[0].edits)
        network = pipeline.check(Source(text, source.name)).network
        assert network is not None, text
        assert text_of(network.graph.nodes[0].shape) == wanted
