"""Rule E: expressions mean what they mean in Python. Python itself is the witness here."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archdsl.diagnostics import ArchError
from tests.witness import fault, python, same, value

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
        "[1, 2, 3][1:2]",
        "[1, 2, 3][:2]",
        "[1, 2, 3][1:]",
        "[1, 2, 3][:]",
        "[1, 2, 3][-2:]",
        "[1, 2, 3][:-1]",
        "[1, 2, 3][2:1]",
        "[1, 2, 3][-9:9]",
        "[][1:]",
        "range(9)[2:][:3]",
        "range(9)[2:4]",
        "[x for x in [1, 2]]",
        "[x * y for x in range(3) for y in range(x)]",
        "[i * 4 + j for i in range(4) for j in range(4) if i != j]",
        "[x for x in range(20) if x % 2 == 0 if x > 5]",
        "[a + b for [a, b] in [[1, 2], [3, 4]]]",
        "[a for [a] in [[1], [2]]]",
        "[[x for x in range(y)] for y in range(4)]",
        "[x for x in range(3) for x in range(x)]",
        "[x if x > 1 else 0 for x in range(4)]",
        "[x for x in ([1] if true else [2])]",
        "[x for x in [] if 1 / 0 == 0]",
        "sum([x ** 2 for x in range(10)])",
        "[x for x in range(9)[1:4]][-1]",
        "[x for x in range(3)] + [y for y in range(2)]",
        "sqrt(2)",
        "sqrt(16)",
        "exp(1)",
        "exp(0)",
        "log(10)",
        "log(8, 2)",
        "log2(256)",
        "log2(3)",
        "1 / sqrt(64)",
    ],
)
def test_the_meaning_is_pythons(text: str) -> None:
    same(text)


def test_a_comprehension_sees_names_as_pythons_does() -> None:
    for text in (
        "[x for x in x]",  # the first list is of the names outside
        "[x + n for x in x if n > 1]",
        "[x for x in x for x in [x, n]]",
        "[[n for n in range(n)] for n in x] + [n]",
        "[x for x in x] + x",
    ):
        assert value(text, x=(3, 1, 2), n=4) == python(text, x=[3, 1, 2], n=4), text


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


@settings(deadline=None, derandomize=True, max_examples=300)
@given(EXPRESSIONS)
def test_random_expressions_mean_what_they_mean_in_python(text: str) -> None:
    _agree(text)


@settings(deadline=None, derandomize=True, max_examples=200)
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


@pytest.mark.fuzz
@settings(deadline=None, max_examples=20_000)
@given(st.one_of(EXPRESSIONS, _condition(EXPRESSIONS)))
def test_many_random_expressions_mean_what_they_mean_in_python(text: str) -> None:
    _agree(text)
