"""A set of operators is a value: it is extended by making another, and no word stands in it twice."""

from __future__ import annotations

import pytest

from archdsl.constructs.vocabulary import STANDARD
from archdsl.ops import OPERATORS, Operator
from archdsl.ops.activation import Relu


class _Mine(Relu):
    """Another operator of a word that is taken."""

    word = "relu"


class _New(Relu):
    """An operator of a word of its own."""

    word = "my_relu"


def test_a_class_alone_changes_no_set() -> None:
    assert OPERATORS["relu"] is Relu
    assert "my_relu" not in OPERATORS


def test_two_operators_of_one_word_are_an_error() -> None:
    with pytest.raises(ValueError, match="two operators are called `relu`"):
        OPERATORS.extended(_Mine)


def test_an_extended_set_is_another() -> None:
    extended = OPERATORS.extended(_New)
    assert extended["my_relu"] is _New
    assert [*extended] == [*OPERATORS, "my_relu"]
    assert "my_relu" not in OPERATORS


def test_a_word_is_an_operators_or_a_constructs_or_a_calls() -> None:
    class Repeated(Operator):
        word = "repeat"

    with pytest.raises(ValueError, match="`repeat`"):
        STANDARD.extended(Repeated)
