"""No text, however broken, ends in anything but diagnostics or a network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archdsl import pipeline
from archdsl.diagnostics import ArchError, UsageError
from archdsl.diagnostics.render import render_text
from archdsl.source import Source
from archdsl.syntax import parser
from archdsl.syntax.grammar import START_RULES

ROOT = Path(__file__).resolve().parents[2]
DESIGNS = [
    path.read_text(encoding="utf-8")
    for folder in ("architectures", "tests/designs")
    for path in sorted((ROOT / folder).glob("*.yaml"))
]
PIECE = re.compile(r"\s+|\w+|->|\*\*|[<>=!]=|.", re.DOTALL)
WORDS = sorted(
    {piece for design in DESIGNS for piece in PIECE.findall(design)}
    | set("&*!|>%@`{}[]()#'\"\\?,:-\t\x00\ufeff")
)
FORMS = [
    "- {a: b, c: d}", "- ", "- x:", "? a", "<<: *a", "&a", "*a", "!!str", "---", "...", "'", '"', "- |", "- >", "#", "\t- x",
    "- residual: {body: relu}", "- concat: []", "- else: relu", "- from(x)", "- share(x)", "- output(x)", "- aux(x): relu",
    "- repeat(10 ** 12): relu", "- when(true): relu", "- conv(1 / 0, 3)", "- dense(3): relu", "blocks:", "body:", "params:",
    "expect:", "use:", "extends: x.yaml", "inputs: {a: [3]}", "input: [3, H, W]",
]  # fmt: skip

FAST = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck))


def survive(text: str) -> None:
    """Check a text as anybody may write it."""
    source = Source(text)
    try:
        checked = pipeline.check(source)
    except UsageError:
        return
    errors = [found for found in checked.diagnostics if found.severity == "error"]
    assert (checked.network is None) == bool(errors)
    for found in checked.diagnostics:
        assert found.message
        assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text)
        for label in found.related:
            assert 0 <= label.span.start <= label.span.end <= len(label.span.source.text)
    render_text(checked.diagnostics)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A design with some lines or words deleted, doubled, exchanged or replaced."""
    text = draw(st.sampled_from(DESIGNS))
    for _ in range(draw(st.integers(1, 4))):
        by_line = draw(st.booleans())
        parts = text.splitlines(keepends=True) if by_line else PIECE.findall(text)
        if not parts:
            return text
        at = draw(st.integers(0, len(parts) - 1))
        other = draw(st.integers(0, len(parts) - 1))
        how = draw(st.sampled_from(["delete", "double", "exchange", "replace", "insert", "indent", "cut"]))
        if how == "delete":
            del parts[at]
        elif how == "double":
            parts.insert(at, parts[at])
        elif how == "exchange":
            parts[at], parts[other] = parts[other], parts[at]
        elif how == "replace":
            parts[at] = draw(st.sampled_from(WORDS))
        elif how == "insert":
            parts.insert(at, draw(st.sampled_from(FORMS)) + "\n" if by_line else draw(st.sampled_from(WORDS)))
        elif how == "indent":
            parts[at] = " " * draw(st.integers(1, 5)) + parts[at]
        else:
            parts = parts[: at + 1]
        text = "".join(parts)
    return text


ANY_TEXT = st.one_of(
    st.text(max_size=200),
    st.binary(max_size=200).map(lambda data: data.decode("utf-8", "replace")),
    st.text(st.characters(codec=None, categories=None), max_size=50),
    st.lists(st.sampled_from(WORDS), max_size=60).map("".join),
    st.lists(st.sampled_from(FORMS), max_size=12).map("\n".join),
    st.lists(st.sampled_from(FORMS), max_size=12).map(
        lambda forms: "input: [3, 8, 8]\nbody:\n  " + "\n  ".join(forms)
    ),
)


@FAST
@given(mutated())
def test_mutations_of_designs(text: str) -> None:
    survive(text)


@FAST
@given(ANY_TEXT)
def test_texts_of_any_kind(text: str) -> None:
    survive(text)


@settings(FAST, max_examples=200)
@given(st.sampled_from(START_RULES[2:]), st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
def test_texts_at_every_door(start_rule: str, text: str) -> None:
    read = getattr(parser, f"parse_{start_rule}")
    try:
        read(Source(text), 0, len(text))
    except ArchError as error:
        (found,) = error.diagnostics
        assert 0 <= found.span.start <= found.span.end <= len(text)
        assert found.help


@pytest.mark.fuzz
@LONG
@given(mutated())
def test_many_mutations_of_designs(text: str) -> None:
    survive(text)


@pytest.mark.fuzz
@LONG
@given(ANY_TEXT)
def test_many_texts_of_any_kind(text: str) -> None:
    survive(text)
