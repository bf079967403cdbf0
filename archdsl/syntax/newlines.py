"""The meaning of new lines, settled between the lexer and the parser."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

NESTING_LIMIT = 100
"""How deep brackets, and with them expressions, may nest."""


_WATCHED = frozenset({"_NL", "LPAR", "LSQB", "RPAR", "RSQB", "LBRACE", "RBRACE", "_ARROW"})


class NestedTooDeep(Exception):
    """Brackets nest deeper than anybody writes them; raised at the token that goes too far."""

    def __init__(self, token: Token) -> None:
        super().__init__(token)
        self.token = token


class Lines:
    """Drops new lines inside ( ) and [ ] and after ``->``; the lexer itself drops those before.

    It never reads ahead, since contextual lexing follows the parser's state.
    """

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = braces = 0
        after_arrow = False
        for token in stream:
            kind = token.type
            if kind not in _WATCHED:
                after_arrow = False
                yield token
                continue
            if kind == "_NL":
                if not depth and not after_arrow:
                    yield token
                continue
            if kind in ("LPAR", "LSQB"):
                depth += 1
                if depth > NESTING_LIMIT:
                    raise NestedTooDeep(token)
            elif kind in ("RPAR", "RSQB"):
                depth = max(depth - 1, 0)
            elif kind == "LBRACE":
                braces += 1
                if braces > NESTING_LIMIT:
                    raise NestedTooDeep(token)
            elif kind == "RBRACE":
                braces = max(braces - 1, 0)
            after_arrow = kind == "_ARROW"
            yield token
