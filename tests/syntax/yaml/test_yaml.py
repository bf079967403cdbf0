"""Rule Y: YAML gives structure only; and what YAML reads otherwise than it looks."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from archdsl.source import Source
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
)

# ---- every scalar is its source text


@pytest.mark.parametrize("word", ["no", "on", "yes", "off", "NO", "y", "n"])
def test_words_that_yaml_takes_for_booleans_are_words(word: str) -> None:
    assert operators(design(f"- {word}", blocks=f"{word}: relu")) == ["relu"]
    assert shape(design(f"- conv({word}, 1)", params=f"{{{word}: 5}}")) == (5, 8, 8)
    assert parameters(design(f"- {word}: conv(4, 1)"))[f"{word}.weight"] == (4, 3, 1, 1)


@pytest.mark.parametrize(
    ("written", "number"),
    [("012", 12), ("1_000", 1000), ("1e1", 10), ("0o14", None), ("0x1F", None), ("1:30", None)],
)
def test_numbers_are_what_our_grammar_says(written: str, number: int | None) -> None:
    text = design("- conv(width, 1)", params=f"{{width: {written}}}")
    if number is None:
        assert codes(text) == ["syntax-error"]
    else:
        assert shape(text) == (number, 8, 8)


def test_a_small_number_in_scientific_notation() -> None:
    (norm,) = [
        node.op for node in network(design("- batch_norm(eps=small)", params="{small: 1e-5}")).nodes[1:]
    ]
    assert norm.eps == 0.00001  # type: ignore[attr-defined]


@pytest.mark.parametrize("written", ["1:30", "~", "=", "!"])
def test_what_is_no_value(written: str) -> None:
    found = codes(design("- relu", params=f"{{a: {written}}}"))
    assert found in (["syntax-error"], ["yaml-tag"], ["assignment"])
    assert shape(design("- conv(a - 2020, 1)", params="{a: 2026-01-01}")) == (4, 8, 8), "2026 - 1 - 1"


def test_plain_texts_are_plain() -> None:
    text = """name: no
doc: "yes: 1e5 #1 'quoted' {braces} [1, 2], nan"
paper: 'It''s \\ a title: with a colon'
reference: |
  on
  two lines
input: [3]
body: relu
"""
    header = network(text).design.header
    assert header.name == "no"
    assert header.doc == "yes: 1e5 #1 'quoted' {braces} [1, 2], nan"
    assert header.paper == "It's \\ a title: with a colon"
    assert header.reference.split() == ["on", "two", "lines"]


# ---- quotes


@pytest.mark.parametrize("chain", ["conv(4, 1) -> relu", "from(input) -> tanh"])
def test_quotes_around_a_value_change_nothing(chain: str) -> None:
    plain = steps(design(f"- {chain}"))
    assert steps(design(f'- "{chain}"')) == plain
    assert steps(design(f"- '{chain}'")) == plain
    assert steps(design(f'- ["{chain}"]')) == plain


def test_quotes_around_values_in_sections_change_nothing() -> None:
    text = (
        design("- conv(width, 1)", input="['3', \"8\", 8]", params='{"width": "4"}')
        + 'expect: {"params": "16"}\n'
    )
    assert shape(text) == (4, 8, 8)


def test_quotes_around_a_key_make_a_label() -> None:
    assert "concat.weight" in parameters(design('- "concat": conv(4, 1)'))
    assert "conv.weight" in parameters(design("- 'conv': conv(4, 1)"))


def test_escapes_have_no_place() -> None:
    refused(design('- "conv(4,‹\\t›1)"'), "yaml-escape", fix=" ")
    refused(design("- 'from(‹''›input'')'"), "yaml-escape")
    refused(design('- "relu ‹\\q›"'), "yaml-escape", fix="")
    refused(design('- "relu ‹\\u›-> tanh"'), "yaml-escape", fix="")


# ---- comments


@pytest.mark.parametrize(
    "step",
    [
        "- conv(4, 1) -> relu # note",
        "- conv(4, 1) -> relu    #note",
        "- >\n  conv(4, 1) # note\n  -> relu",
        "- >\n  conv(4, 1) ->   # note, with (parentheses\n  relu",
        "- |\n  conv(4, 1)\n  # a line of its own\n  -> relu",
        "- |\n  conv(4, # the width\n  1) -> relu",
        "- 'conv(4, 1) -> relu # note'",
        "# above\n- conv(4, 1) -> relu\n# below",
        "- conv(4, 1)\n  -> relu # note",
    ],
)
def test_a_number_sign_after_a_space_begins_a_comment(step: str) -> None:
    assert steps(design(step)) == steps(design("- conv(4, 1) -> relu"))


def test_a_number_sign_without_a_space_does_not() -> None:
    refused(design("- relu‹#›note"), "syntax-error", fix=" #")
    refused(design("- conv(4‹#›, 1)"), "syntax-error", fix="")
    refused(design("- >\n  relu‹#›note"), "syntax-error", fix=" #")


@pytest.mark.parametrize("continued", ["‹-> relu›", "‹-> relu› # more"])
def test_a_comment_between_two_lines_of_a_step(continued: str) -> None:
    found = refused(design(f"- conv(4, 1) # note\n  {continued}"), "comment-in-chain")
    assert found.related[0].span.text == "# note"
    refused(design("- conv(4, 1) -> # note\n  ‹relu›"), "comment-in-chain")
    refused(design("- conv(4, # note\n  ‹1)›"), "comment-in-chain")


# ---- the traps, each with what to write instead


def test_a_comma_cuts_a_text_in_brackets() -> None:
    found = refused(design("- [relu, ‹conv(64, 3)›]"), "unquoted-comma", fix='"conv(64, 3)"')
    assert '"conv(64, 3)"' in found.help
    refused(design("- concat: [‹conv(64, 1)›, relu]"), "unquoted-comma", fix='"conv(64, 1)"')
    refused(design("- concat: {a: ‹conv(64, 1)›, b: relu}"), "unquoted-comma", fix='"conv(64, 1)"')
    refused(
        design("- [‹conv(64, kernel=1, stride=1)›]"), "unquoted-comma", fix='"conv(64, kernel=1, stride=1)"'
    )
    refused(design("- relu", params="{a: ‹max(1, 2)›, b: 3}"), "unquoted-comma", fix='"max(1, 2)"')
    refused(design("- relu", params="{a: {value: ‹max(1, 2)›, max: 3}}"), "unquoted-comma", fix='"max(1, 2)"')
    refused(design("- conv: {out: ‹max(1, 2)›, kernel: 1}"), "unquoted-comma", fix='"max(1, 2)"')
    refused(design("- relu", input="[3, ‹max(1, 2)›, 8]"), "unquoted-comma", fix='"max(1, 2)"')


def test_brackets_in_a_text_in_brackets() -> None:
    refused(design("- [conv(4, [1, 3]‹),› relu]"), "unquoted-comma")
    assert shape(design('- ["conv(4, [1, 3])", relu]')) == (4, 8, 6)


def test_in_block_style_nothing_needs_quotes() -> None:
    text = design(
        """
        - conv(4, [1, 3], padding=[0, 1])
        - for(w, i in [4, 8]):
            - when(w >= 4 and not i == 7): conv(w, 1)
              else: relu
        - concat:
            left: conv(2, 1) -> relu
            right: conv({2}, 1)
        """.replace("{2}", "2")
    )
    assert shape(text) == (4, 8, 8)


def test_an_item_with_an_unbalanced_parenthesis_says_so() -> None:
    refused(design("- [relu, conv(64‹›]"), "unbalanced-bracket")
    refused(design("- [relu‹)›, tanh]"), "unbalanced-bracket", fix="")


def test_a_label_in_the_middle_of_a_chain_makes_a_key() -> None:
    found = refused(design("- conv(64, 1) -> ‹bn›: batch_norm"), "label-in-chain")
    assert "- bn:" in found.help


def test_a_forgotten_colon_before_a_list() -> None:
    found = refused(design("- ‹residual›\n    - relu"), "missing-colon", fix="residual:")
    assert found.help == "write `residual:`"
    refused(design("- ‹repeat(3)›\n    - relu\n    - tanh"), "missing-colon", fix="repeat(3):")
    refused(design("- ‹x›\n    - relu"), "missing-colon", fix="x:")
    assert shape(design("- conv(5\n   - 1, 1)")) == (4, 8, 8), "a difference may begin a line"


def test_a_forgotten_colon_before_keys() -> None:
    refused(design("- ‹residual›\n    body: relu"), "missing-colon", fix="residual:")


def test_a_value_that_is_missing() -> None:
    found = refused(design("- ‹relu›:"), "null-value")
    assert found.help == "write `relu` without the colon"
    refused(design("- ‹x›:\n- relu"), "null-value")
    refused(design("-‹›\n- relu"), "null-value", fix=" tanh")
    refused(design("- ‹repeat(2)›:"), "null-value")
    refused(design("- concat: {‹a›: , b: relu}"), "null-value")
    refused("input: [3]\n‹doc›:\nbody: relu\n", "null-value")
    refused("input: [3]\n‹body›:\n", "null-value")
    refused("input: [3]\nparams: {‹a›: }\nbody: relu\n", "null-value")
    refused("input: [3]\nblocks:\n  ‹unit›:\nbody: relu\n", "null-value")


def test_a_space_after_the_colon() -> None:
    refused(design("- conv1‹:›conv(4, 1)"), "syntax-error", fix=": ")
    found = refused(design("- concat: {a‹:›relu, b: tanh}"), "syntax-error", fix=": ")
    assert "a: relu" in found.help
    found = refused(design("- relu", params="{‹a:3›}"), "null-value", fix="a: 3")
    assert "a: 3" in found.help


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("- ‹&a› relu", "&a"),
        ("- x: ‹&a›\n    - relu", "&a"),
        ("- ‹&a› x: relu", "&a"),
        ("- ‹*a›", "*a"),
    ],
)
def test_anchors_and_aliases(body: str, word: str) -> None:
    refused(design(body), "yaml-alias")


def test_an_alias_of_an_anchor() -> None:
    assert set(codes(design("- x: &a [relu]\n- y: *a"))) == {"yaml-alias"}


@pytest.mark.parametrize("tag", ["!!str", "!mine", "!"])
def test_tags(tag: str) -> None:
    refused(design(f"- ‹{tag}› relu"), "yaml-tag", fix="")
    refused(design(f"- x: ‹{tag}› [relu]"), "yaml-tag", fix="")
    refused(f"input: ‹{tag}› [3]\nbody: relu\n", "yaml-tag", fix="")


def test_merge_keys() -> None:
    refused(design("- ‹<<›: {a: relu}"), "yaml-merge")
    refused(design("- relu", params="{‹<<›: {a: 1}}"), "yaml-merge")
    refused("‹<<›: {a: 1}\ninput: [3]\nbody: relu\n", "yaml-merge")


def test_equal_keys() -> None:
    refused("input: [3]\nbody: relu\n‹body›: relu\n", "equal-keys", fix="doc")
    refused(design("- concat: {a: relu, ‹a›: tanh}"), "equal-keys", fix="b")
    refused(design("- residual: {body: relu, ‹body›: tanh}"), "equal-keys", fix="shortcut")
    refused(design("- relu", params="{a: 1, b: 2, ‹a›: 3}"), "equal-keys", fix="c")
    refused(design("- relu", params="{a: {value: 1, ‹value›: 3}}"), "equal-keys", fix="max")
    refused(design("- relu", blocks="b: relu\n‹b›: tanh"), "equal-keys", fix="c")
    refused(design("- conv: {out: 4, kernel: 1, ‹out›: 3}"), "equal-keys", fix="stride")
    refused(
        design("- relu") + 'expect: {shapes: {"0": [3, 8, 8], ‹0›: [3, 8, 8]}}\n', "equal-keys", fix="input"
    )


def test_a_second_document() -> None:
    refused("input: [3]\n‹---›\nbody: tanh\n", "second-document", fix="")
    refused("input: [3]\nbody: relu\n...\n‹body:› tanh\n", "second-document")
    assert operators("---\ninput: [3]\nbody: relu\n...\n") == ["relu"]


def test_tabs() -> None:
    refused("input: [3]\nbody:\n‹\t›- relu\n", "yaml-tab", fix="  ")
    refused("input: [3]\nbody:\n  -‹\t›relu\n", "yaml-tab", fix=" ")
    assert operators("input: [3]\t\nbody: relu\t# note\n") == ["relu"]


def test_keys_that_are_no_words() -> None:
    refused(design("- repeat(2, as=i):\n    - ‹{i + 1}›: relu"), "wrong-key", fix='"{i + 1}"')
    refused(design("- ? ‹[a]›\n  : relu"), "wrong-key")
    assert len(codes("? [a]\n: 3\ninput: [3]\nbody: relu\n")) == 1


def test_structures_where_texts_belong() -> None:
    refused("input: [3]\nbody: relu\nname: ‹[a]›\n", "wrong-section", fix="a")
    refused("input: [3]\nbody: relu\nparams: ‹3›\n", "wrong-section")
    refused("input: [3]\nbody: relu\nblocks: ‹[relu]›\n", "wrong-section")
    refused("input: [3]\nbody: relu\nexpect: ‹3›\n", "wrong-section")
    refused("input: {‹a›: [3]}\nbody: relu\n", "unknown-key", fix="shape")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "   \n"])
def test_an_empty_file(text: str) -> None:
    assert codes(text) == ["empty-file"]


@pytest.mark.parametrize("text", ["- relu\n", "relu\n", "[3]\n"])
def test_a_file_that_is_no_mapping(text: str) -> None:
    assert codes(text) == ["not-a-design"]


# ---- places


def test_a_byte_order_mark_and_windows_lines_shift_nothing() -> None:
    for text in (
        "\ufeffinput: [3]\nbody: rleu\n",
        "input: [3]\r\nbody: rleu\r\n",
        "# ä ö ü 模型\ninput: [3]\nbody: rleu\n",
    ):
        (found,) = diagnostics(text)
        assert found.span.column == 7
        assert found.span.text == "rleu"
    assert operators("\ufeffinput: [3]\r\nbody:\r\n  - relu\r\n  - >\r\n    tanh # x\r\n    -> abs\r\n") == [
        "relu",
        "tanh",
        "abs",
    ]


def test_places_in_texts_of_several_lines() -> None:
    refused(design("- >\n  conv(4, 1)\n  -> ‹rleu›\n  -> tanh"), "unknown-operator", fix="relu")
    refused(design("- conv(4, 1)\n  -> ‹rleu›"), "unknown-operator", fix="relu")
    refused(design("- |2\n    ‹rleu›"), "unknown-operator", fix="relu")
    refused(design("- 'relu\n   -> ‹rleu›'"), "unknown-operator", fix="relu")


def test_a_broken_file_on_standard_input_is_a_design_too() -> None:
    checked = pipeline.check(Source("[", "<stdin>"))
    assert [found.code for found in checked.diagnostics] == ["yaml-syntax"]


# ---- depth


def test_lists_and_mappings_nest_within_limits() -> None:
    assert operators(design("[" * 90 + "relu" + "]" * 90)) == ["relu"]
    for deep in ("[" * 20_000, "- " * 20_000, "{a: " * 500, "[" * 200 + "]" * 200):
        found = codes(
            f"input: [3]\nbody: {deep}\n" if deep[0] != "-" else f"input: [3]\nbody:\n {deep}relu\n"
        )
        assert found == ["nested-too-deep"]
