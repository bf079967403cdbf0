"""Edits inside the brackets and quotes of YAML: the quotes that the text then needs come with them."""

from __future__ import annotations

import pytest
import yaml

from archdsl import pipeline
from archdsl.diagnostics import Edit, Fix
from archdsl.diagnostics.fixes import edited
from archdsl.diagnostics.yaml_edits import fitted
from archdsl.source import Source
from tests.fixing import prove

EDITS = [
    # in brackets
    ("body: [conv(8), relu]", "(8)", "(8, 3)", 'body: ["conv(8, 3)", relu]'),
    ("body: [relu, conv(8)]", "(8)", "(8, 3)", 'body: [relu, "conv(8, 3)"]'),
    ("body: {a: conv(8), b: relu}", "(8)", "(8, 3)", 'body: {a: "conv(8, 3)", b: relu}'),
    ("body:\n  - add: [[], conv(8)]\n", "conv(8)", "conv(8) -> crop(1, 2)", 'body:\n  - add: [[], "conv(8) -> crop(1, 2)"]\n'),
    ("body: [from(k), relu]", "k", '"{k}"', "body: ['from(\"{k}\")', relu]"),
    ("body: [x = conv(8)]", " =", ":", "body: [x: conv(8)]"),
    ("body: [x = conv(8)]", "x = conv(8)", "x: conv(8, 3)", 'body: [x: "conv(8, 3)"]'),
    ("body: [relu + tanh]", "relu + tanh", "{add: [relu, tanh]}", "body: [{add: [relu, tanh]}]"),
    ("body: [relu]", "relu", '"conv(8, 3)"', 'body: ["conv(8, 3)"]'),
    ("body: [relu, # (\n  conv(8)]", "(8)", "(8, 3)", 'body: [relu, # (\n  "conv(8, 3)"]'),
    # in quotes
    ('body: ["conv(8)", relu]', "(8)", "(8, 3)", 'body: ["conv(8, 3)", relu]'),
    ('body: ["from(k)", relu]', "k", '"{k}"', "body: ['from(\"{k}\")', relu]"),
    ('body:\n  - "from(k)"\n', "k", '"{k}"', "body:\n  - 'from(\"{k}\")'\n"),
    ("body:\n  - 'from(k)'\n", "k", '"{k}"', "body:\n  - 'from(\"{k}\")'\n"),
    # elsewhere
    ("body:\n  - conv(8)\n", "(8)", "(8, 3)", "body:\n  - conv(8, 3)\n"),
    ("body:\n  - from(k)\n", "k", '"{k}"', 'body:\n  - from("{k}")\n'),
    ("body:\n  - conv(8, [3, 3])\n", "[3, 3]", "[3, 3, 3]", "body:\n  - conv(8, [3, 3, 3])\n"),
    ("params: {a: [1, 2]}", "2", "3", "params: {a: [1, 3]}"),
    ("input: [3, 8, 8]\nbody: conv(8)\n", "(8)", "(8, 3)", "input: [3, 8, 8]\nbody: conv(8, 3)\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "wanted"), EDITS)
def test_an_edit_brings_the_quotes_that_it_needs(text: str, old: str, new: str, wanted: str) -> None:
    source = Source(text, "design.yaml")
    at = text.rindex(old)
    fix = fitted(Fix("write it", (Edit(source.span(at, at + len(old)), new),)))
    assert fix is not None
    assert edited(text, fix.edits) == wanted
    yaml.safe_load(wanted)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("body: {conv(8): [relu]}", "(8)", "(8, 3)"),  # in quotes it would be a label
        ("body: [from('a')]", "'a'", "'a', \"b\""),  # both kinds of quotes are taken
    ],
)
def test_no_quotes_will_do(text: str, old: str, new: str) -> None:
    source = Source(text, "design.yaml")
    at = text.index(old)
    assert fitted(Fix("write it", (Edit(source.span(at, at + len(old)), new),))) is None


def test_nothing_needs_quotes_in_arch() -> None:
    source = Source("body { conv(8) }", "design.arch")
    fix = Fix("write it", (Edit(source.span(11, 14), "(8, 3)"),))
    assert fitted(fix) is fix


@pytest.mark.parametrize(
    "body",
    [
        "[conv(8), relu]",
        "[relu, {a: conv(8)}]",
        "{concat: [conv(8, kernel=1), 'linear(10, 20)']}",
        "[{for(k in [a]): [from(k)]}]",
        "[max_pool(99), relu]",
        "[upsample, relu]",
        "[{add: [[], max_pool(2)]}]",
        "[conv_transpose, relu]",
        "{residual: [relu, max_pool(2)]}",
    ],
)
def test_the_fixes_of_a_design_in_brackets(body: str) -> None:
    def check(text: str):
        source = Source(text, "design.yaml")
        return source, pipeline.check(source).diagnostics

    for diagnostic in check(f"input: [3, 32, 32]\nbody: {body}\n")[1]:
        prove(diagnostic, check, alone=False)
