"""How a text that the grammar refuses could go on, in people's words."""

from __future__ import annotations

from collections.abc import Collection

from archdsl.syntax.sections import HEADING_TOKENS

_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "quoted text",
    "LONG_TEXT": "quoted text",
    "_IN": "`in`",
    "_IF": "`if`",
    "_ELSE": "`else`",
    "EQUAL": "`=`",
    "COLON": "`:`",
    "LBRACE": "`{`",
    "LPAR": "`(`",
    "LSQB": "`[`",
    "RANGE": "`..`",
    "DOT": "`.`",
    "COMPARE": "a bound",
    "COMMA": "`,`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "_ARROW": "`->`",
    "RBRACE": "`}`",
    "_NL": "a new line",
    "$END": "the end",
}
"""In the order in which they are listed."""
_VALUE = {"NAME", "NUMBER", "STRING", "LPAR", "LSQB", "TRUE", "FALSE", "NONE", "NOT", "ADD"}
_AFTER_VALUES = {"OR", "AND", "ADD", "MULTIPLY", "POWER", "_IF", "_IN", "DOT", "LSQB", "LPAR"}
"""The tokens that can follow nearly every value; to list them would hide what is meant."""


def expectation(terminals: Collection[str]) -> str:
    """``expected `,` or `)```, from the grammar's terminals."""
    left = set(terminals) - {"BROKEN"}
    words = []
    if left >= {"NAME", "NUMBER"}:
        words.append("a value")
        left -= _VALUE
    elif left >= {"NAME", "STRING", "LBRACE"}:
        words.append("a step")
        left -= {"NAME", "STRING", "LBRACE", "RBRACE"}
    elif left >= {"NETWORK", "BODY"}:
        words.append("a section")
        left -= {*HEADING_TOKENS, "STRING", "LONG_TEXT"}
    if "_ARROW" in left or left >= {"COMMA", "EQUAL"}:
        left -= {"EQUAL", "COLON", "LBRACE"}  # of a name that is whole already
    if left >= {"_ARROW", "_ELSE"}:
        left -= {"_ARROW", "_ELSE"}  # of a body that is whole already
    if "NUMBER" not in terminals:
        left.discard("COMPARE")
    if left not in ({"LPAR"}, {"LSQB"}, {"LSQB", "LBRACE"}):
        left -= _AFTER_VALUES
    if "_NL" in left and (words or len(left) > 1):
        left -= {"_NL"} if words else {"RBRACE", "$END"}
    if "STRING" in left:
        left.discard("LONG_TEXT")
    if left == {"LSQB", "LBRACE"}:
        left = {"LSQB"}  # an input is a shape, and rarely a mapping
    words += [word for terminal, word in _WORDS.items() if terminal in left]
    if not words:
        return "not expected here"
    return "expected " + (words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}")
