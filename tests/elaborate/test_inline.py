"""Inline calls: a block's steps are named and counted as if they stood in place of its call."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from archdsl.source import Source
from tests.checking import check, design, network, refused, steps, weights

BLOCKS = """
stem(out):
  - conv1: conv(out, 3, padding=1, bias=false)
  - bn1: batch_norm -> relu
one(out): conv(out, 1)
two(out): conv(out, 1) -> relu
pair(out, inline=true):
  - conv(out, 1)
  - "convs.{out}": conv(out, 1)
outer(out):
  - stem(out, inline=true)
  - add: [from(conv1), one(out)]
"""


@pytest.mark.parametrize(
    ("called", "by_hand"),
    [
        (
            "- stem(8, inline=true)\n- conv(4, 1)",
            "- conv1: conv(8, 3, padding=1, bias=false)\n- bn1: batch_norm -> relu\n- conv(4, 1)",
        ),
        (
            "- a: stem(8, inline=true)",
            "- a:\n    - conv1: conv(8, 3, padding=1, bias=false)\n    - bn1: batch_norm -> relu",
        ),
        ("- a: one(8, inline=true)", "- a: conv(8, 1)"),
        ("- a: two(8, inline=true)", "- a: conv(8, 1) -> relu"),
        ("- a: one(8, inline=true) -> relu", "- a: conv(8, 1) -> relu"),
        ("- one: {out: 8, inline: true}", "- conv(8, 1)"),
        ("- one(8, inline=false)", "- one(8)"),
        ("- pair(8)", '- conv(8, 1)\n- "convs.8": conv(8, 1)'),
        (
            "- pair(8)\n- pair(9)",
            '- conv(8, 1)\n- "convs.8": conv(8, 1)\n- conv(9, 1)\n- "convs.9": conv(9, 1)',
        ),
        ("- repeat(2):\n    - one(8, inline=true)", "- repeat(2):\n    - conv(8, 1)"),
        (
            '- residual: one(3, inline=true)\n- concat: ["one(8, inline=true)", two(8)]',
            '- residual: conv(3, 1)\n- concat: ["conv(8, 1)", two(8)]',
        ),
        (
            "- a: two(3, inline=true)\n- share(a)",
            "- a: conv(3, 1) -> relu\n- share(a)",
        ),
        (
            "- stem(8, inline=true)\n- add: [from(conv1), []]",
            "- conv1: conv(8, 3, padding=1, bias=false)\n- bn1: batch_norm -> relu\n- add: [from(conv1), []]",
        ),
        (
            "- outer(8, inline=true)\n- add: [from(conv1), []]",
            "- conv1: conv(8, 3, padding=1, bias=false)\n- bn1: batch_norm -> relu\n- add: [from(conv1), one(8)]\n"
            "- add: [from(conv1), []]",
        ),
        (
            "- aux(side): two(8, inline=true)\n- conv(4, 1)",
            "- aux(side): conv(8, 1) -> relu\n- conv(4, 1)",
        ),
    ],
)
def test_an_inline_call_is_its_body_written_in_its_place(called: str, by_hand: str) -> None:
    one, other = (check(design(body, blocks=BLOCKS)) for body in (called, by_hand))
    assert one.network is not None
    assert other.network is not None
    assert [*one.network.graph.tensors] == [*other.network.graph.tensors][: len(one.network.graph.tensors)]
    assert one.network.torch_source() == other.network.torch_source()


def test_a_block_that_is_passed_on_may_be_inline() -> None:
    blocks = "unit(norm): conv(4, 1) -> norm\nnorm_act: batch_norm -> relu"
    called = design("- unit(norm_act(inline=true))", blocks=blocks)
    by_hand = design("- unit", blocks="unit: conv(4, 1) -> batch_norm -> relu")
    assert weights(called) == weights(by_hand) == ["0.0", "0.1"]
    assert steps(called) == steps(by_hand)


def test_whether_a_call_is_inline_may_be_computed() -> None:
    blocks = "unit(n, inline=n > 1):\n  - repeat(n): conv(4, 1)"
    assert weights(design("- unit(1)\n- unit(2)", blocks=blocks)) == ["0.0", "1", "2"]
    assert weights(design("- unit(2)\n- unit(1)", blocks=blocks)) == ["0", "1", "2.0"]


def test_the_block_still_sees_its_own_labels_alone() -> None:
    text = design("- here: relu\n- reads(inline=true)", blocks="reads: from(‹here›) -> relu")
    refused(text, "unknown-value")


def test_its_outputs_are_the_networks() -> None:
    text = design("- head(inline=true)", blocks="head:\n  - conv(4, 1) -> output(a)\n  - conv(5, 1)")
    assert network(text).outputs == {"a": (4, 8, 8), "output": (5, 8, 8)}


@pytest.mark.parametrize(
    "body",
    [
        "- stem(8, inline=true)\n- ‹stem(8, inline=true)›",
        "- conv1: conv(3, 1)\n- ‹stem(8, inline=true)›",
        "- conv1: relu\n- ‹outer(8, inline=true)›",
    ],
)
def test_two_steps_of_one_name_are_reported_at_the_call(body: str) -> None:
    found = refused(design(body, blocks=BLOCKS), "name-twice")
    assert "give the call a label" in found.help


def test_a_label_keeps_two_inline_calls_apart() -> None:
    text = design("- stem(8, inline=true)\n- again: stem(8, inline=true)", blocks=BLOCKS)
    assert weights(text) == ["conv1", "bn1.0", "again.conv1", "again.bn1.0"]


def test_a_loop_that_brings_a_name_again_is_reported_once_a_turn() -> None:
    found = check(design("- repeat(3):\n    - stem(8, inline=true)", blocks=BLOCKS)).diagnostics
    assert {each.code for each in found} == {"name-twice"}


@pytest.mark.parametrize("value", ["1", "same", "[true]"])
def test_inline_is_true_or_false(value: str) -> None:
    refused(design(f"- one(8, inline=‹{value}›)", blocks=BLOCKS), "wrong-argument")


def test_a_misspelt_inline_is_known() -> None:
    found = refused(design("- one(8, ‹inlin›=true)", blocks=BLOCKS), "unknown-argument")
    assert found.help == "did you mean `inline`?"


def test_a_block_that_calls_itself_inline_without_an_end() -> None:
    text = design(
        "- when(channels == 3): endless(inline=true)", blocks="endless: relu -> ‹endless(inline=true)›"
    )
    refused(text, "endless-calls")


def test_both_syntaxes_have_it() -> None:
    arch = """
network inlined
input [3, 8, 8]
block unit(out, inline=true) {
  conv1: conv(out, 1)
  relu
}
block plain(out) { conv2: conv(out, 1) }
body {
  unit(4)
  plain(8, inline=true)
}
"""
    checked = pipeline.check(Source(arch, "inlined.arch", "inlined.arch"))
    assert checked.network is not None
    assert [*checked.network.graph.tensors] == ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]
