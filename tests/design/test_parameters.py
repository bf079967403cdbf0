"""Rule P: parameters of networks and blocks, and what an argument can be."""

from __future__ import annotations

import pytest

from archdsl.diagnostics import UsageError
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
)


def outs(body: str, **sections: str) -> list[int]:
    """The output channels of every convolution."""
    text = design(body, **sections)
    return [found[0] for name, found in parameters(text).items() if name.endswith("weight")]


# ---- names and defaults


def test_a_default_may_use_the_parameters_before_it() -> None:
    assert outs("- conv(c, 1)", params="{a: 3, b: a + 1, c: a * b}") == [12]
    assert outs("- b(2)", blocks="b(x, y=x + 1, z=x * y): conv(z, 1)") == [6]
    assert outs("- b(2, 5)", blocks="b(x, y=x + 1, z=x * y): conv(z, 1)") == [10]


def test_a_default_sees_nothing_after_it() -> None:
    text = design("- b", blocks="b(x=‹y› + 1, y=2): conv(x, 1)")
    refused(text, "unknown-parameter")
    refused("input: [3, 8, 8]\nparams: {a: ‹b› + 1, b: 2}\nbody: conv(a, 1)\n", "unknown-parameter")


def test_a_blocks_default_may_use_the_sizes_of_the_value_that_enters() -> None:
    blocks = (
        "bneck(out, inner=channels * 4, k=[height - 7, width - 7]):\n  - conv(inner, k)\n  - conv(out, 1)"
    )
    assert outs("- bneck(2)\n- bneck(5)", blocks=blocks) == [12, 2, 8, 5]


def test_a_parameter_without_a_default_has_to_be_given() -> None:
    refused(design("- ‹b›", blocks="b(x): conv(x, 1)"), "missing-argument", fix="b(4)")
    refused(design("- ‹b(y=3)›", blocks="b(x, y=2): conv(x, y)"), "missing-argument", fix="b(4)")
    refused("input: [3]\nparams: {a:‹›}\nbody: relu\n".replace("a:‹›", "‹a›: "), "null-value")


def test_parameters_without_a_default_come_first() -> None:
    refused(design("- relu", blocks="b(x=3, ‹y›): relu"), "required-after-default")
    refused(design("- relu", blocks="b(x, ‹x›): relu"), "argument-twice")


def test_what_calls_of_blocks_refuse() -> None:
    blocks = "block(out, kernel=1): conv(out, kernel)"
    refused(design("- block(4, 1, ‹2›)", blocks=blocks), "too-many-arguments")
    refused(design("- block(4, ‹kernal›=1)", blocks=blocks), "unknown-argument", fix="kernel")
    refused(design("- block(‹4›, out=5)".replace("‹4›", "‹4›"), blocks=blocks), "argument-twice")
    refused(design("- block(4, ‹k in [1]›)", blocks=blocks), "wrong-argument", fix="1")


def test_arguments_by_place_and_by_name() -> None:
    blocks = "block(out, kernel=1, stride=1): conv(out, kernel, stride)"
    for call in (
        "block(4, 3, 2)",
        "block(out=4, kernel=3, stride=2)",
        "block(4, stride=2, kernel=3)",
        "block(stride=2, kernel=3, out=4)",
    ):
        assert shape(design(f"- {call}", blocks=blocks)) == (4, 3, 3)


# ---- channels, height, width


def test_sizes_are_of_the_value_entering_the_call_in_which_they_stand() -> None:
    assert outs("- conv(channels * 2, 1) -> conv(channels * 2, 1)") == [6, 12]
    assert outs("- conv(4, 1)\n- b(channels + 1)", blocks="b(x): conv(8, 1) -> conv(x + channels, 1)") == [
        4,
        8,
        13,
    ]
    assert outs(
        "- concat:\n    - conv(channels, 1)\n    - conv(9, 1) -> conv(channels, 1)\n- conv(channels, 1)"
    ) == [3, 9, 9, 12]
    assert shape(design("- conv(height, 3) -> conv(width, 1)")) == (6, 6, 6)


def test_the_sizes_of_values_of_other_ranks() -> None:
    assert outs("- conv(channels * width, 1)", input="[2, 5]") == [10]
    assert outs("- conv(channels * height * width, 1)", input="[2, 3, 5, 7]") == [70]
    refused(design("- flatten -> linear(‹height›)"), "no-such-size", fix="channels")
    refused(design("- conv(‹height›, 1)", input="[3, 5]"), "no-such-size", fix="width")


@pytest.mark.parametrize("word", ["channels", "height", "width"])
def test_a_parameter_or_loop_variable_of_that_name_hides_them(word: str) -> None:
    assert outs(f"- conv({word}, 1)", params=f"{{{word}: 7}}") == [7]
    assert outs("- b(5)", blocks=f"b({word}): conv({word}, 1) -> conv({word}, 1)") == [5, 5]
    assert outs(f"- for({word} in [5, 6]): conv({word}, 1)") == [5, 6]
    assert outs(f"- repeat(2, as={word}): conv({word} + 1, 1)") == [1, 2]


def test_a_networks_parameters_see_no_value() -> None:
    refused("input: [3, 8, 8]\nparams: {a: ‹channels› * 2}\nbody: conv(a, 1)\n", "unknown-parameter")


def test_sizes_where_nothing_flows() -> None:
    text = design(
        "- concat:\n    - from(a) -> relu\n    - from(b)\n- conv(channels, 1)",
        inputs="{a: [2, 4, 4], b: [3, 4, 4]}",
    )
    assert shape(text) == (5, 4, 4)
    refused(design("- repeat(‹channels›): relu\n- from(a)", inputs="{a: [2]}"), "nothing-flows")


# ---- what a block sees


def test_a_block_sees_its_own_parameters_its_files_params_and_blocks() -> None:
    blocks = "outer(n): inner(n + extra)\ninner(m): conv(m, 1)"
    assert outs("- outer(2)", params="{extra: 3}", blocks=blocks) == [5]


def test_a_blocks_parameter_hides_the_networks() -> None:
    assert outs("- b(2)\n- conv(n, 1)", params="{n: 7}", blocks="b(n): conv(n, 1)") == [2, 7]


def test_a_block_does_not_see_its_caller() -> None:
    refused(design("- repeat(2, as=i): inner", blocks="inner: conv(‹i› + 1, 1)"), "unknown-parameter")
    refused(design("- outer(4)", blocks="outer(n): inner\ninner: conv(‹n› * 2, 1)"), "unknown-parameter")


# ---- kinds of arguments


@pytest.mark.parametrize("value", ["4", "2 + 2", "8 // 2", "8 / 2", "4.0", "04"])
def test_a_number(value: str) -> None:
    assert outs(f"- conv({value}, 1)") == [4]


def test_true_and_false() -> None:
    assert list(parameters(design("- conv(4, 1, bias=false)"))) == ["0.weight"]
    assert list(parameters(design("- b(true)", blocks="b(flag): conv(4, 1, bias=not flag)"))) == [
        "0.0.weight"
    ]
    refused(design("- conv(4, 1, bias=‹0›)"), "wrong-argument", fix="false")
    refused(design("- conv(‹true›, 1)"), "wrong-argument", fix="1")


def test_a_list() -> None:
    assert shape(design("- conv(4, [1, 3], padding=[0, 1])")) == (4, 8, 8)
    assert outs("- b([4, 5])", blocks="b(widths):\n  - for(w in widths): conv(w, 1)") == [4, 5]


def test_a_word_is_an_option() -> None:
    assert shape(design("- conv(4, 3, padding=same)")) == (4, 8, 8)
    assert shape(design("- b(same)", blocks="b(how): conv(4, 3, padding=how)")) == (4, 8, 8)
    refused(design("- conv(4, 3, padding=‹saem›)"), "wrong-argument", fix="same")


def test_a_word_is_the_nearest_loop_variable_or_parameter_of_that_name() -> None:
    assert shape(design("- conv(4, 3, padding=same)", params="{same: 0}")) == (4, 6, 6)
    assert shape(design("- for(valid in [1]): conv(4, 3, padding=valid)", params="{valid: 0}")) == (4, 8, 8)


def test_a_block_by_name_and_a_call_of_one() -> None:
    blocks = "wrap(layer): layer -> relu\nown(out, kernel=1): conv(out, kernel)"
    assert operators(design("- wrap(tanh)", blocks=blocks)) == ["tanh", "relu"]
    assert operators(design("- wrap(own(4))", blocks=blocks)) == ["conv", "relu"]
    assert list(parameters(design("- wrap(group_norm(3))", blocks=blocks))) == ["0.0.weight", "0.0.bias"]
    assert operators(design("- unit", params="{unit: own(4)}", blocks=blocks)) == ["conv"]


def test_the_rest_of_the_arguments_comes_with_the_call() -> None:
    blocks = "wrap(layer): layer(5)\nown(out, kernel=1, stride=1): conv(out, kernel, stride)"
    assert shape(design("- wrap(own)", blocks=blocks)) == (5, 8, 8)
    assert shape(design("- wrap(own(kernel=3, stride=2))", blocks=blocks)) == (5, 3, 3)
    assert shape(design("- wrap(conv(kernel=3))", blocks=blocks)) == (5, 6, 6)
    twice = "wrap(layer): half(layer(kernel=3))\nhalf(layer): layer(5, stride=2)\nown(out, kernel=1, stride=1): conv(out, kernel, stride)"
    assert shape(design("- wrap(own)", blocks=twice)) == (5, 3, 3)
    refused(design("- wrap(own(‹kernal›=3))", blocks=blocks), "unknown-argument", fix="kernel")


def test_the_arguments_of_a_block_are_evaluated_where_it_is_written() -> None:
    blocks = "wrap(layer):\n  - conv(16, 1)\n  - layer\nown(out): conv(out, 1)"
    assert outs("- wrap(own(channels))", blocks=blocks) == [16, 3], "3 channels enter the call of `wrap`"
    assert outs("- repeat(2, as=i): wrap(own(i + 5))", blocks=blocks) == [16, 5, 16, 6]
    hidden = "wrap(layer, n=9): layer\nown(out): conv(out, 1)"
    assert outs("- wrap(own(n))", params="{n: 7}", blocks=hidden) == [7]


def test_blocks_in_lists_and_in_choices() -> None:
    assert operators(design("- for(b in [relu, tanh]): b")) == ["relu", "tanh"]
    assert operators(design("- wrap(relu if channels == 3 else tanh)", blocks="wrap(layer): layer")) == [
        "relu"
    ]
    assert operators(design("- when(kind == relu): tanh\n  else: abs", params="{kind: relu}")) == ["tanh"]


def test_identity_is_the_absent_block() -> None:
    blocks = "wrap(layer, after=identity):\n  - layer\n  - after"
    text = design("- wrap(tanh)\n- wrap(identity, relu)", blocks=blocks)
    assert [word for word in operators(text) if word != "identity"] == ["tanh", "relu"]
    assert network(text).params == 0


# ---- call position


def test_in_call_position_only_blocks_operators_and_their_holders_are_looked_at() -> None:
    assert operators(design("- scale(scale)", params="{scale: 2}")) == ["scale"]
    assert operators(design("- repeat(2, as=relu): relu")) == ["relu", "relu"]
    assert operators(design("- relu", params="{relu: tanh}")) == ["tanh"], (
        "a parameter that holds a block is nearest"
    )
    assert operators(design("- b(2)\n- b(tanh)", blocks="b(abs): abs")) == ["abs", "tanh"]


def test_what_is_no_block_cannot_be_called() -> None:
    refused(design("- ‹width›", params="{width: 8}"), "not-callable")
    refused(design("- b(‹8›)".replace("‹8›", "8"), blocks="b(layer): ‹layer›"), "not-callable")
    refused(design("- ‹rleu›"), "unknown-operator", fix="relu")
    refused(design("- b", blocks="b: ‹unti›\nunit: relu"), "unknown-operator", fix="unit")


def test_merges_are_no_operators_in_a_chain() -> None:
    refused(
        design("- wrap(‹concat›)".replace("‹concat›", "concat"), blocks="wrap(layer): ‹layer›"),
        "not-callable",
    )


# ---- Python's words


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("- ‹Conv2d›(4, 1)", "conv"),
        ("- ‹nn.Conv2d›(4, 1)", "conv"),
        ("- ‹ReLU›", "relu"),
        ("- ‹BatchNorm2d›", "batch_norm"),
        ("- ‹torch.nn.ReLU6›()", "relu6"),
        ("- ‹AdaptiveAvgPool2d›(1)", "adaptive_avg_pool"),
    ],
)
def test_pytorchs_classes_get_a_did_you_mean(written: str, meant: str) -> None:
    found = refused(design(written), "unknown-operator", fix=meant)
    assert found.help == f"did you mean `{meant}`?"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("- conv(4, 1, bias=‹False›)", "false"),
        ("- conv(4, 1, bias=‹True›)", "true"),
        ("- wrap(‹None›)", "identity"),
        ("- wrap(‹none›)", "identity"),
    ],
)
def test_pythons_words_get_a_did_you_mean(written: str, meant: str) -> None:
    found = refused(design(written, blocks="wrap(layer): layer"), "python-word", fix=meant)
    assert f"`{meant}`" in found.help


def test_self_gets_a_did_you_mean() -> None:
    (found,) = diagnostics(design("- conv(self.width, 1)", params="{width: 4}"))
    assert found.code == "python-word"
    assert codes(design("- self.conv(4, 1)")) == ["unknown-operator"]


# ---- values for a network's parameters


def chosen(default: str, value: str) -> list[str]:
    text = design("- relu", params=f"{{p: {default}}}")
    return [found.code for found in check(text, settings={"p": value}).diagnostics]


@pytest.mark.parametrize(
    ("default", "value"),
    [
        ("3", "4"),
        ("3", "2 + 2"),
        ("3", "4.0"),
        ("3", "1_000"),
        ("0.5", "0.25"),
        ("0.5", "1"),
        ("true", "false"),
        ("[1, 2]", "[]"),
        ("[1, 2]", "[3]"),
        ("same", "valid"),
        ("relu", "tanh"),
        ("relu", "group_norm(1)"),
        ("3", "-4"),
    ],
)
def test_a_value_has_the_kind_of_its_default(default: str, value: str) -> None:
    assert chosen(default, value) == []


@pytest.mark.parametrize(
    ("default", "value"),
    [
        ("3", "4.5"),
        ("3", "true"),
        ("3", "[4]"),
        ("3", "same"),
        ("0.5", "true"),
        ("0.5", "same"),
        ("true", "1"),
        ("[1, 2]", "3"),
        ("relu", "3"),
        ("relu", "rleu"),
        ("same", "3"),
    ],
)
def test_a_value_of_another_kind_is_refused(default: str, value: str) -> None:
    assert chosen(default, value) == ["wrong-kind"]


def test_settings_that_are_no_values() -> None:
    text = design("- conv(p, 1)", params="{p: 3}")
    for value, code in [
        ("4 4", "syntax-error"),
        ("", "syntax-error"),
        ("1 / 0", "division-by-zero"),
        ("q + 1", "unknown-parameter"),
    ]:
        assert [found.code for found in check(text, settings={"p": value}).diagnostics] == [code], value


def test_settings_may_use_the_parameters_before_them() -> None:
    text = design("- conv(b, 1)", params="{a: 3, b: 1}")
    assert shape(text, settings={"b": "a * 2"}) == (6, 8, 8)
    assert shape(text, settings={"a": "5", "b": "a * 2"}) == (10, 8, 8)


def test_defaults_that_use_a_set_parameter_follow_it() -> None:
    text = design("- conv(b, 1)", params="{a: 3, b: a * 2}")
    assert shape(text, settings={"a": "5"}) == (10, 8, 8)


def test_a_parameter_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no parameter `growht`") as raised:
        check(design("- conv(growth, 1)", params="{growth: 3}"), settings={"growht": "4"})
    assert raised.value.help == "did you mean `growth`?"


# ---- bounds and documentation

DETAILS = "{growth: {value: 32, min: 1, max: 256, doc: channels a layer adds}}"


def test_details_document_and_bound_a_parameter() -> None:
    text = design("- conv(growth, 1)", params=DETAILS)
    assert shape(text) == (32, 8, 8)
    assert shape(text, settings={"growth": "256"}) == (256, 8, 8)
    assert shape(text, settings={"growth": "1"}) == (1, 8, 8)
    for value in ("0", "257", "-3"):
        (found,) = check(text, settings={"growth": value}).diagnostics
        assert found.code == "out-of-bounds"
        assert "from 1 to 256" in found.message


def test_bounds_hold_for_the_default_and_for_each_item_of_a_list() -> None:
    refused(design("- relu", params="{a: {value: ‹0›, min: 1}}"), "out-of-bounds", fix="1")
    text = design("- relu", params="{a: {value: [1, 2], max: 4}}")
    assert [found.code for found in check(text, settings={"a": "[1, 5]"}).diagnostics] == ["out-of-bounds"]
    assert codes(text) == []


def test_bounds_may_be_expressions() -> None:
    text = design("- relu", params="{n: 4, a: {value: 2, max: n * 2}}")
    assert [found.code for found in check(text, settings={"a": "9"}).diagnostics] == ["out-of-bounds"]
    assert [found.code for found in check(text, settings={"a": "9", "n": "5"}).diagnostics] == []


def test_what_details_refuse() -> None:
    refused(design("- relu", params="{‹a›: {min: 1}}"), "missing-argument")
    refused(design("- relu", params="{a: {value: 1, ‹minimum›: 1}}"), "unknown-key", fix="min")
    refused(design("- relu", params="{a: {value: 1, min: ‹same›}}"), "wrong-value", fix="0")
    refused(design("- relu", params="‹[a, b]›"), "wrong-section")
    refused(design("- relu", params="{a: 1, ‹a›: 2}"), "equal-keys", fix="b")
