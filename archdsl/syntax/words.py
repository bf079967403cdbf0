"""What a text that the grammar refuses could go on with, in people's words."""

from __future__ import annotations

from collections.abc import Collection

_CLOSING = ("COMMA", "RPAR", "RSQB", "_ARROW", "$END")
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
    "IF": "`if`",
    "ELSE": "`else`",
    "DOT": "`.`",
    "COMPARE": "a bound",
    "_ARROW": "`->`",
    "$END": "the end",
}
_VALUE = {"NAME", "NUMBER", "STRING", "LPAR", "LSQB", "TRUE", "FALSE", "NONE", "NOT", "ADD"}
_AFTER_VALUES = {
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
}
"""What can follow nearly every value; to list it would hide what is meant."""


def expectation(terminals: Collection[str]) -> str:
    """``expected `,` or `)```, from the grammar's terminals."""
    left = set(terminals) - {"_NL"}
    words = []
    if left >= {"NAME", "NUMBER"}:
        words.append("a value")
        left -= _VALUE
    left -= _AFTER_VALUES
    words += sorted(_WORDS.get(terminal, f"`{terminal.lower()}`") for terminal in left.difference(_CLOSING))
    words += [_WORDS[terminal] for terminal in _CLOSING if terminal in left]
    if not words:
        return "not expected here"
    return "expected " + (words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}")
