"""The parsers of ``grammar/arch.lark``: made by lark, or taken from the user's cache."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

from lark import Lark

from archdsl.resources import grammar_path
from archdsl.syntax import newlines, table_cache

START_RULES = ("file", "chain", "key", "signature", "expression", "fact")


def make_parser(callbacks: object | None = None) -> Lark:
    """A parser of every start rule, whose rules call the methods of ``callbacks``.

    ``callbacks`` is pickled with the parser, by reference to where it is found. Without them the parser
    makes trees of lark's own.
    """
    text = grammar_path().read_text(encoding="utf-8")
    options: dict[str, Any] = {"start": list(START_RULES), "parser": "lalr", "lexer": "contextual"}
    made_from = (text, options, _place(newlines.Lines), _place(type(callbacks)))
    stored = table_cache.find("parser", *made_from)
    if stored is not None:
        # Where names of ours were changed since, in a checkout, what is stored refers to what is not
        # there any more; unpickling raises whatever the name's loss leads to.
        try:
            return Lark.load(BytesIO(stored))
        except Exception:
            pass
    parser = Lark(text, **options, postlex=newlines.Lines(), transformer=callbacks)
    buffer = BytesIO()
    parser.save(buffer)
    table_cache.keep(buffer.getvalue(), "parser", *made_from)
    return parser


def _place(named: type) -> str:
    return f"{named.__module__}.{named.__qualname__}"


@lru_cache(maxsize=1)
def tree_parser() -> Lark:
    """The parser that calls nothing back: it is asked what could follow, and may be led astray."""
    return make_parser()


def terminals() -> dict[str, str]:
    """The regular expressions of the grammar's terminals, by their names."""
    return {terminal.name: terminal.pattern.to_regexp() for terminal in tree_parser().terminals}


def piece(text: str, start: int, end: int) -> str:
    """A part of a text, to be read alone.

    A comment begins after a space. A `#` with which the part begins, but which follows something else in
    the whole, begins none; a sign that no grammar has takes its place.
    """
    part = text[start:end]
    if part.startswith("#") and start and not text[start - 1].isspace():
        return "\0" + part[1:]
    return part
