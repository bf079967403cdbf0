"""What is said of a text that the grammar refuses: place, headline and fix.

``‹`` and ``›`` stand around the piece at which the text is refused. Where a fix is given, it stands
in its place and the text can be read.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archdsl.diagnostics import ArchError, Diagnostic
from archdsl.source import Source
from archdsl.syntax import parser

START_RULES: dict[str, Callable[[Source, int, int], object]] = {
    "chain": parser.parse_chain,
    "key": parser.parse_key,
    "signature": parser.parse_signature,
    "expression": parser.parse_expression,
    "fact": parser.parse_fact,
}

STEPS = [
    # code, text, headline, fix
    ("missing-arrow", "conv(4, 1) ‹relu›", "two calls without `->` between them", "-> relu"),
    ("missing-arrow", "conv(4, 1)‹,› relu", "calls are joined by `->`, not by `,`", " ->"),
    ("missing-arrow", "conv(4, 1)‹;› relu", "calls are joined by `->`, not by `;`", " ->"),
    ("missing-arrow", "conv(4, 1) ‹|› relu", "calls are joined by `->`, not by `|`", "->"),
    ("missing-arrow", "conv(4, 1) ‹→› relu", "calls are joined by `->`, not by `→`", "->"),
    ("missing-arrow", "conv(4, 1) ‹-› > relu", "calls are joined by `->`, not by `-`", None),
    ("missing-arrow", "conv(4, 1) ‹=>› relu", "calls are joined by `->`, not by `=>`", None),
    ("dangling-arrow", "relu ‹->›", "nothing follows the last `->`", "-> tanh"),
    ("dangling-arrow", "‹->› relu", "nothing stands before this `->`", ""),
    ("dangling-arrow", "relu -> ‹->› tanh", "nothing stands between two `->`", ""),
    ("new-line-in-chain", "relu‹›\ntanh", "a new line in the middle of a step", " ->"),
    ("assignment", "x ‹=› relu", "there is no assignment here", None),
    ("label-in-chain", "relu -> x‹:› tanh", "a label stands only at the beginning of a step", None),
    ("syntax-error", "x‹:›relu", "a space is missing after the `:`", None),
    ("syntax-error", "conv ‹64›", "arguments stand in parentheses", None),
    ("syntax-error", "‹64›", "a step begins with the name of an operator or block, not with `64`", "relu"),
    (
        "syntax-error",
        "relu -> ‹(›tanh)",
        "a step begins with the name of an operator or block, not with `(`",
        None,
    ),
    (
        "syntax-error",
        '‹"x"›',
        "a step begins with the name of an operator or block, not with quoted text",
        "x",
    ),
    ("unquoted-label", "x‹{›i}", "a computed label needs quotes", None),
    ("syntax-error", "relu‹#›note", "a comment begins after a space", " #"),
    ("syntax-error", "‹if›", "a condition is written with `when`", "when"),
    ("syntax-error", "‹@›relu", "a step cannot begin with `@`", ""),
    ("syntax-error", "relu‹$›", "a step cannot go on with `$`", ""),
    ("syntax-error", "‹›", "a step is missing", "relu"),
    ("syntax-error", "# only a comment‹›", "a step is missing", None),
    ("syntax-error", "relu.‹›", "a stray `.` at the end of a call", "relu"),
    ("syntax-error", "gr‹ö›sse", "names are written with the letters a to z, digits and `_`", "o"),
]

ARGUMENTS = [
    ("missing-comma", "conv(64 ‹3›)", "a comma is missing before this argument", ", 3"),
    ("missing-comma", "conv([64 ‹3›])", "a comma is missing before this item", ", 3"),
    ("colon-in-arguments", "conv(64, padding‹:› 1)", "an argument is named with `=`, not with `:`", "="),
    ("assignment", "conv(64, 3 ‹=› 4)", "`=` gives a name its value, once", "=="),
    ("assignment", "conv(a=b‹=›c)", "`=` gives a name its value, once", "=="),
    ("syntax-error", "conv(64,‹,› 3)", "a value is missing before this `,`", ""),
    ("syntax-error", "conv(‹,›)", "a value is missing before this `,`", ""),
    ("syntax-error", "conv(a=‹)›", "a value is missing after `=`", "3)"),
    ("syntax-error", "conv(3 *‹)›", "a value is missing after `*`", "4)"),
    ("syntax-error", "conv(3 + ‹*› 4)", "a value is missing after `+`", "5 *"),
    ("syntax-error", "conv(‹/›2)", "a value is missing before `/`", "1/"),
    ("syntax-error", "conv(‹and› b)", "a value is missing before `and`", "a and"),
    ("syntax-error", "conv(‹*›xs)", "lists are not spread into arguments", ""),
    ("syntax-error", "conv(‹**›xs)", "lists are not spread into arguments", ""),
    ("syntax-error", "conv(a ‹->› b)", "a chain is no value", ","),
    ("syntax-error", "conv(f()‹(›))", "a call has one pair of parentheses", None),
    ("syntax-error", "conv(x[‹]›)", "a value is missing between `[` and `]`", "0]"),
    ("syntax-error", "conv((‹)›)", "a value is missing between `(` and `)`", "1)"),
    ("syntax-error", "conv(‹if›=3)", "`if` is a word of expressions, and no name", "iff"),
    ("unbalanced-bracket", "conv(64, 1‹›", "a `)` is missing at the end", ")"),
    ("unbalanced-bracket", "conv([64, 1‹›", "a `]` is missing at the end", "])"),
    ("unbalanced-bracket", "conv(64, [1, 3‹)›", "a `[` is closed by a `)`", "])"),
    ("unbalanced-bracket", "conv(64‹]›", "a `(` is closed by a `]`", ")"),
    ("unbalanced-bracket", "conv(64)‹)›", "a `)` without its `(`", ""),
    ("unbalanced-bracket", "conv(x‹]›)", "a `(` is closed by a `]`", ""),
]

VALUES = [
    ("syntax-error", "‹›", "a value is missing", "3"),
    ("syntax-error", "3 +‹›", "a value is missing after `+`", " 1"),
    ("syntax-error", "a ‹b›", "`b` follows a complete value", "+ b"),
    ("syntax-error", "3‹,› 4", "a list stands in brackets", None),
    ("syntax-error", "1 < 2 ‹<› 3", "comparisons are not chained", "and 2 <"),
    ("syntax-error", "a if b‹›", "an `if` without its `else`", " else c"),
    ("syntax-error", "a ‹else› b", "an `else` without its `if`", "if c else"),
    ("syntax-error", "[1‹:›2]", "a slice stands after a list", ","),
    ("syntax-error", "xs[1:8‹:›2]", "a slice has no step", None),
    ("syntax-error", "xs[1:2 ‹3›]", "a slice has two ends", "+ 3"),
    ("syntax-error", "x ‹for› x in xs", "a comprehension stands in brackets", None),
    ("syntax-error", "(x ‹for› x in xs)", "a comprehension stands in brackets", None),
    ("syntax-error", "[1, x ‹for› x in xs]", "a comprehension has one value", None),
    ("syntax-error", "[x for a‹,› b in xs]", "a comprehension has one element, which may be a row", None),
    ("syntax-error", "[x for ‹(›a, b) in xs]", "a comprehension has one element, which may be a row", None),
    ("syntax-error", "[x for ‹3› in xs]", "a name follows `for`", "x"),
    ("syntax-error", "[x for x ‹of› xs]", "the variable of a comprehension is followed by `in`", "in"),
    ("syntax-error", "[x for x in‹]›", "the list of a comprehension is missing", " xs]"),
    ("syntax-error", "[x for [a, ‹3›] in xs]", "a row is taken apart into names", "b"),
    ("syntax-error", "[x for x in xs‹,› y]", "a comprehension ends here", " if"),
    ("syntax-error", "[x for x in a if b ‹else› c]", "an `if` in a comprehension has no `else`", "if"),
    ("syntax-error", "‹lambda› x: 3", "there are no functions without a name", None),
    ("syntax-error", "‹{›1: 2}", "there are no braces in a value", None),
    ("syntax-error", "a ‹&&› b", "`&&` is written `and`", "and"),
    ("syntax-error", "a ‹||› b", "`||` is written `or`", "or"),
    ("syntax-error", "‹!›a", "`!` is written `not`", "not "),
    ("syntax-error", "a ‹^› b", "`^` is written `**`", "**"),
    ("syntax-error", "a ‹<>› b", "`<>` is written `!=`", "!="),
    ("syntax-error", "a ‹===› b", "`===` is written `==`", "=="),
    ("syntax-error", "a ‹≥› b", "`≥` is written `>=`", ">="),
    ("syntax-error", "a ‹×› b", "`×` is written `*`", "*"),
    ("syntax-error", "‹−›1", "`−` is written `-`", "-"),
    ("syntax-error", "a ‹is› b", "`is` is written `==`", "=="),
    ("syntax-error", "a ‹?› b : c", "a choice is written `a if condition else b`", None),
    ("syntax-error", "1 if a ‹in› xs else 2", "`in` stands only in the heading of a loop", None),
    ("syntax-error", "‹8M›", "`8M` is no number", "8_000_000"),
    ("syntax-error", "‹3px›", "`3px` is no number", "3"),
    ("syntax-error", "‹1.2.3›", "`1.2.3` is no number", "1.2"),
    ("syntax-error", "‹0x10›", "`0x10` is no number", "16"),
    ("syntax-error", "‹٣›", "a value cannot begin with `٣`", "3"),
    ("wrong-quotes", "‹'›a'", "text is quoted with `\"`, not with '", None),
    ("wrong-quotes", "‹“›a”", 'text is quoted with `"`, not with “', None),
    ("wrong-quotes", '‹"›a', 'a `"` is opened and never closed', ""),
    ("new-line-in-chain", "a‹›\nb", "a new line in the middle of a value", None),
    ("unbalanced-bracket", "[3, 4‹›", "a `]` is missing at the end", "]"),
    ("unbalanced-bracket", "3‹]›", "a `]` without its `[`", ""),
]

KEYS = [
    ("unquoted-label", "a‹-›b", "a label with a hyphen needs quotes", "_"),
    ("unquoted-label", "‹1a›", "a label that begins with a digit needs quotes", "_1a"),
    ("unquoted-label", "block‹{›i}", "a computed label needs quotes", None),
    ("label-in-chain", "conv(64, 1) -> ‹bn›", "a label stands only at the beginning of a step", None),
    ("syntax-error", "a ‹b›", "a label has no spaces", None),
    ("unquoted-label", "a‹.›b", "a path of labels needs quotes", None),
    ("syntax-error", "a‹:›b", "a space is missing after the `:`", None),
    ("syntax-error", "repeat ‹3›", "the arguments of `repeat` stand in parentheses", "(3)"),
    ("syntax-error", "for ‹x› in xs", "the arguments of `for` stand in parentheses", None),
    ("syntax-error", "repeat‹[›3]", "the arguments of `repeat` stand in parentheses", None),
    ("syntax-error", "‹if›(a > 3)", "a condition is written with `when`", "when"),
    ("syntax-error", "‹else› if(a > 3)", "a condition is written with `when`", None),
    ("syntax-error", "‹not›", "`not` is a word of expressions, and no name", "nott"),
    ("unbalanced-bracket", "repeat(3‹›", "a `)` is missing at the end", ")"),
]

SIGNATURES = [
    ("syntax-error", "f(a‹:› int)", "parameters have no types", ","),
    ("syntax-error", "f(‹3›)", "a parameter is a name", "x"),
    ("syntax-error", 'f(‹"a"›)', "a parameter is a name", "a"),
    ("syntax-error", "f ‹a›", "parameters stand in parentheses", "(a)"),
    ("syntax-error", "def ‹f›(a)", "a block's heading begins with its name, without `def`", None),
    ("syntax-error", "f‹-›g(a)", "a block's name has letters, digits and `_`", "_"),
    ("syntax-error", "‹1f›", "a name begins with a letter or `_`", "f"),
    ("syntax-error", "‹if›(a)", "`if` is a word of expressions, and no name", "iff"),
    ("syntax-error", "f(a=‹)›", "a value is missing after `=`", "3)"),
    ("missing-comma", "f(a ‹b›)", "a comma is missing before this parameter", ", b"),
    ("unbalanced-bracket", "f(a‹›", "a `)` is missing at the end", ")"),
]

FACTS = [
    ("syntax-error", "‹=› 3", "a fact is a number or a bound", ""),
    ("syntax-error", "‹~›3", "a fact is a number or a bound", ""),
    ("syntax-error", "‹=>› 3", "`=>` is written `>=`", ">="),
    ("syntax-error", "8‹,›000,000", "digits are grouped by `_`", None),
    ("syntax-error", "8 ‹000›", "digits are grouped by `_`", None),
    ("syntax-error", "< ‹8M›", "`8M` is no number", "8_000_000"),
    ("syntax-error", "<=‹›", "a value is missing after `<=`", " 3"),
]

ALL = [
    (start_rule, *row)
    for start_rule, rows in {
        "chain": STEPS + ARGUMENTS,
        "expression": VALUES,
        "key": KEYS,
        "signature": SIGNATURES,
        "fact": FACTS,
    }.items()
    for row in rows
]


def read(start_rule: str, text: str) -> None:
    START_RULES[start_rule](Source(text), 0, len(text))


def fault(start_rule: str, text: str) -> Diagnostic:
    with pytest.raises(ArchError) as raised:
        read(start_rule, text)
    (found,) = raised.value.diagnostics
    return found


@pytest.mark.parametrize(
    ("start_rule", "code", "marked", "headline", "fix"), ALL, ids=lambda value: repr(value)
)
def test_a_slip(start_rule: str, code: str, marked: str, headline: str, fix: str | None) -> None:
    before, _, rest = marked.partition("‹")
    piece, _, after = rest.partition("›")
    found = fault(start_rule, before + piece + after)
    assert (found.code, found.message) == (code, headline)
    assert (found.span.start, found.span.text) == (len(before), piece)
    assert found.help
    assert found.label
    if fix is not None:
        read(start_rule, before + fix + after)


@pytest.mark.parametrize(
    ("start_rule", "code", "marked", "headline", "fix"), ALL, ids=lambda value: repr(value)
)
def test_a_headline_stands_alone(
    start_rule: str, code: str, marked: str, headline: str, fix: str | None
) -> None:
    """It reads well aloud: no name of a terminal, no number of a state, no full stop, no capital."""
    found = fault(start_rule, marked.replace("‹", "").replace("›", ""))
    for text in (found.message, found.label, found.help):
        assert not any(
            word in text for word in ("RPAR", "COMMA", "_NL", "$END", "Token", "None", "unexpected")
        )
        assert not text.endswith(".")
        assert "\n" not in text
    assert found.message[0] in "`" or not found.message[0].isupper()


@pytest.mark.parametrize("start_rule", START_RULES)
@pytest.mark.parametrize(
    "text", ["x y z(", ")]}", "\0", "->->", '"', "((((", "a b", "=", ",", "1 2", "é", "🙂", "\\", "a[b](c)"]
)
def test_every_door_answers_everything(start_rule: str, text: str) -> None:
    found = fault(start_rule, text)
    assert found.message
    assert found.help
    assert 0 <= found.span.start <= found.span.end <= len(text)


def test_places_are_of_the_whole_source() -> None:
    source = Source("body:\n  - conv(64 1)\n")
    start = source.text.index("conv")
    with pytest.raises(ArchError) as raised:
        parser.parse_chain(source, start, len(source.text))
    assert (raised.value.diagnostics[0].span.line, raised.value.diagnostics[0].span.column) == (2, 13)
