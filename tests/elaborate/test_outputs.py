"""Rule X: outputs, and the facts that a file states of itself."""

from __future__ import annotations

import pytest

from tests.checking import check, codes, design, network, refused

# ---- outputs


def outputs(body: str, **sections: str) -> list[tuple[str, str]]:
    """Names of the outputs, in order, with the nodes that make them."""
    graph = network(design(body, **sections)).graph
    return [(output.name, graph.nodes[output.node].name) for output in graph.outputs]


def test_the_bodys_last_value_is_the_output_output() -> None:
    assert outputs("- relu\n- tanh") == [("output", "1")]
    assert outputs("[]") == [("output", "input")]
    assert outputs("- x:\n    - relu\n    - tanh") == [("output", "x.1")]


@pytest.mark.parametrize(
    "last",
    [
        "relu -> output(named)",
        "output(named)",
        "[relu, output(named)]",
        "\n    x: relu -> output(named)",
        "\n    when(true): relu -> output(named)",
        "\n    repeat(1): relu -> output(named)",
        "\n    checkpoint: relu -> output(named)",
        "finish",
    ],
)
def test_unless_its_last_step_ends_in_an_output(last: str) -> None:
    found = outputs(f"- tanh\n- {last}", blocks="finish: relu -> output(named)")
    assert [name for name, _ in found] == ["named"]


@pytest.mark.parametrize(
    "last",
    [
        "tanh",
        "[]",
        "from(input)",
        "from(x) -> tanh",
        "share(x)",
        "\n    concat: [[], []]",
        "\n    when(false): tanh",
        "\n    repeat(0): tanh",
        "\n    aux(side): tanh",
        "nothing",
    ],
)
def test_a_last_step_that_does_not_end_in_an_output_makes_one(last: str) -> None:
    body = f"- x: relu\n- output(named)\n- {last}"
    assert [name for name, _ in outputs(body, blocks="nothing: []")] == ["named", "output"]


def test_an_output_in_the_middle_of_the_last_chain_is_not_its_end() -> None:
    assert outputs("- relu -> output(one) -> tanh") == [("one", "0"), ("output", "1")]


def test_outputs_come_in_the_order_written() -> None:
    body = "- z: relu -> output(z)\n- a: tanh -> output(a)\n- from(z) -> abs"
    assert outputs(body) == [("z", "z"), ("a", "a"), ("output", "2")]


def test_a_value_may_be_two_outputs() -> None:
    assert outputs("- relu -> output(one) -> output(two)") == [("one", "0"), ("two", "0")]


def test_the_value_flows_on_through_an_output() -> None:
    nodes = network(design("- relu\n- output(one)\n- tanh")).nodes
    assert nodes[2].inputs == (1,)


def test_then_come_the_side_heads_in_training_only() -> None:
    graph = network(design("- aux(h1): relu\n- aux(h2): tanh\n- abs -> output(main)")).graph
    assert [output.name for output in graph.outputs] == ["main"]
    assert [head.name for head in graph.auxiliary_heads] == ["h1", "h2"]


def test_outputs_of_blocks() -> None:
    blocks = "finish(name): relu -> output(one)\nboth: [finish(1), tanh]"
    assert [name for name, _ in outputs("- both", blocks=blocks)] == ["one", "output"]


def test_computed_names_of_outputs() -> None:
    text = '- for(i in [3, 4, 5]):\n    - relu\n    - output("p{i}")'
    assert [name for name, _ in outputs(text)] == ["p3", "p4", "p5"]


def test_names_of_outputs_and_side_heads_are_unique_in_the_network() -> None:
    found = refused(design("- relu -> output(one)\n- tanh -> output(‹one›)"), "output-twice", fix="two")
    assert found.related[0].span.line == 3
    refused(design("- aux(one): relu\n- tanh -> output(‹one›)"), "output-twice", fix="two")
    refused(design("- relu -> output(one)\n- aux(‹one›): tanh\n- abs"), "output-twice", fix="two")
    refused(design("- aux(one): relu\n- aux(‹one›): tanh"), "output-twice", fix="two")
    refused(design("- head\n- head", blocks="head: relu -> output(‹one›)"), "output-twice")
    refused(design("- head\n- head", blocks="head:\n  - aux(‹one›): relu\n  - tanh"), "output-twice")
    refused(design("- relu -> output(output)\n- tanh -> output(‹output›)"), "output-twice", fix="other")


def test_a_last_value_cannot_be_called_output_twice() -> None:
    assert codes(design("- relu -> output(output)\n- tanh")) == ["output-twice"]


def test_what_output_refuses() -> None:
    refused(design("- relu -> ‹output›"), "wrong-argument", fix="output(x)")
    refused(design("- relu -> ‹output()›"), "wrong-argument", fix="output(x)")
    refused(design("- relu -> ‹output(a, b)›"), "wrong-argument", fix="output(a)")
    refused(design("- relu -> output(‹3›)"), "wrong-argument", fix="x")
    refused(design("- relu -> output(‹a.b›)"), "wrong-argument", fix="a_b")
    refused(design('- relu -> output(‹"a b"›)'), "wrong-argument", fix='"a-b"')
    refused(design("- ‹output(a)›\n- from(x)", inputs="{x: [3]}"), "nothing-flows")
    refused(design("- aux(h): relu -> ‹output(a)›"), "misplaced-output")


# ---- facts

BODY = """- stem: conv(4, 3)
- aux(side): conv(2, 1)
- relu"""


def stating(facts: str, **sections: str) -> str:
    return design(BODY, **sections) + f"expect: {facts}\n"


PARAMS = 4 * 3 * 9 + 4
MACS = 4 * 3 * 9 * 36
TRAINING_PARAMS = PARAMS + 2 * 4 + 2
TRAINING_MACS = MACS + 2 * 4 * 36


@pytest.mark.parametrize(
    "facts",
    [
        "{output: [4, 6, 6]}",
        "{outputs: {output: [4, 6, 6]}}",
        f"{{params: {PARAMS}, macs: {MACS}}}",
        f"{{params: '<= {PARAMS}', macs: \"<= {MACS}\"}}",
        f"{{params: '>= {PARAMS}', macs: \"< {MACS + 1}\"}}",
        f"{{params: '== {PARAMS}', macs: \"> {MACS - 1}\"}}",
        f"{{params: {PARAMS // 4} * 4}}",
        f"{{training: {{params: {TRAINING_PARAMS}, macs: {TRAINING_MACS}}}}}",
        "{shapes: {stem: [4, 6, 6]}}",
        "{shapes: {side: [2, 6, 6], stem: [4, 6, 6]}}",
        "\n  output: [4, 6, 6]\n  params: <= 1_000_000",
    ],
)
def test_facts_that_hold(facts: str) -> None:
    assert codes(stating(facts)) == []


@pytest.mark.parametrize(
    ("facts", "fix"),
    [
        ("{output: ‹[4, 8, 8]›}", "[4, 6, 6]"),
        ("{output: ‹[4, 6]›}", "[4, 6, 6]"),
        ("{outputs: {output: ‹[1, 6, 6]›}}", "[4, 6, 6]"),
        ("{params: ‹113›}", "112"),
        ("{params: '‹< 112›'}", "<= 112"),
        ("{macs: '‹> 3888›'}", ">= 3888"),
        ("{macs: ‹0›}", "3888"),
        ("{training: {params: ‹112›}}", "122"),
        ("{training: {macs: ‹3888›}}", "4176"),
        ("{shapes: {stem: ‹[4, 8, 8]›}}", "[4, 6, 6]"),
    ],
)
def test_facts_that_do_not_hold(facts: str, fix: str) -> None:
    refused(stating(facts), "expect-mismatch", fix=fix)


def test_shapes_are_of_dotted_names() -> None:
    text = design("- x:\n    - conv(2, 1)\n    - y: [relu, 'conv(5, 1)']\n- b", blocks="b:\n  - inner: tanh")
    facts = 'expect: {shapes: {x: [5, 8, 8], x.y: [5, 8, 8], x.0: [2, 8, 8], x.y.0: [2, 8, 8], "1": [5, 8, 8], 1.inner: [5, 8, 8]}}\n'
    assert codes(text + facts) == []


def test_facts_about_what_is_not_there() -> None:
    refused(stating("{shapes: {‹stm›: [4, 6, 6]}}"), "unknown-fact")
    refused(stating("{outputs: {‹logits›: [4, 6, 6]}}"), "unknown-fact")
    text = design("- relu -> output(one)\n- tanh")
    refused(text + "expect: {‹output›: [3, 8, 8]}\n", "unknown-fact")
    assert codes(text + "expect: {outputs: {one: [3, 8, 8], output: [3, 8, 8]}}\n") == []


def test_a_wrong_key_under_expect() -> None:
    found = refused(stating(f"{{‹parms›: {PARAMS}}}"), "unknown-key", fix="params")
    assert found.help == "did you mean `params`?"
    refused(stating(f"{{training: {{‹parms›: {TRAINING_PARAMS}}}}}"), "unknown-key", fix="params")


@pytest.mark.parametrize("fact", ["1.5", "many", "true", "[3]", "'<= many'"])
def test_a_count_is_a_whole_number(fact: str) -> None:
    (found,) = check(stating(f"{{params: {fact}}}")).diagnostics
    assert found.code in ("wrong-value", "unknown-parameter")
    assert found.span.line == 6


@pytest.mark.parametrize(
    ("bound", "code"), [("'= 3'", "syntax-error"), ("'8M'", "syntax-error"), ("'<= '", "syntax-error")]
)
def test_a_bound_that_is_none(bound: str, code: str) -> None:
    assert codes(stating(f"{{params: {bound}}}")) == [code]


def test_an_unquoted_bound_that_yaml_takes_for_a_folded_text() -> None:
    found = refused(design("- relu") + "expect:\n  params: ‹>= 0›\n", "yaml-syntax", fix='">= 0"')
    assert '">= 0"' in found.help


@pytest.mark.parametrize(
    "shape",
    ["3", "[]", "[0, 6, 6]", "[4, -6, 6]", "[4, 6.5, 6]", "[1, 2, 3, 4, 5]", "{a: 1}", "[4, true, 6]"],
)
def test_a_stated_shape_is_a_list_of_sizes(shape: str) -> None:
    assert codes(stating(f"{{output: {shape}}}")) == ["wrong-value"]


def test_facts_hold_for_the_files_own_parameters_and_input() -> None:
    text = design("- conv(width, 1)", params="{width: 4}") + "expect: {output: [4, 8, 8], params: 16}\n"
    assert check(text).notes == ()
    for options in ({"settings": {"width": "8"}}, {"input": "3x4x4"}, {"settings": {"width": "4"}}):
        checked = check(text, **options)
        assert checked.network is not None
        (note,) = checked.notes
        assert "expect" in note
        assert ("--set" in note) == ("settings" in options)
        assert ("--input" in note) == ("input" in options)
    assert check(design("- relu"), input="3x4x4").notes == ()


def test_facts_of_named_dimensions() -> None:
    text = design("- conv(4, 1)", input="[3, H, W]")
    assert codes(text + "expect: {output: [4, H, W], params: 16}\n") == []
    assert codes(text + "expect: {output: [4, W, H]}\n") == ["expect-mismatch"]
    assert codes(text + "expect: {macs: 16}\n") == ["expect-mismatch"]


def test_all_facts_that_fail_are_reported() -> None:
    assert codes(stating("{output: [1, 1, 1], params: 3, macs: 4, shapes: {stem: [1], no: [2]}}")) == [
        "expect-mismatch",
        "expect-mismatch",
        "expect-mismatch",
        "expect-mismatch",
        "unknown-fact",
    ]
