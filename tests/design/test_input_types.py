"""The types of inputs: a shape, or a shape with a dtype."""

from __future__ import annotations

import pytest

from archdsl.format.rewriting import converted
from archdsl.source import Source
from tests.checking import check, network, refused

PICTURE = """\
input: {shape: [3, 8, 8], dtype: uint8}
body: cast(float32) -> conv(4, 3)
"""
SENTENCES = """\
inputs:
  ids: {shape: [L], dtype: int64}
  scores: [L, 4]
body:
  - from(ids) -> embedding(10, 4)
  - add: [[], from(scores)]
"""


@pytest.mark.parametrize("syntax", ["yaml", "arch"])
def test_inputs_have_dtypes_in_both_syntaxes(syntax: str) -> None:
    for text, wanted in (
        (PICTURE, {"input": "3x8x8 uint8"}),
        (SENTENCES, {"ids": "L int64", "scores": "Lx4"}),
    ):
        written = text if syntax == "yaml" else converted(Source(text, "net.yaml"), "arch")
        made = network(written)
        nodes = [made.nodes[at] for at in made.graph.inputs]
        assert {node.name: str(node.type) for node in nodes} == wanted


def test_a_mapping_without_a_dtype_is_float32() -> None:
    made = network("input: {shape: [3, 8, 8]}\nbody: relu\n")
    assert made.nodes[0].type.dtype == "float32"


def test_an_input_that_is_given_keeps_its_dtype() -> None:
    made = check(PICTURE, input="3x16x16").network
    assert made is not None
    assert str(made.nodes[0].type) == "3x16x16 uint8"


@pytest.mark.parametrize(
    ("text", "code", "fix"),
    [
        ("input: {shape: [3], dtype: ‹unit8›}\nbody: cast(float32)\n", "wrong-value", "uint8"),
        ("input: {shape: [3], dtype: ‹3›}\nbody: relu\n", "wrong-value", "float32"),
        ("input: {shape: [3], ‹dtyp›: uint8}\nbody: cast(float32)\n", "unknown-key", "dtype"),
        ("inputs: {a: {‹shap›: [3]}}\nbody: from(a) -> relu\n", "unknown-key", "shape"),
        ("inputs: {a: {shape: [3], dtype: ‹flaot32›}}\nbody: from(a) -> relu\n", "wrong-value", "float32"),
        ("input: {shape: ‹3›, dtype: uint8}\nbody: cast(float32)\n", "wrong-value", "[3]"),
        ("input: {shape: [3, ‹0›], dtype: uint8}\nbody: cast(float32)\n", "wrong-value", "1"),
    ],
)
def test_what_is_no_type_is_refused_at_its_place(text: str, code: str, fix: str) -> None:
    refused(text, code, fix=fix)


def test_a_cast_is_offered_where_a_dtype_does_not_fit() -> None:
    text = "input: {shape: [3, 8, 8], dtype: uint8}\nbody:\n  - ‹conv(4, 3)›\n"
    found = refused(text, "wrong-dtype", fix="cast(float32) -> conv(4, 3)")
    assert "`conv` does not take values of `uint8`" in found.message
    assert "the input is 3x8x8 uint8" in [label.text for label in found.related]


def test_dtypes_that_differ_in_a_merge_are_refused() -> None:
    text = "input: [3, 8, 8]\nbody:\n  - add:\n      - cast(float64)\n      - []\n"
    (found,) = check(text).diagnostics
    assert found.code == "wrong-dtype"
    assert "cast(float32)" in found.help
    assert "cast(float64)" in found.help
