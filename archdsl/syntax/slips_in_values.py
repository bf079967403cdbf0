"""Slips in values and arguments."""

from __future__ import annotations

import re

from archdsl.syntax.refused import COMPARISONS, OPENING, SIGNS, Slip, Text

_RESERVED = ("if", "else", "and", "or", "not", "in", "true", "false", "none")
_INSTEAD = {
    "===": "==",
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "^": "**",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "×": "*",
    "·": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
}
"""Signs of other languages and of word processors, and what they are here."""
_SUFFIXES = {"k": "000", "K": "000", "M": "000_000", "G": "000_000_000", "B": "000_000_000"}


def fact(text: Text) -> Slip | None:
    """What is neither a number nor a bound."""
    if text.door != "fact":
        return None
    if text.found in ("=", "~", "≈"):
        sign = text.after[:2]
        if sign in _INSTEAD:
            here = text.piece(len(text.before), len(text.before) + 2)
            return Slip(f"`{sign}` is written `{_INSTEAD[sign]}`", f"write `{_INSTEAD[sign]}`", span=here)
        return Slip(
            "a fact is a number or a bound", "write the number alone, or `<=`, `>=`, `<` or `>` before it"
        )
    if text.found in (",", "'") or (re.match(r"[0-9]", text.found) and text.ends_value):
        grouped = re.sub(r"(?<=[0-9])[ ,'](?=[0-9])", "_", text.whole)
        if grouped != text.whole:
            return Slip("digits are grouped by `_`", f"write `{grouped}`")
    return None


def braces(text: Text) -> Slip | None:
    if text.found not in ("{", "}"):
        return None
    if text.door == "chain" and not text.open:
        return Slip("a computed label needs quotes", f'write `"{text.whole}"`', "unquoted-label")
    return Slip("there are no braces in a value", 'write a list, `[...]`, or a computed name, `"enc{i}"`')


def foreign(text: Text) -> Slip | None:
    """Signs and words of other languages."""
    if text.previous + text.found in ("===", "<>"):
        sign = text.previous + text.found
        here = text.piece(len(text.before) - len(text.previous), len(text.before) + len(text.found))
        return Slip(f"`{sign}` is written `{_INSTEAD[sign]}`", f"write `{_INSTEAD[sign]}`", span=here)
    for length in (2, 1):
        sign = text.after[:length]
        in_value = text.open or text.door in ("expression", "fact")
        if in_value and len(sign) == length and sign in _INSTEAD and (length > 1 or text.found == sign):
            here = text.piece(len(text.before), len(text.before) + length)
            return Slip(f"`{sign}` is written `{_INSTEAD[sign]}`", f"write `{_INSTEAD[sign]}`", span=here)
    if text.found == "is" and text.ends_value:
        return Slip("`is` is written `==`", "write `==`")
    if text.found == "?":
        return Slip("a choice is written `a if condition else b`", "write `a if condition else b`")
    if text.found == "for" and text.ends_value:
        return Slip("there are no comprehensions", "write the list out, or `for(x in xs)` as a step")
    if text.previous == "lambda":
        return Slip("there are no functions without a name", "write a block, and its name here")
    if text.found == "#":
        return Slip("a comment begins after a space", "put a space before the `#`")
    if text.found and text.found[0].isalpha() and not text.found.isascii():
        return Slip("names are written with the letters a to z, digits and `_`", "choose a name of those")
    return None


def colon(text: Text) -> Slip | None:
    if text.found != ":":
        return None
    if text.bracket == "[":
        return Slip("there are no slices of lists", "write the items, or index one: `xs[0]`")
    if text.open:
        return Slip("an argument is named with `=`, not with `:`", "write `name=value`", "colon-in-arguments")
    return None


def assignment(text: Text) -> Slip | None:
    if text.found != "=" or text.door == "fact":
        return None
    if not text.open:
        return Slip("there is no assignment here", "write the value alone", "assignment")
    if text.previous == "=" or "=" in text.pieces[-2:]:
        message = "a name is given one value with `=`"
        return Slip(message, "write `name=value`, and a comparison as `(a == b)`", "assignment")
    return Slip("only a name is given a value with `=`", "write `name=value`", "assignment")


def spread(text: Text) -> Slip | None:
    if text.found in ("*", "**") and text.previous in ("(", ",", "["):
        return Slip(
            "lists are not spread into arguments", f"write it without the `{text.found}`, or item by item"
        )
    return None


def comparison(text: Text) -> Slip | None:
    if text.found in COMPARISONS and text.ends_value and any(piece in COMPARISONS for piece in text.pieces):
        return Slip("comparisons are not chained", "write `a < b and b < c`")
    return None


def missing(text: Text) -> Slip | None:
    """A sign without the value that it needs, before or behind it."""
    previous, found = text.previous, text.found
    remove = "write the value, or remove the sign"
    if previous in SIGNS and found not in _RESERVED:
        return Slip(f"a value is missing behind `{previous}`", remove)
    if previous == ".":
        return Slip("a name is missing behind `.`", "write `.channels`, `.height` or `.width`")
    if found == "," and previous in (",", "(", "["):
        return Slip("a value is missing before this `,`", "write the value, or remove the comma")
    if found in OPENING and previous == OPENING[found]:
        return Slip(
            f"a value is missing between `{previous}` and `{found}`", "write the value, or remove both"
        )
    if (
        found in SIGNS - {"not", "if", "else", "in", "="}
        and not text.ends_value
        and (text.open or text.door != "chain")
    ):
        return Slip(f"a value is missing before `{found}`", remove)
    if "if" in text.pieces and text.ends_value and (text.at_end or found in (")", "]", ",")):
        return Slip("an `if` without its `else`", "write `a if condition else b`")
    if found == "else" and text.ends_value and "if" not in text.pieces:
        return Slip("an `else` without its `if`", "write `a if condition else b`")
    return None


def reserved(text: Text) -> Slip | None:
    found = text.found
    if found not in _RESERVED:
        return None
    if found == "in" and text.ends_value:
        return Slip("`in` stands only in the heading of a loop", "write `for(x in xs)`")
    if text.ends_value:
        return None
    help = f'write `"{found}"` for a label of that name' if text.door == "key" else "choose another name"
    return Slip(f"`{found}` is a word of expressions, and no name", help)


def between(text: Text) -> Slip | None:
    """Two values without anything between them."""
    previous, found = text.previous, text.found
    if found == "," and text.door == "expression" and not text.open:
        return Slip("a list stands in brackets", f"write `[{text.whole}]`")
    if not re.match(r"[\w\"(.]", found) or not text.ends_value:
        return None
    if re.match(r"[0-9.]", previous) and text.is_adjacent and found != "(":
        number = previous + found
        start = len(text.before) - len(previous)
        here = text.piece(start, start + len(number))
        help = "write the number alone, or `*` between two values"
        if found in _SUFFIXES:
            help = f"write `{previous}_{_SUFFIXES[found]}`"
        return Slip(f"`{number}` is no number", help, span=here, label="not a number")
    if found == "(":
        return Slip("a call has one pair of parentheses", "write all arguments in one pair")
    if text.open and found != ".":
        return Slip("a comma is missing before this argument", "write `,` between arguments", "missing-comma")
    if text.door == "expression" or text.door == "fact":
        return Slip(f"`{found}` follows a complete value", "write an operator between them, or remove one")
    return None
