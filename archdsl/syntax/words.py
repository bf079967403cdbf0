"""What a syntax error says: the grammar's terminals in people's words, and everyday slips."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archdsl.source import Span

_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "quoted text",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "COMMA": "`,`",
    "EQUAL": "`=`",
    "_ARROW": "`->`",
    "$END": "the end",
}
_VALUE_STARTS = {"NAME", "NUMBER", "STRING", "LPAR", "LSQB", "TRUE", "FALSE", "NONE", "NOT", "ADD"}
_OPERATORS = {
    "OR",
    "AND",
    "COMPARE",
    "ADD",
    "MULTIPLY",
    "POWER",
    "IF",
    "IN",
    "DOT",
    "LSQB",
    "LPAR",
    "EQUAL",
    "ELSE",
}
_DOORS = {
    "chain": "a step",
    "key": "a label or a construct",
    "signature": "a block's heading",
    "expression": "a value",
    "fact": "a value or a bound",
}


def describe(
    door: str, text: str, found: str, span: Span, start: int, expected: Iterable[str]
) -> tuple[str, str, Span, str, str]:
    """Code, message, span, label and help for what the grammar refused in ``text``."""
    before = text[: span.start - start]
    closing = {
        terminal
        for terminal, opening, closes in (("RPAR", "(", ")"), ("RSQB", "[", "]"))
        if before.count(opening) <= before.count(closes)
    }
    expectation = _expected(door, set(expected) - closing)
    slip = _slip(door, text, found, span, start)
    if slip is not None:
        code, message, help = slip
        return code, message, span, expectation, help
    what = _found(found)
    return "syntax-error", f"{what} where {_DOORS[door]} goes on differently", span, expectation, ""


def _found(found: str) -> str:
    if not found:
        return "the text ends"
    if "\n" in found:
        return "a new line"
    return f"unexpected `{found.strip()}`"


def _expected(door: str, expected: set[str]) -> str:
    names = []
    if expected >= {"NAME", "NUMBER"}:
        names.append("a value")
        expected -= _VALUE_STARTS
    closing = [_WORDS[name] for name in ("COMMA", "RPAR", "RSQB", "_ARROW", "$END") if name in expected]
    others = sorted(
        _WORDS.get(name, name.lower())
        for name in expected - _OPERATORS - {"COMMA", "RPAR", "RSQB", "_ARROW", "$END", "_NL"}
    )
    names += others + closing
    if not names:
        return "not expected here"
    return "expected " + (names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1])


def _slip(door: str, text: str, found: str, span: Span, start: int) -> tuple[str, str, str] | None:
    """The everyday slips: (code, message, help)."""
    before = text[: span.start - start]
    opened = before.count("(") - before.count(")")
    if not found and (opened > 0 or before.count("[") > before.count("]")):
        missing = ")" if opened > 0 else "]"
        return (
            "unbalanced-bracket",
            f"a `{missing}` is missing at the end",
            f"close what was opened: `{text.strip()}{missing}`",
        )
    if found in (")", "]"):
        opener = "(" if found == ")" else "["
        if before.count(opener) <= before.count(found):
            return (
                "unbalanced-bracket",
                f"a `{found}` without its `{opener}`",
                f"remove the `{found}`, or open it",
            )
    if found == ":" and opened > 0:
        return "colon-in-arguments", "an argument is named with `=`, not with `:`", "write `name=value`"
    if found == ":" and door == "chain":
        return (
            "label-in-chain",
            "a label stands only at the beginning of a step",
            "begin a new step with the label",
        )
    if "\n" in found:
        return (
            "new-line-in-chain",
            "a new line in the middle of a step",
            "write `->` between the calls, or begin each step with `- `",
        )
    if found == "->" and not before.strip():
        return "dangling-arrow", "nothing stands before this `->`", "begin the step with a call"
    if not found and before.rstrip().endswith("->"):
        return "dangling-arrow", "nothing follows the last `->`", "write the next call, or remove the `->`"
    if found == "{" and door in ("key", "chain"):
        return "unquoted-label", "a computed label needs quotes", f'write `"{text.strip()}"`'
    if found == "=" and opened <= 0 and door != "signature":
        return "assignment", "there is no assignment here", "write `label: call` to name a step"
    if found == "=" and opened > 0 and before.rstrip().endswith("="):
        return (
            "assignment",
            "an argument takes one `=`; comparisons belong in parentheses",
            "write `name=value`",
        )
    if door == "key" and re.match(r"\d", text.strip()):
        return "unquoted-label", "a label that begins with a digit needs quotes", f'write `"{text.strip()}"`'
    if door == "key" and "-" in text and re.fullmatch(r"[\w-]+", text.strip()):
        return "unquoted-label", "a label with a hyphen needs quotes", f'write `"{text.strip()}"`'
    if re.match(r"\w", found) and opened > 0 and re.search(r"[\w\])]\s*$", before):
        return "missing-comma", "a comma is missing before this argument", "write `,` between arguments"
    if re.match(r"\w", found) and door == "chain" and re.search(r"[\w)]\s*$", before):
        return "missing-arrow", "two calls without `->` between them", "write `->` between the calls"
    if found in ("'", "’", "“", "”"):
        return "wrong-quotes", 'text is quoted with `"`', 'write `"..."`'
    return None
