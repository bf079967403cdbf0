"""The rows of a table with a depth: scopes by their names, constructs without a name by their places."""

from __future__ import annotations

import pytest

from archdsl import load
from archdsl.report.summary import rows
from archdsl.resources import zoo_names
from tests.checking import design, network


def table(body: str, depth: int = 1, **sections: str) -> list[tuple[str, str]]:
    """Names and operators, without the input. The body begins at line 3 of the design."""
    made = rows(network(design(body, **sections)).graph, depth)
    assert made[0].name == "input"
    return [(row.name, row.operator) for row in made[1:]]


def test_each_of_ten_concats_is_a_row() -> None:
    found = table("\n".join(["- concat: [[], 'conv(4, 1)']"] * 10))
    assert found == [(f"concat (line {line})", "2 operators") for line in range(3, 13)]


def test_a_construct_of_one_operator_says_which() -> None:
    assert table("- add: [[], []]\n- relu") == [("add (line 3)", "add"), ("0", "relu")]


def test_labels_in_a_construct_keep_their_rows() -> None:
    body = "- concat:\n    left: conv(4, 1)\n    right: conv(4, 1) -> relu\n- relu"
    assert table(body) == [
        ("left", "conv"), ("right", "2 operators"), ("concat (line 3)", "concat"), ("2", "relu"),
    ]  # fmt: skip


def test_a_label_of_the_construct_itself_is_its_row() -> None:
    assert table("- fuse:\n    concat: [[], relu]\n- tanh") == [("fuse", "2 operators"), ("1", "tanh")]
    assert table("- fuse:\n    concat: [[], relu]\n- tanh", depth=2) == [
        ("fuse.0", "relu"), ("fuse:concat", "concat"), ("1", "tanh"),
    ]  # fmt: skip


def test_turns_of_a_loop_are_distinguished() -> None:
    body = (
        "- repeat(2): {concat: [[], relu]}\n- for(k in [1]):\n    for(j in range(2)):\n      residual: tanh"
    )
    assert [name for name, _ in table(body)] == [
        "concat (line 3, turn 1)", "concat (line 3, turn 2)",
        "residual (line 6, turn 1.1)", "residual (line 6, turn 1.2)",
    ]  # fmt: skip


def test_blocks_in_a_loop_keep_their_rows() -> None:
    """torchvision's ``layer1.0``, ``layer1.1``."""
    blocks = "unit: {residual: relu -> tanh}"
    body = "- layer1:\n    - repeat(2): unit\n- unit"
    assert table(body, blocks=blocks) == [("layer1", "6 operators"), ("1", "unit")]
    assert table(body, 2, blocks=blocks)[:2] == [("layer1.0", "unit"), ("layer1.1", "unit")]


def test_every_layer_of_a_dense_is_in_its_row() -> None:
    assert table("- dense(3): relu -> conv(2, 1)\n- tanh") == [
        ("dense (line 3)", "9 operators"), ("6", "tanh"),
    ]  # fmt: skip
    assert [name for name, _ in table('- dense(2, as=j):\n    - "layer{j}": conv(2, 1)\n- tanh')] == [
        "layer0", "dense (line 3)", "layer1", "2",
    ]  # fmt: skip


def test_constructs_in_a_scope_have_its_name() -> None:
    body = "- stem:\n    - residual: relu\n    - tanh\n- tanh"
    assert table(body, 2) == [("stem:residual (line 4)", "2 operators"), ("stem.1", "tanh"), ("1", "tanh")]


def test_what_is_the_whole_of_a_body_is_shown() -> None:
    assert [name for name, _ in table("concat: [relu, tanh]")] == ["0", "1", "concat (line 3)"]


@pytest.mark.parametrize("name", ["googlenet", "densenet40", "resnet18", "inception_resnet_v2", "lenet5"])
@pytest.mark.parametrize("depth", [1, 2, 3, 9])
def test_nothing_is_lost_or_counted_twice(name: str, depth: int) -> None:
    assert name in zoo_names()
    graph = load(name).graph
    made = rows(graph, depth)
    whole = rows(graph)
    names = [row.name for row in made]
    assert len(set(names)) == len(names)
    assert graph.name not in names
    assert sum(row.params for row in made) == sum(row.params for row in whole)
    assert sum(row.macs or 0 for row in made) == sum(row.macs or 0 for row in whole)
    assert sum(row.bytes or 0 for row in made) == sum(row.bytes or 0 for row in whole)
