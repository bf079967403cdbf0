"""Rule L: a label is an identifier, or quoted text of letters, digits, ``_``, ``-`` and ``{expression}``, with
dots in a path."""

from __future__ import annotations

import pytest

from archdsl.constructs.vocabulary import STANDARD
from tests.checking import check, codes, design, network, parameters, refused, weights


def labelled(label: str) -> str:
    return design(f"- {label}: conv(4, 1)")


@pytest.mark.parametrize("label", ["conv1", "_", "_x9", "B", "a_b", "__init__"])
def test_an_identifier_is_a_label(label: str) -> None:
    assert weights(labelled(label)) == [label]


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize(
    "label", ["0", "1a", "a-b", "-", "repeat", "concat", "body", "conv", "else", "if", "true"]
)
def test_a_quoted_key_is_always_a_label(label: str, quote: str) -> None:
    assert weights(labelled(f"{quote}{label}{quote}")) == [label]


@pytest.mark.parametrize(
    "word", ["from", "share", "output", "as", "params", "body", "network", "input1", "block", "is"]
)
def test_nothing_else_is_reserved(word: str) -> None:
    assert weights(labelled(word)) == [word]
    assert parameters(design(f"- conv({word}, 1)", params=f"{{{word}: 5}}"))["0.bias"] == (5,)
    if word not in STANDARD.flow_calls:
        assert weights(design(f"- {word}(4)", blocks=f"{word}({word}): conv({word}, 1)")) == ["0.0"]


def test_the_networks_own_inputs_have_their_names() -> None:
    """`from` finds inputs and labels in one scope, so no name stands for both (rule N5)."""
    refused(design("- ‹input›: relu"), "name-twice", fix="entry")
    refused(design("- ‹left›: from(right) -> relu", inputs="{left: [4], right: [4]}"), "name-twice")
    assert weights(design("- stem:\n    - input: conv(4, 1)")) == ["stem.input"]


@pytest.mark.parametrize("word", ["if", "and", "or", "not", "in", "true", "false", "none"])
def test_words_of_expressions_are_reserved_everywhere(word: str) -> None:
    assert len(codes(labelled(word))) == 1
    assert len(codes(design("- relu", params=f"{{{word}: 3}}"))) == 1
    assert len(codes(design("- relu", blocks=f"{word}: relu"))) == 1
    assert len(codes(design("- relu", blocks=f"unit({word}): relu"))) == 1
    assert len(codes(design(f"- repeat(2, as={word}): relu"))) == 1


def test_a_reserved_word_as_a_label_has_to_be_quoted() -> None:
    found = refused(design("- ‹not›: relu"), "syntax-error", fix='"not"')
    assert found.help == 'write `"not"` for a label of that name'
    refused(design("- ‹else›: relu"), "stray-else")


# ---- computed labels


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("block{i}", ["block0", "block1"]),
        ("{i}", ["0", "1"]),
        ("block{i + 1}-{2 * i}_x", ["block1-0_x", "block2-2_x"]),
        ("{i / 1}", ["0", "1"]),
        ("{i - 1}", ["-1", "0"]),
        ("{ i }", ["0", "1"]),
        ("{i}{i}", ["00", "11"]),
        ("{relu if i == 0 else tanh}", ["relu", "tanh"]),
        ("{[red, green][i]}", ["red", "green"]),
        ("c{channels + i}", ["c3", "c5"]),
    ],
)
def test_a_label_is_computed_from_whole_numbers_and_words(label: str, names: list[str]) -> None:
    assert weights(design(f"- repeat(2, as=i):\n    - '{label}': conv(4, 1)")) == names


@pytest.mark.parametrize("value", ["i / 2", "i == 0", "[i]", "from(input)", "0.5", "true"])
def test_a_label_is_computed_from_nothing_else(value: str) -> None:
    refused(design(f"- for(i in [1]):\n    - 'x{{‹{value}›}}': conv(4, 1)"), "wrong-label", fix="i")


def test_labels_are_computed_inside_branches_too() -> None:
    text = design(
        "- for(i in [1, 2]):\n    - concat:\n        'left{i}': conv(2, 1)\n        \"right{i}\": conv(2, 1)"
    )
    assert weights(text) == ["left1", "right1", "left2", "right2"]


# ---- what is no label


@pytest.mark.parametrize("label", [".a", "a.", "a..b", "a b", "a/b", "ä", "", "a:b", "a(1)", "*"])
def test_other_signs_are_refused_in_quotes(label: str) -> None:
    refused(design(f'- "‹{label}›": relu'), "wrong-label", fix="a_b")


@pytest.mark.parametrize("label", ["a-b", "1a", "0", "3x3"])
def test_a_label_that_is_no_identifier_needs_quotes(label: str) -> None:
    (found,) = codes(labelled(label))
    assert found == "unquoted-label"
    assert weights(labelled(f'"{label}"')) == [label]


def test_a_computed_label_needs_quotes() -> None:
    refused(design("- repeat(2, as=i):\n    - block‹{›i}: relu"), "unquoted-label")
    refused(design("- repeat(2, as=i):\n    - ‹{i}›: relu"), "wrong-key", fix='"{i}"')


def test_a_label_has_no_spaces() -> None:
    refused(design("- a ‹b›: relu"), "syntax-error")


@pytest.mark.parametrize("path", ["a‹.›b", "a‹.›0", "a‹.›0.b", "a‹.›b.0", "a‹.›b-c"])
def test_a_path_needs_quotes(path: str) -> None:
    found = refused(design(f"- {path}: relu"), "unquoted-label")
    plain = path.replace("‹", "").replace("›", "")
    assert found.help == f'write `"{plain}"`'
    assert codes(design(f'- "{plain}": relu')) == []


def test_a_path_with_a_computed_part_needs_quotes() -> None:
    found = refused(design("- repeat(2, as=i):\n    - a‹.›{i}: relu"), "unquoted-label")
    assert found.help == 'write `"a.{i}"`'


@pytest.mark.parametrize("path", ["a.0‹:›", "a.b‹:›"])
def test_a_path_needs_quotes_in_arch_too(path: str) -> None:
    plain = path.replace("‹", "").replace("›", "")
    (found,) = check(f"input [3, 8, 8]\nbody {{\n  {plain} relu\n}}\n").diagnostics
    assert found.code == "unquoted-label"
    assert "quotes" in found.help


@pytest.mark.parametrize("label", ["x{i", "x{i}}", "x}", "{", "}{"])
def test_braces_come_in_pairs(label: str) -> None:
    assert codes(design(f'- repeat(1, as=i):\n    - "{label}": relu')) == ["unbalanced-brace"]


def test_braces_hold_an_expression() -> None:
    refused(design('- "x{‹›}": relu'), "syntax-error", fix="1")
    refused(design('- repeat(2, as=i):\n    - "x{i +‹›}": relu'), "syntax-error", fix=" 1")


def test_a_label_stands_at_the_beginning_of_a_step_only() -> None:
    refused(design("- conv(4, 1) -> ‹bn›: batch_norm"), "label-in-chain")
    refused(design("- ['relu -> x‹:› tanh']"), "label-in-chain")


def test_a_label_covers_the_whole_chain() -> None:
    text = design("- x: conv(4, 1) -> relu\n- y: from(x) -> tanh")
    graph = network(text).graph
    assert graph.nodes[graph.scopes["x"]].op.word == "relu"


# ---- a namespace of their own


def test_labels_share_their_words_with_operators_blocks_and_parameters() -> None:
    text = design(
        """
        - conv: conv(unit, 1)
        - unit: unit(channels)
        - relu: from(conv) -> relu
        - add: [from(unit), from(relu)]
        """,
        params="{unit: 3}",
        blocks="unit(conv): conv(conv, 1)",
    )
    assert weights(text) == ["conv", "unit.0"]


def test_a_label_hides_no_parameter() -> None:
    text = design("- width: conv(width, 1)\n- conv(width, 1)", params="{width: 4}")
    assert parameters(text)["1.weight"] == (4, 4, 1, 1)
