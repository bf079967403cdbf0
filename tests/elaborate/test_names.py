"""Rule N: a parameter's name is the path of scopes down to its operator, then the operator's word."""

from __future__ import annotations

import pytest

from tests.checking import design, network, parameters, refused, weights

BLOCKS = """
unit:
  - conv1: conv(3, 1)
  - relu
  - conv(3, 1)
pair: [unit, unit]
"""


def names(body: str, **sections: str) -> list[str]:
    return weights(design(body, blocks=BLOCKS, **sections))


# ---- the operator's own word


def test_the_name_ends_in_the_operators_own_word() -> None:
    text = design("- x: conv(4, 1)\n- bn: batch_norm\n- act: prelu")
    assert list(parameters(text)) == [
        "x.weight",
        "x.bias",
        "bn.weight",
        "bn.bias",
        "bn.running_mean",
        "bn.running_var",
        "act.weight",
    ]


def test_the_parameter_of_a_layer_scale_bears_the_steps_name() -> None:
    assert list(parameters(design("- gamma: layer_scale(0.1)"))) == ["gamma"]
    assert list(parameters(design("- relu\n- layer_scale(0.1)"))) == ["1"]
    assert list(parameters(design("- x:\n    - gamma: layer_scale(0.1)"))) == ["x.gamma"]


# ---- N1: every operator or block call counts in its scope


def test_calls_are_numbered_in_the_order_in_which_the_design_unrolls() -> None:
    assert names("- conv(3, 1) -> relu -> conv(3, 1)\n- conv(3, 1)") == ["0", "2", "3"]


def test_labelled_steps_count_too() -> None:
    assert names("- conv(3, 1)\n- x: conv(3, 1)\n- conv(3, 1)") == ["0", "x", "2"]


def test_a_block_call_counts_as_one_and_its_name_is_a_scope() -> None:
    assert names("- unit\n- conv(3, 1)") == ["0.conv1", "0.2", "1"]
    assert names("- x: unit\n- conv(3, 1)") == ["x.conv1", "x.2", "1"]
    assert names("- unit -> relu -> unit") == ["0.conv1", "0.2", "2.conv1", "2.2"]


def test_blocks_in_blocks_are_scopes_in_scopes() -> None:
    assert names("- p: pair") == ["p.0.conv1", "p.0.2", "p.1.conv1", "p.1.2"]


def test_every_scope_counts_for_itself() -> None:
    assert names("- a: [unit, unit]\n- b: [unit]") == [
        "a.0.conv1",
        "a.0.2",
        "a.1.conv1",
        "a.1.2",
        "b.0.conv1",
        "b.0.2",
    ]


def test_a_parameter_that_holds_a_block_counts_as_what_it_holds() -> None:
    assert names("- kind\n- conv(3, 1)", params="{kind: unit}") == ["0.conv1", "0.2", "1"]
    assert names("- kind\n- conv(3, 1)", params="{kind: identity}") == ["1"]


# ---- N2: the label of anything but a single call is a scope


@pytest.mark.parametrize(
    "step",
    [
        "conv(3, 1) -> relu",
        "[{conv: {out: 3, kernel: 1}}]",
        "\n    - conv(3, 1)",
        "\n    repeat(1): conv(3, 1)",
        "\n    residual: conv(3, 1)",
        "\n    when(true): conv(3, 1)",
        "\n    checkpoint: conv(3, 1)",
        "\n    concat: ['conv(3, 1)', []]",
        "\n    add: ['conv(3, 1)', []]",
    ],
)
def test_a_chain_of_several_a_list_and_a_construct_open_a_scope(step: str) -> None:
    assert names(f"- x: {step}\n- conv(3, 1)") == ["x.0", "1"]


def test_the_label_of_a_label_is_a_scope() -> None:
    assert names("- x:\n    y: conv(3, 1)\n- conv(3, 1)") == ["x.y", "1"]


def test_the_label_of_a_list_of_one_block_is_a_scope_of_its_own() -> None:
    assert names("- x: unit")[0] == "x.conv1"
    assert names("- x: [unit]")[0] == "x.0.conv1"


def test_a_label_of_nothing_that_counts_is_a_scope_and_counts_as_one() -> None:
    assert names("- x: []\n- conv(3, 1)") == ["1"]
    assert names("- x: from(input)\n- conv(3, 1)") == ["1"]
    assert names("- x: [[], []]\n- conv(3, 1)") == ["1"]


# ---- N3: what has no label adds no name and no number


@pytest.mark.parametrize(
    "step",
    [
        "[relu, conv]",
        "\n    repeat(2): conv",
        "\n    for(i in [1, 2]): conv",
        "\n    concat: [conv, conv]",
        "\n    add: [conv, conv]",
        "\n    residual: {body: conv, shortcut: conv}",
        "\n    when(true): [conv, conv]",
        "\n    when(false): relu\n    else: [relu, conv]",
        "\n    checkpoint: [conv, conv]",
        "\n    repeat(1):\n      - - - concat: [conv, {residual: conv}]",
    ],
)
def test_counting_runs_on_through_constructs_groups_branches_and_iterations(step: str) -> None:
    body = f"- {step}\n- conv".replace("conv", "one")
    found = weights(design(body, blocks="one: conv(channels, 1)"))
    assert found[-1] == "2.0"
    assert all(name.count(".") == 1 for name in found)


def test_merges_and_residuals_add_no_number_of_their_own() -> None:
    text = "- conv(3, 1)\n- residual(scale=0.5): conv(3, 1)\n- dense(2): conv(3, 1)\n- conv(3, 1)"
    assert names(text) == ["0", "1", "2", "3", "4"]


def test_the_arm_that_is_not_taken_does_not_count() -> None:
    assert names("- when(false): [unit, unit]\n- conv(3, 1)") == ["0"]


def test_from_share_and_output_do_not_count() -> None:
    text = """
    - from(input)
    - a: conv(3, 1)
    - from(input) -> share(a) -> output(one)
    - from(a) -> share(a)
    - conv(3, 1) -> output(two)
    - output(three)
    - conv(3, 1)
    """
    assert names(text) == ["a", "1", "2"]


def test_from_share_and_output_make_a_chain_no_longer() -> None:
    assert names("- y: relu\n- x: from(y) -> conv(3, 1)") == ["x"]
    assert names("- x: conv(3, 1) -> output(one)") == ["x"]
    assert names("- x: from(input) -> conv(3, 1) -> output(one)\n- conv(3, 1)") == ["x", "1"]
    assert names("- y: conv(3, 1)\n- x: share(y) -> conv(3, 1)") == ["y", "x"]
    assert names("- x: from(input) -> unit") == ["x.conv1", "x.2"]


# ---- N4


def test_aux_names_as_a_label_does() -> None:
    bodies = ["conv(3, 1)", "unit", "[unit]", "conv(3, 1) -> relu", "from(input) -> conv(3, 1)"]
    for body in bodies:
        assert names(f"- aux(x): {body}\n- conv(3, 1)") == names(f"- x: {body}\n- conv(3, 1)")


# ---- N5: one name twice in a scope is an error


def test_one_label_twice_in_a_scope() -> None:
    found = refused(design("- x: relu\n- ‹x›: tanh"), "name-twice", fix="y")
    (first,) = found.related
    assert (first.span.line, first.span.text) == (3, "x")


def test_one_label_twice_through_constructs_without_a_label() -> None:
    refused(design("- concat:\n    - x: relu\n    - ‹x›: tanh"), "name-twice", fix="y")


def test_a_label_that_is_a_number_meets_the_numbers() -> None:
    refused(design('- "1": relu\n- ‹tanh›'), "name-twice", fix="x: tanh")
    refused(design('- relu\n- "‹0›": tanh'), "name-twice", fix="1")


def test_a_label_in_a_loop_has_to_be_computed() -> None:
    found = refused(design("- repeat(2, as=i):\n    - ‹x›: relu"), "name-twice", fix='"x{i}"')
    assert "computed" in found.help


def test_the_same_label_in_two_scopes_is_two_names() -> None:
    assert names("- a:\n    - x: conv(3, 1)\n- b:\n    - x: conv(3, 1)\n- x: conv(3, 1)") == [
        "a.x",
        "b.x",
        "x",
    ]
    assert names("- repeat(2): unit") == ["0.conv1", "0.2", "1.conv1", "1.2"]


def test_one_name_in_two_arms_of_which_one_is_taken() -> None:
    text = "- when(channels > 3):\n    - x: conv(3, 1)\n  else:\n    - x: conv(4, 1)"
    assert names(text) == ["x"]


# ---- the row's name in every table


def test_nodes_bear_the_names_of_their_parameters() -> None:
    text = design("- stem: unit\n- x: conv(3, 1) -> relu\n- tanh", blocks=BLOCKS)
    assert [node.name for node in network(text).nodes] == [
        "input",
        "stem.conv1",
        "stem.1",
        "stem.2",
        "x.0",
        "x.1",
        "2",
    ]


def test_what_an_equation_adds_has_a_name_that_no_label_can_have() -> None:
    graph = network(design("- residual: relu\n- x:\n    - add: [relu, []]")).graph
    added = [node.name for node in graph.nodes if node.op.word == "add"]
    assert len(set(added)) == 2
    assert all(":" in name for name in added)
