"""Where the parser stands when it refuses a token, in the parser's public terms.

Whether ``conv(64`` or ``conv(x[1]`` stands before it, the same is wrong when a number follows: an
argument is whole, and a comma or a parenthesis would go on. The parser's own states differ there,
since it has not yet put the argument together. So where a part may be whole, the state is what could
follow once it is closed; it says "after an argument", whatever the argument was, and does not depend on
what lies around, as the depth of the stack does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from lark import Token
from lark.exceptions import UnexpectedToken


class InteractiveParser(Protocol):
    """The part that is used of lark's class of that name, with its types."""

    def iter_parse(self) -> Iterator[Token]: ...

    def feed_token(self, token: Token) -> Any: ...

    def feed_eof(self, last_token: Token | None = None) -> Any: ...

    def choices(self) -> Mapping[str, Any]: ...

    def accepts(self) -> set[str]: ...

    def copy(self, deepcopy_values: bool = True) -> InteractiveParser: ...


_CLOSING = ("COMMA", "RPAR", "RSQB", "_ELSE", "_ARROW", "COLON", "_NL", "RBRACE", "$END")
"""The tokens that can end a part of the language, the narrowest part first."""
_ENDS_OF_PARTS = {
    "NAME", "NUMBER", "STRING", "LONG_TEXT", "TRUE", "FALSE", "NONE", "BROKEN", "RPAR", "RSQB", "RBRACE",
}  # fmt: skip
"""After any other token nothing is whole, and it is the token that says what is begun."""


def canonical_state(parser: InteractiveParser, taken: Sequence[Token], start_rule: str) -> str:
    """A name of the state: equal wherever the same is expected for the same reason.

    ``taken`` are the tokens that the parser has taken; ``parser`` is left as it is.
    """
    last = taken[-1].type if taken else ""
    if last not in _ENDS_OF_PARTS:
        return f"{last}: {_choices(parser)}"
    closing = {kind: closed for kind in _CLOSING if (closed := _closed(parser, kind)) is not None}
    for kind, closed in closing.items():
        if kind == "$END":
            return f"{start_rule}: {' '.join(closing)}"
        return f"{_part_of_line(taken)}: {' '.join(closing)}: {_choices(closed)}"
    return f"{last}: {_choices(parser)}"


def _choices(parser: InteractiveParser) -> str:
    return " ".join(sorted(parser.choices()))


def _closed(parser: InteractiveParser, kind: str) -> InteractiveParser | None:
    """The parser after a closing token, or None where it refuses that."""
    if kind not in parser.choices():
        return None
    closed = parser.copy(deepcopy_values=False)
    try:
        closed.feed_token(Token(kind, ""))
    except UnexpectedToken:
        return None
    return closed


def _part_of_line(taken: Sequence[Token]) -> str:
    """Which part of a step's line is whole: the first, one after a label, or one after an arrow."""
    depth = 0
    for token in reversed(taken):
        if token.type in ("RPAR", "RSQB"):
            depth += 1
        elif token.type in ("LPAR", "LSQB"):
            depth -= 1
        elif depth <= 0 and token.type in ("_ARROW", "COLON", "_NL", "LBRACE", "RBRACE"):
            return {"_ARROW": "next", "COLON": "labelled"}.get(token.type, "first")
    return "first"
