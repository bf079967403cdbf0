"""A set of operators is a value: it is extended by making another, and no word stands in it twice."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from archdsl.constructs.vocabulary import STANDARD
from archdsl.ops import FAMILIES, OPERATORS, Operator
from archdsl.ops.activation import Relu
from archdsl.ops.operator_set import operators_in


class _Mine(Relu):
    """Another operator of a word that is taken."""

    word = "relu"


class _New(Relu):
    """An operator of a word of its own."""

    word = "my_relu"


def test_the_words_that_are_read_are_those_that_the_classes_declare() -> None:
    for family in FAMILIES:
        module = import_module(f"archdsl.ops.{family}")
        declared = [operator.word for operator in operators_in(module)]
        assert declared == [word for word in OPERATORS if OPERATORS[word].__module__ == module.__name__]
        assert declared, family


def test_a_check_makes_the_classes_that_it_uses() -> None:
    command = (
        "import sys; from archdsl import pipeline; assert pipeline.check('lenet5_modern').network; "
        "print(*[name for name in sys.modules if name.startswith('archdsl.ops.')])"
    )
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    loaded = {name.rpartition(".")[2] for name in found.stdout.split()}
    assert {"conv", "pool", "linear"} <= loaded
    assert loaded.isdisjoint({"attention", "historic", "mathematics", "norm", "reduce", "resize"})


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
