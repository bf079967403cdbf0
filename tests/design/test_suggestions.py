"""What is said of arguments as other languages write them, and that it works."""

from __future__ import annotations

import re

import pytest

from archdsl.ops import OPERATORS, Example
from archdsl.ops.documentation import example_design
from tests.checking import check, design, network, operators, refused

CALLED = [(word, op.examples[0]) for word, op in OPERATORS.items() if not op.merges and word != "input"]
each_call = pytest.mark.parametrize(("word", "example"), CALLED, ids=[word for word, _ in CALLED])


def on(example: Example, call: str) -> str:
    return example_design(OPERATORS[example.call.split("(")[0]], call, example.types)


def given_none(word: str, example: Example) -> list[tuple[str, str]]:
    """Every attribute that the example leaves out, and the call in which it is ``none``."""
    required = [name for name, field in OPERATORS[word].model_fields.items() if field.is_required()]
    head = example.call.rstrip(")") + (", " if "(" in example.call else "(")
    return [
        (name, f"{head}{name}=‹{none}›)")
        for name in OPERATORS[word].model_fields
        if f"{name}=" not in example.call and name not in required
        for none in ("none", "None", "null")
    ]


@each_call
def test_none_for_an_attribute_is_left_out(word: str, example: Example) -> None:
    positional = example.call.count(",") + 1 if "(" in example.call else 0
    for name, call in given_none(word, example):
        if list(OPERATORS[word].model_fields).index(name) < positional:
            continue  # given by its place
        found = refused(on(example, call), "python-word")
        flag = re.search(r"write `(\w+)=false`", found.help)
        assert flag is not None or found.help == f"leave `{name}` out"
        if flag is not None:
            written = check(on(example, re.sub(rf"\b{name}=‹\w+›", f"{name}=false", call)))
            assert not [found for found in written.diagnostics if found.severity == "error"]


@each_call
def test_an_argument_by_another_librarys_name_leads_to_ours(word: str, example: Example) -> None:
    for theirs, ours in OPERATORS[word].argument_aliases.items():
        call = f"{word}(‹{theirs}›=1)"
        found = refused(on(example, call), "unknown-argument")
        assert found.help == f"did you mean `{ours}`?"


def test_none_for_what_has_to_be_given_shows_a_call() -> None:
    found = refused(design("- conv(‹none›, 3)"), "python-word", fix="4")
    (call,) = re.findall(r"as in `([^`]+)`", found.help)
    network(design(f"- {call}"))


def test_none_for_a_block_is_still_the_identity() -> None:
    blocks = "wrap(layer): layer"
    refused(design("- wrap(‹none›)", blocks=blocks), "python-word", fix="identity")
    assert operators(design("- conv(none, 1)", params="{none_: 4}").replace("none,", "none_,")) == ["conv"]


VARIADIC = [
    (word, example)
    for word, op in OPERATORS.items()
    if op.variadic
    for example in op.examples
    if "=" not in example.call
]


@pytest.mark.parametrize(("word", "example"), VARIADIC, ids=[example.call for _, example in VARIADIC])
def test_a_list_of_what_are_arguments_of_their_own(word: str, example: Example) -> None:
    """``reshape([16, -1])``, as PyTorch and Keras write it."""
    inner = example.call.removeprefix(f"{word}(").removesuffix(")")
    found = refused(on(example, f"{word}(‹[{inner}]›)"), "wrong-argument", fix=inner)
    assert found.help == f"write `{example.call}`"


def test_a_list_of_names_is_shown_in_names_and_numbers() -> None:
    found = refused(design("- reshape(‹[1, c]›)", input="[8]", params="{c: 8}"), "wrong-argument", fix="1, c")
    assert found.help == "write `reshape(1, c)`, which is `reshape(1, 8)`"
