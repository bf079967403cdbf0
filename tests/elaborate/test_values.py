"""Rule V: which values there are, and how they are named and shared."""

from __future__ import annotations

import pytest

from archdsl.analyses.count import count
from tests.checking import (
    check,
    codes,
    design,
    diagnostics,
    network,
    operators,
    parameters,
    refused,
    shape,
    steps,
    weights,
)

JOIN = "join(skip):\n  - concat: [[], from(skip)]"


def sources(body: str, word: str, **sections: str) -> list[list[str]]:
    """The names of the nodes that each operator of that word reads; unused values do not matter here."""
    checked = check(design(body, **sections))
    assert [found.code for found in checked.diagnostics if found.severity == "error"] == []
    assert checked.network is not None
    nodes = checked.network.nodes
    return [[nodes[index].name for index in node.inputs] for node in nodes if node.op.word == word]


# ---- from


def test_from_is_a_value_made_earlier() -> None:
    assert sources("- a: relu\n- b: tanh\n- from(a) -> abs\n- add: [[], from(b)]", "abs") == [["a"]]


def test_from_an_input() -> None:
    assert sources("- relu\n- add: [[], from(input)]", "add") == [["0", "input"]]
    body = "- from(left) -> relu\n- add: [[], from(right)]"
    assert sources(body, "relu", inputs="{left: [4], right: [4]}") == [["left"]]


def test_from_a_parameter_that_holds_a_value() -> None:
    assert sources("- a: relu\n- tanh\n- join(from(a))", "concat", blocks=JOIN) == [["1", "a"]]
    passed_on = JOIN + "\nouter(kept): join(from(kept))"
    assert sources("- a: relu\n- tanh\n- outer(from(a))", "concat", blocks=passed_on) == [["1", "a"]]
    bare = JOIN + "\nouter(kept): join(kept)"
    assert sources("- a: relu\n- tanh\n- outer(from(a))", "concat", blocks=bare) == [["1", "a"]]


def test_the_nearest_label_of_that_name() -> None:
    body = "- a: relu\n- x:\n    - a: tanh\n    - from(a) -> abs\n- from(a) -> abs"
    assert sources(body, "abs") == [["x.a"], ["a"]]


def test_labels_are_looked_up_in_this_scope_and_outwards() -> None:
    body = "- a: relu\n- x:\n    - tanh\n    - y:\n        - sigmoid\n        - add: [[], from(a)]"
    assert sources(body, "add") == [["x.y.0", "a"]]


def test_constructs_and_groups_without_a_label_open_no_scope() -> None:
    assert sources(
        "- concat:\n    - a: relu\n    - from(a) -> tanh\n- abs\n- add: [from(a), from(a)]", "tanh"
    ) == [["a"]]


def test_never_beyond_the_body_of_the_block() -> None:
    refused(
        design("- a: relu\n- block", blocks="block:\n  - tanh\n  - add: [[], from(‹a›)]"), "unknown-value"
    )
    refused(design("- block", blocks="block:\n  - tanh\n  - add: [[], from(‹input›)]"), "unknown-value")
    refused(design("- block\n- add: [[], from(‹inner›)]", blocks="block:\n  - inner: relu"), "unknown-value")


def test_a_dotted_name_goes_into_a_scope() -> None:
    body = "- enc: block\n- x:\n    - y: [relu, {z: tanh}]\n- concat: [from(enc.a), from(x.y.z), from(x.y), from(enc)]"
    assert sources(body, "concat", blocks="block:\n  - a: relu\n  - b: abs") == [
        ["enc.a", "x.y.z", "x.y.z", "enc.b"]
    ]


def test_a_dotted_name_begins_where_it_is_found_and_goes_inwards_only() -> None:
    body = "- x:\n    - a: relu\n- y:\n    - b: tanh\n    - from(x.a) -> abs"
    assert sources(body, "abs") == [["x.a"]]
    refused(design("- x:\n    - a: relu\n- from(‹x.b›)"), "unknown-value", fix="x.a")
    refused(design("- x: relu\n- from(‹x.weight›)"), "unknown-value", fix="x")
    refused(design('- x:\n    - relu\n- from(‹"x.0"›)'), "unknown-value", fix="x")


def test_a_computed_name() -> None:
    body = '- repeat(3, as=i):\n    - \'enc{i}\': relu\n- concat:\n    - from("enc{0}")\n    - from("enc{3 - 1}")\n    - from(enc1)'
    assert sources(body, "concat") == [["enc0", "enc2", "enc1"]]
    dotted = """
    - repeat(2, as=i):
        - 'enc{i}':
            - a: relu
            - tanh
    - from("enc{0}.a")
    - add:
        - []
        - from("enc{1}.a")
    """
    assert sources(dotted, "add") == [["enc0.a", "enc1.a"]]
    refused(design('- a: relu\n- from(‹"b{1}"›)'), "unknown-value", fix="a")


def test_the_value_of_a_scope_is_its_last_steps() -> None:
    body = "- x: conv(4, 1) -> relu\n- y:\n    - repeat(2): tanh\n- z:\n    concat: [relu, abs]\n- add: [from(x), from(y)]\n- add: [[], from(y)]"
    assert sources(body, "add")[0] == ["x.1", "y.1"]


def test_here_names_the_value_that_flows_by() -> None:
    body = "- relu\n- here: []\n- tanh\n- add: [[], from(here)]"
    assert sources(body, "add") == [["2", "0"]], "`here` counts as one"
    assert operators(design(body)) == ["relu", "tanh", "add"]


def test_from_stands_at_the_head_of_a_chain() -> None:
    refused(design("- a: relu\n- tanh -> ‹from(a)›"), "from-in-chain")
    refused(design("- a: relu\n- x: tanh -> ‹from(a)› -> abs"), "from-in-chain")


def test_from_as_an_argument() -> None:
    body = "- a: relu\n- tanh\n- join(from(a))\n- join(skip=from(a))"
    assert sources(body, "concat", blocks=JOIN) == [["1", "a"], ["2:concat", "a"]]
    assert len(sources("- a: relu\n- join: {skip: from(a)}", "concat", blocks=JOIN)) == 1


def test_a_value_is_made_before_it_is_used() -> None:
    found = refused(design("- from(‹a›) -> relu\n- a: tanh"), "value-made-later")
    assert found.related[0].span.text == "a"
    refused(design("- a:\n    - relu\n    - add: [[], from(‹a›)]"), "value-needs-itself")


@pytest.mark.parametrize("argument", ["", "a, b", "3", "[a]", "a + b", "x=a", "a in b"])
def test_from_takes_one_name(argument: str) -> None:
    assert codes(design(f"- a: relu\n- from({argument})")) == ["wrong-argument"]
    assert codes(design(f"- a: relu\n- join(from({argument}))", blocks=JOIN)) == ["wrong-argument"]


def test_a_misspelt_value_is_reported_with_the_nearest() -> None:
    (found,) = diagnostics(design("- encoder: relu\n- from(encodr)"))
    assert found.help == "did you mean `encoder`?"


# ---- sizes


@pytest.mark.parametrize(
    ("expression", "size"),
    [("from(a).channels", 4), ("from(a).height", 5), ("from(a).width", 6), ("from(input).width * 2", 16)],
)
def test_sizes_of_a_value(expression: str, size: int) -> None:
    body = f"- a: conv(4, [4, 3])\n- relu\n- conv({expression}, 1)"
    assert shape(design(body))[0] == size


def test_sizes_of_the_parameter_that_holds_a_value() -> None:
    blocks = "resized(skip):\n  - upsample(size=[skip.height, skip.width])\n  - conv(skip.channels * 2, 1)"
    text = design("- a: conv(4, 1)\n- max_pool(2)\n- resized(from(a))", blocks=blocks)
    assert shape(text) == (8, 8, 8)


def test_sizes_that_a_value_has_not() -> None:
    refused(design("- a: flatten\n- linear(from(a).‹height›)"), "no-such-size")
    refused(design("- a: relu\n- conv(from(a).‹depth›, 1)"), "no-such-size")
    refused(design("- a: relu\n- conv(from(a).‹chanels›, 1)"), "no-such-size", fix="channels")
    refused(design("- conv(size.‹width›, 1)", params="{size: 4}"), "no-such-size")


# ---- inputs


def test_with_inputs_nothing_flows_into_the_body_until_a_from() -> None:
    inputs = "{left: [4], right: [4]}"
    refused(design("- ‹relu›\n- add: [from(left), from(right)]", inputs=inputs), "nothing-flows")
    refused(design("- ‹x›: []\n- add: [from(left), from(right)]", inputs=inputs), "nothing-flows")
    assert shape(design("- add: [from(left), from(right)]", inputs=inputs)) == (4,)
    assert shape(design("- []\n- add: [from(left), from(right)]", inputs=inputs)) == (4,)


def test_a_branch_into_which_nothing_flows() -> None:
    inputs = "{left: [4], right: [4]}"
    refused(design("- add: [from(left), ‹relu›]", inputs=inputs), "nothing-flows", fix="from(right) -> relu")
    refused(design("- add: [from(left), ‹[]›]", inputs=inputs), "nothing-flows", fix="from(right)")


def test_one_named_input_too() -> None:
    inputs = "{image: [3, 8, 8]}"
    refused(design("- ‹conv(4, 1)›", inputs=inputs), "nothing-flows", fix="from(image) -> conv(4, 1)")
    assert shape(design("- from(image) -> relu", inputs=inputs)) == (3, 8, 8)


def test_a_body_without_a_value() -> None:
    assert codes(design("- []", inputs="{a: [4]}")) == ["nothing-flows"]


# ---- values that nothing uses


def test_a_value_from_which_no_output_can_be_reached_is_a_warning() -> None:
    found = refused(design("- a: relu\n- b: ‹tanh›\n- from(a) -> abs"), "unused-value")
    assert found.severity == "warning"
    checked = design("- a: relu\n- tanh -> sigmoid\n- from(a) -> abs")
    assert codes(checked) == ["unused-value"]
    assert codes(design("- from(left) -> relu", inputs="{left: [4], right: [4]}")) == ["unused-input"]


def test_a_value_that_a_side_head_uses_is_used() -> None:
    assert codes(design("- a: relu\n- b: tanh\n- aux(h): sigmoid\n- from(a) -> abs")) == []


# ---- never into an aux


@pytest.mark.parametrize("name", ["side", "side.inner", '"side"'])
def test_from_never_goes_into_an_aux(name: str) -> None:
    body = f"- aux(side):\n    - inner: tanh\n- relu\n- add:\n    - []\n    - from(‹{name}›)"
    refused(design(body), "value-in-aux")


def test_an_aux_may_look_outwards() -> None:
    body = "- a: conv(3, 1)\n- relu\n- aux(h):\n    - add: [[], from(a)]"
    assert codes(design(body)) == []


# ---- share

SHARED = "encoder:\n  - conv(4, 1) -> relu\n  - bn: batch_norm"


def test_share_runs_a_labelled_call_again_with_the_same_parameters() -> None:
    text = design("- a: conv(3, 1)\n- relu\n- share(a)")
    net = network(text)
    assert weights(text) == ["a"]
    assert [node.owner for node in net.nodes if node.op.word == "conv"] == ["a", "a"]
    assert net.nodes[-1].inputs == (2,)
    assert len({node.name for node in net.nodes}) == len(net.nodes)


def test_share_of_a_scope() -> None:
    text = design(
        "- e: from(left) -> encoder\n- from(right) -> share(e)\n- add: [[], from(e)]",
        inputs="{left: [1, 8, 8], right: [1, 8, 8]}",
        blocks=SHARED,
    )
    assert list(parameters(text)) == [
        "e.0.weight",
        "e.0.bias",
        "e.bn.weight",
        "e.bn.bias",
        "e.bn.running_mean",
        "e.bn.running_var",
    ]
    assert operators(text) == ["conv", "relu", "batch_norm"] * 2 + ["add"]
    assert sources("- x: conv(3, 1) -> relu\n- share(x) -> tanh", "tanh") == [["x.1:2"]]


def test_shared_parameters_and_buffers_count_once_and_macs_each_time() -> None:
    once = network(design("- x:\n    - conv(3, 1)\n    - batch_norm"))
    thrice = network(design("- x:\n    - conv(3, 1)\n    - batch_norm\n- share(x) -> share(x)"))
    assert (thrice.params, thrice.buffers) == (once.params, once.buffers)
    assert thrice.macs == 3 * (once.macs or 0)
    assert count(thrice.graph, training=True).params == once.params


def test_share_makes_no_new_names() -> None:
    text = design("- x: conv(3, 1) -> relu\n- share(x)\n- conv(3, 1)")
    assert weights(text) == ["x.0", "1"]
    assert weights(design("- x: conv(3, 1)\n- y: share(x) -> relu\n- conv(3, 1)")) == ["x", "2"]


def test_share_of_a_dotted_and_of_a_computed_name() -> None:
    text = design(
        "- e: [relu, {inner: relu}]\n- repeat(1, as=i): \n    - 'c{i}': conv(3, 1)\n- share(e.inner) -> share(\"c{0}\")"
    )
    assert weights(text) == ["c0"]
    assert operators(text) == ["relu", "relu", "conv", "relu", "conv"]


def test_a_shared_step_begins_with_the_value_that_flows_in() -> None:
    body = "- a: from(left) -> relu\n- b: from(right) -> share(a)\n- add: [from(a), from(b)]"
    assert sources(body, "relu", inputs="{left: [4], right: [4]}") == [["left"], ["right"]]


def test_the_shapes_of_shared_parameters_come_out_the_same() -> None:
    found = refused(design("- a: conv(4, 1)\n- ‹share(a)›"), "share-shape-mismatch")
    assert found.related
    assert shape(design("- a: conv(3, 3)\n- share(a) -> share(a)")) == (3, 2, 2), (
        "other sizes are no other parameters"
    )
    refused(design("- a: layer_norm\n- max_pool(2)\n- ‹share(a)›"), "share-shape-mismatch")


def test_a_shared_scope_that_would_own_other_parameters() -> None:
    blocks = "grown:\n  - when(height > 6): relu\n    else: conv(3, 1)"
    assert codes(design("- a: grown\n- max_pool(2)\n- share(a)", blocks=blocks)) == ["share-shape-mismatch"]


def test_what_share_refuses() -> None:
    refused(design("- a: relu\n- share(‹b›)"), "unknown-value", fix="a")
    refused(design("- relu\n- share(‹input›)"), "wrong-argument")
    refused(design("- a:\n    - relu\n    - share(‹a›)"), "value-needs-itself")
    assert codes(design("- a: from(left) -> relu\n- share(a)", inputs="{left: [4]}")) == []
    assert codes(design("- share(a)")) == ["unknown-value"]


def test_a_shared_step_holds_no_aux_and_no_output() -> None:
    refused(design("- a:\n    - relu\n    - ‹aux(h)›: tanh\n- share(a)"), "misplaced-aux")
    refused(design("- a: relu -> ‹output(one)›\n- share(a)"), "misplaced-output")


def test_share_never_goes_into_an_aux() -> None:
    refused(design("- aux(side): conv(3, 1)\n- share(‹side›)"), "value-in-aux")


def test_a_share_in_a_share() -> None:
    text = design("- a: conv(3, 1)\n- b:\n    - share(a)\n    - relu\n- share(b)")
    assert weights(text) == ["a"]
    assert operators(text) == ["conv", "conv", "relu", "conv", "relu"]


def test_shared_labels_keep_their_first_value() -> None:
    body = "- a: relu\n- tanh\n- share(a)\n- add: [[], from(a)]"
    assert sources(body, "add") == [["a:2", "a"]]


def test_the_equation_of_share_is_the_step_again() -> None:
    shared = steps(design("- a: conv(3, 1) -> relu\n- share(a)"))
    twice = steps(design("- a: conv(3, 1) -> relu\n- conv(3, 1) -> relu"))
    assert [step[:3] for step in shared] == [step[:3] for step in twice]


# ---- values in lists, parameters and loops


def test_a_parameter_that_holds_a_value_comes_before_a_label() -> None:
    blocks = "b(skip):\n  - skip: tanh\n  - add: [[], from(skip)]"
    assert sources("- a: relu\n- abs\n- b(from(a))", "add", blocks=blocks) == [["2.skip", "a"]]
    number = "b(skip):\n  - skip: tanh\n  - relu\n  - add: [[], from(skip)]"
    assert sources("- b(3)", "add", blocks=number) == [["0.1", "0.skip"]], "a number is no value"


def test_values_in_lists() -> None:
    blocks = "joined(values):\n  - for(v in values):\n      - concat: [[], from(v)]\n  - conv(values[0].channels, 1)"
    body = "- a: conv(2, 1)\n- b: conv(5, 1)\n- joined([from(a), from(b)])"
    assert sources(body, "concat", blocks=blocks) == [["b", "a"], ["2:concat", "b"]]
    assert shape(design(body, blocks=blocks)) == (2, 8, 8)


def test_values_as_defaults_and_in_conditions() -> None:
    blocks = "b(skip, n=skip.channels):\n  - when(from(skip).height == height): conv(n, 1)"
    assert shape(design("- a: conv(5, 1)\n- relu -> conv(2, 1)\n- b(from(a))", blocks=blocks)) == (5, 8, 8)


def test_a_value_is_no_number_and_no_word() -> None:
    refused(design("- a: relu\n- conv(‹from(a)› + 1, 1)"), "wrong-operand")
    refused(design("- a: relu\n- conv(‹from(a)›, 1)"), "wrong-argument")
    assert codes(design("- a: relu\n- when(from(a) == from(a)): relu")) == ["wrong-operand"]


def test_the_label_of_an_arm_that_is_not_taken_names_nothing() -> None:
    refused(design("- when(false):\n    - x: relu\n- tanh\n- add: [[], from(‹x›)]"), "unknown-value")


def test_a_loop_may_refer_to_the_turn_before() -> None:
    body = '- x0: relu\n- for(i in [1, 2, 3]):\n    - "x{i}":\n        - tanh\n        - add: [[], from("x{i - 1}")]'
    body = body.replace(
        '- add: [[], from("x{i - 1}")]', '- add:\n            - []\n            - from("x{i - 1}")'
    )
    assert sources(body, "add") == [["x1.0", "x0"], ["x2.0", "x1:add"], ["x3.0", "x2:add"]]
