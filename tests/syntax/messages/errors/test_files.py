"""One run reports every syntax error of a file, each once, and nothing that follows from another."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest

from archdsl import pipeline
from archdsl.diagnostics import Diagnostic
from archdsl.diagnostics.render import render_text
from archdsl.source import Source
from tests.conftest import Golden
from tests.syntax.messages.errors.snippets import said_of

FOLDER = Path(__file__).resolve().parent


def slips_of(name: str) -> tuple[list[Diagnostic], list[tuple[int, str]]]:
    """What is said of a file, and the lines and codes that its comments ``#: code`` call for."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    wanted = [
        (number, line.partition("#: ")[2].strip())
        for number, line in enumerate(text.splitlines(), 1)
        if "#: " in line
    ]
    return list(pipeline.check(Source(text, name)).diagnostics), wanted


@pytest.mark.parametrize("name", ["ten.arch", "ten.yaml"])
def test_a_file_with_ten_slips_has_exactly_those(name: str, golden: Golden) -> None:
    found, wanted = slips_of(name)
    assert [(slip.span.line, slip.code) for slip in found] == wanted, render_text(found)
    assert len(wanted) == 10
    golden(render_text(found) + "\n", f"{name}.txt")


def lines(text: str, name: str = "design.arch") -> list[tuple[int, str]]:
    return [(found.span.line, found.message) for found in said_of(Source(text, name))]


def test_a_brace_that_is_missing_says_nothing_of_the_next_section() -> None:
    text = "input [3]\n\nblock a {\n  relu\n\nblock b {\n  relu tanh\n}\n\nbody {\n  a -> b\n}\n"
    assert lines(text) == [
        (4, "a `}` is missing at the end"),
        (7, "two calls without `->` between them"),
    ]


def test_the_brace_of_an_inner_body_is_the_one_that_is_missing() -> None:
    text = "body {\n  concat {\n    relu\n    tanh\n  x = abs\n  repeat(2) {\n    relu\n  }\n}\n"
    assert lines(text) == [(5, "a `}` is missing before this"), (5, "there is no assignment here")]
    (missing, _) = said_of(Source(text, "design.arch"))
    assert missing.related[0].span.line == 2


def test_two_braces_that_are_missing_at_one_place_are_reported_together() -> None:
    text = "body {\n  concat {\n    x: {\n      relu\n  tanh\n  x = abs\n}\n"
    missing, other = said_of(Source(text, "design.arch"))
    assert (missing.span.line, missing.message) == (5, "a `}` is missing before this")
    assert sorted(label.span.line for label in missing.related) == [2, 3]
    assert other.span.line == 6


def test_an_else_whose_brace_is_missing() -> None:
    text = "body {\n  when(true) {\n    relu\n  else {\n    tanh abs\n  }\n}\n"
    assert lines(text) == [
        (4, "a `}` is missing before this"),
        (5, "two calls without `->` between them"),
    ]


def test_the_line_of_an_else_is_struck_out_alone() -> None:
    text = "body {\n  when(true) {\n    relu\n  } els {\n    tanh abs\n  }\n  x = relu\n}\n"
    assert lines(text) == [
        (4, "a line ends with its body"),
        (5, "two calls without `->` between them"),
        (7, "there is no assignment here"),
    ]


def test_a_condition_that_is_wrong_takes_no_else_with_it() -> None:
    text = "body {\n  when(1 <) {\n    relu\n  } else {\n    tanh\n  }\n}\n"
    assert lines(text) == [(2, "a value is missing after `<`")]


def test_a_bracket_takes_the_lines_with_it_that_go_on() -> None:
    text = "body {\n  conv(\n    8,\n    (3,\n  )\n  relu tanh\n}\n"
    assert lines(text)[-1] == (6, "two calls without `->` between them")
    assert len(lines(text)) == 2


def test_a_section_without_its_opening_brace_is_reported_once() -> None:
    text = "input [3]\nbody\n  relu\n  tanh\n\nexpect\n  output: [3]\n  params: 0\n}\n"
    assert lines(text) == [(2, "a body stands in braces"), (6, "a `{` is missing")]


def test_a_part_of_a_residual_that_cannot_be_read_is_not_missed() -> None:
    text = "body {\n  residual {\n    body relu\n    shortcut: tanh\n  }\n}\n"
    assert lines(text) == [(3, "two calls without `->` between them")]


def test_braces_in_texts_and_comments_do_not_count() -> None:
    text = 'network n\n"a { text"\nbody {\n  relu # }\n  "x{1}": tanh abs\n}\n'
    assert lines(text) == [(5, "two calls without `->` between them")]


@pytest.mark.parametrize(
    ("design", "help"),
    [
        ("body {\n  repeet(3) { relu }\n}\n", "repeat"),
        ("netwrk n\nbody {\n  relu\n}\n", "network"),
        ("input [3]\nbdoy {\n  relu\n}\n", "body"),
    ],
)
def test_a_keyword_misspelt(design: str, help: str) -> None:
    (found,) = said_of(Source(design, "design.arch"))
    assert found.help == f"did you mean `{help}`?"


@pytest.mark.parametrize("syntax", ["arch", "yaml"])
@pytest.mark.parametrize(
    ("step", "piece", "fix"),
    [
        ("Conv2d(3, 64)", "Conv2d", "conv"),
        ("conv(64, 3, bias=None)", "None", "bias=false"),
        ("conv(64, 3, bias=True)", "True", "true"),
        ("self.conv(64, 3)", "self.conv", "conv"),
        ("nn.ReLU()", "nn.ReLU", "relu"),
    ],
)
def test_habits_of_python(syntax: str, step: str, piece: str, fix: str) -> None:
    """The grammar reads these; who knows the words says what to write."""
    text = f"input [3, 8, 8]\nbody {{\n  {step}\n}}\n"
    if syntax == "yaml":
        text = f"input: [3, 8, 8]\nbody:\n  - {step}\n"
    (found,) = pipeline.check(Source(text, f"design.{syntax}")).diagnostics
    assert piece in found.span.text
    assert f"`{fix}`" in found.help, found


def test_texts_are_checked_though_yaml_cannot_read_all_lines() -> None:
    """What is missing may stand in the lines that are left out; nothing is said of that."""
    text = """input: [3]
blocks:
  a:
    - relu tanh
  b:
    - "relu
body:
  - residual:
      body: relu
     shortcut: tanh
  - conv: {out: 8, kernel: 3}
  - x = abs
"""
    assert lines(text, "design.yaml") == [
        (4, "two calls without `->` between them"),
        (6, 'a `"` is opened and never closed'),
        (10, "a line is indented as none above it"),
        (12, "there is no assignment here"),
    ]


EXAMPLES = sorted((FOLDER.parents[1] / "arch" / "examples").glob("*.arch"))
TOKEN = re.compile(r'"[^"\n]*"|->|\*\*|[<>=!]=|//|#[^\n]*|\w+|[^\s\w]')


def mutated(text: str, chance: random.Random) -> str:
    """The text with one of its words or signs missing, doubled, exchanged for another or before another."""
    tokens = list(TOKEN.finditer(text))
    token, other = chance.choice(tokens), chance.choice(tokens).group()
    piece = chance.choice(["", f"{token.group()} {token.group()}", other, f"{other} {token.group()}"])
    return text[: token.start()] + piece + text[token.end() :]


def test_one_slip_anywhere_is_one_fault_nearly_always() -> None:
    chance = random.Random(3)
    counts: Counter[int] = Counter()
    for number in range(400):
        text = mutated(EXAMPLES[number % len(EXAMPLES)].read_text(encoding="utf-8"), chance)
        found = said_of(Source(text, "design.arch"))
        counts[len(found)] += 1
        for slip in found:
            assert slip.help
            assert 0 <= slip.span.start <= slip.span.end <= len(text)
        render_text(found)
    assert counts[0] + counts[1] >= 0.97 * 400, counts


@pytest.mark.parametrize(
    "text",
    [
        "body {\n" + "  (\n" * 300 + "}\n",
        "body { a(" + "\n(3" * 300,
        "body {\n" + "  repeat(2) {\n" * 300 + "}\n",
        "body {\n" + "}\n" * 300,
        "x y\n" * 300,
    ],
)
def test_many_slips_are_faults_and_nothing_else(text: str) -> None:
    assert 1 <= len(said_of(Source(text, "design.arch"))) <= 300
