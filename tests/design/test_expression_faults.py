"""Rule E: what expressions refuse, and their limits."""

from __future__ import annotations

import pytest

from archdsl.diagnostics import ArchError
from tests.checking import codes, design, refused, shape
from tests.witness import fault, value

# ---- what is refused


@pytest.mark.parametrize(
    "text",
    [
        "true + 1",
        "1 * true",
        "-true",
        "1 and 2",
        "not 1",
        "false or 3",
        "1 == true",
        "true < false",
        "[true] == [1]",
        "[1] + 1",
        "[1] - [1]",
        "[1] * 1.5",
        "[1] * true",
        "[1, 2] < 3",
        "[relu] < [tanh]",
        "len(3)",
        "len(relu)",
        "len(1, 2)",
        "len()",
        "sum(3)",
        "sum([true])",
        "min()",
        "min([])",
        "min(3)",
        "abs(1, 2)",
        "floor([1])",
        "round(1, 2, 3)",
        "round(1, 0.5)",
        "max(1, relu)",
        "max(true, 1)",
        "range()",
        "range(1.5)",
        "range(1, 2, 0)",
        "range(1, 2, 3, 4)",
        "range(true)",
        "3[0]",
        "relu[0]",
    ],
)
def test_operands_of_the_wrong_kind(text: str) -> None:
    assert fault(text) == "wrong-operand"


def test_words_are_compared_and_nothing_else() -> None:
    assert value("same == same") is True
    assert value("same != valid") is True
    assert value("relu == tanh") is False
    assert value("group_norm(1) == group_norm(2)") is False
    assert value("group_norm(1) == group_norm(1)") is True
    assert value("p == same", p=1) is False
    assert value("p != same", p=[]) is True
    assert fault("same < valid") == "unknown-parameter"


def test_a_misspelt_parameter_in_a_comparison_is_reported() -> None:
    with pytest.raises(ArchError) as raised:
        value("strid == 1", stride=1)
    assert raised.value.diagnostics[0].help == "did you mean `stride`?"


def test_only_the_needed_side_is_evaluated() -> None:
    assert value("true or 1 / 0 > 1") is True
    assert value("false and 1 / 0 > 1") is False
    assert value("1 if true else 1 / 0") == 1
    assert value("1 / 0 if false else 2") == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 / 0", "division-by-zero"),
        ("1 // 0", "division-by-zero"),
        ("1 % 0", "division-by-zero"),
        ("0 ** -1", "division-by-zero"),
        ("(-8) ** 0.5", "not-a-number"),
        ("[1, 2][2]", "index-out-of-range"),
        ("[1, 2][-3]", "index-out-of-range"),
        ("[][0]", "index-out-of-range"),
        ("[1, 2][0.5]", "index-out-of-range"),
        ("[1, 2][true]", "index-out-of-range"),
        ("width + 1", "unknown-parameter"),
        ("foo(3)", "unknown-function"),
        ("int(3)", "unknown-function"),
        ("min(x=3)", "wrong-argument"),
        ('"same"', "text-value"),
        ("1 if 1 else 2", "wrong-condition"),
        ("[0] * 100_001", "list-too-long"),
        ("range(10 ** 6)", "list-too-long"),
        ("[[0] * 1000] * 1000", "list-too-long"),
        ("[[0] * 60_000, [0] * 60_000]", "list-too-long"),
        ("10 ** 17 * 10", "number-too-large"),
        ("1e17 * 1e17", "number-too-large"),
        ("none", "python-word"),
        ("None", "python-word"),
        ("1 < 2 < 3", "syntax-error"),
        ("[1, 2, 3][0:1:2]", "syntax-error"),
        ("[a for a, b in [[1, 2]]]", "syntax-error"),
        ("[1, 2][:0.5]", "wrong-operand"),
        ("[1, 2][true:]", "wrong-operand"),
        ("3[1:]", "wrong-operand"),
        ("[x for x in 3]", "wrong-argument"),
        ("[x for x in [1] if x]", "wrong-condition"),
        ("[y for x in [1]] + y", "unknown-parameter"),
        ("[x + y for x in [1] for z in [2]]", "unknown-parameter"),
        ("[a for [a, b] in [[1, 2], [3]]]", "wrong-row"),
        ("[a for [a, b] in [1, 2]]", "wrong-row"),
        ("[i for i in range(1000) for j in range(1000)]", "list-too-long"),
        ("[[0] * 1000 for i in range(1000)]", "list-too-long"),
        ("sqrt(-1)", "wrong-operand"),
        ("log(0)", "wrong-operand"),
        ("log2(-1)", "wrong-operand"),
        ("exp(1000)", "number-too-large"),
        ("exp(100)", "number-too-large"),
        ("lambda x: 3", "syntax-error"),
        ("a, b", "syntax-error"),
        ("{1: 2}", "syntax-error"),
        ("1 + ", "syntax-error"),
        ("1 is 1", "syntax-error"),
    ],
)
def test_each_refusal_has_its_code(text: str, code: str) -> None:
    assert fault(text) == code


@pytest.mark.parametrize("text", ["__import__", "().__class__", "exec", "open", "eval", "x.__class__"])
def test_nothing_of_pythons_is_in_reach(text: str) -> None:
    if text.isidentifier():
        assert str(value(text)) == text, "a word that stands for itself"
        assert fault(f"{text}(1)") == "unknown-function"
    else:
        with pytest.raises(ArchError):
            value(text)


# ---- whole floats, booleans


def test_a_float_that_is_whole_may_stand_for_an_integer() -> None:
    assert shape(design("- conv(8 / 2, 1)")) == (4, 8, 8)
    assert shape(design("- conv(4, [1.0, 3], padding=[0, 1.0])")) == (4, 8, 8)
    assert shape(design("- repeat(4 / 2): conv(4, 1)")) == (4, 8, 8)
    assert value("[5, 6][1.0]") == 6
    assert value("range(3.0)") == (0, 1, 2)
    assert value("[7] * 2.0") == (7, 7)
    refused(design("- conv(‹7 / 2›, 1)"), "wrong-argument", fix="7 // 2")


def test_booleans_are_no_numbers() -> None:
    refused(design("- conv(‹true›, 1)"), "wrong-argument")
    refused(design("- repeat(‹true›): relu"), "wrong-argument")
    refused(design("- when(‹1›): relu"), "wrong-condition")
    refused(design("- conv(4, 1, bias=‹1›)"), "wrong-argument")


# ---- limits


def test_expressions_nest_up_to_a_limit() -> None:
    assert value("(" * 90 + "1" + ")" * 90) == 1
    for text in (
        "(" * 50_000,
        "[" * 500 + "]" * 500,
        "-" * 5000 + "1",
        "1" + " + 1" * 5000,
        "not " * 3000 + "true",
    ):
        with pytest.raises(ArchError) as raised:
            value(text)
        (found,) = raised.value.diagnostics
        assert found.code in ("nested-too-deep", "syntax-error", "unbalanced-bracket")


def test_work_is_bounded() -> None:
    assert codes(design("- repeat(10 ** 12): relu")) == ["too-many-steps"]
    assert codes(design("- repeat(1000):\n    - repeat(1000):\n        - repeat(1000): relu")) == [
        "too-many-steps"
    ]
    doubling = "\n".join(f"b{i}: [b{i + 1}, b{i + 1}]" for i in range(40)) + "\nb40: relu"
    assert codes(design("- b0", blocks=doubling)) == ["too-many-steps"]
