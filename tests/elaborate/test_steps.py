"""Rule S: a body is a step or a list of steps, and the value flows from each to the next."""

from __future__ import annotations

import pytest

from tests.checking import codes, design, network, operators, parameters, refused, shape, steps

BLOCKS = "unit(out, kernel=1): conv(out, kernel) -> relu"


# ---- a text


def test_a_text_is_a_chain_of_calls() -> None:
    text = design("- conv(64, 1) -> batch_norm -> relu")
    assert operators(text) == ["conv", "batch_norm", "relu"]
    assert [node.inputs for node in network(text).nodes] == [(), (0,), (1,), (2,)]


def test_a_body_is_a_step_or_a_list_of_steps() -> None:
    one = design("conv(4, 1) -> relu")
    assert steps(one) == steps(design("- conv(4, 1) -> relu")) == steps(design("- conv(4, 1)\n- relu"))


@pytest.mark.parametrize(
    "chain",
    [
        "- conv(4, 1) ->\n  relu",
        "- conv(4, 1)\n  -> relu",
        "- conv(4,\n    1) -> relu",
        "- >\n  conv(4, 1)\n  -> relu",
        "- |\n  conv(4, 1) ->\n  relu",
        "- >-\n\n  conv(4, 1)\n\n  -> relu\n",
        "- 'conv(4, 1) -> relu'",
        '- "conv(4, 1)\n   -> relu"',
        "- conv(4, 1)->relu",
        "- conv ( 4 , 1 , ) -> relu ( )",
    ],
)
def test_lines_do_not_count_inside_parentheses_and_around_arrows(chain: str) -> None:
    assert steps(design(chain)) == steps(design("- conv(4, 1) -> relu"))


def test_a_new_line_between_two_calls_is_no_arrow() -> None:
    refused(design("- conv(4, 1)‹›\n  relu"), "new-line-in-chain", fix=" ->")


# ---- a list


def test_a_list_is_steps_in_a_row_a_group_without_a_name() -> None:
    assert steps(design("- - conv(4, 1)\n  - relu\n- tanh")) == steps(design("- conv(4, 1) -> relu -> tanh"))
    assert steps(design("- [[relu, [tanh]], abs]")) == steps(design("- relu -> tanh -> abs"))


def test_the_empty_list_passes_the_value_on() -> None:
    assert steps(design("- []\n- relu\n- []")) == steps(design("- relu"))
    assert operators(design("[]")) == []
    assert shape(design("[]")) == (3, 8, 8)


def test_an_empty_mapping_is_no_step() -> None:
    refused(design("- relu\n- ‹{}›"), "empty-mapping", fix="[]")


# ---- a mapping


@pytest.mark.parametrize("word", ["concat", "add", "sub", "mul", "div", "max", "min"])
def test_a_mapping_whose_key_is_a_construct(word: str) -> None:
    assert operators(design(f"- {word}: [relu, tanh]")) == ["relu", "tanh", word]


@pytest.mark.parametrize(
    "heading", ["repeat(3)", "repeat(3, as=i)", "for(i in range(3))", "for(x, i in [7, 8, 9])"]
)
def test_a_construct_has_its_arguments_in_parentheses(heading: str) -> None:
    assert operators(design(f"- {heading}: relu")) == ["relu"] * 3


@pytest.mark.parametrize("word", ["repeat", "dense", "for", "when", "aux"])
def test_a_construct_without_the_arguments_that_it_needs_is_no_label(word: str) -> None:
    found = refused(design(f"- ‹{word}›: relu"), "missing-argument", fix=f'"{word}"')
    assert f'"{word}"' in found.help


def test_a_mapping_of_one_label_to_a_step() -> None:
    assert list(parameters(design("- x: conv(4, 1)"))) == ["x.weight", "x.bias"]
    assert list(parameters(design("- x: {y: [{conv: {out: 4, kernel: 1}}]}"))) == [
        "x.y.0.weight",
        "x.y.0.bias",
    ]


def test_a_step_has_one_key() -> None:
    refused(design("- a: relu\n  ‹b›: tanh"), "several-keys")
    refused(design("- when(true): relu\n  else: tanh\n  ‹b›: abs"), "several-keys")
    refused(design("- repeat(2): relu\n  ‹else›: tanh"), "several-keys")


def test_two_equal_keys_in_a_step_are_reported_as_such() -> None:
    refused(design("- a: relu\n  ‹a›: tanh"), "equal-keys")


def test_nothing_but_a_construct_takes_a_body() -> None:
    refused(design("- ‹conv(4, 1)›: relu"), "not-a-construct")
    refused(design("- ‹unit(4)›: relu", blocks=BLOCKS), "not-a-construct")
    refused(design("- ‹repat›(4): relu"), "not-a-construct", fix="repeat")
    refused(design("- ‹while›(true): relu"), "not-a-construct", fix="when")
    refused(design("- ‹elif›(true): relu"), "not-a-construct", fix="when")
    refused(design("- ‹if›(true): relu"), "syntax-error", fix="when")


# ---- the keyword form


@pytest.mark.parametrize(
    ("keywords", "chain"),
    [
        ("conv: {out: 4, kernel: 3}", "conv(4, 3)"),
        (
            "conv: {kernel: [1, 3], out: 4, padding: [0, 1], bias: false}",
            "conv(4, [1, 3], padding=[0, 1], bias=false)",
        ),
        ("conv: {out: channels * 2, kernel: 3, padding: same}", "conv(channels * 2, 3, padding=same)"),
        ("unit: {out: 4}", "unit(4)"),
        ("unit: {kernel: 3, out: 2 ** 3}", "unit(8, 3)"),
        ("batch_norm: {}", "batch_norm"),
        ("wrapped: {layer: group_norm(1)}", "wrapped(group_norm(1))"),
        ("join: {skip: from(input)}", "join(from(input))"),
    ],
)
def test_the_keyword_form_is_the_call(keywords: str, chain: str) -> None:
    blocks = f"{BLOCKS}\nwrapped(layer): layer\njoin(skip):\n  - add: [[], from(skip)]"
    assert steps(design(f"- {keywords}", blocks=blocks)) == steps(design(f"- {chain}", blocks=blocks))
    lines = keywords.replace("{", "\n    ").replace("}", "")
    if lines.count("\n") == 1 and "[" not in keywords and lines.strip()[-1] != ":":
        assert steps(design(f"- {lines.replace(', ', chr(10) + '    ')}", blocks=blocks)) == steps(
            design(f"- {chain}", blocks=blocks)
        )


def test_the_keyword_form_is_a_single_call_to_labels() -> None:
    assert list(parameters(design("- x: {conv: {out: 4, kernel: 1}}"))) == ["x.weight", "x.bias"]


def test_the_keyword_form_of_blocks_that_other_files_bring(tmp_path: object) -> None:
    from pathlib import Path

    from archdsl.pipeline import check

    folder = Path(str(tmp_path))
    (folder / "cells.yaml").write_text("blocks:\n  unit(out): conv(out, 1)\n")
    (folder / "net.yaml").write_text(
        "use: {cells.yaml: [unit]}\ninput: [3, 8, 8]\nbody:\n  - unit: {out: 5}\n"
    )
    checked = check(str(folder / "net.yaml"))
    assert checked.network is not None
    assert checked.network.outputs == {"output": (5, 8, 8)}


def test_the_keyword_form_is_of_bare_names_alone() -> None:
    """A quoted key is a label, and so is a name that no operator or block bears."""
    assert list(parameters(design('- "conv": {conv: {out: 4, kernel: 1}}'))) == ["conv.weight", "conv.bias"]
    assert list(parameters(design("- conv: [{conv: {out: 4, kernel: 1}}]"))) == [
        "conv.0.weight",
        "conv.0.bias",
    ]
    assert list(parameters(design("- conv: conv(4, 1)"))) == ["conv.weight", "conv.bias"]
    assert list(parameters(design("- unit: {conv: {out: 4, kernel: 1}}"))) == ["unit.weight", "unit.bias"]
    params = "{held: relu}"
    assert operators(design("- held: {tanh: {}}", params=params)) == ["tanh"], "a parameter is neither"


def test_what_the_keyword_form_refuses() -> None:
    refused(design("- conv: {out: 4, ‹kernl›: 3}"), "unknown-argument", fix="kernel")
    refused(design("- ‹conv›: {out: 4}"), "missing-argument")
    refused(design("- conv: {out: 4, kernel: 3, ‹out›: 5}"), "equal-keys", fix="stride")
    refused(design("- conv: {out: ‹{a: 1}›, kernel: 1}"), "wrong-value", fix="4")
    refused(design("- conv: {out: 4, ‹kernel›: }"), "null-value")


# ---- constructs are whole steps


@pytest.mark.parametrize(
    "word", ["concat", "add", "residual", "repeat", "dense", "for", "when", "aux", "checkpoint"]
)
def test_a_construct_is_never_a_member_of_a_chain(word: str) -> None:
    found = refused(design(f"- relu -> ‹{word}›"), "construct-in-chain")
    assert found.help.startswith(f"write it as a step of its own: `- {word}")
    refused(design(f"- ‹{word}›(2) -> relu"), "construct-in-chain")


def test_from_share_and_output_stand_in_chains() -> None:
    text = design(
        """
        - a: conv(3, 1)
        - from(input) -> share(a) -> relu -> output(one)
        - from(a) -> output(two) -> tanh
        """
    )
    assert operators(text) == ["conv", "conv", "relu", "tanh"]
    assert list(network(text).outputs) == ["one", "two", "output"]


def test_several_faulty_steps_are_reported_in_one_run() -> None:
    text = design("- conv(4 1)\n- relu ->\n- tanh\n- nothing\n- conv(4, 99)")
    assert codes(text) == ["missing-comma", "dangling-arrow", "unknown-operator"]
