"""The grammar itself: one reading of every text, and no word reserved that need not be."""

from __future__ import annotations

import logging
from pathlib import Path

import lark
import pytest

from archdsl.constructs.vocabulary import STANDARD
from archdsl.source import Source
from archdsl.syntax import grammar, parser
from archdsl.syntax.newlines import Lines
from archdsl.syntax.tree import (
    Apply,
    Binary,
    Call,
    Chain,
    Conditional,
    Expression,
    Index,
    ListOf,
    Name,
    Number,
    Unary,
)

GRAMMAR = Path(__file__).resolve().parents[2] / "grammar" / "arch.lark"


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    """lark resolves shift/reduce conflicts by itself, and reports them only when it is asked to."""
    with caplog.at_level(logging.DEBUG, logger=lark.logger.name):
        lark.Lark(
            GRAMMAR.read_text(encoding="utf-8"),
            start=list(grammar.START_RULES),
            parser="lalr",
            lexer="contextual",
            postlex=Lines(),
            debug=True,
        )
    assert [record.message for record in caplog.records if "onflict" in record.getMessage()] == []


def test_the_check_for_conflicts_sees_one(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger=lark.logger.name):
        lark.Lark('start: start "+" start | "x"', parser="lalr", debug=True)
    assert any("onflict" in record.getMessage() for record in caplog.records)


def test_every_rule_of_the_grammar_has_its_callback() -> None:
    lark_parser, builder = parser._parser(), parser._callbacks()
    names = {
        rule.alias or rule.origin.name
        for rule in lark_parser.rules
        if rule.alias is not None or not rule.options.expand1
    }
    assert {name for name in names if not name.startswith("_") and not hasattr(builder, name)} == set()


# ---- trees and places


def expression(text: str) -> Expression:
    return parser.parse_expression(Source(text), 0, len(text))


def shown(part: object) -> str:
    """An expression with all of its parentheses."""
    if isinstance(part, Number):
        return str(part.value)
    if isinstance(part, Name):
        return part.word
    if isinstance(part, Unary):
        return f"({part.operator} {shown(part.operand)})"
    if isinstance(part, Binary):
        return f"({shown(part.left)} {part.operator} {shown(part.right)})"
    if isinstance(part, Conditional):
        return f"({shown(part.then)} if {shown(part.condition)} else {shown(part.otherwise)})"
    if isinstance(part, Index):
        return f"{shown(part.of)}[{shown(part.at)}]"
    if isinstance(part, ListOf):
        return f"[{', '.join(map(shown, part.items))}]"
    assert isinstance(part, Apply)
    return f"{part.name.word}({', '.join(shown(argument.value) for argument in part.arguments)})"


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a * b + c", "((a * b) + c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a ** b ** c", "(a ** (b ** c))"),
        ("-a ** b", "(- (a ** b))"),
        ("a ** -b", "(a ** (- b))"),
        ("-a * b", "((- a) * b)"),
        ("a // b % c / d", "(((a // b) % c) / d)"),
        ("not a == b", "(not (a == b))"),
        ("a or b and not c", "(a or (b and (not c)))"),
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        ("a or b if c or d else e", "((a or b) if (c or d) else e)"),
        ("f(a)[b] ** c", "(f(a)[b] ** c)"),
        ("-[a][b]", "(- [a][b])"),
        ("a + b < c - d", "((a + b) < (c - d))"),
    ],
)
def test_precedence(text: str, grouped: str) -> None:
    assert shown(expression(text)) == grouped


def test_every_part_knows_its_place() -> None:
    text = "f(a, kernel=[1, 2 + 3]) -> g(-x[0], y if z else w)"
    chain = parser.parse_chain(Source(text), 0, len(text))
    assert chain.span.text == text
    first, second = chain.calls
    assert [call.span.text for call in chain.calls] == ["f(a, kernel=[1, 2 + 3])", "g(-x[0], y if z else w)"]
    assert [argument.span.text for argument in first.arguments] == ["a", "kernel=[1, 2 + 3]"]
    listed = first.arguments[1].value
    assert isinstance(listed, ListOf)
    assert [item.span.text for item in listed.items] == ["1", "2 + 3"]
    assert [argument.value.span.text for argument in second.arguments] == ["-x[0]", "y if z else w"]


def test_places_count_from_the_beginning_of_the_source() -> None:
    source = Source("xx conv(4) yy")
    chain = parser.parse_chain(source, 3, 10)
    assert (chain.span.start, chain.span.end) == (3, 10)


@pytest.mark.parametrize(
    "word",
    [
        "from",
        "share",
        "output",
        "as",
        "body",
        "params",
        "block",
        "network",
        "input",
        "expect",
        "paper",
        "use",
        "init",
    ],
)
def test_no_word_of_files_is_reserved_in_texts(word: str) -> None:
    text = f"{word}({word}, {word}={word})"
    chain = parser.parse_chain(Source(text), 0, len(text))
    assert isinstance(chain, Chain)
    (call,) = chain.calls
    assert isinstance(call, Call)
    assert call.name.word == word
    assert parser.parse_key(Source(word), 0, len(word)).name.word == word
    assert parser.parse_signature(Source(word), 0, len(word)).name.word == word


@pytest.mark.parametrize(
    "word",
    ["iff", "orange", "android", "nothing", "inner", "trueish", "falsehood", "nonesuch", "elsewhere", "_if"],
)
def test_words_that_begin_as_reserved_ones_are_names(word: str) -> None:
    assert shown(expression(word)) == word
    assert shown(expression(f"not {word} or {word}")) == f"((not {word}) or {word})"


@pytest.mark.parametrize(
    "text",
    [
        "1 if a elsex",
        "1 if a else2",
        "1 ifa else 2",
        "a andb",
        "a or_b",
        "[1 if a else_]",
        "a inx",
        "f(i inxs)",
    ],
)
def test_a_word_ends_where_no_letter_follows(text: str) -> None:
    with pytest.raises(parser.SyntaxFault):
        expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "networknet", "network net\ninitpaper", "network net\ninputt [3]", 'familyy "x"', "body { relu }\nbodyy { relu }",
        "body { when(x) { relu } elsex { tanh } }", "network n(a = 1 in1..2)",
    ],
)  # fmt: skip
def test_a_heading_ends_where_no_letter_follows(text: str) -> None:
    with pytest.raises(parser.SyntaxFault):
        parser.parse_file(Source(text), STANDARD.forms)
