"""What libyaml itself refuses, in our words: at the sign that is wrong, or at what was never closed."""

from __future__ import annotations

import pytest

from tests.checking import design, diagnostics, refused


@pytest.mark.parametrize(
    ("text", "code", "fix"),
    [
        ("input: [3]\nbody:\n  - ‹[›relu, tanh\n  - relu\n", "yaml-syntax", None),
        ("input: [3]\nbody: ‹[›relu, tanh\n", "yaml-syntax", None),
        ("input: [3]\nbody: ‹{›a: relu\nname: x\n", "yaml-syntax", None),
        ("input: [3]\nbody: {a: [relu‹}›\n", "yaml-syntax", None),
        ("input: [3]\nbody: [relu‹}›\n", "yaml-syntax", "]"),
        ("input: [3]\nbody: [relu]‹]›\n", "yaml-syntax", ""),
        ('input: [3]\nbody: ‹"›relu\n', "yaml-syntax", ""),
        ("input: [3]\nbody:\n  - ‹'›relu\n  - tanh\n", "yaml-syntax", ""),
        ('input: [3]\nbody: "relu" ‹-> tanh›\n', "yaml-syntax", ""),
        ("input: [3]\nbody: [relu] ‹-> tanh›\n", "yaml-syntax", ""),
        ("input: [3]\nbody:\n  - relu\n ‹- tanh›\n", "yaml-syntax", None),
        ("input: [3]\nbody:\n  - relu\n  ‹tanh›\n", "yaml-syntax", "- tanh"),
        ("input: [3]\nbody:\n  - a: relu\n  ‹b: tanh›\n", "yaml-syntax", "- b: tanh"),
        ("input: [3]\n ‹body: relu›\n", "yaml-syntax", None),
        ("  input: [3]\n‹body: relu›\n", "yaml-syntax", "  body: relu"),
        ("input: [3]\nbody:\n  - x:\n      - relu\n     ‹- tanh›\n", "yaml-syntax", None),
        ("input: [3]\n‹body relu›\nname: x\n", "yaml-syntax", "body: relu"),
        ("input: [3]\nbody: x‹:› relu\n", "yaml-syntax", None),
        ("input: [3]\nbody: relu\ndoc: DenseNet‹:› every layer\n", "yaml-syntax", " -"),
        ("input: [3]\nbody: relu\ndoc: ‹@›home\n", "yaml-syntax", "at "),
        ("input: [3]\nbody: relu\ndoc: ‹`›code`\n", "yaml-syntax", None),
        ("input: [3]\nbody: ‹-› relu\n", "yaml-syntax", ""),
        ("input: [3]\nbody: ‹,›\n", "yaml-syntax", "relu"),
        ("input: [3]\nbody:\n  - ‹:› relu\n", "yaml-syntax", "x:"),
        ("input: [3]\nbody: relu‹\x07›\n", "yaml-syntax", ""),
        ("input: [3]\nbody: relu‹\x00›\n", "yaml-syntax", ""),
        ("input: [3]\nbody: ‹%›relu\n", "yaml-syntax", ""),
        ("‹%YAML 3.0›\n---\ninput: [3]\nbody: relu\n", "yaml-syntax", "# "),
    ],
)
def test_what_yaml_refuses(text: str, code: str, fix: str | None) -> None:
    found = refused(text, code, fix=fix)
    assert found.help


def test_characters_that_are_none() -> None:
    (found,) = diagnostics("input: [3]\nbody: relu\ud800\n")
    assert found.code == "yaml-syntax"
    assert found.span.column == 11


def test_a_key_longer_than_yaml_takes() -> None:
    text = design(f"- for(i in [{', '.join(map(str, range(400)))}]): relu")
    (found,) = diagnostics(text)
    assert (found.code, found.message) == ("yaml-syntax", "a key is longer than YAML's 1,024 characters")


def test_several_mistakes_of_yaml_in_one_run() -> None:
    text = 'input: [3\nname: a: b\nbody:\n  - "relu" x\n  - y: \'z\ndoc: @home\n'
    assert [found.span.line for found in diagnostics(text)] == [1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("input: [3]\nbody: relu\n‹expect›\n  output: [3]\n  params: 0\n  macs: 0\n", "yaml-syntax"),
        ("input: [3]\nbody: relu\nexpect:\n  ‹shapes›\n    a: [3]\n    b: [3]\n  macs: 0\n", "missing-colon"),
        ("input: [3]\nbody: relu\nexpect:\n  output‹:›[3]\n  params: 0\n  macs: 0\n", "yaml-syntax"),
        ("input: [3]\nbody: relu\nexpect:\n  ‹output [3]›\n  params: 0\n  macs: 0\n", "yaml-syntax"),
        ("input: [3]\nbody: relu\n   ‹expect:›\n  output: [3]\n  macs: 0\n", "yaml-syntax"),
        (
            "input: [3]\nbody:\n  - a:\n       - relu\n      ‹- tanh›\n      - abs\n  - b: relu\n",
            "yaml-syntax",
        ),
        ("input: [3]\nbody:\n  - relu\n ‹- tanh›\n - abs\n", "yaml-syntax"),
        ("input: [3]\nbody:\n   - relu\n  ‹- tanh›\n  - abs\n", "yaml-syntax"),
        ("input: [3]\nparams: {a: ‹[›[1], [2]\nbody: relu\nexpect:\n  params: 0\n", "yaml-syntax"),
        ("input: [3]\nbody:\n  - concat: ‹[›relu,\n      tanh\n  - abs\n", "yaml-syntax"),
    ],
)
def test_a_mistake_of_structure_is_reported_once(text: str, code: str) -> None:
    """The lines that belong to it, or that only seem misplaced beside it, are passed over."""
    assert refused(text, code).help


def test_a_misplaced_line_is_shown_with_those_that_it_should_stand_below() -> None:
    found = refused("input: [3]\nbody:\n   - relu\n  ‹- tanh›\n", "yaml-syntax", fix=" - tanh")
    assert found.label == "begins in column 3"
    (label,) = found.related
    assert (label.span.line, label.text) == (3, "the lines above it begin in column 4")
