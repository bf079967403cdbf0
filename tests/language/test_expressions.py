"""Rule E: expressions mean what they mean in Python. Python itself is the witness here."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archdsl.diagnostics import ArchError
from archdsl.source import Source
from archdsl.spec.environment import Environment
from archdsl.spec.expr import evaluate
from archdsl.spec.values import Library
from archdsl.syntax.parser import parse_expression
from tests.language.design import codes, design, refused, shape

PYTHON = {"true": True, "false": False, "floor": math.floor, "ceil": math.ceil}


def value(text: str, **variables: Any) -> Any:
    """What our evaluator makes of a text; lists are tuples to it."""
    expression = parse_expression(Source(text), 0, len(text))
    return evaluate(expression, Environment(Library({}, {}), variables))


def python(text: str, **variables: Any) -> Any:
    """What Python makes of it."""
    return _as_tuples(eval(text, {}, {**PYTHON, **variables}))


def _as_tuples(result: Any) -> Any:
    if isinstance(result, list | range | tuple):
        return tuple(_as_tuples(item) for item in result)
    return result


def same(text: str) -> None:
    ours, theirs = value(text), python(text)
    assert (ours, type(ours)) == (theirs, type(theirs)), text


def fault(text: str) -> str:
    with pytest.raises(ArchError) as raised:
        value(text)
    (found,) = raised.value.diagnostics
    assert found.help, found
    return found.code


# ---- numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("12", 12),
        ("012", 12),
        ("1_000", 1000),
        ("8_000_000", 8_000_000),
        ("1e-5", 0.00001),
        ("1E3", 1000.0),
        ("1.5e+2", 150.0),
        ("5.", 5.0),
        ("5.e2", 500.0),
        (".5", 0.5),
        ("0.10", 0.1),
        ("999999999999999999", 10**18 - 1),
        ("0000000000000000000000000000042", 42),
    ],
)
def test_numbers(text: str, number: float) -> None:
    assert (value(text), type(value(text))) == (number, type(number))


@pytest.mark.parametrize(
    "text", ["1000000000000000000", "9" * 5000, "1e400", "1e19", "10 ** 18", "10 ** 10 ** 10"]
)
def test_numbers_have_18_digits(text: str) -> None:
    assert fault(text) == "number-too-large"


# ---- precedence and meaning


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 * 3",
        "(1 + 2) * 3",
        "2 * 3 + 4",
        "10 - 4 - 3",
        "100 / 10 / 2",
        "100 // 7 // 2",
        "100 % 7 * 2",
        "7 * 3 // 2",
        "2 ** 3 ** 2",
        "(2 ** 3) ** 2",
        "-2 ** 2",
        "(-2) ** 2",
        "2 ** -1",
        "-3 // 2",
        "3 // -2",
        "-7 % 3",
        "7 % -3",
        "- - 3",
        "-+-3",
        "+3",
        "1 - -1",
        "7 / 2",
        "8 / 2",
        "8 // 2.0",
        "7.5 // 2",
        "7.5 % 2",
        "2 * 1.5",
        "0.1 + 0.2",
        "4 ** 0.5",
        "0 ** 0",
        "1 + 2 == 3",
        "1 < 2 and 2 < 3",
        "1 > 2 or 2 <= 2",
        "not 1 == 2",
        "not true or true",
        "not (true or true)",
        "not not true",
        "true or false and false",
        "(true or false) and false",
        "1 != 2",
        "2 >= 2",
        "1 == 1.0",
        "true == true",
        "true != false",
        "1 if true else 2",
        "1 if false else 2 if false else 3",
        "(1 if true else 2) + 1",
        "1 if true else 2 + 1",
        "1 + 1 if true else 2",
        "1 if 1 < 2 and not false else 2",
        "[1, 2, 3]",
        "[]",
        "[1, 2,]",
        "[[1], [2, 3]][1][0]",
        "[1, 2, 3][0]",
        "[1, 2, 3][-1]",
        "[1, 2, 3][1 + 1]",
        "-[1, 2][1]",
        "[1, 2][0] ** 2",
        "[1] + [2]",
        "[1, 2] * 3",
        "2 * [1, 2]",
        "[1] + [2] * 2",
        "[1, 2] * 0",
        "[1, 2] == [1, 2]",
        "[1, 2] != [1, 3]",
        "[1, 2] < [1, 3]",
        "[1, 2] < [1]",
        "[2] >= [1, 5]",
        "[1, [2]] == [1, [2]]",
        "[] == []",
        "[1] == 1",
        "min(3, 1, 2)",
        "max(3, 1, 2)",
        "min([3, 1, 2])",
        "max([2, 3.5])",
        "max(2, 2.0)",
        "max([1, 2], [1, 3])",
        "floor(3.7)",
        "floor(-3.7)",
        "ceil(3.2)",
        "ceil(-3.2)",
        "floor(4)",
        "abs(-3)",
        "abs(-3.5)",
        "len([1, 2, 3])",
        "len([])",
        "sum([1, 2, 3])",
        "sum([])",
        "sum([1, 2], 10)",
        "sum([0.5, 0.25])",
        "range(4)",
        "range(1, 4)",
        "range(10, 0, -3)",
        "range(0)",
        "len(range(7))",
        "sum(range(5))",
        "range(5)[-1]",
        "max(8, (100 // 4 + 4) // 8 * 8)",
        "round(7 * 1.5) * 8",
    ],
)
def test_the_meaning_is_pythons(text: str) -> None:
    same(text)


@pytest.mark.parametrize("text", ["0.5", "1.5", "2.5", "3.5", "-0.5", "-1.5", "2.4", "2.6", "7", "1e17"])
def test_round_goes_to_even(text: str) -> None:
    same(f"round({text})")


@pytest.mark.parametrize(
    "text", ["round(2.675, 2)", "round(1234.5, -2)", "round(5, 1)", "round(0.5, 0)", "round(1234, -2)"]
)
def test_round_keeps_digits(text: str) -> None:
    same(text)


def test_round_never_computes_what_cannot_matter() -> None:
    assert value("round(123, -10 ** 17)") == 0
    assert value("round(0.125, 10 ** 17)") == 0.125


def test_slash_gives_a_float() -> None:
    assert isinstance(value("8 / 2"), float)


# ---- random expressions

NUMBERS = st.one_of(
    st.integers(0, 20).map(str), st.sampled_from(["0.5", "1.5", "2.0", "1e1", ".25", "3.", "1_0"])
)
CONDITIONS = st.sampled_from(["true", "false"])


def _numeric(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner).map(" ".join)
    signed = st.tuples(st.sampled_from(["-", "+"]), inner).map("".join)
    grouped = inner.map("({})".format)
    called = st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
        lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
    )
    rounded = st.tuples(st.sampled_from(["floor", "ceil", "round", "abs"]), inner).map(
        lambda parts: f"{parts[0]}({parts[1]})"
    )
    chosen = st.tuples(inner, _condition(inner), inner).map(
        lambda parts: f"{parts[0]} if {parts[1]} else {parts[2]}"
    )
    picked = st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}][1]")
    return st.one_of(joined, joined, signed, grouped, called, rounded, chosen, picked)


def _condition(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sides = inner.map("({})".format)
    compared = st.tuples(sides, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), sides).map(" ".join)
    leaf = st.one_of(CONDITIONS, compared)
    return st.one_of(
        leaf,
        st.tuples(leaf, st.sampled_from(["and", "or"]), leaf).map(" ".join),
        leaf.map("not {}".format),
    )


EXPRESSIONS = st.recursive(NUMBERS, _numeric, max_leaves=12)


@settings(deadline=None, max_examples=300)
@given(EXPRESSIONS)
def test_random_expressions_mean_what_they_mean_in_python(text: str) -> None:
    _agree(text)


@settings(deadline=None, max_examples=200)
@given(_condition(EXPRESSIONS))
def test_random_conditions_mean_what_they_mean_in_python(text: str) -> None:
    _agree(text)


def _agree(text: str) -> None:
    """Either both have the same value, or ours names the reason why there is none."""
    try:
        ours = value(text)
    except ArchError as error:
        (found,) = error.diagnostics
        assert found.code in ("number-too-large", "division-by-zero", "not-a-number")
        if found.code == "division-by-zero":
            with pytest.raises(ZeroDivisionError):
                python(text)
        return
    theirs = python(text)
    assert type(ours) is type(theirs)
    assert ours == theirs


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


def test_a_misspelt_parameter_in_a_comparison_is_told() -> None:
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
        ("[1, 2, 3][0:1]", "syntax-error"),
        ("[x for x in xs]", "syntax-error"),
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
    refused(design("- conv(‹7 / 2›, 1)"), "wrong-argument", cure="7 // 2")


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
