"""Rule C: constructs, each by its equation."""

from __future__ import annotations

import pytest

import archdsl
from tests.checking import (
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

UNIT = "unit(out): conv(out, 3, padding=1)"


def equal(left: str, right: str, **sections: str) -> bool:
    """Whether two bodies make the same graph: operators, connections, shapes and parameters."""
    return steps(design(left, **sections)) == steps(design(right, **sections))


# ---- merges


def test_each_branch_runs_on_the_incoming_value_and_results_merge_in_the_order_written() -> None:
    nodes = network(design("- conv(4, 1)\n- concat:\n    - conv(1, 1)\n    - []\n    - conv(2, 1)")).nodes
    first, one, two, merged = nodes[1:]
    assert one.inputs == two.inputs == (1,)
    assert [nodes[index] for index in merged.inputs] == [one, first, two]
    assert merged.shape == (1 + 4 + 2, 8, 8)


def test_a_mapping_of_branches_is_the_same_list_each_item_labelled() -> None:
    listed = '- concat:\n    - a: conv(2, 1) -> relu\n    - "b{1}": conv(3, 1)\n    - c: []'
    mapping = '- concat:\n    a: conv(2, 1) -> relu\n    "b{1}": conv(3, 1)\n    c: []'
    assert equal(mapping, listed)
    assert weights(design(mapping)) == ["a.0", "b1"]


def test_any_name_labels_a_branch() -> None:
    """The keys of a mapping of branches are labels, even those that begin constructs elsewhere."""
    assert weights(design("- concat:\n    max: conv(1, 1)\n    conv: conv(1, 1)\n    body: conv(1, 1)")) == [
        "max",
        "conv",
        "body",
    ]


def test_a_branch_that_looks_like_a_construct_is_refused() -> None:
    refused(design("- concat:\n    ‹max›: [relu, tanh]\n    b: relu"), "wrong-branch", fix='"max"')
    refused(design("- concat:\n    ‹repeat(2)›: relu\n    b: relu"), "wrong-branch", fix="a")


@pytest.mark.parametrize("heading", ["concat", "concat()", "concat(dim=1)", "concat(1)", "concat(dim=-3)"])
def test_concat_joins_the_channels(heading: str) -> None:
    assert shape(design(f"- {heading}: ['conv(5, 1)', []]")) == (8, 8, 8)


@pytest.mark.parametrize(
    ("dimension", "joined"), [(2, (3, 16, 8)), (3, (3, 8, 16)), (-1, (3, 8, 16)), (-2, (3, 16, 8))]
)
def test_concat_joins_another_dimension(dimension: int, joined: tuple[int, ...]) -> None:
    assert shape(design(f"- concat(dim={dimension}): [relu, []]")) == joined


def test_a_merge_of_one_branch_and_of_none() -> None:
    (found,) = diagnostics(design("- concat: [relu]"))
    assert (found.code, found.severity) == ("single-branch", "warning")
    refused(design("- ‹concat›: []"), "no-branches")
    refused(design("- ‹add›: {}"), "no-branches")
    refused(design("- concat: ‹relu›"), "wrong-branch", fix="[relu, []]")


def test_what_the_headings_of_merges_refuse() -> None:
    refused(design("- concat(‹axis›=1): [relu, []]"), "unknown-argument", fix="dim")
    refused(design("- add(‹1›): [relu, []]"), "too-many-arguments", fix="")
    refused(design("- concat(dim=‹relu›): [relu, []]"), "wrong-argument", fix="1")
    refused(design("- concat(‹i in [1]›): [relu, []]"), "wrong-argument", fix="1")


# ---- residual


@pytest.mark.parametrize(
    ("residual", "written_out"),
    [
        ("residual: unit(3)", "add: ['unit(3)', []]"),
        ("residual: ['unit(3)', relu]", "add: [['unit(3)', relu], []]"),
        ("residual: {body: 'unit(3)'}", "add: ['unit(3)', []]"),
        ("residual: {body: 'unit(4)', shortcut: 'conv(4, 1)'}", "add: ['unit(4)', 'conv(4, 1)']"),
        ("residual: {shortcut: 'conv(4, 1)', body: 'unit(4)'}", "add: ['conv(4, 1)', 'unit(4)']"),
        ("residual(scale=0.25): unit(3)", "add: [['unit(3)', scale(0.25)], []]"),
        ("residual(0.25): {body: 'unit(3)', shortcut: relu}", "add: [['unit(3)', scale(0.25)], relu]"),
        ("residual: {body: [], shortcut: relu}", "add: [[], relu]"),
    ],
)
def test_residual_is_the_add_written_out(residual: str, written_out: str) -> None:
    """residual(scale=s): {body: B, shortcut: S} = add: [[B, scale(s)], S]."""
    sections = {"blocks": UNIT}
    left = steps(design(f"- conv(3, 1)\n- {residual}\n- conv(2, 1)", **sections))
    right = steps(design(f"- conv(3, 1)\n- {written_out}\n- conv(2, 1)", **sections))
    # What an equation adds is not numbered, so the call of `scale` that is written out moves the last name.
    assert [step[:3] for step in left] == [step[:3] for step in right]
    if "scale" not in written_out:
        assert left == right


def test_the_scale_that_residual_adds_is_not_numbered() -> None:
    assert weights(design("- residual(scale=0.5): conv(3, 1)\n- conv(3, 1)")) == ["0", "1"]


def test_directly_inside_residual_body_and_shortcut_are_no_labels() -> None:
    text = design("- residual:\n    body: conv(4, 1)\n    shortcut: conv(4, 1)")
    assert weights(text) == ["0", "1"]
    assert weights(design("- residual:\n    - body: conv(3, 1)")) == ["body"]
    assert weights(design("- body: conv(3, 1)\n- shortcut: conv(3, 1)")) == ["body", "shortcut"]


def test_what_residual_refuses() -> None:
    refused(design("- residual: {‹boddy›: relu}"), "unknown-key", fix="body")
    refused(design("- residual: {‹x›: relu}"), "unknown-key", fix="body")
    refused(design('- residual: {"‹body›": relu}'), "unknown-key")
    refused(design("- residual: {‹concat›: [relu, []]}"), "unknown-key")
    refused(design("- residual: ‹{shortcut: relu}›"), "missing-argument", fix="{shortcut: relu, body: tanh}")
    refused(design("- residual: {body: relu, ‹body›: tanh}"), "equal-keys", fix="shortcut")
    refused(design("- residual(‹factor›=2): relu"), "unknown-argument", fix="scale")
    refused(design("- residual(scale=‹true›): relu"), "wrong-argument", fix="0.5")
    refused(design("- ‹residual›: conv(4, 1)"), "add-shape-mismatch")


# ---- dense, repeat, for


def test_dense_is_the_repeat_of_a_concat() -> None:
    """dense(n, as=j): B = repeat(n, as=j): [concat: [[], B]]."""
    body = '\n          - "layer{j + 1}": unit(2)'
    dense = f"- dense(4, as=j):{body}"
    repeat = (
        f"- repeat(4, as=j):\n    - concat:\n        - []\n        -{body.replace(chr(10), chr(10) + '    ')}"
    )
    assert equal(dense, repeat, blocks=UNIT)
    assert shape(design(dense, blocks=UNIT)) == (3 + 4 * 2, 8, 8)


def test_repeat_is_for_over_a_range() -> None:
    """repeat(n, as=i): B = for(i in range(n)): B."""
    body = '\n    - "x{i}": conv(i + 1, 1)\n    - relu'
    assert equal(f"- repeat(3, as=i):{body}", f"- for(i in range(3)):{body}")
    assert equal(f"- repeat(n=3, as=i):{body}", f"- repeat(6 // 2, as=i):{body}")
    assert equal(f"- repeat(3.0, as=i):{body}", f"- repeat(3, as=i):{body}")


def test_for_gives_the_element_and_its_index() -> None:
    text = design('- for(x, i in [4, 8, 16]):\n    - "x{i}": conv(x, 1)')
    assert [(name, shape[0]) for name, shape in parameters(text).items() if "weight" in name] == [
        ("x0.weight", 4),
        ("x1.weight", 8),
        ("x2.weight", 16),
    ]
    pairs = design("- for(pair in [[4, 1], [6, 3]]): conv(pair[0], pair[1])")
    assert [shape[0] for name, shape in parameters(pairs).items() if "weight" in name] == [4, 6]
    assert operators(design("- for(b in [relu, tanh]): b")) == ["relu", "tanh"]


@pytest.mark.parametrize("heading", ["repeat(0)", "dense(0)", "for(x in [])", "for(x in range(0))"])
def test_no_turn_at_all_passes_the_value_on(heading: str) -> None:
    assert operators(design(f"- {heading}: conv(9, 9)")) == []


def test_loops_in_loops_see_both_variables_and_the_inner_hides_the_outer() -> None:
    text = design("- repeat(2, as=i):\n    - repeat(2, as=j):\n        - 'x{i}{j}': conv(i + j + 1, 1)")
    assert [name[:3] for name in parameters(text) if "weight" in name] == ["x00", "x01", "x10", "x11"]
    hidden = design("- repeat(2, as=i):\n    - for(i in [5]): conv(i, 1)\n    - conv(i + 1, 1)")
    assert [shape[0] for name, shape in parameters(hidden).items() if "weight" in name] == [5, 1, 5, 2]


def test_an_index_name_is_optional_and_gone_after_its_loop() -> None:
    assert operators(design("- repeat(2): relu")) == ["relu", "relu"]
    refused(design("- repeat(2, as=i): relu\n- conv(‹i› + 1, 1)"), "unknown-parameter")


def test_the_count_may_read_what_flows_by() -> None:
    assert operators(design("- repeat(channels): relu")) == ["relu"] * 3


@pytest.mark.parametrize("count", ["-1", "1.5", "true", "[2]", "relu"])
def test_what_cannot_be_a_count(count: str) -> None:
    refused(design(f"- repeat(‹{count}›): relu"), "wrong-argument", fix="2")


def test_what_the_headings_of_loops_refuse() -> None:
    refused(design("- repeat(2, ‹i›): relu"), "too-many-arguments", fix="as=i")
    refused(design("- repeat(2, as=‹3›): relu"), "wrong-argument", fix="i")
    refused(design("- repeat(2, ‹az›=i): relu"), "unknown-argument", fix="as")
    refused(design("- repeat(2, as=i, ‹as=j›): relu"), "argument-twice", fix="")
    refused(design("- repeat(2, ‹n=3›): relu"), "argument-twice", fix="as=i")
    refused(design("- ‹repeat(as=i)›: relu"), "missing-argument", fix="repeat(3)")
    refused(design("- repeat(‹i in [1]›): relu"), "wrong-argument", fix="3")
    refused(design("- ‹for(3)›: relu"), "wrong-argument", fix="for(x in [3])")
    refused(design("- ‹for()›: relu"), "wrong-argument")
    refused(design("- for(i in ‹3›): relu"), "wrong-argument", fix="range(3)")
    refused(design("- for(‹3›, i in [1]): relu"), "wrong-argument", fix="x")
    refused(design("- for(i, ‹i› in [1]): relu"), "argument-twice", fix="j")
    refused(design("- ‹for(a, b, i in [1])›: relu"), "wrong-argument", fix="for(a, i in [1])")
    refused(design("- ‹for(x=2, i in [1])›: relu"), "wrong-argument")


def test_headings_are_checked_in_arms_that_are_not_taken() -> None:
    refused(design("- when(false):\n    - repeat(2, ‹i›): relu\n- relu"), "too-many-arguments", fix="as=i")


# ---- when


def test_when_takes_one_arm() -> None:
    assert operators(design("- when(channels == 3): relu\n  else: tanh")) == ["relu"]
    assert operators(design("- when(channels != 3): relu\n  else: tanh")) == ["tanh"]


def test_without_else_the_other_arm_passes_the_value_on() -> None:
    assert equal("- relu\n- when(false): tanh\n- abs", "- relu\n- abs")
    assert equal("- when(false): tanh\n  else: []", "- []")


def test_else_stands_in_the_same_step() -> None:
    refused(design("- when(true): relu\n- ‹else›: tanh"), "stray-else")
    refused(design('- when(true): relu\n  "‹else›": tanh'), "several-keys")
    refused(design("- when(true): relu\n  else:‹›"), "null-value", fix=" []")


def test_the_arm_not_taken_is_checked_for_syntax_and_names_only() -> None:
    text = design(
        "- when(false):\n    - conv(8, 99) -> linear(0)\n    - from(nowhere)\n    - conv(1 / 0, 3)\n- relu"
    )
    assert operators(text) == ["relu"]
    refused(design("- when(false): conv(4 ‹1›)\n- relu"), "missing-comma")
    refused(design("- when(false): ‹nonsense›\n- relu"), "unknown-operator")
    refused(design("- when(false): conv(4, 1, ‹strid›=1)\n- relu"), "unknown-argument", fix="stride")
    refused(design("- when(false): conv(‹flor›(4), 1)\n- relu"), "unknown-function", fix="floor")
    refused(design("- when(true): relu\n  else: ‹nonsense›"), "unknown-operator", fix="tanh")


@pytest.mark.parametrize("value", ["1", "0", "relu", "[true]", "3.5", "from(input)"])
def test_a_condition_is_true_or_false(value: str) -> None:
    refused(design(f"- when(‹{value}›): relu"), "wrong-condition", fix="true")


def test_a_condition_is_known_while_checking() -> None:
    found = refused(
        design("- when(‹height > 4›): relu", input="[3, H, W]"), "unknown-size", fix="channels > 4"
    )
    assert "--input" in found.help
    assert operators(design("- when(height > 4): relu", input="[3, H, W]"), input="3x8x8") == ["relu"]
    assert operators(design("- when(height == height): relu", input="[3, H, W]")) == ["relu"]


def test_the_heading_of_when() -> None:
    refused(design("- ‹when()›: relu"), "missing-argument", fix="when(true)")
    refused(design("- when(true, ‹false›): relu"), "too-many-arguments")
    refused(design("- when(‹x in [1]›): relu"), "wrong-argument")


# ---- aux


def test_aux_is_a_side_head_and_the_value_flows_on_past_it() -> None:
    net = network(design("- conv(4, 1)\n- aux(side): global_avg_pool -> flatten -> linear(2)\n- relu"))
    assert net.outputs == {"output": (4, 8, 8)}
    (head,) = net.graph.auxiliary_heads
    assert (head.name, net.nodes[head.node].shape) == ("side", (2,))
    assert [node.auxiliary_head for node in net.nodes] == [None, None, "side", "side", "side", None]
    assert net.nodes[-1].inputs == (1,)


def test_aux_runs_in_training_only() -> None:
    text = design("- conv(4, 1)\n- aux(side): conv(5, 1)")
    net = network(text)
    assert net.params == 4 * 3 + 4
    assert net.macs == 4 * 3 * 64
    from archdsl.analyses.count import count

    training = count(net.graph, training=True)
    assert training.params == net.params + 5 * 4 + 5
    assert training.macs == (net.macs or 0) + 5 * 4 * 64


def test_the_weight_of_aux() -> None:
    text = design(
        "- aux(a): relu\n- aux(b, weight=0.5): relu\n- aux(c, 1): relu\n- aux(d, weight=1 / 4): relu"
    )
    assert {head.name: head.weight for head in network(text).graph.auxiliary_heads} == {
        "a": 0.3,
        "b": 0.5,
        "c": 1,
        "d": 0.25,
    }


def test_what_aux_refuses() -> None:
    refused(design("- ‹aux()›: relu"), "missing-argument", fix="aux(side)")
    refused(design("- aux(‹3›): relu"), "wrong-argument", fix="side")
    refused(design('- ? aux(‹"a b"›)\n  : relu'), "wrong-argument", fix="side")
    refused(design("- aux(a, weight=‹same›): relu"), "unknown-parameter", fix="2")
    refused(design("- aux(a, ‹wieght›=1): relu"), "unknown-argument", fix="weight")
    refused(design("- aux(a):\n    - ‹aux(b)›: relu"), "misplaced-aux")


# ---- checkpoint


# ---- recursion


RECURSIVE = "nest(n):\n  - relu\n  - when(n > 1): nest(n - 1)"


def test_a_block_may_call_itself_below_a_when() -> None:
    assert operators(design("- nest(5)", blocks=RECURSIVE)) == ["relu"] * 5
    assert network(design("- x: nest(3)", blocks=RECURSIVE)).nodes[-1].name == "x.1.1.0"


def test_blocks_may_call_each_other() -> None:
    blocks = """
    even(n):
      - when(n > 0): odd(n - 1)
    odd(n):
      - conv(n + 1, 1)
      - even(n)
    """
    assert weights(design("- even(3)", blocks=blocks)) == ["0.0.0", "0.0.1.0.0", "0.0.1.0.1.0.0"]


def test_calls_nested_64_deep_and_no_deeper() -> None:
    assert len(operators(design("- nest(64)", blocks=RECURSIVE))) == 64
    (found,) = codes(design("- nest(65)", blocks=RECURSIVE))
    assert found == "endless-calls"


def test_an_endless_call_shows_its_cycle() -> None:
    (found,) = diagnostics(design("- a", blocks="a: b\nb: c\nc: b"))
    assert found.code == "endless-calls"
    assert "b -> c" in found.message
    assert "a ->" not in found.message
    assert found.span.text in ("b", "c")
    refused(design("- a", blocks="a:\n  - relu\n  - ‹a›"), "endless-calls", fix="tanh")


# ---- the graph keeps which construct a node came from


def test_nodes_know_their_construct() -> None:
    text = design(
        "- x:\n    - repeat(2):\n        - concat: [relu, unit(2)]\n- aux(h): tanh\n- abs", blocks=UNIT
    )
    by_word = {}
    for node in network(text).nodes:
        kinds = []
        frame = node.frame
        while frame is not None:
            kinds.append(frame.kind)
            frame = frame.parent
        by_word[node.op.word] = kinds
    assert by_word == {
        "input": [],
        "relu": ["concat", "repeat", "group"],
        "conv": ["block", "concat", "repeat", "group"],
        "concat": ["concat", "repeat", "group"],
        "tanh": ["aux"],
        "abs": [],
    }
    iterations = [node.frame.parent.iteration for node in network(text).nodes if node.op.word == "relu"]  # type: ignore[union-attr]
    assert iterations == [0, 1]


def test_what_the_equation_of_a_loop_adds_is_in_its_turn() -> None:
    """The graph keeps the turn of every node, for what draws or finds repeats."""
    graph = archdsl.load("network n\ninput [4, 8, 8]\nbody {\n  dense(3) { conv(2, 1) -> relu }\n}\n").graph
    turns = [node.frame.iteration for node in graph.nodes if node.frame is not None]
    assert turns == [0, 0, 0, 1, 1, 1, 2, 2, 2]
