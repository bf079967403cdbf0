"""Random designs print and parse back to themselves; random layouts change nothing; no text, however
broken, ends in anything but diagnostics."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archdsl import pipeline
from archdsl.constructs.vocabulary import STANDARD
from archdsl.diagnostics import ArchError, UsageError
from archdsl.format import rewriting
from archdsl.format.comments import Carrier
from archdsl.format.print_arch import print_arch
from archdsl.format.print_yaml import print_yaml
from archdsl.ops import OPERATORS
from archdsl.source import Source
from archdsl.syntax import tree
from tests.format.reading import EXAMPLES, SYNTAXES, Syntax, comments, parsed, said, source
from tests.format.trees import files

TEXTS = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.arch"))]
YAML_TEXTS = [rewriting.converted(source(text, "arch"), "yaml") for text in TEXTS]
fast = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
long = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))


def printed(file: tree.File, syntax: Syntax) -> tuple[str, frozenset[str]]:
    """The text of a tree, and the names that can be called in it."""
    names = {*OPERATORS, *(block.signature.name.word for block in file.blocks)}
    used = file.header.get("use")
    if used is not None and isinstance(used.value, tree.Section):
        for entry in used.value.entries.values():
            assert isinstance(entry.value, tree.ListOf)
            names |= {item.word for item in entry.value.items if isinstance(item, tree.Name)}
    carrier = Carrier(Source(""), [], ())
    text = (
        print_arch(file, carrier, STANDARD.forms)
        if syntax == "arch"
        else print_yaml(file, carrier, frozenset(names), STANDARD.forms)
    )
    return text, frozenset(names)


def reads_as_printed(file: tree.File, syntax: Syntax) -> None:
    text, names = printed(file, syntax)
    assert rewriting.content(parsed(source(text, syntax), names)) == rewriting.content(file), text


def is_laid_out(file: tree.File, syntax: Syntax) -> None:
    """What is printed is in its layout already."""
    file = tree.File(*file)._replace(
        header={key: entry for key, entry in file.header.items() if key not in ("extends", "use")}
    )
    text, _ = printed(file, syntax)
    assert rewriting.formatted(source(text, syntax)) == text


@pytest.mark.parametrize("syntax", SYNTAXES)
@fast
@given(file=files())
def test_a_random_design_is_read_as_it_was_printed(syntax: Syntax, file: tree.File) -> None:
    reads_as_printed(file, syntax)


@pytest.mark.fuzz
@pytest.mark.parametrize("syntax", SYNTAXES)
@long
@given(file=files())
def test_many_random_designs_are_read_as_they_were_printed(syntax: Syntax, file: tree.File) -> None:
    reads_as_printed(file, syntax)


@pytest.mark.parametrize("syntax", SYNTAXES)
@fast
@given(file=files())
def test_a_random_design_is_printed_in_its_layout(syntax: Syntax, file: tree.File) -> None:
    is_laid_out(file, syntax)


@pytest.mark.fuzz
@pytest.mark.parametrize("syntax", SYNTAXES)
@long
@given(file=files())
def test_many_random_designs_are_printed_in_their_layout(syntax: Syntax, file: tree.File) -> None:
    is_laid_out(file, syntax)


# ---- layouts

_TOKENS = re.compile(r'"[^"\n]*"|#[^\n]*|->|\.\.|\*\*|//|[<>=!]=|[\d.][\w.]*|[A-Za-z_]\w*|[ \t]+|\n|.')


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """An example with other spaces, lines and comments between its signs."""
    text = draw(st.sampled_from(TEXTS))
    spaces = st.sampled_from(("", " ", "   ", "\t", " \r"))
    ends = st.sampled_from(
        ("\n", "\n", "\n\n", "\n\n\n\n", "  # one\n", "\n  # two (\n", "\n# three\n\n# four {\n", "\r\n")
    )
    pieces: list[str] = []
    depth, word = 0, False
    for token in _TOKENS.findall(text):
        if token == "\n":
            pieces.append(draw(ends) if pieces and not pieces[-1].startswith("#") else "\n")
            word = False
            continue
        if token.isspace():
            pieces.append(token + draw(spaces))
            word = False
            continue
        is_word = token[0].isalnum() or token[0] in '_".'
        pieces.append("" if word and is_word else draw(spaces) if not token.startswith("#") else " ")
        if depth and draw(st.integers(0, 9)) == 0 and not token.startswith("#"):
            pieces.append(draw(st.sampled_from(("\n", " # inside\n", "\n\n  # alone\n"))))
        pieces.append(token)
        depth += (token in "([") - (token in ")]")
        word = is_word
    return "".join(pieces)


def keeps_what_is_said(text: str) -> None:
    before = source(text, "arch")
    once = rewriting.formatted(before)
    after = source(once, "arch")
    assert said(after) == said(before)
    assert comments(after) == comments(before)
    assert rewriting.formatted(after) == once
    other = source(rewriting.converted(before, "yaml"), "yaml")
    assert said(other) == said(before)
    assert sorted(comments(other)) == sorted(comments(before))
    again = source(rewriting.converted(other, "arch"), "arch")
    assert said(again) == said(before)
    assert sorted(comments(again)) == sorted(comments(before))
    assert rewriting.converted(source(rewriting.converted(again, "yaml"), "yaml"), "arch") == again.text


@fast
@given(text=layouts())
def test_a_random_layout_says_the_same(text: str) -> None:
    keeps_what_is_said(text)


@pytest.mark.fuzz
@long
@given(text=layouts())
def test_many_random_layouts_say_the_same(text: str) -> None:
    keeps_what_is_said(text)


# ---- broken texts

_PIECES = (
    "{", "}", "(", ")", "[", "]", ":", ",", "->", "=", "..", ".", "#", " # ", '"', '"""', "'", "\n", "\r", "\t", " ",
    "body", "block", "network", "input", "expect", "residual", "body:", "shortcut:", "else", "when(true)", "repeat(2)",
    "concat", "x", "0", "1.e5", "-", "- ", "none", "{i}", "\ue000", "\x07", "\u2028", "ä", "doc: >", "use", "extends",
)  # fmt: skip


@st.composite
def broken_texts(draw: st.DrawFn) -> tuple[str, Syntax]:
    """An example with pieces left out, put in or said twice."""
    syntax = draw(st.sampled_from(SYNTAXES))
    text = draw(st.sampled_from(TEXTS if syntax == "arch" else YAML_TEXTS))
    start = draw(st.integers(0, len(text)))
    text = text[start : start + draw(st.integers(0, 600))] if draw(st.booleans()) else text
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.integers(0, 12)))
        what = draw(st.sampled_from(("put", "leave", "twice", "move")))
        piece = text[at:end]
        if what == "put":
            text = text[:at] + draw(st.sampled_from(_PIECES)) + text[at:]
        elif what == "leave":
            text = text[:at] + text[end:]
        elif what == "twice":
            text = text[:end] + piece + text[end:]
        else:
            rest = text[:at] + text[end:]
            there = draw(st.integers(0, len(rest)))
            text = rest[:there] + piece + rest[there:]
    return text, syntax


def ends_in_diagnostics(text: str, syntax: Syntax) -> None:
    given_source = source(text, syntax)
    pipeline.check(given_source)
    for attempt in (
        lambda: rewriting.formatted(given_source),
        lambda: rewriting.converted(given_source, "arch"),
        lambda: rewriting.converted(given_source, "yaml"),
    ):
        try:
            attempt()
        except (ArchError, UsageError) as error:
            assert str(error)  # noqa: PT017  (it can be shown)


CUT_IN_A_LABEL = (
    '(\n  for(n, i in layers) {\n    "block{i}": dense(n) {\n      layer\n    }\n    when(i < 3) {\n      "'
)
"""Read again with its brackets closed, its fault stands beyond the text."""


@settings(fast, max_examples=150)
@example(broken=(CUT_IN_A_LABEL, "arch"))
@given(broken=broken_texts())
def test_a_broken_text_ends_in_diagnostics(broken: tuple[str, Syntax]) -> None:
    ends_in_diagnostics(*broken)


@pytest.mark.fuzz
@settings(long, max_examples=3000)
@given(broken=broken_texts())
def test_many_broken_texts_end_in_diagnostics(broken: tuple[str, Syntax]) -> None:
    ends_in_diagnostics(*broken)
