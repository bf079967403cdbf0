"""Comprehensions in designs: in both syntaxes, with or without YAML's quotes, and who refers to their names."""

from __future__ import annotations

import pytest

from archdsl import pipeline
from archdsl.format.rewriting import converted
from archdsl.source import Source
from tests.checking import check, design

COMPREHENSIONS = [
    "[2 * i + 4 for i in range(3)]",
    "[max(i, 4) for i in range(3)]",
    "[4 + i for i in range(4) if i != 2]",
    "[4\n      + i for i\n      in range(3)]",
]


def shape(text: str, name: str = "net.yaml") -> tuple[object, ...]:
    checked = pipeline.check(Source(text, name))
    assert checked.diagnostics == ()
    assert checked.network is not None
    return tuple(checked.network.graph.nodes[-1].shape)


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("text", COMPREHENSIONS)
def test_yaml_does_not_divide_a_comprehension(text: str, quote: str) -> None:
    written = f"input: [3, 8, 8]\nparams:\n  widths: {quote}{text}{quote}\nbody: conv(sum(widths), 1)\n"
    plain = written.replace(f"{quote}{text}{quote}", str(eval(" ".join(text.split()))))
    assert shape(written) == shape(plain)
    arch = converted(Source(written, "net.yaml"), "arch")
    assert shape(arch, "net.arch") == shape(plain)
    assert shape(converted(Source(arch, "net.arch"), "yaml")) == shape(plain)


@pytest.mark.parametrize(
    ("expression", "code", "at"),
    [
        ("[a for [a, a] in [[1, 2]]]", "argument-twice", "a"),
        ("[None for i in range(3)]", "python-word", "None"),
        ("[foo(i) for i in range(3)]", "unknown-function", "foo"),
        ("[i for i in range(n)]", "unknown-parameter", "n"),
        ("[i for i in 3]", "wrong-argument", "3"),
    ],
)
def test_a_mistake_in_a_comprehension_has_its_place(expression: str, code: str, at: str) -> None:
    found = check(design(f"- conv(len({expression}), 1)")).diagnostics[0]
    assert (found.code, found.span.text) == (code, at)
