"""Merges that are not what was meant: one branch alone, and steps in a row written as branches."""

from __future__ import annotations

import re

import pytest

from archdsl import pipeline
from archdsl.diagnostics.fixes import edited
from archdsl.source import Source
from tests.checking import check, design, diagnostics, refused, shape

MERGES = ["add", "sub", "mul", "div", "max", "min", "concat"]


@pytest.mark.parametrize("word", MERGES)
@pytest.mark.parametrize("branches", ["[relu]", "[[relu, tanh]]", "{a: relu}", "{a: [relu, tanh]}", "[[]]"])
def test_a_merge_of_one_branch_is_a_warning(word: str, branches: str) -> None:
    (found,) = check(design(f"- {word}: {branches}")).diagnostics
    assert (found.code, found.severity) == ("single-branch", "warning")
    assert check(design(f"- {word}: [{branches if branches[0] == '[' else 'relu'}, []]")).diagnostics == ()


def test_what_constructs_add_has_two_branches() -> None:
    assert check(design("- residual: relu\n- dense(2): conv(3, 1)\n- add: [relu, []]")).diagnostics == ()


ROWS = [
    ["global_avg_pool", "conv(4, 1)", "relu", "conv(8, 1)", "sigmoid"],
    ["global_avg_pool", "conv(4, 1) -> relu", "conv(8, 1) -> sigmoid"],
    ["avg_pool(8)", "conv(2, 1)", "conv(8, 1) -> hardsigmoid"],
]


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("itself", [True, False])
def test_squeeze_and_excitation_written_flat_is_nested(row: list[str], itself: bool) -> None:
    """Hu et al. 2018: the value times its gates, of which the pool begins the row."""
    items = ["[]", *row] if itself else row
    text = design("- mul:\n" + "".join(f"    - {item}\n" for item in items), input="[8, 8, 8]")
    (found,) = check(text).diagnostics
    assert found.code == "mul-shape-mismatch"
    (nested,) = re.findall(r"`([^`]*)`", found.help)
    fixed = check(design(f"- {nested}", input="[8, 8, 8]"))
    assert fixed.diagnostics == ()
    assert fixed.network is not None
    assert fixed.network.graph.nodes[-1].shape == (8, 8, 8)
    lines = "".join(f"    {item.replace('[]', '{}')}\n" for item in items)
    (found,) = pipeline.check(
        Source(f"input [8, 8, 8]\nbody {{\n  mul {{\n{lines}  }}\n}}\n", "net.arch")
    ).diagnostics
    assert "steps in a row" in found.help


@pytest.mark.parametrize(
    "heading",
    ["for((c, k) in rows)", "for((c, k, ) in rows)", "for((c, k), i in rows)", "for((c, k), i in [[4, 1]])"],
)
def test_a_loop_takes_rows_apart_in_brackets(heading: str) -> None:
    for text, name in (
        (
            f"input: [3, 8, 8]\nparams: {{rows: [[4, 1], [5, 3]]}}\nbody:\n  - {heading}:\n      - conv(c, k)\n",
            "net.yaml",
        ),
        (
            f"network n(rows=[[4, 1], [5, 3]])\ninput [3, 8, 8]\nbody {{\n  {heading} {{\n    conv(c, k)\n  }}\n}}\n",
            "net.arch",
        ),
    ):
        found = pipeline.check(Source(text, name)).diagnostics[0]
        assert found.message == "a row is taken apart in brackets"
        fixed = edited(text, found.fixes[0].edits)
        assert pipeline.check(Source(fixed, name)).diagnostics == ()


@pytest.mark.parametrize("word", ["add", "sub", "mul", "div", "max", "min"])
def test_a_size_of_1_meets_any_size_of_the_same_rank(word: str) -> None:
    assert shape(design(f"- {word}: [relu, [], tanh]")) == (3, 8, 8)
    assert shape(design(f"- {word}: [global_avg_pool, []]")) == (3, 8, 8)
    assert shape(design(f"- {word}:\n    - conv(1, 1)\n    - global_avg_pool")) == (3, 8, 8)
    refused(design(f"- ‹{word}›:\n    - conv(4, 1)\n    - []"), f"{word}-shape-mismatch")


@pytest.mark.parametrize("word", ["add", "sub", "mul", "div", "max", "min"])
def test_an_operand_of_lower_rank_is_answered_with_the_reshape_that_is_meant(word: str) -> None:
    for low, meant in (
        ("global_avg_pool -> flatten", "reshape(-1, 1, 1)"),
        ("slice(0, 1) -> reshape(8, 8)", "reshape(1, 8, 8)"),
    ):
        text = design(f"- {word}:\n    - []\n    - {low}")
        (found,) = diagnostics(text)
        assert (found.code, found.help) == (
            f"{word}-shape-mismatch", f"put `{meant}` at the end of the second branch"
        )  # fmt: skip
        assert shape(edited(text, found.fixes[0].edits)) == (3, 8, 8)


def test_what_residual_adds_has_equal_shapes() -> None:
    refused(design("- ‹residual›: global_avg_pool"), "add-shape-mismatch")
